//! What is not TOML: what was meant, as far as its line tells.

use super::words;

/// What to write in place of a line in which the parser found, at the byte `at`, what it calls
/// `message`. `None` if the line does not tell what was meant.
pub(super) fn meant(line: &str, at: usize, message: &str) -> Option<String> {
    let line = line.trim_end();
    if message.contains("recurs") {
        return None;
    }
    let curly =
        |c: char| matches!(c, '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}');
    if line.contains(curly) {
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
    if message.contains("boolean") {
        return Some(format!("write {key} = true or {key} = false, in small letters"));
    }
    if message.contains("quoted") && !value.is_empty() && !value.contains('"') {
        return Some(format!("write it in quotes: {key} = \"{}\"", words::short(value)));
    }
    if let Some(value) = value.strip_suffix([';', ',']) {
        return Some(format!("nothing stands at the end: write {key} = {}", words::short(value)));
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
            ("up = True", "write up = true or up = false"),
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
