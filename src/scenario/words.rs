//! Words for messages: nearest names, lists, what types are called.

/// The known word nearest to `found`, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(
    found: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let found: String = found.chars().take(80).collect::<String>().to_lowercase();
    let length = found.chars().count();
    let begins = |a: &str, b: &str| b.chars().count() > 2 && a.starts_with(b);
    known
        .into_iter()
        .take(20_000)
        .map(|word| {
            let lower = word.to_lowercase();
            let distance = strsim::damerau_levenshtein(&found, &lower);
            let shorter = lower.chars().count().min(length);
            let near = distance <= 1 + shorter / 3 && (distance < shorter || distance == 0);
            (near || begins(&lower, &found) || begins(&found, &lower), distance, word)
        })
        .filter(|(near, ..)| *near)
        .map(|(_, distance, word)| (distance, word))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Words quoted, with commas; of many only the first.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 24;
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
    match nearest(found, known) {
        Some(word) => format!("did you mean `{word}`? {things}: {all}"),
        None => format!("{things}: {all}"),
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
        assert_eq!(
            suggestion("dely", "known keys", ["rate", "delay"]),
            "did you mean `delay`? known keys: rate, delay"
        );
        assert_eq!(short(&"x".repeat(100)).len(), 64);
    }
}
