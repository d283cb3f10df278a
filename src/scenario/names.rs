//! Names of components, and patterns that stand for many: `h[1..100]`, `n[*]`, `n[-*]`.

use super::words;

/// A name as written: of one thing, or of a numbered family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Just this name.
    One(String),
    /// `h[1..100]`: numbers from the first to the last, which may be the smaller one. Written
    /// with leading zeros (`h[001..100]`), all have that many digits.
    Range { prefix: String, first: u64, last: u64, digits: usize, suffix: String },
    /// `n[*]`: all nodes there are with this prefix, a number and this suffix, in ascending
    /// order; `n[-*]` in descending order.
    All { prefix: String, suffix: String, backwards: bool },
}

/// What is wrong with a name, and what to write instead.
pub(crate) type Wrong = (String, String);

/// The longest name [characters].
pub(super) const LONGEST: usize = 63;

impl Pattern {
    /// Reads a name or a pattern.
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let Some((prefix, rest)) = text.split_once('[') else {
            check_characters(text)?;
            return Ok(Self::One(text.into()));
        };
        let wrong = || {
            let what = format!("`{}` is not a range of names", words::short(text));
            let (range, suffix) = rest.split_once(']').unwrap_or((rest, ""));
            let numbers = range.split(|c: char| !c.is_ascii_digit()).filter(|it| !it.is_empty());
            let help = match numbers.collect::<Vec<_>>().as_slice() {
                [first, last] if first.len().max(last.len()) < 9 => {
                    format!("write {prefix}[{first}..{last}]{suffix}")
                }
                _ => "write for example h[1..100], or n[*] for all numbered nodes".to_owned(),
            };
            (what, help)
        };
        let (range, suffix) = rest.split_once(']').ok_or_else(wrong)?;
        if suffix.contains(['[', ']']) {
            return Err((
                format!("`{}` has more than one range", words::short(text)),
                "a name has one range at most; write a table for each value of the other".into(),
            ));
        }
        check_characters(&format!("{prefix}0{suffix}"))?;
        let (prefix, suffix) = (prefix.to_owned(), suffix.to_owned());
        match range.trim() {
            "*" => return Ok(Self::All { prefix, suffix, backwards: false }),
            "-*" => return Ok(Self::All { prefix, suffix, backwards: true }),
            _ => {}
        }
        let (first, last) = range.split_once("..").ok_or_else(wrong)?;
        let (first, last) = (first.trim(), last.trim());
        let number = |text: &str| {
            let plain = text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse::<u64>().ok()).flatten().ok_or_else(wrong)
        };
        let padded = |text: &str| if text.starts_with('0') { text.len() } else { 0 };
        let digits = padded(first).max(padded(last));
        let (first, last) = (number(first)?, number(last)?);
        Ok(Self::Range { prefix, first, last, digits: digits.max(1), suffix })
    }

    /// Whether it can stand for several.
    pub(super) const fn is_many(&self) -> bool {
        !matches!(self, Self::One(_))
    }

    /// The names, in order. `known` are the nodes that `[*]` chooses from.
    ///
    /// # Errors
    /// If there would be more than `limit`, or none.
    pub(super) fn names<'a>(
        &self,
        known: impl Iterator<Item = &'a str>,
        limit: usize,
    ) -> Result<Vec<String>, Wrong> {
        match self {
            Self::One(name) => Ok(vec![name.clone()]),
            Self::Range { prefix, first, last, digits, suffix } => {
                let count = first.abs_diff(*last).saturating_add(1);
                if count > limit as u64 {
                    return Err((
                        format!("this range stands for {count} names"),
                        format!("a scenario may have {limit} in all"),
                    ));
                }
                let name = |number: u64| format!("{prefix}{number:0digits$}{suffix}");
                Ok(if first <= last {
                    (*first..=*last).map(name).collect()
                } else {
                    (*last..=*first).rev().map(name).collect()
                })
            }
            Self::All { prefix, suffix, backwards } => {
                let mut found: Vec<(u64, &str)> = known
                    .filter_map(|name| {
                        let middle = name.strip_prefix(prefix.as_str())?;
                        let middle = middle.strip_suffix(suffix.as_str())?;
                        let plain = middle.bytes().all(|byte| byte.is_ascii_digit());
                        plain.then(|| middle.parse().ok()).flatten().map(|number| (number, name))
                    })
                    .collect();
                if found.is_empty() {
                    return Err((
                        format!(
                            "no node is called `{prefix}` and a number{}",
                            if suffix.is_empty() {
                                String::new()
                            } else {
                                format!(" and `{suffix}`")
                            }
                        ),
                        "[*] stands for all nodes that a topology or [nodes] has numbered".into(),
                    ));
                }
                found.sort_unstable();
                if *backwards {
                    found.reverse();
                }
                Ok(found.into_iter().map(|(_, name)| name.to_owned()).collect())
            }
        }
    }
}

/// Whether `name` can name a node, link or application.
fn check_characters(name: &str) -> Result<(), Wrong> {
    let shown = words::short(name);
    let help = "a name has letters, digits, `_` and single `-`, such as web-1";
    if name.is_empty() {
        return Err(("a name is empty".into(), help.into()));
    }
    if name.chars().count() > LONGEST {
        return Err((
            format!("`{shown}` is longer than {LONGEST} characters"),
            "choose a shorter name".into(),
        ));
    }
    let strange = name.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    if let (Some(','), false) = (strange, name.contains(['"', '\''])) {
        let names: Vec<String> = name.split(',').map(|it| format!("\"{}\"", it.trim())).collect();
        let message = format!("`{shown}` is not one name");
        return Err((
            message,
            format!("where several may stand, write a list: [{}]", names.join(", ")),
        ));
    }
    if let Some(strange) = strange {
        return Err((format!("`{shown}` has a {strange:?}, which names cannot have"), help.into()));
    }
    if name.starts_with('-') || name.ends_with('-') || name.contains("--") {
        return Err((
            format!("`{shown}` has a `-` at an end, or two together"),
            "`--` joins the ends of a link; in names use `_` or a single `-`".into(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, known: &[&str]) -> Vec<String> {
        Pattern::parse(text).expect(text).names(known.iter().copied(), 1000).expect(text)
    }

    #[test]
    fn expands_ranges() {
        assert_eq!(names("h[1..3]", &[]), ["h1", "h2", "h3"]);
        assert_eq!(names("h[3..1]x", &[]), ["h3x", "h2x", "h1x"]);
        assert_eq!(names("h[08..10]", &[]), ["h08", "h09", "h10"]);
        assert_eq!(names("h[0..1]", &[]), ["h0", "h1"]);
        assert_eq!(names("bob", &[]), ["bob"]);
        let known = ["n10", "n2", "m1", "n1x", "n"];
        assert_eq!(names("n[*]", &known), ["n2", "n10"]);
        assert_eq!(names("n[-*]", &known), ["n10", "n2"]);
    }

    #[test]
    fn says_how_a_range_is_written() {
        let told = |text| Pattern::parse(text).expect_err(text).1;
        for text in ["h[1-3]", "h[1...3]", "h[1,3]", "h[1 to 3]", "h[1:3]"] {
            assert_eq!(told(text), "write h[1..3]");
        }
        assert_eq!(told("h[1-3]x"), "write h[1..3]x");
        assert!(told("h[1]").contains("for example"));
        assert!(told("alice, bob").contains("[\"alice\", \"bob\"]"));
    }

    #[test]
    fn refuses_what_is_no_name() {
        for text in ["", "a b", "a.b", "a--b", "-a", "h[1-3]", "h[1..3", "h[1..2][3..4]", "h[]"] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
        let huge = Pattern::parse("h[1..9999999999]").expect("a pattern");
        assert!(huge.names(std::iter::empty(), 1_000_000).is_err());
        assert!(Pattern::parse("n[*]").expect("a pattern").names(["a"].into_iter(), 9).is_err());
    }
}
