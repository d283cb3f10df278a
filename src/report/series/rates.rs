//! How many bytes arrived when, in bounded memory: throughput over time.

use crate::units::Time;

/// Bytes by intervals of equal width. The width doubles when the intervals run out.
#[derive(Debug, Clone, Default)]
pub(super) struct Rates {
    /// Doublings so far.
    shift: u32,
    bytes: Vec<u64>,
}

/// Throughput over intervals of equal width.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Throughput {
    /// Width of an interval \[s\].
    pub interval_seconds: f64,
    /// Data in all \[bytes\].
    pub bytes: u64,
    /// Throughput in each interval from the start of the run \[bit/s\]; nothing came after these.
    pub bps: Vec<f64>,
}

impl Rates {
    /// Intervals kept: each step is wide enough to be seen on a slide.
    const CAPACITY: usize = 128;
    /// The first width \[ps\]: 2^20 are about a microsecond.
    const FIRST: u32 = 20;

    fn slot(&self, time: Time) -> usize {
        usize::try_from(time.as_ps() >> (Self::FIRST + self.shift)).unwrap_or(usize::MAX)
    }

    pub(super) fn push(&mut self, time: Time, bytes: u64) {
        while self.slot(time) >= Self::CAPACITY {
            self.shift += 1;
            self.bytes = self.bytes.chunks(2).map(|pair| pair.iter().sum()).collect();
        }
        let slot = self.slot(time);
        if slot >= self.bytes.len() {
            self.bytes.resize(slot + 1, 0);
        }
        self.bytes[slot] += bytes;
    }

    /// The throughput of a run that ended at `end`: the last interval may be cut short by it.
    pub(super) fn throughput(&self, end: Time) -> Throughput {
        let width = 1u64 << (Self::FIRST + self.shift);
        let rate = |(i, &bytes): (usize, &u64)| {
            let left = end.as_ps().saturating_sub(width * i as u64);
            let span = if left == 0 { width } else { left.min(width) };
            bytes as f64 * 8.0 / Time::from_ps(span).as_secs_f64()
        };
        Throughput {
            interval_seconds: Time::from_ps(width).as_secs_f64(),
            bytes: self.bytes.iter().sum(),
            bps: self.bytes.iter().enumerate().map(rate).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_flow_is_steady() {
        let mut rates = Rates::default();
        // 1000 bytes every millisecond: 8 Mbit/s for ten seconds.
        for ms in 0..10_000 {
            rates.push(Time::from_ms(ms), 1000);
        }
        let throughput = rates.throughput(Time::from_secs(10));
        assert!((64..=128).contains(&throughput.bps.len()));
        for bps in &throughput.bps {
            assert!((bps / 8e6 - 1.0).abs() < 0.02, "{bps}");
        }
        assert_eq!(throughput.bytes, 10_000_000);
        let bits: f64 = throughput.bps.iter().sum::<f64>() * throughput.interval_seconds;
        assert!((bits / 80e6 - 1.0).abs() < 0.02, "{bits}");
    }

    #[test]
    fn bytes_are_never_lost() {
        let mut rates = Rates::default();
        for (time, bytes) in [(0, 1), (5, 2), (1 << 40, 3), (u64::MAX, 4)] {
            rates.push(Time::from_ps(time), bytes);
        }
        assert_eq!(rates.bytes.iter().sum::<u64>(), 10);
        assert!(rates.bytes.len() <= Rates::CAPACITY);
    }
}
