//! The computer's clock: only the command line may look at it, to time what it does.
#![expect(clippy::disallowed_types, reason = "timing is about the computer, not the simulation")]

use std::time::Instant;

/// A stopwatch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Seconds since the start.
    pub(super) fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
