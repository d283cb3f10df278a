//! The clock of an interface of a pcapng file (draft-ietf-opsawg-pcapng, section 4.2).
//!
//! The reader of blocks hands out ticks as if each were a nanosecond. How long a tick is, each
//! interface says for itself: a microsecond unless it does.

use std::time::Duration;

use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionOption;

/// Nanoseconds in a second.
const SECOND: u128 = 1_000_000_000;

/// How an interface counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    /// Ticks in a second: a power of ten, or of two.
    ticks: u128,
    /// What to add to all times \[s\].
    offset: i128,
}

impl Clock {
    /// What the options of an interface say: `if_tsresol`, `if_tsoffset`.
    pub(crate) fn of(options: &[InterfaceDescriptionOption<'_>]) -> Self {
        let mut clock = Self { ticks: 1_000_000, offset: 0 };
        for option in options {
            match option {
                InterfaceDescriptionOption::IfTsResol(resolution) => {
                    let power = u32::from(resolution & 0x7f);
                    let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
                    // Finer clocks than can be counted do not exist.
                    clock.ticks = base.checked_pow(power).unwrap_or(u128::MAX);
                }
                InterfaceDescriptionOption::IfTsOffset(seconds) => {
                    // Signed, though the reader says otherwise.
                    clock.offset = i128::from(seconds.cast_signed());
                }
                _ => {}
            }
        }
        clock
    }

    /// A time since 1970 \[ns\] of what the reader hands out.
    pub(crate) fn time(self, ticks: Duration) -> u128 {
        let time = ticks.as_nanos().saturating_mul(SECOND) / self.ticks;
        time.saturating_add_signed(self.offset * SECOND.cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_as_long_as_the_interface_says() {
        use InterfaceDescriptionOption::{IfTsOffset, IfTsResol};
        let half = |options: &[_], ticks| Clock::of(options).time(Duration::from_nanos(ticks));
        assert_eq!(half(&[], 500_000), SECOND / 2, "microseconds unless said");
        assert_eq!(half(&[IfTsResol(6)], 500_000), SECOND / 2);
        assert_eq!(half(&[IfTsResol(9)], 500_000_000), SECOND / 2);
        assert_eq!(half(&[IfTsResol(3)], 500), SECOND / 2);
        assert_eq!(half(&[IfTsResol(0x8a)], 512), SECOND / 2, "1024ths");
        assert_eq!(half(&[IfTsOffset(2), IfTsResol(0)], 3), 5 * SECOND);
        assert_eq!(half(&[IfTsResol(0x7f)], u64::MAX), 0, "finer than can be counted");
    }
}
