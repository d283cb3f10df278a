//! A queue in the hands of a test: packets numbered from 0, a clock, and what became of them.

use super::{Drops, QueueDiscipline, QueueSpec, Queued, Site};
use crate::id::PacketId;
use crate::observe::{DropReason, MarkReason};
use crate::rng::Stream;
use crate::units::{Rate, Time};

pub(super) struct Lab {
    pub(super) queue: Box<dyn QueueDiscipline>,
    pub(super) now: Time,
    pub(super) ecn: bool,
    next: u32,
    drops: Drops,
}

impl Lab {
    /// A queue of this kind with these parameters, before a link of 8 Mbit/s (a byte takes a microsecond) with frames of
    /// at most 1000 bytes.
    pub(super) fn of(kind: &str, parameters: &str) -> Self {
        Self::before("8Mbps", kind, parameters)
    }

    pub(super) fn before(rate: &str, kind: &str, parameters: &str) -> Self {
        let spec = spec(kind, parameters);
        assert_eq!(spec.config().check(), [], "{kind}: {parameters}");
        let dice = Stream::new(1, "lab");
        let rate: Rate = rate.parse().expect("a rate");
        let queue = spec.config().build(&Site::new(rate, 1000, &dice));
        Self { queue, now: Time::ZERO, ecn: false, next: 0, drops: Drops::default() }
    }

    /// A packet of flow and class `of` arrives. Its number.
    pub(super) fn offer(&mut self, of: u8, bytes: u32) -> u32 {
        let number = self.next;
        self.next += 1;
        // Flows far apart, so that no two share a part.
        let flow_hash = u32::from(of).wrapping_mul(0x9e37_79b9);
        let packet = Queued::new(PacketId(number), bytes, self.now, self.ecn);
        self.queue.enqueue(self.now, Queued { flow_hash, class: of, ..packet }, &mut self.drops);
        number
    }

    /// The number of the packet that leaves now.
    pub(super) fn send(&mut self) -> Option<u32> {
        self.take().map(|packet| packet.packet.0)
    }

    /// The packet that leaves now.
    pub(super) fn take(&mut self) -> Option<Queued> {
        self.queue.dequeue(self.now, &mut self.drops)
    }

    /// Packets that leave after each other, each taking a microsecond per byte to send.
    pub(super) fn send_all(&mut self) -> Vec<u32> {
        std::iter::from_fn(|| {
            let packet = self.take()?;
            self.now += Time::from_us(u64::from(packet.bytes));
            Some(packet.packet.0)
        })
        .collect()
    }

    /// Lets the clock run.
    pub(super) fn wait(&mut self, ms: u64) {
        self.now += Time::from_ms(ms);
    }

    /// What has been dropped since the last call: numbers and reasons.
    pub(super) fn dropped(&mut self) -> Vec<(u32, DropReason)> {
        self.drops.drain().map(|dropped| (dropped.packet.packet.0, dropped.reason)).collect()
    }

    /// Packets and bytes that wait.
    pub(super) fn backlog(&self) -> (u64, u64) {
        let backlog = self.queue.backlog();
        (backlog.packets, backlog.bytes)
    }
}

/// What a scenario would get.
pub(super) fn spec(kind: &str, parameters: &str) -> QueueSpec {
    let table: toml::Table = parameters.replace(';', "\n").parse().expect(parameters);
    let table = kind_first(toml::Value::Table(table));
    QueueSpec::from_kind(kind, table).expect("a kind").expect(parameters)
}

/// The same with the `kind` of each table before its other keys, as the scenario's own reader hands them out.
fn kind_first(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::Table(mut table) => {
            let kind = table.remove("kind").map(|kind| ("kind".to_owned(), kind));
            let entries = kind.into_iter().chain(table);
            entries.map(|(key, value)| (key, kind_first(value))).collect()
        }
        toml::Value::Array(list) => list.into_iter().map(kind_first).collect(),
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(word) => word.into(),
        toml::Value::Datetime(_) => unreachable!("no parameter is a date"),
    }
}

/// The fields that are at fault.
pub(super) fn faults(kind: &str, parameters: &str) -> Vec<&'static str> {
    spec(kind, parameters).config().check().into_iter().map(|fault| fault.field).collect()
}

/// Why each packet is marked, of all that leave now.
pub(super) fn marks(lab: &mut Lab) -> Vec<Option<MarkReason>> {
    std::iter::from_fn(|| lab.take()).map(|packet| packet.mark).collect()
}
