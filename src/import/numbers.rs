//! Which of the packets on a link are lost: their numbers, as the link counts them.

use std::collections::{BTreeMap, BTreeSet};

use super::dialogue::CLIENT;
use super::plan::{HostKey, Lost, Plan, Talk};
use super::read::{Capture, Captured};

impl Plan {
    /// Counts the packets on every link, and notes the numbers of those that were lost.
    pub(super) fn number_losses(&mut self, capture: &Capture, missing: &BTreeMap<usize, u64>) {
        let mut all: Vec<(usize, [HostKey; 2], bool)> = Vec::new();
        for talk in &self.talks {
            let lost = talk.lost();
            all.extend(talk.packets.iter().map(|&packet| {
                let is_client = sent_by_client(&capture.packets[packet], talk);
                (packet, way(talk.hosts, is_client), lost.contains(&packet))
            }));
        }
        for pings in &self.pings {
            all.extend(pings.packets.iter().map(|&packet| {
                let asks = capture.packets[packet].packet.source == pings.hosts[CLIENT].0;
                (packet, way(pings.hosts, asks), false)
            }));
        }
        all.sort_unstable();
        let direct = self.is_direct();
        // Packets so far, from every host and to it.
        let mut counters: BTreeMap<HostKey, [u64; 2]> = BTreeMap::new();
        for (packet, [from, to], is_lost) in all {
            let unseen = missing.get(&packet).copied().unwrap_or(0);
            let up = &mut counters.entry(from).or_default()[0];
            let first = *up + 1;
            *up += unseen + 1;
            let leaving = *up;
            let down = &mut counters.entry(to).or_default()[1];
            *down += 1;
            let arriving = *down;
            if let Some(host) = self.hosts.get_mut(&from) {
                host.unseen.extend(first..first + unseen);
            }
            if is_lost {
                // One link is both parts of the way.
                let (host, number) = if direct { (from, leaving) } else { (to, arriving) };
                self.lost.insert(packet, Lost { host, up: direct, number });
            }
        }
    }

    /// The numbers of all packets that a link loses, from a host or to it.
    pub(super) fn losses(&self, key: HostKey, up: bool) -> BTreeSet<u64> {
        let seen = self.lost.values().filter(|lost| (lost.host, lost.up) == (key, up));
        let unseen = self.hosts.get(&key).filter(|_| up).map(|host| host.unseen.as_slice());
        let unseen = unseen.unwrap_or_default().iter().copied();
        seen.map(|lost| lost.number).chain(unseen).collect()
    }
}

/// Who sends and who receives.
const fn way([client, server]: [HostKey; 2], is_client: bool) -> [HostKey; 2] {
    if is_client { [client, server] } else { [server, client] }
}

fn sent_by_client(captured: &Captured, talk: &Talk) -> bool {
    let (from, _) = captured.packet.transport.ports();
    (captured.packet.source, from) == (*talk.client.ip(), talk.client.port())
}
