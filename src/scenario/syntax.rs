//! What is not TOML: what was meant, as far as its line tells.

use super::words;

/// Longer lines tell nothing [bytes].
const LONGEST: usize = 1000;

/// What to write in place of a line in which the parser found, at the byte `at`, what it calls
/// `message`. `None` if the line does not tell what was meant.
pub(super) fn meant(line: &str, at: usize, message: &str) -> Option<String> {
    let line = line.trim_end();
    if line.len() > LONGEST || message.contains("recurs") || message.contains("missing comma") {
        return None;
    }
    let rest = line.get(at..)?;
    let curly =
        |c: char| matches!(c, '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}');
    let value = line.split_once('=').map_or("", |(_, value)| value.trim_start());
    if rest.starts_with(curly) || value.starts_with(curly) {
        let straight = line.trim().replace(curly, "\"");
        return Some(format!("write straight quotes: {}", words::short(&straight)));
    }
    if let Some(header) = line.trim_start().strip_prefix('[') {
        return of_header(header, message);
    }
    let (key, value) = match line.split_once('=') {
        Some((key, value)) => (key.trim(), value),
        None => return without_equals(line.trim()),
    };
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || "_-.\"'".contains(c);
    if !key.starts_with(['"', '\''])
        && key.contains(|c: char| !is_of_key(c))
        && at < line.len() - value.len()
    {
        return Some(of_key(key, value.trim()));
    }
    let value = value.split('#').next().unwrap_or_default().trim();
    let plain = value.trim_end_matches([';', ',']);
    let is_of_word = |c: char| c.is_alphanumeric() || "_-.:/".contains(c);
    let word = &rest[..rest.find(|c| !is_of_word(c)).unwrap_or(rest.len())];
    if matches!(word.to_lowercase().as_str(), "true" | "false") {
        return Some(format!("write {}, in small letters", word.to_lowercase()));
    }
    let is_bare = ["quoted", "boolean", "float"].iter().any(|what| message.contains(what));
    if is_bare && plain.starts_with(['{', '[']) {
        return (!word.is_empty())
            .then(|| format!("write it in quotes: \"{}\"", words::short(word)));
    }
    if is_bare && !plain.is_empty() && !plain.contains('"') {
        return Some(format!("write it in quotes: {key} = \"{}\"", words::short(plain)));
    }
    if plain.len() < value.len() {
        return Some(format!("nothing stands at the end: write {key} = {}", words::short(plain)));
    }
    let next = rest.trim_start_matches(is_of_word).trim_start();
    if next.starts_with('=') && !next.starts_with("==") {
        return None;
    }
    let before = line.get(..at)?.trim_end();
    let quotes = value.matches(['"', '\'']).count();
    (before.ends_with(['"', '\'']) && quotes > 2).then(|| {
        format!(
            "a text ends at the next quote of its sort: write {key} = \"...\", and '...' within"
        )
    })
}

/// The header of a table, after its first bracket.
fn of_header(header: &str, message: &str) -> Option<String> {
    let header = header.split('#').next().unwrap_or_default().trim_end();
    let name = header.trim_start_matches('[').trim_end_matches(']').trim();
    if message.contains("duplicate") {
        return Some(match header.starts_with('[') && matches!(name, "nodes" | "links" | "apps") {
            true => format!("write a table for each, called by its name: [{name}.NAME]"),
            false => format!(
                "[{name}] is there already: call this one otherwise, or write its keys there"
            ),
        });
    }
    let (family, name) = name.split_once('.')?;
    let arrow = name.split_once("<->").or_else(|| name.split_once("->"));
    if let Some((a, b)) = arrow {
        return Some(format!("write [{family}.{a}--{b}]"));
    }
    let strange = name.contains(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c));
    (strange && !name.contains(['"', '\''])).then(|| {
        format!("a name with other signs needs quotes: [{family}.\"{}\"]", words::short(name))
    })
}

/// A line of YAML, or of words.
fn without_equals(line: &str) -> Option<String> {
    let (key, value) = line.split_once(':')?;
    let (key, value) = (key.trim(), value.trim());
    if key.contains(|c: char| !c.is_alphanumeric() && !"_-.".contains(c)) {
        return None;
    }
    Some(match value.is_empty() {
        true => format!("a table begins with its name in brackets: [{key}]"),
        false => format!("write {key} = {}", words::short(value)),
    })
}

/// A key with signs that keys have in quotes only.
fn of_key(key: &str, value: &str) -> String {
    let (key, value) = (words::short(key), words::short(value));
    match key.contains(' ') {
        true => format!("a key is one word: {} = {value}", key.replace(' ', "-")),
        false => format!("a key with such signs needs quotes: \"{key}\" = {value}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::fault::Faults;
    use crate::scenario::parse::document;

    #[test]
    fn says_what_was_meant() {
        for (line, told) in [
            ("a = host", "write it in quotes: a = \"host\""),
            ("that = seed == 1", "write it in quotes: that = \"seed == 1\""),
            ("duration = 1s # long", "write it in quotes: duration = \"1s\""),
            ("a: \"host\"", "write a = \"host\""),
            ("nodes:", "[nodes]"),
            ("a = \u{201c}host\u{201d}", "write straight quotes: a = \"host\""),
            ("a = 'host';", "write a = 'host'"),
            ("my a = 'host'", "a key is one word: my-a = 'host'"),
            ("h[1..3] = 'host'", "\"h[1..3]\" = 'host'"),
            ("[links.h[1..2]--b]", "[links.\"h[1..2]--b\"]"),
            ("[links.a->b]", "write [links.a--b]"),
            ("up = True", "write true, in small letters"),
            ("kind = tcp-server", "write it in quotes: kind = \"tcp-server\""),
            ("on = node1", "write it in quotes: on = \"node1\""),
            ("on = inter", "write it in quotes: on = \"inter\""),
            ("s = { kind = udp-server, on = 'b' }", "write it in quotes: \"udp-server\""),
            ("start = 5s,", "write it in quotes: start = \"5s\""),
            ("[apps.x]\n[apps.x] # two", "[apps.x] is there already"),
            ("[links.a->b] # back", "write [links.a--b]"),
            ("that = 'links['a--b'].x'", "write that = \"...\", and '...' within"),
            ("that = \"links[\"a--b\"].x\"", "write that = \"...\", and '...' within"),
            ("[apps.x]\n[apps.x]", "[apps.x] is there already"),
            ("[links.a--b]\n[[links]]", "called by its name: [links.NAME]"),
        ] {
            let mut faults = Faults::default();
            document("t.toml", &format!("title = 't'\n{line}\nseed = 1\n"), &mut faults);
            let faults = faults.into_sorted();
            let helps: Vec<&str> = faults.iter().filter_map(|it| it.help.as_deref()).collect();
            assert!(matches!(helps[..], [only] if only.contains(told)), "{line}: {faults:?}");
        }
    }
}
