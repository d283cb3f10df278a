//! Reading and writing at a rate.

use crate::units::{Bytes, Rate, Time};

/// How often a second a process reads or writes that does so at a rate.
const TURNS: u64 = 100;

/// Data moved at a rate: a little, then a pause, a hundred times a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) struct Pace {
    /// How much at a time \[bytes\].
    pub(in crate::app) chunk: u64,
    /// From one time to the next.
    pub(in crate::app) gap: Time,
}

impl Pace {
    /// The pace that makes this rate. Below 800 bit/s single bytes are moved less often.
    pub(in crate::app) fn of(rate: Rate) -> Self {
        let chunk = (rate.as_bps() / 8 / TURNS).max(1);
        Self { chunk, gap: rate.time_for(Bytes::new(chunk)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_makes_the_rate() {
        for (bps, chunk, ms) in [(10_000_000, 12_500, 10), (80_000, 100, 10), (80, 1, 100)] {
            let pace = Pace::of(Rate::from_bps(bps));
            assert_eq!(pace, Pace { chunk, gap: Time::from_ms(ms) });
        }
        // 12.5 bytes are no whole number: it takes a little less than 10 ms.
        assert_eq!(Pace::of(Rate::from_bps(10_000)), Pace { chunk: 12, gap: Time::from_us(9600) });
    }
}
