//! HyStart++ (RFC 9406): when the delay of a round has risen, slow start goes on more slowly for
//! a few rounds, and ends if the delay stays.

use super::Feedback;
use crate::units::Time;

/// MIN_RTT_THRESH and MAX_RTT_THRESH: limits of how much the delay has to rise (section 4.3).
const LEAST_RISE: Time = Time::from_ms(4);
const GREATEST_RISE: Time = Time::from_ms(16);
/// MIN_RTT_DIVISOR.
const DIVISOR: u64 = 8;
/// N_RTT_SAMPLE.
const SAMPLES: u32 = 8;
/// CSS_GROWTH_DIVISOR.
const SLOWER: u64 = 4;
/// CSS_ROUNDS.
const ROUNDS: u8 = 5;
/// L: the most that one acknowledgment adds if segments are not paced \[segments\].
const LIMIT: u64 = 8;

/// Conservative slow start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Conservative {
    /// cssBaselineMinRtt.
    baseline: Time,
    /// Rounds that have ended in it, the one it began in counted.
    rounds: u8,
}

/// What is known of the present round and the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct HystartPlus {
    /// windowEnd.
    end: u64,
    /// lastRoundMinRTT.
    last: Option<Time>,
    /// currentRoundMinRTT.
    current: Option<Time>,
    /// rttSampleCount.
    samples: u32,
    conservative: Option<Conservative>,
    paced: bool,
}

impl HystartPlus {
    /// An acknowledgment came in the first slow start (section 4.2). Says whether it ends now.
    pub(super) fn observe(&mut self, feedback: &Feedback) -> bool {
        self.paced = feedback.paced;
        let ended = self.end_round(feedback);
        if let Some(rtt) = feedback.rtt {
            self.current = Some(self.current.map_or(rtt, |current| current.min(rtt)));
            self.samples += 1;
        }
        if let Some(current) = self.current.filter(|_| self.samples >= SAMPLES) {
            self.judge(current);
        }
        ended
    }

    /// Whether this was the last round of conservative slow start.
    fn end_round(&mut self, feedback: &Feedback) -> bool {
        if feedback.acknowledged < self.end {
            return false;
        }
        self.end = feedback.sent;
        self.last = self.current.take();
        self.samples = 0;
        self.conservative.as_mut().is_some_and(|conservative| {
            conservative.rounds += 1;
            conservative.rounds >= ROUNDS
        })
    }

    fn judge(&mut self, current: Time) {
        match (self.conservative, self.last) {
            // It was a false alarm.
            (Some(Conservative { baseline, .. }), _) if current < baseline => {
                self.conservative = None;
            }
            (None, Some(last)) => {
                let rise = Time::from_ps(last.as_ps() / DIVISOR).clamp(LEAST_RISE, GREATEST_RISE);
                if current >= last.saturating_add(rise) {
                    self.conservative = Some(Conservative { baseline: current, rounds: 0 });
                }
            }
            _ => {}
        }
    }

    /// By how much the window grows for `bytes` that were acknowledged.
    pub(super) const fn growth(&self, bytes: u64, mss: u64) -> u64 {
        let limit = LIMIT * mss;
        let bytes = if self.paced || bytes < limit { bytes } else { limit };
        if self.conservative.is_some() { bytes / SLOWER } else { bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::super::feedback;
    use super::*;

    /// One round of `acks` acknowledgments with this delay; says whether slow start has ended.
    fn round(hystart: &mut HystartPlus, acks: u64, rtt_ms: u64) -> bool {
        let start = hystart.end;
        (0..acks).fold(false, |ended, number| {
            let feedback = Feedback {
                rtt: Some(Time::from_ms(rtt_ms)),
                acknowledged: start + number,
                sent: start + acks + number,
                ..feedback()
            };
            ended | hystart.observe(&feedback)
        })
    }

    fn slow(hystart: &HystartPlus) -> bool {
        hystart.growth(1000, 1000) == 250
    }

    #[test]
    fn a_round_with_more_delay_makes_it_slower_and_five_end_it() {
        let mut hystart = HystartPlus::default();
        // 48 ms and an eighth: 54 ms.
        round(&mut hystart, 10, 48);
        round(&mut hystart, 10, 53);
        assert!(!slow(&hystart));
        // 53 ms and an eighth: 59.6 ms.
        round(&mut hystart, 10, 60);
        assert!(slow(&hystart));
        // The first acknowledgment of a round ends the one before; the first counts.
        let ended: Vec<_> = (0..6).map(|_| round(&mut hystart, 10, 60)).collect();
        assert_eq!(ended.iter().position(|ended| *ended), Some(4));
    }

    #[test]
    fn less_delay_than_when_it_became_slower_was_a_false_alarm() {
        let mut hystart = HystartPlus::default();
        round(&mut hystart, 10, 40);
        round(&mut hystart, 10, 50);
        assert!(slow(&hystart));
        round(&mut hystart, 10, 49);
        assert!(!slow(&hystart));
    }

    #[test]
    fn fewer_than_eight_samples_decide_nothing() {
        let mut hystart = HystartPlus::default();
        round(&mut hystart, 7, 40);
        round(&mut hystart, 7, 90);
        assert!(!slow(&hystart));
        round(&mut hystart, 8, 180);
        assert!(slow(&hystart));
    }

    #[test]
    fn one_acknowledgment_adds_eight_segments_unless_paced() {
        let mut hystart = HystartPlus::default();
        assert_eq!(hystart.growth(20_000, 1000), 8000);
        assert_eq!(hystart.growth(3000, 1000), 3000);
        hystart.observe(&Feedback { paced: true, ..feedback() });
        assert_eq!(hystart.growth(20_000, 1000), 20_000);
    }
}
