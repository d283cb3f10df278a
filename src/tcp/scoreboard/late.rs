//! Losses told by time: what was sent too long before something that has arrived (RFC 8985 section
//! 6.2 step 5).

use crate::tcp::Offset;
use crate::tcp::send_queue::{SendQueue, Sent};
use crate::units::Time;

/// By which time segments had to be sent to be lost by now.
#[derive(Debug, Clone, Copy)]
pub(in crate::tcp) struct Cutoff {
    /// The latest sent of those that have arrived: when it was sent, and its end.
    pub(in crate::tcp) latest: (Time, Offset),
    /// What was sent before that one and not after this time is lost.
    pub(in crate::tcp) sent: Option<Time>,
}

impl Cutoff {
    fn verdict(&self, sent: &Sent) -> Verdict {
        // Of what is sent in one instant, retransmissions may come in any order.
        let end = if sent.once { sent.end } else { Offset::MAX };
        if (sent.sent_at, end) >= self.latest {
            Verdict::Later
        } else if self.sent.is_some_and(|cutoff| sent.sent_at <= cutoff) {
            Verdict::Lost
        } else {
            Verdict::Pending
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Lost,
    Pending,
    Later,
}

/// What became of the segments that are late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::tcp) struct Late {
    /// Some are lost.
    pub(in crate::tcp) lost: bool,
    /// Some may be.
    pub(in crate::tcp) pending: bool,
}

impl Late {
    /// Notes what is said of one segment. Returns whether it is lost: of later ones there is then
    /// something to be said, too.
    const fn learn(&mut self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Lost => self.lost = true,
            Verdict::Pending => self.pending = true,
            Verdict::Later => {}
        }
        matches!(verdict, Verdict::Lost)
    }
}

impl SendQueue {
    /// Marks as lost what was sent too long before something that has arrived (RFC 8985 section
    /// 6.2 step 5).
    pub(in crate::tcp) fn mark_late(&mut self, cutoff: Cutoff) -> Late {
        let mut late = Late::default();
        // Segments sent once follow each other in time as they do in the stream...
        while let Some(sent) = self.flight.get(self.board.judged as usize) {
            if !sent.sacked && !sent.lost && sent.once {
                if !late.learn(cutoff.verdict(sent)) {
                    break;
                }
                self.mark_lost(self.board.judged as usize);
            }
            self.board.judged += 1;
        }
        // ...and those sent again have a list of their own.
        while let Some((at, start)) = self.first_again() {
            let index = self.index_at(start);
            let holds = |sent: &&Sent| {
                sent.start <= start && sent.sent_at == at && sent.resent && !sent.sacked
            };
            if let Some(sent) = self.flight.get(index).filter(holds) {
                if !late.learn(cutoff.verdict(sent)) {
                    break;
                }
                self.mark_lost(index);
            }
            self.board.trouble.as_mut().map(|trouble| trouble.again.pop_front());
        }
        late
    }

    fn first_again(&self) -> Option<(Time, Offset)> {
        self.board.trouble.as_ref()?.again.front().copied()
    }
}
