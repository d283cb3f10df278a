//! Packets in the order of their arrival, and how many bytes they are.

use std::collections::VecDeque;

use super::{Backlog, Queued};

/// Waiting packets, first in, first out.
#[derive(Debug, Default, Clone)]
pub(super) struct Buffer {
    waiting: VecDeque<Queued>,
    bytes: u64,
}

impl Buffer {
    pub(super) fn push(&mut self, packet: Queued) {
        self.bytes += u64::from(packet.bytes);
        self.waiting.push_back(packet);
    }
    pub(super) fn pop(&mut self) -> Option<Queued> {
        let first = self.waiting.pop_front()?;
        self.bytes -= u64::from(first.bytes);
        Some(first)
    }
    /// The packet that came last.
    pub(super) fn pop_last(&mut self) -> Option<Queued> {
        let last = self.waiting.pop_back()?;
        self.bytes -= u64::from(last.bytes);
        Some(last)
    }
    pub(super) fn front(&self) -> Option<&Queued> {
        self.waiting.front()
    }
    pub(super) fn packets(&self) -> u64 {
        self.waiting.len() as u64
    }
    /// \[bytes\]
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }
    pub(super) fn backlog(&self) -> Backlog {
        Backlog { packets: self.packets(), bytes: self.bytes }
    }
    pub(super) fn take_all(&mut self) -> Vec<Queued> {
        self.bytes = 0;
        std::mem::take(&mut self.waiting).into()
    }
}
