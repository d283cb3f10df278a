//! Proportional rate reduction (RFC 6937, with the safe acknowledgments of RFC 9937 as in Linux): in
//! fast recovery, sends in proportion to what arrives, so that the window comes down over a round
//! trip without a pause.

/// One fast recovery. All amounts are in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProportionalRate {
    /// RecoverFS: what was in flight, or the window, when recovery began.
    before: u64,
    /// ssthresh: what it shall come down to.
    target: u64,
    /// prr_delivered.
    delivered: u64,
    /// prr_out.
    sent: u64,
    window: u64,
}

impl ProportionalRate {
    pub(super) const fn new(before: u64, target: u64) -> Self {
        Self { before, target, delivered: 0, sent: 0, window: target }
    }

    /// How much may be in the network until the next acknowledgment.
    pub(super) const fn window(&self) -> u64 {
        self.window
    }

    /// An acknowledgment told of `delivered` more; `pipe` is taken to be in the network.
    /// It is `safe` if SND.UNA has moved and no further loss was found.
    pub(super) fn on_ack(&mut self, delivered: u64, pipe: u64, mss: u64, safe: bool) {
        self.delivered += delivered;
        let allowance = if pipe > self.target {
            // Proportional: sent / delivered = target / before.
            let due = u128::from(self.delivered) * u128::from(self.target);
            let due = due.div_ceil(u128::from(self.before.max(1)));
            u64::try_from(due).unwrap_or(u64::MAX).saturating_sub(self.sent)
        } else {
            // Slow start up to the target, as long as all goes well.
            let earned = self.delivered.saturating_sub(self.sent).max(delivered);
            (earned + mss * u64::from(safe)).min(self.target - pipe)
        };
        // The first retransmission goes out in any case.
        let least = if self.sent == 0 { mss } else { 0 };
        self.window = pipe + allowance.max(least);
    }

    /// `bytes` went out.
    pub(super) const fn on_sent(&mut self, bytes: u64) {
        self.sent += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_sends_one_segment_for_two() {
        let mut rate = ProportionalRate::new(20, 10);
        let mut pipe = 19;
        let mut sent = Vec::new();
        for _ in 0..16 {
            pipe -= 1;
            rate.on_ack(1, pipe, 1, false);
            let now = rate.window() - pipe;
            rate.on_sent(now);
            pipe += now;
            sent.push(now);
        }
        assert_eq!(sent, [1, 0].repeat(8));
        assert_eq!(pipe, 11);
    }

    #[test]
    fn when_most_is_lost_it_grows_to_the_target_and_no_further() {
        let mut rate = ProportionalRate::new(20, 10);
        rate.on_ack(1, 2, 1, false);
        assert_eq!(rate.window(), 3);
        rate.on_sent(1);
        rate.on_ack(5, 1, 1, true);
        assert_eq!(rate.window(), 7);
        rate.on_ack(50, 1, 1, true);
        assert_eq!(rate.window(), 10);
    }
}
