//! Expressions in the words of other languages: what was meant, said before CEL's own parser
//! complains about the sign after it.

use std::ops::Range;

use super::names::Known;
use crate::units::{Bytes, Rate, Ratio, Time};

/// A mistake: where in the expression, what is wrong, what to write.
pub(super) type Mistake = (Range<usize>, String, String);

/// A name that lacks its quotes: CEL would read `links.r1--bob` as a difference.
pub(super) fn unquoted(text: &str, known: &Known<'_>) -> Option<Mistake> {
    let bare = without_texts(text);
    let families = [("links", known.links), ("flows", known.apps), ("hosts", known.nodes)];
    let roots = families.iter().map(|(root, _)| *root).chain(["ports"]);
    for (root, at) in roots.flat_map(|root| words(&bare, root).map(move |at| (root, at))) {
        let (start, open) = match bare[at + root.len()..].chars().next() {
            Some(open @ ('.' | '[')) => (at + root.len() + 1, open),
            _ => continue,
        };
        let is_of_name = |c: char| c.is_alphanumeric() || "_-@".contains(c);
        let is_of_port = |c: char| root == "ports" && ":/".contains(c);
        let rest = &bare[start..];
        let end = rest.find(|c: char| !is_of_name(c) && !is_of_port(c)).unwrap_or(rest.len());
        let name = &rest[..end];
        let family = families.iter().find(|(of, _)| *of == root);
        let is_member = family.is_some_and(|(_, family)| family.members.contains_key(name));
        let is_link = root == "links" && name.contains("--") && !name.ends_with('-');
        let is_port = root == "ports" && name.contains(':');
        if name.contains(['-', '@', ':']) && (is_member || is_link || is_port) {
            let what = format!("`{name}` needs quotes: without them `-` is a difference");
            let what = if is_port { format!("`{name}` needs quotes") } else { what };
            let range = if open == '.' { start - 1..start + end } else { start..start + end };
            return Some((range, what, format!("write {root}['{name}']")));
        }
    }
    None
}

/// What in an expression that is none comes from elsewhere.
pub(super) fn foreign(text: &str) -> Option<Mistake> {
    let bare = without_texts(text);
    number(&bare).or_else(|| sign(&bare)).or_else(|| word(&bare))
}

/// What a quantity with a unit is as the results have it: a plain number, and of what.
pub(super) fn plain(quantity: &str) -> Option<(String, &'static str)> {
    if let Ok(share) = quantity.parse::<Ratio>() {
        return Some((share.as_f64().to_string(), "shares are numbers from 0 to 1"));
    }
    if let Some(packets) = quantity.strip_suffix('p').map(str::trim)
        && packets.parse::<u64>().is_ok()
    {
        return Some((packets.to_owned(), "packets are counted"));
    }
    if let Ok(time) = quantity.parse::<Time>() {
        return Some((time.as_secs_f64().to_string(), "times are in seconds"));
    }
    if let Ok(rate) = quantity.parse::<Rate>() {
        return Some((rate.as_bps().to_string(), "rates are in bits per second"));
    }
    let size: Bytes = quantity.parse().ok()?;
    Some((size.get().to_string(), "sizes are in bytes"))
}

/// The expression with an underscore for each byte of a text in quotes, or of a comment.
fn without_texts(text: &str) -> String {
    let (mut bare, mut open, mut escaped) = (String::with_capacity(text.len()), None, false);
    for (at, c) in text.char_indices() {
        if open.is_none() && text[at..].starts_with("//") {
            open = Some('\n');
        }
        let inside = open.is_some();
        match open {
            Some('\n') if c != '\n' => {}
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(quote) if c == quote => open = None,
            None if c == '"' || c == '\'' => open = Some(c),
            _ => {}
        }
        match inside && open.is_some() {
            true => bare.extend(std::iter::repeat_n('_', c.len_utf8())),
            false => bare.push(c),
        }
    }
    bare
}

/// Where `word` stands alone.
fn words<'a>(bare: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    bare.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let follows = bare[at + word.len()..].chars().next();
        !bare[..at].ends_with(joins) && !follows.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// A number with a comma, a percent sign or a unit.
fn number(bare: &str) -> Option<Mistake> {
    let mut at = 0;
    let mut depth = 0_usize;
    while let Some(c) = bare[at..].chars().next() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let joined = bare[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        if !c.is_ascii_digit() || joined {
            at += c.len_utf8();
            continue;
        }
        let is_of_number = |c: char| c.is_ascii_digit() || c == '.';
        let length = bare[at..].find(|c| !is_of_number(c)).unwrap_or(bare.len() - at);
        let (digits, rest) = bare[at..].split_at(length);
        if let Some((more, what, help)) = after_number(digits, rest, depth) {
            return Some((at..at + length + more, what, help));
        }
        at += length;
    }
    None
}

/// What is wrong after the digits of a number, and how far it goes.
fn after_number(digits: &str, rest: &str, depth: usize) -> Option<(usize, String, String)> {
    let fraction = rest.strip_prefix(',').map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        &rest[..end]
    });
    if let Some(fraction) = fraction.filter(|it| depth == 0 && !it.is_empty()) {
        let all = format!("{digits},{fraction}");
        let whole = match fraction.len() {
            3 => format!(", or {digits}{fraction}"),
            _ => String::new(),
        };
        let help = format!("write a point: {digits}.{fraction}{whole}");
        return Some((fraction.len() + 1, format!("`{all}` has a comma"), help));
    }
    let spaces = rest.len() - rest.trim_start().len();
    let unit = &rest[spaces..];
    let end = unit.find(|c: char| !c.is_alphabetic() && c != '%').unwrap_or(unit.len());
    let unit = &unit[..end];
    // Of whole numbers the percent sign is the remainder.
    let operand = rest[spaces + end..].trim_start().chars().next();
    let remains = |c: char| c.is_alphanumeric() || c == '_' || "('\"-[".contains(c);
    if unit == "%" && operand.is_some_and(remains) {
        return None;
    }
    let quantity = format!("{digits}{unit}");
    let (number, of) = match unit {
        "" | "u" | "e" | "E" | "x" => return None,
        "%" if quantity.parse::<Ratio>().is_err() => {
            let share = digits.parse::<f64>().ok()? / 100.0;
            (share.to_string(), "shares are numbers, 1 is all")
        }
        _ => plain(&quantity)?,
    };
    let what = format!("results have no units: `{quantity}` is no number");
    Some((spaces + end, what, format!("{of}: write {number}")))
}

/// Signs of other languages.
fn sign(bare: &str) -> Option<Mistake> {
    const SIGNS: &[(&str, &str)] = &[
        ("===", "=="),
        ("!==", "!="),
        ("=>", ">="),
        ("=<", "<="),
        ("<>", "!="),
        ("\u{2265}", ">="),
        ("\u{2264}", "<="),
        ("\u{2260}", "!="),
    ];
    let found = SIGNS.iter().find_map(|(sign, ours)| Some((bare.find(sign)?, *sign, *ours)));
    if let Some((at, sign, ours)) = found {
        let what = format!("`{sign}` is no sign of CEL");
        return Some((at..at + sign.len(), what, format!("write {ours}")));
    }
    if let Some(at) = bare.find("->") {
        let help = "write it as links['r1--bob']['r1->bob']".to_owned();
        return Some((at..at + 2, "the name of a direction needs quotes".into(), help));
    }
    let single = |&(at, _): &(usize, &str)| {
        !bare[..at].ends_with(['=', '!', '<', '>']) && !bare[at + 1..].starts_with('=')
    };
    let (at, _) = bare.match_indices('=').find(single)?;
    Some((at..at + 1, "`=` compares nothing".into(), "write == to compare".into()))
}

/// Words for signs.
fn word(bare: &str) -> Option<Mistake> {
    let lower = bare.to_ascii_lowercase();
    let found = [("and", "&&"), ("or", "||"), ("not", "!")].into_iter().find_map(|(word, sign)| {
        let at = words(&lower, word).next()?;
        Some((at, word, sign))
    });
    let (at, word, sign) = found?;
    let range = at..at + word.len();
    Some((range, format!("`{word}` is no word of CEL"), format!("write {sign}")))
}
