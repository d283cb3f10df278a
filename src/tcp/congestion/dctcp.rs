//! Data center TCP (RFC 8257), the sender's half: the window comes down in proportion to how much
//! was marked in the last window, and grows like Reno's. The receiver's half, which echoes each
//! mark exactly, is in `ecn`.
//!
//! Fractions are whole multiples of 1/1024, as in Linux.

use super::{AckSample, CongestionControl, Feedback, Reno};
use crate::tcp::config::Hystart;

/// One, as a fraction.
const ONE: u64 = 1024;
/// g: the weight of the last window, as a shift: 1/16 (RFC 8257 section 4.2).
const SHIFT_G: u32 = 4;

/// The window of DCTCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dctcp {
    reno: Reno,
    mss: u64,
    /// DCTCP.Alpha, in 1/1024.
    alpha: u64,
    /// DCTCP.WindowEnd.
    window_end: u64,
    /// DCTCP.BytesAcked and DCTCP.BytesMarked.
    acked: u64,
    marked: u64,
}

impl Dctcp {
    /// A window of `initial` segments of `mss` bytes.
    #[must_use]
    pub const fn new(mss: u64, initial: u32) -> Self {
        let reno = Reno::new(mss, initial);
        // Alpha begins at one: the first mark halves the window (section 3.3).
        Self { reno, mss, alpha: ONE, window_end: 0, acked: 0, marked: 0 }
    }

    /// With a way out of slow start before a mark.
    #[must_use]
    pub fn with_hystart(mut self, kind: Hystart) -> Self {
        self.reno = self.reno.with_hystart(kind);
        self
    }

    /// How much was marked lately, from zero to 1024.
    #[must_use]
    pub const fn alpha(&self) -> u64 {
        self.alpha
    }

    /// Section 3.3, steps 5 to 8, with the rounding of Linux.
    fn end_window(&mut self, sent: u64) {
        // A small alpha still falls, down to zero.
        let part = self.alpha >> SHIFT_G;
        self.alpha -= if part == 0 { self.alpha } else { part };
        let fraction = (self.marked * (ONE >> SHIFT_G)).checked_div(self.acked).unwrap_or(0);
        self.alpha = (self.alpha + fraction).min(ONE);
        self.window_end = sent;
        self.acked = 0;
        self.marked = 0;
    }
}

impl CongestionControl for Dctcp {
    fn window(&self) -> u64 {
        self.reno.window()
    }
    fn threshold(&self) -> Option<u64> {
        self.reno.threshold()
    }
    fn on_feedback(&mut self, feedback: &Feedback) {
        self.reno.on_feedback(feedback);
        self.acked += feedback.delivered;
        self.marked += if feedback.echo { feedback.delivered } else { 0 };
        if feedback.acknowledged >= self.window_end {
            self.end_window(feedback.sent);
        }
    }
    fn on_ack(&mut self, sample: AckSample) {
        self.reno.on_ack(sample);
    }
    /// Section 3.3, step 9: cwnd = cwnd · (1 − alpha / 2).
    fn on_echo(&mut self, _: u64) {
        let window = self.window() / self.mss;
        let cut = (window * self.alpha) >> 11;
        self.reno.come_down_to((window - cut).max(2) * self.mss);
    }
    /// Section 3.5: a loss is answered as ever.
    fn on_loss(&mut self, flight: u64) {
        self.reno.on_loss(flight);
    }
    fn on_recovered(&mut self) {
        self.reno.on_recovered();
    }
    fn on_timeout(&mut self, flight: Option<u64>) {
        self.reno.on_timeout(flight);
    }
    fn on_undo(&mut self, window: u64, threshold: Option<u64>) {
        self.reno.on_undo(window, threshold);
    }
    fn on_segment_size(&mut self, mss: u64) {
        self.reno.on_segment_size(mss);
        self.mss = mss;
    }
    fn on_idle(&mut self, halvings: u32) {
        self.reno.on_idle(halvings);
    }
}

#[cfg(test)]
mod tests {
    use super::super::feedback;
    use super::*;

    /// Acknowledges a window of `segments`, the first `marked` of them with an echo.
    fn window(dctcp: &mut Dctcp, segments: u64, marked: u64) {
        let end = dctcp.window_end;
        for number in 1..=segments {
            dctcp.on_feedback(&Feedback {
                sent: end + 1_000_000,
                acknowledged: end - (segments - number) * 1000,
                delivered: 1000,
                echo: number <= marked,
                ..feedback()
            });
        }
    }

    fn settled(mss: u64, initial: u32) -> Dctcp {
        let mut dctcp = Dctcp::new(mss, initial);
        window(&mut dctcp, 1, 1);
        dctcp
    }

    #[test]
    fn alpha_is_an_average_of_what_was_marked() {
        let mut dctcp = settled(1000, 10);
        // All of one segment: 1024 - 64 + 64.
        assert_eq!(dctcp.alpha(), 1024);
        // Nothing marked: 15/16 each.
        let mut seen = Vec::new();
        for _ in 0..3 {
            window(&mut dctcp, 16, 0);
            seen.push(dctcp.alpha());
        }
        assert_eq!(seen, [960, 900, 844]);
        // A quarter marked: 844 - 52 + 64 / 4.
        window(&mut dctcp, 32, 8);
        assert_eq!(dctcp.alpha(), 808);
    }

    #[test]
    fn alpha_goes_to_what_is_marked_and_down_to_nothing() {
        let mut dctcp = settled(1000, 10);
        (0..200).for_each(|_| window(&mut dctcp, 64, 16));
        // A quarter, short by less than the rounding of 1/16.
        assert!((241..=271).contains(&dctcp.alpha()), "{}", dctcp.alpha());
        (0..100).for_each(|_| window(&mut dctcp, 64, 0));
        assert_eq!(dctcp.alpha(), 0);
    }

    #[test]
    fn the_window_comes_down_by_half_of_alpha() {
        let mut dctcp = Dctcp::new(1000, 40);
        dctcp.alpha = 256;
        dctcp.on_echo(40_000);
        // 40 · (1 − 1/8)
        assert_eq!((dctcp.window(), dctcp.threshold()), (35_000, Some(35_000)));
        dctcp.alpha = 0;
        dctcp.on_echo(35_000);
        assert_eq!(dctcp.window(), 35_000);
        dctcp.alpha = ONE;
        dctcp.on_echo(35_000);
        // 35 - 17
        assert_eq!(dctcp.window(), 18_000);
        dctcp.on_loss(18_000);
        assert_eq!(dctcp.window(), 9000);
    }
}
