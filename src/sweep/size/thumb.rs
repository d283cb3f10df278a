//! Rules of thumb for the size of a queue.
//!
//! | rule | size | source |
//! | --- | --- | --- |
//! | C·RTT | what the path holds: one sender that halves its window keeps the link busy | Villamizar and Song, *High performance TCP in ANSNET*, 1994 |
//! | C·RTT/√n | n senders that do not halve their windows at the same time | Appenzeller, Keslassy and McKeown, *Sizing router buffers*, SIGCOMM 2004 |
//! | O(log W) | some ten packets, if senders have windows of W packets, do not send in bursts, and the link need not be quite full | Enachescu, Ganjali, Goel, McKeown and Roughgarden, *Routers with very small buffers*, INFOCOM 2006; Raina and Wischik, *Buffer sizes for large multiplexers*, NGI 2005 |
//!
//! C is the rate of the link, RTT the mean of the least round trips, n the number of long TCP
//! connections. The third rule is an order of growth; the figure is that of Enachescu et al.,
//! theorem 1: log(W² / (2 (1 − θ))) / log(1/ρ), with the utilisation θ = 90 % and the load ρ = 1/2.

use crate::units::Rate;

/// A rule's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its formula.
    pub name: &'static str,
    /// The size that it gives, in packets or full frames.
    pub size: usize,
}

/// What the rules are about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    /// C.
    pub rate: Rate,
    /// RTT \[s\].
    pub rtt_seconds: f64,
    /// n.
    pub connections: usize,
    /// A full frame \[bytes\].
    pub frame: u64,
}

impl Path {
    /// C·RTT in full frames.
    fn product(&self) -> f64 {
        self.rate.as_bps() as f64 * self.rtt_seconds / 8.0 / self.frame.max(1) as f64
    }

    /// W: the window of each of the senders that together fill the path, in full frames.
    #[must_use]
    pub fn window(&self) -> f64 {
        (self.product() / self.connections.max(1) as f64).max(1.0)
    }

    /// All rules, rounded up to whole frames.
    #[must_use]
    pub fn rules(&self) -> [Rule; 3] {
        let size = |frames: f64| (libm::ceil(frames) as usize).max(1);
        let (utilization, load) = (0.9, 0.5);
        let window = self.window();
        let packets =
            libm::log(window * window / (2.0 * (1.0 - utilization))) / libm::log(1.0 / load);
        [
            Rule { name: "C·RTT", size: size(self.product()) },
            Rule {
                name: "C·RTT/√n",
                size: size(self.product() / (self.connections.max(1) as f64).sqrt()),
            },
            Rule { name: "O(log W)", size: size(packets) },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_what_a_hand_finds() {
        let rate = "20Mbps".parse().expect("a rate");
        let path = Path { rate, rtt_seconds: 0.044, connections: 4, frame: 1518 };
        // 20e6 x 0.044 / 8 = 110000 bytes = 72.46 frames; a quarter is 18.1; log2(18.1^2 / 0.2) = 10.7.
        assert_eq!(path.rules().map(|rule| rule.size), [73, 37, 11]);
        // Windows of 64 packets: log2(64^2 / 0.2) = 14.3.
        let rate = "512Mbps".parse().expect("a rate");
        let path = Path { rate, rtt_seconds: 0.001, connections: 1, frame: 1000 };
        assert_eq!(path.rules().map(|rule| rule.size), [64, 64, 15]);
        let short = Path { rtt_seconds: 0.0, ..path };
        assert_eq!(short.rules().map(|rule| rule.size), [1, 1, 3]);
    }
}
