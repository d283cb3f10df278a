//! A queue within a queue.

use super::{Backlog, Drops, QueueDiscipline, QueueSpec, Queued, Site};
use crate::kinds::Fault;
use crate::units::Time;

/// A queue whose next packet can be looked at before it leaves. Where a discipline decides only as it sends, that packet is taken out
/// of it and kept, as Linux does (`qdisc_peek_dequeued`).
#[derive(Debug)]
pub(super) struct Child {
    pub(super) queue: Box<dyn QueueDiscipline>,
    next: Option<Queued>,
}

impl Child {
    pub(super) fn new(spec: &QueueSpec, site: &Site<'_>) -> Self {
        Self { queue: spec.config().build(site), next: None }
    }

    /// The length of the next packet, if there is one now \[bytes\].
    pub(super) fn peek(&mut self, now: Time, drops: &mut Drops) -> Option<u32> {
        if self.next_bytes().is_none() && self.queue.backlog().packets > 0 {
            self.next = self.queue.dequeue(now, drops);
        }
        self.next_bytes()
    }

    /// The length of the next packet, where that is known without asking the queue for it \[bytes\].
    pub(super) fn next_bytes(&self) -> Option<u32> {
        self.next.as_ref().or_else(|| self.queue.front()).map(|next| next.bytes)
    }

    /// The next packet.
    pub(super) fn take(&mut self, now: Time, drops: &mut Drops) -> Option<Queued> {
        self.next.take().or_else(|| match self.queue.backlog().packets {
            0 => None,
            _ => self.queue.dequeue(now, drops),
        })
    }

    pub(super) fn backlog(&self) -> Backlog {
        let mut backlog = self.queue.backlog();
        if let Some(next) = &self.next {
            backlog.add(next);
        }
        backlog
    }

    pub(super) fn is_empty(&self) -> bool {
        self.next.is_none() && self.queue.backlog().packets == 0
    }

    /// When to ask again, if packets wait here and none may leave.
    pub(super) fn ready_at(&self, now: Time) -> Option<Time> {
        if self.is_empty() { None } else { self.queue.ready_at(now) }
    }

    pub(super) fn take_all(&mut self) -> Vec<Queued> {
        let mut all: Vec<Queued> = self.next.take().into_iter().collect();
        all.extend(self.queue.take_all());
        all
    }
}

/// What is wrong in a queue that is written within `field`.
pub(super) fn faults_within(field: &'static str, spec: &QueueSpec) -> Vec<Fault> {
    let within = |fault: Fault| Fault {
        field,
        message: format!("the queue's {}: {}", fault.field, fault.message),
        help: fault.help,
    };
    spec.config().check().into_iter().map(within).collect()
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::lab::spec;
    use super::*;
    use crate::id::PacketId;
    use crate::rng::Stream;
    use crate::units::Rate;

    /// The first of two packets is looked at, and both leave in order.
    fn look_and_take(kind: &str) {
        let dice = Stream::new(1, "child");
        let site = Site::new(Rate::from_bps(8_000_000), 1000, &dice);
        let (mut child, mut drops) = (Child::new(&spec(kind, ""), &site), Drops::default());
        assert!(child.is_empty() && child.peek(Time::ZERO, &mut drops).is_none());
        for n in [0, 1] {
            let packet = Queued::new(PacketId(n), 100 + n, Time::ZERO, false);
            child.queue.enqueue(Time::ZERO, packet, &mut drops);
        }
        assert_eq!(child.peek(Time::ZERO, &mut drops), Some(100), "{kind}");
        assert_eq!(child.peek(Time::ZERO, &mut drops), Some(100), "{kind}: it is still there");
        assert_eq!(child.backlog(), Backlog { packets: 2, bytes: 201 });
        let mut next = || child.take(Time::ZERO, &mut drops).map(|packet| packet.packet.0);
        assert_eq!((next(), next(), next()), (Some(0), Some(1), None), "{kind}");
        assert!(child.is_empty() && drops.is_empty());
    }

    #[test]
    fn the_next_packet_can_be_looked_at() {
        for kind in ["fifo", "codel", "fq_codel", "pie"] {
            look_and_take(kind);
        }
    }
}
