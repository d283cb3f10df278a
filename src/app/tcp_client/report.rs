//! What a TCP client tells of its connections.

use std::collections::BTreeMap;

use crate::observe::{FlowStats, Times};
use crate::units::Time;

/// Counts and times of all connections.
#[derive(Debug, Default)]
pub(super) struct Report {
    opened: u64,
    done: u64,
    failed: u64,
    reasons: BTreeMap<&'static str, u64>,
    handshakes: Times,
    news: u64,
}

impl Report {
    /// A connection begins: which one it is. The numbers begin anew after 2^32, when the first ones
    /// are long gone.
    pub(super) fn opens(&mut self) -> u32 {
        self.news += 1;
        self.opened += 1;
        self.opened as u32
    }
    /// A handshake was done after so long.
    pub(super) fn established(&mut self, after: Time) {
        self.news += 1;
        self.handshakes.add(after);
    }
    /// A request was answered.
    pub(super) const fn answered(&mut self) {
        self.news += 1;
    }
    /// A connection has done its job.
    pub(super) fn done(&mut self) {
        self.news += 1;
        self.done += 1;
    }
    /// A connection has failed.
    pub(super) fn failed(&mut self, reason: &'static str) {
        self.news += 1;
        self.failed += 1;
        *self.reasons.entry(reason).or_default() += 1;
    }

    /// Grows with everything that happens.
    pub(super) const fn news(&self) -> u64 {
        self.news
    }

    /// The lines for the results: one connection without trouble needs no counts.
    pub(super) fn write(&self, flow: &mut FlowStats) {
        let FlowStats { details: lines, responses, .. } = flow;
        lines.clear();
        if self.opened > 1 || self.failed > 0 {
            lines.push(self.counts());
        }
        if self.opened > 1 && self.handshakes.count() > 0 {
            lines.push(self.handshakes.line("handshake"));
        }
        if responses.count() > 0 {
            lines.push(responses.line("answer"));
        }
    }

    fn counts(&self) -> String {
        let Self { opened, done, failed, .. } = self;
        let open = opened - done - failed;
        let things = if *opened == 1 { "connection" } else { "connections" };
        let mut line = format!("{opened} {things}: {done} done, {failed} failed, {open} open");
        let reasons = self.reasons.iter().map(|(reason, count)| format!("{count} {reason}"));
        let reasons = Vec::from_iter(reasons).join(", ");
        if !reasons.is_empty() {
            line += &format!(" ({reasons})");
        }
        line
    }
}
