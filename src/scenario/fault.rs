//! What is wrong with a scenario, where, and what to write instead.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

/// A stretch of one of the texts that a scenario is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// Which text: 0 is the scenario file, others are overrides.
    pub source: u16,
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// From byte offsets, which [`MAX_TEXT`] keeps within 32 bits.
    pub(crate) const fn new(source: u16, range: std::ops::Range<usize>) -> Self {
        Self { source, start: range.start as u32, end: range.end as u32 }
    }
}

/// The longest text that is read \[bytes\].
pub(crate) const MAX_TEXT: usize = 64 << 20;

/// Faults printed before the rest is only counted.
const SHOWN: usize = 100;

/// Characters of a long line that are printed before and after the fault.
const AROUND: usize = 120;

/// A text that a scenario is made of.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file's name, or `--set`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// One fault of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// Where; the first is the culprit, others (with a note) explain.
    pub places: Vec<(Span, Option<String>)>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Fault {
    /// A fault at a place.
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), places: vec![(span, None)], help: None }
    }
    /// Says what to do about it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        let help = help.into();
        self.help = (!help.is_empty()).then_some(help);
        self
    }
    /// Writes a note under the culprit.
    #[must_use]
    pub(crate) fn label(mut self, note: impl Into<String>) -> Self {
        if let Some((_, label)) = self.places.first_mut() {
            *label = Some(note.into());
        }
        self
    }
    /// Points at another place that explains the fault. Places in other texts cannot be shown
    /// in the same picture and are left out.
    #[must_use]
    pub(crate) fn also(mut self, span: Span, note: impl Into<String>) -> Self {
        if self.places.first().is_some_and(|(first, _)| first.source == span.source) {
            self.places.push((span, Some(note.into())));
        }
        self
    }
}

/// Faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<Fault>,
}

impl Faults {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.list.push(fault);
    }
    pub(crate) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    pub(crate) const fn len(&self) -> usize {
        self.list.len()
    }
    /// The faults in the order of the text, each once.
    pub(crate) fn into_sorted(mut self) -> Vec<Fault> {
        self.list.sort_by_key(|fault| fault.places.first().map(|(span, _)| *span));
        // A table that describes components of several groups is read for each of them.
        self.list.dedup_by(|a, b| a.places == b.places && a.help == b.help);
        self.list
    }
}

/// A scenario that cannot be used: all its faults, in the order of the text.
///
/// Prints as a picture of the text with every fault marked, without colour.
#[derive(Debug, Clone)]
pub struct LoadError {
    pub(crate) sources: Vec<Source>,
    pub(crate) faults: Vec<Fault>,
}

impl LoadError {
    /// The faults; never empty.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The same, with the texts that are called `name` called otherwise.
    #[must_use]
    pub(crate) fn rename(mut self, name: &str, otherwise: &str) -> Self {
        for source in self.sources.iter_mut().filter(|source| source.name == name) {
            otherwise.clone_into(&mut source.name);
        }
        self
    }

    /// File, line and column of a fault; lines and columns count from 1, columns in characters.
    #[must_use]
    pub fn position(&self, fault: &Fault) -> (&str, usize, usize) {
        let span = fault.places.first().map(|(span, _)| *span).unwrap_or_default();
        let Some(source) = self.sources.get(usize::from(span.source)) else { return ("", 1, 1) };
        let before = source.text.get(..span.start as usize).unwrap_or(&source.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        (&source.name, line, before[line_start..].chars().count() + 1)
    }

    /// The faults drawn into the text, for people: in colour or not, at most `width` columns.
    #[must_use]
    pub fn render(&self, colour: bool, width: usize) -> String {
        let theme =
            if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_context_lines(0)
            .with_links(false)
            .with_word_splitter(textwrap::WordSplitter::NoHyphenation);
        let mut out = String::new();
        for fault in self.faults.iter().take(SHOWN) {
            let place = fault.places.first().map_or(0, |(span, _)| usize::from(span.source));
            let shown = Shown { fault, source: self.sources.get(place).map(Excerpt) };
            if handler.render_report(&mut out, &shown).is_err() {
                out.push_str(&fault.message);
            }
            out.push('\n');
        }
        match self.faults.len() {
            0..=SHOWN => {}
            all => out.push_str(&format!("... and {} more faults\n", all - SHOWN)),
        }
        out
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false, 100).trim_end())
    }
}
impl std::error::Error for LoadError {}

/// A fault in the form that miette draws.
struct Shown<'a> {
    fault: &'a Fault,
    source: Option<Excerpt<'a>>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}
impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fault.message)
    }
}
impl std::error::Error for Shown<'_> {}
impl Diagnostic for Shown<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.fault.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let text = self.source.as_ref().map_or("", |Excerpt(source)| source.text.as_str());
        let mut primary = true;
        Some(Box::new(self.fault.places.iter().map(move |(span, note)| {
            let range = visible(text, *span);
            let (start, length) = (range.start, range.len());
            if std::mem::take(&mut primary) {
                LabeledSpan::new_primary_with_span(note.clone(), (start, length))
            } else {
                LabeledSpan::new_with_span(note.clone(), (start, length))
            }
        })))
    }
}

/// The part of `span` that is marked: its first line, on character boundaries.
fn visible(text: &str, span: Span) -> std::ops::Range<usize> {
    let start = floor(text, (span.start as usize).min(text.len()));
    let end = floor(text, (span.end as usize).clamp(start, text.len()));
    let line = text[start..end].find(['\n', '\r']).unwrap_or(end - start);
    let end = floor(text, start + line.min(AROUND));
    let at_line_end = text[start..].is_empty() || text[start..].starts_with(['\n', '\r']);
    let empty_line = start == 0 || text[..start].ends_with('\n');
    if start == end && at_line_end && !empty_line {
        // What is missing at the end of a line is marked at its last character.
        return floor(text, start - 1)..start;
    }
    start..end
}

/// A text as miette reads it: always whole lines, but of very long ones only the neighbourhood.
struct Excerpt<'a>(&'a Source);

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = &self.0.text;
        let first = floor(text, span.offset().min(text.len()));
        let last = floor(text, (span.offset() + span.len()).clamp(first, text.len()));
        let line_start = text[..first].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[last..].find(['\n', '\r']).map_or(text.len(), |at| last + at);
        let (mut start, mut end) = (line_start, line_end);
        if end - start > 8 * AROUND {
            start = floor(text, start.max(first.saturating_sub(AROUND)));
            end = floor(text, end.min(last + AROUND)).max(last);
        }
        let line = text[..start].bytes().filter(|&byte| byte == b'\n').count();
        let column = text[line_start..first].chars().count();
        let count = text[start..end].lines().count();
        let name = self.0.name.clone();
        let (data, shown) = (&text.as_bytes()[start..end], (start, end - start).into());
        Ok(Box::new(MietteSpanContents::new_named(name, data, shown, line, column, count)))
    }
}

/// The character boundary at or before `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
