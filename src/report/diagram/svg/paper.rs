//! The elements of an SVG file, written with one decimal so that they are the same everywhere.

use std::fmt::Write as _;

/// A place: right, down [px].
pub(super) type Point = (f64, f64);

/// Text.
pub(super) const INK: &str = "#222222";
/// Text beside the point.
pub(super) const GREY: &str = "#5f5f5f";
/// Lifelines.
pub(super) const LINE: &str = "#9a9a9a";
/// What was lost.
pub(super) const BAD: &str = "#c0392b";
/// What is done again, and the timers that say so.
pub(super) const AGAIN: &str = "#b35900";

/// How words look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// [px]
    pub(super) size: f64,
    pub(super) fill: &'static str,
    pub(super) anchor: &'static str,
    pub(super) bold: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { size: 13.0, fill: INK, anchor: "start", bold: false }
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    pub(super) colour: &'static str,
    /// [px]
    pub(super) width: f64,
    /// As `stroke-dasharray` has it; empty for a solid line.
    pub(super) dash: &'static str,
}

impl Pen {
    pub(super) const fn solid(colour: &'static str, width: f64) -> Self {
        Self { colour, width, dash: "" }
    }

    fn attributes(self) -> String {
        let Self { colour, width, dash } = self;
        let dash = match dash.is_empty() {
            true => String::new(),
            false => format!(" stroke-dasharray=\"{dash}\""),
        };
        format!("stroke=\"{colour}\" stroke-width=\"{width:.1}\"{dash}")
    }
}

/// A file being written.
#[derive(Debug)]
pub(super) struct Paper {
    text: String,
}

impl Paper {
    /// A white page.
    pub(super) fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"title desc\" \
             font-family=\"DejaVu Sans, Verdana, sans-serif\">\n"
        );
        let (title, description) = (escaped(title), escaped(description));
        let _ = writeln!(text, "<title id=\"title\">{title}</title>");
        let _ = writeln!(text, "<desc id=\"desc\">{description}</desc>");
        let _ =
            writeln!(text, "<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"#ffffff\"/>");
        Self { text }
    }

    /// The file.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    /// Begins a group, which tells `title` to who points at it.
    pub(super) fn open(&mut self, title: &str) {
        let _ = writeln!(self.text, "<g><title>{}</title>", escaped(title));
    }

    /// Ends a group.
    pub(super) fn close(&mut self) {
        self.text.push_str("</g>\n");
    }

    pub(super) fn line(&mut self, (x1, y1): Point, (x2, y2): Point, pen: Pen) {
        let pen = pen.attributes();
        let _ = writeln!(
            self.text,
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {pen}/>"
        );
    }

    /// A line through `points`.
    pub(super) fn path(&mut self, points: &[Point], pen: Pen) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let (points, pen) = (points.join(" "), pen.attributes());
        let _ = writeln!(self.text, "<polyline points=\"{points}\" fill=\"none\" {pen}/>");
    }

    /// A filled area.
    pub(super) fn area(&mut self, points: &[Point], fill: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(self.text, "<polygon points=\"{}\" fill=\"{fill}\"/>", points.join(" "));
    }

    /// A filled rectangle between two corners, its corners rounded.
    pub(super) fn rectangle(
        &mut self,
        (x, y): Point,
        (right, bottom): Point,
        round: f64,
        fill: &str,
    ) {
        let (width, height) = ((right - x).max(0.0), (bottom - y).max(0.0));
        let _ = writeln!(
            self.text,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             rx=\"{round:.1}\" fill=\"{fill}\"/>"
        );
    }

    pub(super) fn text(&mut self, (x, y): Point, words: &str, look: Look) {
        let place = format!("x=\"{x:.1}\" y=\"{y:.1}\"");
        self.words(&place, &escaped(words), look, false);
    }

    /// Words along a slanted line through `at` in the direction (`cos`, `sin`), on a ground of white;
    /// `more` of them in another colour.
    pub(super) fn slanted(
        &mut self,
        (x, y): Point,
        (cos, sin): Point,
        (words, more): (&str, &str),
        look: Look,
    ) {
        let place =
            format!("transform=\"matrix({cos:.4} {sin:.4} {:.4} {cos:.4} {x:.1} {y:.1})\"", -sin);
        let mut words = escaped(words);
        if !more.is_empty() {
            let more = escaped(more);
            let _ = write!(words, " <tspan fill=\"{AGAIN}\" font-weight=\"bold\">{more}</tspan>");
        }
        self.words(&place, &words, look, true);
    }

    fn words(&mut self, place: &str, escaped: &str, look: Look, has_ground: bool) {
        let Look { size, fill, anchor, bold } = look;
        let anchor = match anchor {
            "start" => String::new(),
            other => format!(" text-anchor=\"{other}\""),
        };
        let weight = if bold { " font-weight=\"bold\"" } else { "" };
        let ground = match has_ground {
            true => " stroke=\"#ffffff\" stroke-width=\"4\" paint-order=\"stroke\"",
            false => "",
        };
        let _ = writeln!(
            self.text,
            "<text {place} font-size=\"{size:.0}\" fill=\"{fill}\"{anchor}{weight}{ground}>\
             {escaped}</text>"
        );
    }
}

/// How wide words are, about [px].
pub(super) fn width_of(words: &str, size: f64) -> f64 {
    words.chars().count() as f64 * size * 0.6
}

/// Text as it may stand in XML, without the characters that may not.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out() {
        let mut paper = Paper::new(10.0, 10.0, "</title>&\u{1}", "\"");
        paper.open("<g>");
        paper.text((1.0, 2.0), "<script>\u{1}", Look::default());
        paper.slanted((1.0, 2.0), (1.0, 0.0), ("a<b", "c&d"), Look::default());
        paper.close();
        let text = paper.finish();
        let document = roxmltree::Document::parse(&text).expect("XML");
        let words: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
        assert!(words.contains(&"</title>&\u{fffd}") && words.contains(&"<script>\u{fffd}"));
        assert!(words.contains(&"c&d"), "{text}");
    }
}
