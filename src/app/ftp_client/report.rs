//! What an FTP client tells of its files, a line for each.

use crate::app::Os;
use crate::units::Time;

/// Whether all files came so far; the lines are kept with the flow.
#[derive(Debug, Default)]
pub(super) struct Report {
    failed: u64,
}

impl Report {
    /// A file was moved, from the question for a data connection to the last reply.
    pub(super) fn moved(&self, os: &mut dyn Os, name: &str, bytes: u64, took: Time) {
        let seconds = took.as_secs_f64();
        let rate = if seconds > 0.0 { bytes as f64 * 8.0 / seconds / 1e6 } else { 0.0 };
        let line = format!("{name}: {bytes} bytes in {seconds:.3} s ({rate:.2} Mbit/s)");
        self.note(os, line);
    }

    /// A file was not moved.
    pub(super) fn failed(&mut self, os: &mut dyn Os, name: &str, why: &str) {
        self.failed += 1;
        self.note(os, format!("{name}: {why}"));
    }

    /// Anything else worth telling.
    pub(super) fn note(&self, os: &mut dyn Os, line: impl Into<String>) {
        os.flow().details.push(line.into());
    }

    /// Whether no file failed.
    pub(super) const fn is_complete(&self) -> bool {
        self.failed == 0
    }
}
