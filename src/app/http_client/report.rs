//! What an HTTP client tells of its pages.

use std::collections::BTreeMap;

use crate::observe::{FlowStats, Times, counted};
use crate::units::Time;

/// Counts and times of all pages.
#[derive(Debug, Default)]
pub(super) struct Report {
    connections: u64,
    objects: Times,
    failed: u64,
    reasons: BTreeMap<&'static str, u64>,
    last_failure: Option<&'static str>,
    /// Answers by status code, but for 200.
    codes: BTreeMap<u16, u64>,
    news: u64,
}

impl Report {
    /// A connection begins.
    pub(super) const fn opens(&mut self) {
        self.news += 1;
        self.connections += 1;
    }
    /// An object was fetched in so long.
    pub(super) fn fetched(&mut self, after: Time, code: u16) {
        self.news += 1;
        self.objects.add(after);
        if code != 200 {
            *self.codes.entry(code).or_default() += 1;
        }
    }
    /// A whole page was fetched.
    pub(super) const fn page(&mut self) {
        self.news += 1;
    }
    /// A page was given up.
    pub(super) fn failed(&mut self, reason: &'static str) {
        self.news += 1;
        self.failed += 1;
        self.last_failure = Some(reason);
        *self.reasons.entry(reason).or_default() += 1;
    }

    /// Why the last page that was given up was.
    pub(super) const fn last_failure(&self) -> Option<&'static str> {
        self.last_failure
    }

    /// Grows with everything that happens.
    pub(super) const fn news(&self) -> u64 {
        self.news
    }

    /// The lines for the results.
    pub(super) fn write(&self, flow: &mut FlowStats) {
        let FlowStats { details: lines, responses, .. } = flow;
        lines.clear();
        lines.push(responses.line("page"));
        lines.push(self.objects.line("object"));
        lines.push(counted(self.connections, "connection"));
        if self.failed > 0 {
            let reasons = self.reasons.iter().map(|(reason, count)| format!("{count} {reason}"));
            let reasons = Vec::from_iter(reasons).join(", ");
            lines.push(format!("{} given up ({reasons})", counted(self.failed, "page")));
        }
        lines.extend(
            self.codes.iter().map(|(code, count)| format!("{} {code}", counted(*count, "answer"))),
        );
    }
}
