//! No congestion control: only the receiver's window limits. What TCP was before 1988.

use super::{AckSample, CongestionControl};

/// A window without end that no loss makes smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlimited;

impl CongestionControl for Unlimited {
    fn window(&self) -> u64 {
        u64::MAX
    }
    fn threshold(&self) -> Option<u64> {
        None
    }
    fn on_ack(&mut self, _: AckSample) {}
    fn on_loss(&mut self, _: u64) {}
    fn on_timeout(&mut self, _: Option<u64>) {}
    fn on_idle(&mut self, _: u32) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_change_nothing() {
        let mut control = Unlimited;
        control.on_loss(10);
        control.on_timeout(Some(10));
        control.on_idle(3);
        assert_eq!(control.window(), u64::MAX);
    }
}
