//! An observer that keeps everything.

use portolan::observe::{DropReason, Interest, Observation, Observer};
use portolan::packet::Payload;
use portolan::packet::arp::Operation;
use portolan::units::Time;

/// Everything that happened, in order.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) seen: Vec<(Time, Observation)>,
}

impl Observer for Watch {
    fn interest(&self) -> Interest {
        Interest::Everything
    }
    fn observe(&mut self, now: Time, what: &Observation) {
        self.seen.push((now, what.clone()));
    }
}

impl Watch {
    /// When packets ended for this reason.
    pub(crate) fn drops(&self, wanted: DropReason) -> Vec<Time> {
        let drops = self.seen.iter().filter(
            |(_, what)| matches!(what, Observation::Dropped { reason, .. } if *reason == wanted),
        );
        drops.map(|(at, _)| *at).collect()
    }

    /// When ARP requests were handed to an interface.
    pub(crate) fn arp_requests(&self) -> Vec<Time> {
        let is_request = |what: &Observation| match what {
            Observation::Enqueued { packet, .. } => {
                matches!(packet.payload, Payload::Arp(arp) if arp.operation == Operation::Request)
            }
            _ => false,
        };
        self.seen.iter().filter(|(_, what)| is_request(what)).map(|(at, _)| *at).collect()
    }

    /// When processes read datagrams, with the delay of each.
    pub(crate) fn deliveries(&self) -> Vec<(Time, Time)> {
        let delivered = self.seen.iter().filter_map(|(at, what)| match what {
            Observation::Delivered { delay, .. } => Some((*at, *delay)),
            _ => None,
        });
        delivered.collect()
    }
}
