//! What the terminal can do, and writing to it.

use std::io::{self, IsTerminal as _, Write as _};

use crate::report::paragraph;

/// Whether standard output takes colour: a terminal, and `NO_COLOR` is not set.
#[must_use]
pub(super) fn stdout_has_colour() -> bool {
    io::stdout().is_terminal() && wants_colour()
}

/// Whether somebody watches standard output.
#[must_use]
pub(super) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard error takes colour.
#[must_use]
pub(super) fn stderr_has_colour() -> bool {
    io::stderr().is_terminal() && wants_colour()
}

/// Whether somebody watches standard error.
#[must_use]
pub(super) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// See <https://no-color.org>.
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A remark beside the results, on standard error.
pub(super) fn note(text: &str) {
    tell(&(paragraph::filled(text, "note: ", "      ") + "\n"));
}

/// Writes to standard error. Where that cannot be, nobody can be told, and the work goes on: a log on
/// a full disk is no reason to lose a run.
pub(super) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes to standard output. A reader that has gone away (`portolan list | head`) is no error.
///
/// # Errors
/// Any other trouble with standard output.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
