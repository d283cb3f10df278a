//! Throughput of TCP, and the use that it makes of a link: formulas of long connections.
//!
//! - [`mathis`]: Mathis, Semke, Mahdavi and Ott, The macroscopic behavior of the TCP congestion
//!   avoidance algorithm (1997).
//! - [`pftk`]: Padhye, Firoiu, Towsley and Kurose, Modeling TCP throughput (1998), equation 30; RFC 3448
//!   section 3.1 has the same.
//! - [`cubic`]: RFC 9438 section 5.1.
//! - [`sawtooth`], [`cubic_sawtooth`]: one connection whose window goes up and down before a queue that
//!   drops what finds no room. Areas under the saw, see `docs/theory.md`.
//! - [`many_flows`]: Appenzeller, Keslassy and McKeown, Sizing router buffers (2004; TR04-HPNG-06-08-00),
//!   section 3.
//!
//! `p` is the chance of each packet to be lost, `b` by how many segments an acknowledgment opens the
//! window.

/// What Reno leaves of its window after a loss (RFC 5681).
pub const RENO_LEAVES: f64 = 0.5;
/// What CUBIC leaves of it (RFC 9438 section 4.6).
pub const CUBIC_LEAVES: f64 = 0.7;
/// How steep the cube is \[segments/s³\] (RFC 9438 section 4.1.2).
const CUBIC_C: f64 = 0.4;

/// The mean window \[segments\], so that throughput is that many segments a round trip.
#[must_use]
pub fn mathis(p: f64, b: f64) -> f64 {
    (1.5 / b / p).sqrt()
}

/// Throughput \[segments/s\] at round trips of `rtt` and a first timeout of `rto` \[s\].
#[must_use]
pub fn pftk(p: f64, b: f64, rtt: f64, rto: f64) -> f64 {
    let timeouts = (3.0 * (3.0 * b * p / 8.0).sqrt()).min(1.0) * p * (1.0 + 32.0 * p * p);
    1.0 / (rtt * (2.0 * b * p / 3.0).sqrt() + rto * timeouts)
}

/// The mean window of CUBIC \[segments\] at round trips of `rtt` \[s\], where it is no less than Reno's would
/// be.
#[must_use]
pub fn cubic(p: f64, rtt: f64) -> f64 {
    let factor = CUBIC_C * (3.0 + CUBIC_LEAVES) / (4.0 * (1.0 - CUBIC_LEAVES));
    let fourth_root = |x: f64| x.sqrt().sqrt();
    let ratio = fourth_root(rtt / p);
    fourth_root(factor) * ratio * ratio * ratio
}

/// The share of time in which one connection keeps a link busy. `buffer` is the room of the queue in
/// parts of what the path holds (C·RTT); of the window at which the queue overflows a loss `leaves` a
/// share, and then the window grows evenly.
#[must_use]
pub fn sawtooth(buffer: f64, leaves: f64) -> f64 {
    let top = 1.0 + buffer;
    let bottom = leaves * top;
    if bottom >= 1.0 {
        return 1.0;
    }
    let sent = (top * top - bottom * bottom) / 2.0;
    // A round trip takes 1 while the queue is empty, and as long as the window is large afterwards.
    let time = (1.0 - bottom) + (top * top - 1.0) / 2.0;
    sent / time
}

/// The same of CUBIC, whose window grows as a cube of time.
#[must_use]
pub fn cubic_sawtooth(buffer: f64) -> f64 {
    let (top, falls) = (1.0 + buffer, 1.0 - CUBIC_LEAVES);
    // The share of the time between two losses in which the window is more than the path holds.
    let full = libm::cbrt(buffer / top / falls);
    if full >= 1.0 {
        return 1.0;
    }
    let fourth = full * full * full * full;
    top * ((1.0 - full) - falls * (1.0 - fourth) / 4.0) + full
}

/// How long CUBIC takes from one loss at a window of `top` segments to the next \[s\]: what its cube
/// takes, or what its estimate of Reno takes at round trips of `rtt` \[s\].
#[must_use]
pub fn cubic_epochs(top: f64, rtt: f64) -> (f64, f64) {
    let falls = 1.0 - CUBIC_LEAVES;
    let growth = 3.0 * falls / (1.0 + CUBIC_LEAVES);
    (libm::cbrt(top * falls / CUBIC_C), falls * top / growth * rtt)
}

/// The share of time in which `flows` connections that do not keep step with each other keep a link busy,
/// at least. `buffer` is the room of the queue in parts of what the path holds.
///
/// The windows are independent and evenly spread between two thirds and four thirds of their mean; their sum
/// is near to normal, and its standard deviation 1/(3√3·√n) of its mean, which is at most what path
/// and queue hold. The queue runs dry or over when the sum is further from its mean than half the queue.
#[must_use]
pub fn many_flows(flows: f64, buffer: f64) -> f64 {
    let three_root_three = 3.0 * 3.0_f64.sqrt();
    libm::erf(three_root_three / 8.0_f64.sqrt() * buffer * flows.sqrt() / (1.0 + buffer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pftk_is_the_published_one() {
        // RFC 3448 section 3.1 with b = 1 and a timeout of four round trips.
        for (p, factor) in [
            (0.0001, 0.008_172),
            (0.001, 0.026_052),
            (0.002, 0.037_172),
            (0.005, 0.060_335),
            (0.01, 0.089_021),
            (0.02, 0.136_520),
            (0.05, 0.271_305),
            (0.1, 0.564_939),
        ] {
            let own = 1.0 / pftk(p, 1.0, 1.0, 4.0);
            assert!((own - factor).abs() < 1e-6, "{p}: {own}");
        }
        // Where timeouts are rare it is Mathis's.
        let ratio = pftk(1e-8, 2.0, 0.1, 0.4) * 0.1 / mathis(1e-8, 2.0);
        assert!((ratio - 1.0).abs() < 1e-3, "{ratio}");
        assert!(
            (mathis(1.0, 1.0) - 1.2247).abs() < 1e-4 && (mathis(1.0, 2.0) - 0.866).abs() < 1e-4
        );
    }

    #[test]
    fn cubic_is_the_published_one() {
        // RFC 9438 section 5.1, round trips of 0.1 s; 1.054 is the factor that it rounds.
        for (p, window) in [(1e-4, 187.0), (1e-5, 1054.0)] {
            assert!((cubic(p, 0.1) / window - 1.0).abs() < 3e-3, "{}", cubic(p, 0.1));
        }
    }

    #[test]
    fn a_saw_keeps_a_link_busy_if_the_buffer_is_what_the_path_holds() {
        assert_eq!((sawtooth(1.0, RENO_LEAVES), sawtooth(2.0, RENO_LEAVES)), (1.0, 1.0));
        assert!((sawtooth(0.0, RENO_LEAVES) - 0.75).abs() < 1e-15);
        // 3/4 (1 + B)² / (1 + B + B²)
        let half = 0.75 * 1.5 * 1.5 / 1.75;
        assert!((sawtooth(0.5, RENO_LEAVES) - half).abs() < 1e-15);
        // CUBIC leaves more: three sevenths suffice.
        assert!(sawtooth(0.42, CUBIC_LEAVES) < 1.0 && cubic_sawtooth(0.42) < 1.0);
        assert!(sawtooth(0.429, CUBIC_LEAVES) == 1.0 && cubic_sawtooth(0.429) == 1.0);
        assert!((cubic_sawtooth(0.0) - 0.925).abs() < 1e-15);
        assert!(cubic_sawtooth(0.4289) > 0.999_99);
    }

    #[test]
    fn many_flows_need_the_root_of_their_number_less() {
        // With 10 000 flows a hundredth of what the path holds is enough.
        let busy = many_flows(10_000.0, 0.01);
        assert!((0.9898..0.9901).contains(&busy), "{busy}");
        assert!(many_flows(10_000.0, 0.02) > 0.999_999);
        assert!(many_flows(100.0, 0.1) > many_flows(50.0, 0.1));
    }
}
