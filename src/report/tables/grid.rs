//! Lays rows out in columns that fit the terminal.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::paint::Paint;
use super::{Look, MAX_ROWS};

/// A column: its heading and what it holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    /// Names: left-aligned, shortened if there is no room, but not the number of a port at their end.
    Text(&'static str),
    /// Numbers: right-aligned, never shortened.
    Number(&'static str),
}

impl Column {
    const fn heading(self) -> &'static str {
        match self {
            Self::Text(heading) | Self::Number(heading) => heading,
        }
    }
}

/// One light rule below the headings and nothing else.
const RULED: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Names are not shortened below this many characters.
const SHORTEST: usize = 6;

/// The rows as a table with a title, or nothing if there are none.
pub(super) fn print(
    title: &str,
    columns: &[Column],
    mut rows: Vec<Vec<String>>,
    look: &Look,
) -> Option<String> {
    let more = rows.len().saturating_sub(MAX_ROWS);
    rows.truncate(MAX_ROWS);
    if rows.is_empty() {
        return None;
    }
    shorten(columns, &mut rows, look.width);
    let mut table = Table::new();
    table
        .load_style(RULED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(headings(columns));
    table.add_rows(rows);
    for (column, kind) in table.column_iter_mut().zip(columns) {
        column.set_padding((1, 0));
        if matches!(kind, Column::Number(_)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let paint = Paint(look.colour);
    let mut text = format!("{}\n", paint.bold(title));
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if more > 0 {
        text.push_str(&paint.dim(&format!(" … and {more} more (summary.json has all)")));
        text.push('\n');
    }
    Some(text)
}

/// The headings, those of one line level with the second line of the others.
fn headings(columns: &[Column]) -> Vec<String> {
    let tall = columns.iter().any(|column| column.heading().contains('\n'));
    let lowered = |heading: &str| match tall && !heading.contains('\n') {
        true => format!("\n{heading}"),
        false => heading.into(),
    };
    columns.iter().map(|column| lowered(column.heading())).collect()
}

fn length(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// Takes characters from the widest names until the table fits.
fn shorten(columns: &[Column], rows: &mut [Vec<String>], width: usize) {
    let mut widths: Vec<usize> = (0..columns.len())
        .map(|i| {
            let cells = rows.iter().map(|row| length(&row[i])).max().unwrap_or(0);
            cells.max(length(columns[i].heading()))
        })
        .collect();
    let least: Vec<usize> = (0..columns.len())
        .map(|i| rows.iter().map(|row| shortest(&row[i])).max().unwrap_or(SHORTEST))
        .collect();
    // A space before the first column, two before every other.
    let total = |widths: &[usize]| widths.iter().sum::<usize>() + 2 * widths.len() - 1;
    while total(&widths) > width {
        // A heading is never shortened, so its column gets no narrower.
        let can_shrink = |i: &usize| match columns[*i] {
            Column::Text(heading) => widths[*i] > least[*i].max(length(heading)),
            Column::Number(_) => false,
        };
        match (0..columns.len()).filter(can_shrink).max_by_key(|&i| (widths[i], i)) {
            Some(widest) => widths[widest] -= 1,
            None => break,
        }
    }
    for row in rows {
        for (cell, &width) in row.iter_mut().zip(&widths) {
            if length(cell) > width {
                *cell = elide(cell, width);
            }
        }
    }
}

/// A name of a port in parts: `bob`, `:80/tcp` and the service, `http`; of other names all is the first.
fn parts(text: &str) -> [&str; 3] {
    let named = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    let (port, service) = named.unwrap_or((text, ""));
    let colon = port.rfind(':').unwrap_or(port.len());
    match port[colon..].chars().nth(1).is_some_and(|first| first.is_ascii_digit()) {
        true => [&port[..colon], &port[colon..], service],
        false => [text, "", ""],
    }
}

/// How many characters of a name are always left.
fn shortest(text: &str) -> usize {
    let [_, port, _] = parts(text);
    SHORTEST.max(length(port) + if port.is_empty() { 0 } else { 4 })
}

/// `text` in `width` characters: the beginning and the end are what tells names apart. Of a port's
/// service and then its host so much is left out that its number stays.
fn elide(text: &str, width: usize) -> String {
    let [host, port, service] = parts(text);
    if port.is_empty() || length(port) + 4 > width {
        return elide_middle(text, width);
    }
    const FEW: usize = 3;
    let name = length(host) + length(port);
    let room = width.saturating_sub(name + length(" (…)"));
    if !service.is_empty() && room >= FEW {
        let service: String = service.chars().take(room).collect();
        return format!("{host}{port} ({service}…)");
    }
    let room = width - length(port);
    let host = if length(host) > room { elide_middle(host, room) } else { host.into() };
    format!("{host}{port}")
}

fn elide_middle(text: &str, width: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    let kept = width.saturating_sub(1);
    let (front, back) = (kept - kept / 2, kept / 2);
    let (start, end) = (&characters[..front], &characters[characters.len() - back..]);
    start.iter().chain(&['…']).chain(end).collect()
}

/// `words` in lines of at most `width` characters. A longer word gets its own line.
pub(super) fn wrap<T: AsRef<str>>(words: impl Iterator<Item = T>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        let word = word.as_ref();
        match lines.last_mut() {
            Some(line) if length(line) + 1 + length(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

/// `words` after `lead`, which is `indent` columns wide; further lines begin below the first word.
pub(super) fn hang(lead: &str, indent: usize, words: &str, width: usize, text: &mut String) {
    let room = width.saturating_sub(indent).max(20);
    for (i, line) in wrap(words.split_whitespace(), room).iter().enumerate() {
        let lead = if i == 0 { lead.to_owned() } else { " ".repeat(indent) };
        text.push_str(&format!("{lead}{line}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_both_ends_of_names() {
        assert_eq!(elide("abcdefghij", 7), "abc…hij");
        assert_eq!(elide("abcdefghij", 6), "abc…ij");
    }

    #[test]
    fn the_number_of_a_port_stays() {
        let shown = |width| elide("columbia:5001/udp (commplex-link)", width);
        assert_eq!(shown(31), "columbia:5001/udp (commplex-l…)");
        assert_eq!(shown(24), "columbia:5001/udp (com…)");
        assert_eq!(shown(23), "columbia:5001/udp");
        assert_eq!(shown(16), "col…bia:5001/udp");
        assert_eq!(elide("a-client-of-many → server:80", 15), "a-clie…erver:80");
        assert_eq!(shortest("columbia:5001/udp (commplex-link)"), 13);
        assert_eq!((shortest("columbia"), shortest("a: b")), (SHORTEST, SHORTEST));
    }

    #[test]
    fn wraps_words() {
        let wrapped = |text: &str, width| wrap(text.split_whitespace(), width);
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("overlong it is", 5), ["overlong", "it is"]);
        assert!(wrapped("", 5).is_empty());
    }
}
