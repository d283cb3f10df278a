//! Dotted paths: `links.r1--bob.queue`, with quotes round names that have dots.

use std::ops::Range;

use super::names::Wrong;
use super::words;

/// One part of a path, and where in the text it stands.
pub(crate) type Segment = (String, Range<usize>);

/// Takes a path apart. Dots within quotes or brackets (`links.h[1..3]--sw.rate`) do not divide.
pub(crate) fn parse(text: &str) -> Result<Vec<Segment>, Wrong> {
    let wrong = |what: &str| {
        (
            format!("`{}` is not a path: {what}", words::short(text)),
            "write names with dots between, such as links.r1--bob.queue".to_owned(),
        )
    };
    let mut segments = Vec::new();
    let (mut start, mut brackets, mut quote) = (0, 0usize, None);
    let mut ends: Vec<(usize, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => brackets += 1,
            (None, ']') => brackets = brackets.saturating_sub(1),
            (None, '.') if brackets == 0 => {
                ends.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    if quote.is_some() {
        return Err(wrong("a quote is not closed"));
    }
    ends.push((start, text.len()));
    if ends.len() > 32 {
        return Err(wrong("it has too many parts"));
    }
    for (start, end) in ends {
        let part = text[start..end].trim();
        let quoted = ['"', '\'']
            .iter()
            .find_map(|&quote| part.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)));
        let name = quoted.unwrap_or(part);
        if name.is_empty() {
            return Err(wrong("a name is empty"));
        }
        segments.push((name.to_owned(), start..end));
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        parse(text).expect(text).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn divides_at_dots_outside_of_quotes_and_brackets() {
        assert_eq!(names("links.r1--bob.queue"), ["links", "r1--bob", "queue"]);
        assert_eq!(names("links.h[1..3]--sw.rate"), ["links", "h[1..3]--sw", "rate"]);
        assert_eq!(names("links.\"a.b\".rate"), ["links", "a.b", "rate"]);
        for text in ["", "a..b", ".a", "a.", "a.\"b", "''"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
