//! Words for messages: nearest names, lists, what types are called.

use super::synonyms;

/// So many words of a list are shown.
pub(crate) const SHOWN: usize = 24;
/// The most known words that are compared: who has more of them is not helped by one.
const COMPARED: usize = 2000;

/// What is called by words of the format, which textbooks may call otherwise; names are the users'.
const OURS: &[&str] = &[
    "allowed",
    "kinds",
    "known keys",
    "paths begin with",
    "results",
    "there is",
    "what can change begins with",
];

/// The known word nearest to `found`, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(
    found: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let found: String = found.chars().take(80).collect::<String>().to_lowercase();
    let ranked = known.into_iter().take(COMPARED).filter_map(|word| {
        let rank = likeness(&found, &word.to_lowercase())?;
        Some((rank, word))
    });
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, word)| word)
}

/// How like two lower-case texts are: the kind of likeness, best first, and the letters that differ.
/// `None` if nobody would mean the one by the other.
fn likeness(found: &str, word: &str) -> Option<(u8, usize)> {
    let plain = |text: &str| text.replace(['_', ' '], "-");
    if plain(found) == plain(word) || turned_round(found, word) {
        return Some((0, 0));
    }
    if only_numbers_differ(found, word) {
        return None;
    }
    let distance = strsim::damerau_levenshtein(found, word);
    let (a, b) = (found.chars().count(), word.chars().count());
    let slips = match a.min(b) {
        0 | 1 => 0,
        2..=4 => 1,
        5..=10 => 2,
        _ => 3,
    };
    let same_start = found.chars().next() == word.chars().next();
    let slip = distance <= slips && (a.min(b) > 2 || same_start);
    let part = |of: &str, part: &str| {
        let at_end = of.strip_suffix(part).is_some_and(|rest| rest.ends_with(['-', '_']));
        part.chars().count() > 2 && (of.starts_with(part) || at_end)
    };
    if slip || part(word, found) || part(found, word) {
        return Some((1, distance));
    }
    (same_start && abbreviates(found, word)).then_some((2, distance))
}

/// Whether both are names that are numbered otherwise the same: `h5` is no slip of `h4`.
fn only_numbers_differ(found: &str, word: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "_-@".contains(c));
    let stem = |text: &str| text.replace(is_digit, "");
    let numbered = found.contains(is_digit) && word.contains(is_digit);
    found != word && numbered && is_name(found) && stem(found) == stem(word)
}

/// Whether a link's name has its ends the other way round, or another sign between them.
fn turned_round(found: &str, word: &str) -> bool {
    let Some((a, b)) = word.split_once("--") else { return false };
    let signs = ["--", "<->", "->", "-"];
    signs.iter().any(|sign| found == format!("{b}{sign}{a}") || found == format!("{a}{sign}{b}"))
}

/// Whether `found` has letters of `word` in its order, enough of them: `srv` of `server`. Two must
/// be its first and last.
fn abbreviates(found: &str, word: &str) -> bool {
    let mut rest = word.chars();
    let in_order = found.chars().all(|letter| rest.any(|other| other == letter));
    let (a, b) = (found.chars().count(), word.chars().count());
    in_order && a * 4 >= b && (a > 2 || a == 2 && rest.next().is_none())
}

/// Words quoted, with commas; of many only the first.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words = words.into_iter();
    let mut text = words.by_ref().take(SHOWN).collect::<Vec<_>>().join(", ");
    if words.next().is_some() {
        text.push_str(", ...");
    }
    text
}

/// `did you mean X? known THINGS: a, b, c`.
pub(crate) fn suggestion<'a>(
    found: &str,
    things: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let all = list(known.clone());
    if all.is_empty() {
        return format!("there are no {}", things.strip_prefix("known ").unwrap_or(things));
    }
    let is_known = |word: &str| {
        OURS.contains(&things) && known.clone().into_iter().take(COMPARED).any(|it| it == word)
    };
    match synonyms::meant(found, is_known) {
        Some(hint) => format!("{hint} {things}: {all}"),
        None => match nearest(found, known) {
            Some(word) => format!("did you mean `{word}`? {things}: {all}"),
            None => format!("{things}: {all}"),
        },
    }
}

/// Several of a thing.
pub(crate) fn plural(what: &str) -> String {
    if what.ends_with('s') { format!("{what}es") } else { format!("{what}s") }
}

/// What a scenario writes for a type that serde names in Rust's words.
pub(crate) fn type_name(expected: &str) -> String {
    let whole = |high: u64| format!("a whole number from 0 to {high}");
    match expected {
        "u8" => whole(255),
        "u16" => whole(u64::from(u16::MAX)),
        "u32" => whole(u64::from(u32::MAX)),
        "u64" | "usize" => whole(u64::MAX),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a string" => "a text in quotes".into(),
        "a sequence" => "a list in brackets".into(),
        _ if expected.starts_with("struct ") || expected == "a map" => "a table".into(),
        _ if expected.starts_with("an array of length ") => {
            format!("a list of {} values", &expected["an array of length ".len()..])
        }
        _ if expected.contains("Ipv4") || expected.contains("IPv4 network") => {
            if expected.contains("Net") || expected.contains("network") {
                "a network such as \"10.0.9.0/24\"".into()
            } else {
                "an address such as \"10.0.9.2\"".into()
            }
        }
        _ => expected.into(),
    }
}

/// `text` cut to a length that fits into a message.
pub(crate) fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.into();
    }
    text.chars().take(LONGEST).chain(" ...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(nearest("dely", ["rate", "delay", "mtu"]), Some("delay"));
        assert_eq!(nearest("rotuer1", ["h1", "router1"]), Some("router1"));
        assert_eq!(nearest("zebra", ["rate", "delay"]), None);
        assert_eq!(nearest("c", ["a", "b"]), None, "nothing of it is right");
        assert_eq!(nearest("Http_Server", ["http-client", "http-server"]), Some("http-server"));
        assert_eq!(nearest("packet-size", ["rate", "size"]), Some("size"));
    }

    #[test]
    fn finds_what_was_shortened_or_turned_round() {
        let nodes = ["alice", "sw1", "r1", "server"];
        assert_eq!(nearest("srv", nodes), Some("server"));
        assert_eq!(nearest("serv", nodes), Some("server"));
        assert_eq!(nearest("al", nodes), None, "too short to tell");
        assert_eq!(nearest("r1", ["h1", "router1"]), Some("router1"));
        let links = ["r1--r2", "r2--r3", "r2--server", "alice--r1"];
        assert_eq!(nearest("r2--r1", links), Some("r1--r2"));
        assert_eq!(nearest("server--r2", links), Some("r2--server"));
        assert_eq!(nearest("r1-r2", links), Some("r1--r2"));
        assert_eq!(nearest("r1->alice", links), Some("alice--r1"));
    }

    #[test]
    fn suggests_nothing_absurd() {
        assert_eq!(nearest("h5", ["h1", "h2", "s1"]), None, "another number is another node");
        assert_eq!(nearest("web-server", ["dns-server", "udp-server"]), None);
        assert_eq!(nearest("M/D/2", ["M/M/1", "M/D/1"]), Some("M/D/1"), "no name");
        assert_eq!(nearest("a1", ["b1"]), None);
        assert_eq!(nearest("cat", ["bob", "car1x"]), None);
        assert_eq!(nearest("right--left", ["right--d0", "s0--left"]), None);
        assert_eq!(
            suggestion("dely", "known keys", ["rate", "delay"]),
            "did you mean `delay`? known keys: rate, delay"
        );
        assert_eq!(short(&"x".repeat(100)).len(), 64);
    }
}
