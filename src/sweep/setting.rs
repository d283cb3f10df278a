//! A path and what a sweep file sets it to, and where the file says so.
//!
//! A cell is loaded with its settings as texts `PATH=VALUE`. What is wrong with one is found in that
//! text; [`Setting::place`] leads back to the sweep file, where the reader can mend it.

use std::ops::Range;

use crate::scenario::fault::Span;
use crate::scenario::value::{Entry, Node, Value};

/// A path and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The path.
    pub path: String,
    /// The value as TOML, on one line.
    pub value: String,
    /// Where the path is written.
    path_span: Span,
    /// The value and all that is within it, the outer before the inner: where it stands in `value`,
    /// and where it is written.
    parts: Vec<(Range<usize>, Span)>,
}

impl Setting {
    pub(super) fn new(path: &str, path_span: Span, value: &Node) -> Self {
        let mut text = Line::default();
        text.node(value);
        Self { path: path.to_owned(), value: text.text, path_span, parts: text.parts }
    }

    /// In the form of `--set`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}={}", self.path, self.value)
    }

    /// Where `file`, the text of the sweep file, says what stands in this `range` of [`Setting::text`].
    pub(super) fn place(&self, range: Range<usize>, file: &str) -> Span {
        let Some(start) = range.start.checked_sub(self.path.len() + 1) else {
            return within(self.path_span, file, &self.path, range);
        };
        let range = start..range.end.saturating_sub(self.path.len() + 1);
        let holds =
            |part: &&(Range<usize>, Span)| part.0.start <= range.start && range.end <= part.0.end;
        let Some((own, span)) = self.parts.iter().rfind(holds) else { return self.path_span };
        if *own == range {
            return *span;
        }
        let text = &self.value[own.clone()];
        within(*span, file, text, range.start - own.start..range.end - own.start)
    }

    /// The value, if it is a single one that the file does not have in these very words: it is one of a
    /// range.
    pub(super) fn unwritten(&self, span: Span, file: &str) -> Option<&str> {
        let is_single = self.parts.len() == 1 && self.parts[0].1 == span;
        let plain = self.value.trim_matches(['"', '\'']);
        let written = file.get(span.start as usize..span.end as usize).unwrap_or_default();
        (is_single && !written.contains(plain)).then_some(plain)
    }
}

/// The place of a `range` of `text`, which is written at `span` in `file`; all of it if it is not
/// written in these very words.
pub(super) fn within(span: Span, file: &str, text: &str, range: Range<usize>) -> Span {
    let written = file.get(span.start as usize..span.end as usize).unwrap_or_default();
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let unquoted = inner('"').or_else(|| inner('\'')).unwrap_or(text);
    let shift = text.find(unquoted).unwrap_or(0);
    match written.find(unquoted) {
        Some(at) if !unquoted.is_empty() && range.start >= shift => {
            let place = |of_text: usize| span.start + (at + of_text - shift) as u32;
            Span {
                source: span.source,
                start: place(range.start),
                end: place(range.end.max(shift)),
            }
        }
        _ => span,
    }
}

/// A value as TOML, on one line.
pub(super) fn toml(node: &Node) -> String {
    let mut line = Line::default();
    line.node(node);
    line.text
}

/// A value on its way to a line of TOML.
#[derive(Default)]
struct Line {
    text: String,
    parts: Vec<(Range<usize>, Span)>,
}

impl Line {
    fn node(&mut self, node: &Node) {
        let (start, place) = (self.text.len(), self.parts.len());
        self.parts.push((start..start, node.span));
        match &node.value {
            Value::String(text) => self.quoted(text),
            Value::Integer(number) => self.text.push_str(&number.to_string()),
            Value::Float(number) => {
                self.text.push_str(&toml::Value::Float(*number).to_string());
            }
            Value::Boolean(truth) => self.text.push_str(&truth.to_string()),
            Value::Datetime(when) => self.text.push_str(when),
            Value::Null | Value::Gone => {}
            Value::Array(items) => {
                self.text.push('[');
                for (number, item) in items.iter().enumerate() {
                    self.text.push_str(if number > 0 { ", " } else { "" });
                    self.node(item);
                }
                self.text.push(']');
            }
            Value::Table(table) => {
                self.text.push_str("{ ");
                for (number, (key, entry)) in table.0.iter().enumerate() {
                    self.text.push_str(if number > 0 { ", " } else { "" });
                    self.entry(key, entry);
                }
                self.text.push_str(" }");
            }
        }
        self.parts[place].0.end = self.text.len();
    }

    fn entry(&mut self, key: &str, entry: &Entry) {
        let start = self.text.len();
        self.quoted(key);
        self.parts.push((start..self.text.len(), entry.key));
        self.text.push_str(" = ");
        self.node(&entry.node);
    }

    fn quoted(&mut self, text: &str) {
        self.text.push_str(&toml::Value::String(text.to_owned()).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::sweep;

    #[test]
    fn a_stretch_of_the_setting_leads_back_to_the_file() {
        let sweep = sweep(
            "[set]\n'apps.x.on' = { kind = 'fifo', limit = \"9p\", of = [1, 'two three'] }\n\
             [measure]\nm = 'seed'",
        );
        let written = |part: &str| {
            let setting = &sweep.fixed[0];
            let start = setting.text().find(part).expect(part);
            let span = setting.place(start..start + part.len(), &sweep.text);
            sweep.text[span.start as usize..span.end as usize].to_owned()
        };
        assert_eq!(written("apps.x.on"), "apps.x.on");
        assert_eq!(written("x"), "x");
        assert_eq!(written("\"kind\""), "kind");
        assert_eq!(written("\"9p\""), "\"9p\"");
        assert_eq!(written("p"), "p", "the path's");
        assert_eq!(written("9p"), "9p");
        assert_eq!(written("three"), "three");
        assert_eq!(written("[1, \"two three\"]"), "[1, 'two three']");
        assert!(written("= [1").starts_with("{ kind"), "what is nowhere is the whole");
    }
}
