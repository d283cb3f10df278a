//! A page of cells with lines and words, as a terminal has it.

/// A line goes up from the middle of a cell.
pub(super) const UP: u8 = 1;
/// A line goes down.
pub(super) const DOWN: u8 = 2;
/// A line goes to the left.
pub(super) const LEFT: u8 = 4;
/// A line goes to the right.
pub(super) const RIGHT: u8 = 8;

/// The signs for the ways that lines go, by the sum of their bits.
const SIGNS: [char; 16] =
    [' ', '╵', '╷', '│', '╴', '╯', '╮', '┤', '╶', '╰', '╭', '├', '─', '┴', '┬', '┼'];

/// What a cell means: its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ink {
    /// Ordinary.
    #[default]
    Plain,
    /// Names.
    Bold,
    /// Beside the point.
    Dim,
    /// Something was lost.
    Bad,
    /// Something is done again.
    Again,
    /// States of connections.
    State,
}

impl Ink {
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bold => Some("1"),
            Self::Dim => Some("2"),
            Self::Bad => Some("31"),
            Self::Again => Some("33"),
            Self::State => Some("36"),
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    /// A letter, which hides the lines.
    letter: Option<char>,
    lines: u8,
    ink: Ink,
}

/// Cells in rows, all of the same width.
#[derive(Debug)]
pub(super) struct Grid {
    width: usize,
    rows: Vec<Vec<Cell>>,
}

impl Grid {
    pub(super) const fn new(width: usize) -> Self {
        Self { width, rows: Vec::new() }
    }

    pub(super) const fn width(&self) -> usize {
        self.width
    }

    /// Makes it at least so many rows high.
    pub(super) fn grow(&mut self, rows: usize) {
        if self.rows.len() < rows {
            self.rows.resize(rows, vec![Cell::default(); self.width]);
        }
    }

    fn cell(&mut self, row: usize, column: usize) -> Option<&mut Cell> {
        self.rows.get_mut(row)?.get_mut(column)
    }

    /// Adds lines to a cell; what is outside is not drawn.
    pub(super) fn line(&mut self, row: usize, column: usize, lines: u8, ink: Ink) {
        if let Some(cell) = self.cell(row, column) {
            // What is beside the point does not change the colour of what matters.
            if cell.lines == 0 || ink != Ink::Dim {
                cell.ink = ink;
            }
            cell.lines |= lines;
        }
    }

    /// A level line from the middle of one cell to that of another.
    pub(super) fn level(&mut self, row: usize, from: usize, to: usize, ink: Ink) {
        let (left, right) = (from.min(to), from.max(to));
        for column in left..=right {
            let to_left = if column > left { LEFT } else { 0 };
            let to_right = if column < right { RIGHT } else { 0 };
            self.line(row, column, to_left | to_right, ink);
        }
    }

    /// Whether words here would hide something that goes up or down, or other words.
    pub(super) fn is_crossed(&self, row: usize, column: usize) -> bool {
        self.rows.get(row).and_then(|row| row.get(column)).is_some_and(|cell| {
            cell.lines & (UP | DOWN) != 0 || cell.letter.is_some_and(|letter| letter != ' ')
        })
    }

    /// Writes words over whatever is there; what is outside is not written.
    pub(super) fn write(&mut self, row: usize, column: usize, words: &str, ink: Ink) {
        for (i, letter) in words.chars().enumerate() {
            let letter = if letter.is_control() { '\u{fffd}' } else { letter };
            if let Some(cell) = self.cell(row, column + i) {
                *cell = Cell { letter: Some(letter), ink, ..*cell };
            }
        }
    }

    /// The page as text, with colours if wanted; no line is wider than the page.
    pub(super) fn text(&self, colour: bool) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let is_empty = |cell: &Cell| cell.letter.unwrap_or(SIGNS[cell.lines as usize]) == ' ';
            let end = row.iter().rposition(|cell| !is_empty(cell)).map_or(0, |last| last + 1);
            let mut ink = None;
            for cell in &row[..end] {
                let wanted = if colour { cell.ink.code() } else { None };
                if wanted != ink {
                    if ink.is_some() {
                        text.push_str("\x1b[0m");
                    }
                    if let Some(code) = wanted {
                        text.push_str(&format!("\x1b[{code}m"));
                    }
                    ink = wanted;
                }
                text.push(cell.letter.unwrap_or(SIGNS[cell.lines as usize]));
            }
            if ink.is_some() {
                text.push_str("\x1b[0m");
            }
            text.push('\n');
        }
        text
    }
}
