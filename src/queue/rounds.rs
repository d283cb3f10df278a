//! Whose turn it is: deficit round robin (Shreedhar and Varghese, 1995) with a list of new flows that
//! goes before the list of old ones (RFC 8290 section 4.2).
//!
//! Calls: [`Rounds::arrives`] for each packet that comes in. To send: [`Rounds::turn`] tells the flow; then either
//! [`Rounds::sent`], or [`Rounds::has_none`] if that flow had nothing after all, and `turn` again.

use std::collections::VecDeque;

/// The two lists and the flows' deficits.
#[derive(Debug)]
pub(super) struct Rounds {
    quantum: i64,
    flows: Vec<Turn>,
    new: VecDeque<u32>,
    old: VecDeque<u32>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Turn {
    /// What it may still send in this round \[bytes\].
    deficit: i64,
    /// Whether it is in one of the lists.
    listed: bool,
}

impl Rounds {
    /// So many flows, which may send `quantum` bytes in each round.
    pub(super) fn new(flows: u32, quantum: u64) -> Self {
        Self {
            quantum: i64::try_from(quantum).unwrap_or(i64::MAX).max(1),
            flows: vec![Turn::default(); flows as usize],
            new: VecDeque::new(),
            old: VecDeque::new(),
        }
    }

    /// Nobody has anything to send any more.
    pub(super) fn clear(&mut self) {
        self.new.clear();
        self.old.clear();
        self.flows.fill(Turn::default());
    }

    /// A packet of this flow has come in.
    pub(super) fn arrives(&mut self, flow: u32) {
        let turn = &mut self.flows[flow as usize];
        if !turn.listed {
            *turn = Turn { deficit: self.quantum, listed: true };
            self.new.push_back(flow);
        }
    }

    /// The flow whose turn it is, if any is listed. Those that have used up their deficit get a quantum
    /// and go to the end of the old ones.
    pub(super) fn turn(&mut self) -> Option<u32> {
        loop {
            let list = if self.new.is_empty() { &mut self.old } else { &mut self.new };
            let flow = *list.front()?;
            let turn = &mut self.flows[flow as usize];
            if turn.deficit > 0 {
                return Some(flow);
            }
            turn.deficit = turn.deficit.saturating_add(self.quantum);
            list.pop_front();
            self.old.push_back(flow);
        }
    }

    /// The flow whose turn it is has sent a packet.
    pub(super) fn sent(&mut self, flow: u32, bytes: u32) {
        self.flows[flow as usize].deficit -= i64::from(bytes);
    }

    /// The flow whose turn it is has nothing to send. One that was new goes once through the old ones if
    /// there are any, or a flow that sends now and then would always be new and starve them.
    pub(super) fn has_none(&mut self) {
        if let Some(flow) = self.new.pop_front() {
            if self.old.is_empty() {
                self.flows[flow as usize].listed = false;
            } else {
                self.old.push_back(flow);
            }
        } else if let Some(flow) = self.old.pop_front() {
            self.flows[flow as usize].listed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_flows_go_first_and_then_take_turns() {
        let mut rounds = Rounds::new(4, 1000);
        rounds.arrives(0);
        assert_eq!(rounds.turn(), Some(0));
        rounds.sent(0, 1500);
        rounds.arrives(1);
        // 0 has used more than its quantum: it is an old flow from now on, with 500 bytes left.
        assert_eq!(rounds.turn(), Some(1));
        rounds.sent(1, 100);
        assert_eq!(rounds.turn(), Some(1), "still new, with 900 bytes left");
        rounds.has_none();
        assert_eq!(rounds.turn(), Some(0), "1 waits behind the old ones");
        rounds.sent(0, 400);
        assert_eq!(rounds.turn(), Some(0), "100 bytes are left");
        rounds.sent(0, 400);
        // 1 comes back while it is still listed: it is no new flow.
        rounds.arrives(1);
        assert_eq!(rounds.turn(), Some(1));
        rounds.has_none();
        rounds.has_none();
        assert_eq!(rounds.turn(), None);
    }
}
