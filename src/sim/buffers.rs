//! Memory that the queues of a node share, with dynamic thresholds (Choudhury and Hahne, "Dynamic queue length
//! thresholds for shared-memory packet switches", IEEE/ACM Transactions on Networking, 1998).
//!
//! A queue takes no packet while it holds at least `alpha` times what is free. Where N queues are always full each holds
//! `alpha B / (1 + alpha N)` of the memory B, and the rest stays free for a queue that begins to fill. The limits of the queues
//! hold as well. A packet that is sent at once takes no memory, nor does the one that is being sent.

use super::Simulation;
use super::event::Event;
use crate::id::{ChannelId, NodeId};
use crate::node::config::SharedBuffer;
use crate::observe::{DropReason, Place, results};
use crate::queue::Queued;
use crate::units::Time;

/// One node's memory.
#[derive(Debug)]
pub(super) struct Pool {
    node: NodeId,
    settings: Option<SharedBuffer>,
    /// What all its queues hold \[bytes\].
    used: u64,
    most: u64,
    /// Its use integrated over time \[byte picoseconds\].
    area: u128,
    changed: Time,
    drops: u64,
    /// When counting began.
    since: Time,
}

/// A queue's part in a pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pool: u32,
    /// What it was last known to hold \[bytes\].
    held: u64,
}

impl Pool {
    /// Whether a queue that holds so much may take a packet.
    fn admits(&self, held: u64, bytes: u64) -> bool {
        let Some(settings) = &self.settings else { return true };
        let free = settings.size.get().saturating_sub(self.used);
        bytes <= free && (held as f64) < settings.alpha * free as f64
    }

    fn changes(&mut self, now: Time, before: u64, after: u64) {
        self.area += u128::from((now - self.changed).as_ps()) * u128::from(self.used);
        self.changed = now;
        self.used = self.used + after - before;
        self.most = self.most.max(self.used);
    }

    /// Counts from `now` on.
    pub(super) fn restart_counts(&mut self, now: Time) {
        (self.area, self.drops, self.most) = (0, 0, self.used);
        (self.changed, self.since) = (now, now);
    }

    fn results(&self, now: Time) -> results::Buffer {
        let area = self.area + u128::from((now - self.changed).as_ps()) * u128::from(self.used);
        let span = now.saturating_sub(self.since).as_ps();
        results::Buffer {
            size_bytes: self.settings.as_ref().map_or(0, |settings| settings.size.get()),
            mean_bytes: if span == 0 { 0.0 } else { area as f64 / span as f64 },
            max_bytes: self.most,
            dropped: self.drops,
        }
    }
}

impl Simulation {
    /// A node's queues share this memory from now on, or none.
    pub(super) fn set_buffer(&mut self, node: NodeId, settings: Option<SharedBuffer>) {
        let now = self.cx.now;
        if let Some(pool) = self.pools.iter_mut().find(|pool| pool.node == node) {
            pool.settings = settings;
            return;
        }
        if settings.is_none() {
            return;
        }
        let pool = u32::try_from(self.pools.len()).expect("fewer pools than nodes");
        let (area, drops, since) = (0, 0, Time::ZERO);
        self.pools.push(Pool {
            node,
            settings,
            used: 0,
            most: 0,
            area,
            changed: now,
            drops,
            since,
        });
        let outs: Vec<ChannelId> =
            self.wiring.plugs[node.index()].iter().map(|plug| plug.out).collect();
        for id in outs {
            let wire = self.wire(id);
            wire.share = Some(Share { pool, held: 0 });
            wire.channel.pool(now);
            if let Some(at) = wire.channel.attend() {
                self.events.push(at, Event::TransmitterFree(id));
            }
            self.settle(id);
        }
    }

    /// Ends a packet for which the node's shared memory has no room. True if so.
    #[cold]
    pub(super) fn lacks_memory(&mut self, id: ChannelId, share: Share, arriving: &Queued) -> bool {
        let wire = &self.wires[id.index()];
        let goes_at_once = wire.channel.is_idle(self.cx.now) && share.held == 0;
        let pool = &mut self.pools[share.pool as usize];
        if goes_at_once || pool.admits(share.held, u64::from(arriving.bytes)) {
            return false;
        }
        pool.drops += 1;
        self.wire(id).channel.stats.dropped_by_queue(DropReason::SharedBufferFull);
        self.cx.drop(arriving.packet, Place::Channel(id), DropReason::SharedBufferFull);
        true
    }

    /// Notes what a queue with a share holds now.
    #[cold]
    pub(super) fn settle(&mut self, id: ChannelId) {
        let now = self.cx.now;
        let wire = &mut self.wires[id.index()];
        let Some(share) = &mut wire.share else { return };
        let held = wire.channel.backlog().bytes;
        self.pools[share.pool as usize].changes(now, share.held, held);
        share.held = held;
    }

    /// By node name: what became of its shared memory.
    pub(super) fn buffer_results(&self) -> indexmap::IndexMap<String, results::Buffer> {
        let name = |pool: &Pool| self.plan.nodes[pool.node.index()].name.clone();
        self.pools.iter().map(|pool| (name(pool), pool.results(self.now()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    fn pool(alpha: f64, used: u64) -> Pool {
        let settings = Some(SharedBuffer { size: Bytes::new(10_000), alpha });
        let (node, changed) = (NodeId(0), Time::ZERO);
        Pool { node, settings, used, most: used, area: 0, changed, drops: 0, since: changed }
    }

    #[test]
    fn a_queue_may_hold_alpha_times_what_is_free() {
        // 4000 of 10000 bytes are free.
        assert!(pool(1.0, 6000).admits(3999, 1000) && !pool(1.0, 6000).admits(4000, 1000));
        assert!(pool(0.5, 6000).admits(1999, 1000) && !pool(0.5, 6000).admits(2000, 1000));
        assert!(pool(8.0, 9500).admits(3999, 500));
        assert!(!pool(8.0, 9500).admits(0, 501), "there is no room");
        assert!(Pool { settings: None, ..pool(1.0, 10_000) }.admits(9000, 9000));
    }

    #[test]
    fn its_use_is_weighted_by_time() {
        let mut pool = pool(1.0, 0);
        pool.changes(Time::from_ms(10), 0, 1000);
        pool.changes(Time::from_ms(20), 0, 2000);
        pool.changes(Time::from_ms(30), 1000, 0);
        let results = pool.results(Time::from_ms(40));
        // 10 ms each of 0, 1000, 3000 and 2000 bytes.
        assert_eq!((results.mean_bytes, results.max_bytes, pool.used), (1500.0, 3000, 2000));
    }
}
