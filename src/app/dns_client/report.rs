//! What a DNS client found out, in the words of `host`.

use crate::packet::udp::DnsAnswer;

/// The counts. Kept in the first of the lines; the others are one for each name, with the latest
/// that is known of it.
#[derive(Debug, Default)]
pub(super) struct Report {
    asked: u64,
    answered: u64,
    no_such_name: u64,
    given_up: u64,
}

impl Report {
    /// Begins the lines.
    pub(super) fn begin(&self, names: &[String], lines: &mut Vec<String>) {
        lines.push(self.counts());
        lines.extend(names.iter().map(|name| format!("{name}: no answer yet")));
    }

    /// Counts a question.
    pub(super) fn asked(&mut self, lines: &mut [String]) {
        self.asked += 1;
        self.update(lines);
    }

    /// Counts an answer for `name`, which is at `place` of the names.
    pub(super) fn answered(
        &mut self,
        lines: &mut [String],
        place: usize,
        name: &str,
        answer: DnsAnswer,
    ) {
        self.answered += 1;
        self.no_such_name += u64::from(answer == DnsAnswer::NoSuchName);
        self.update(lines);
        lines[place + 1] = match answer {
            DnsAnswer::Address(address) => format!("{name} has address {address}"),
            DnsAnswer::NoSuchName => format!("{name} not found: NXDOMAIN"),
        };
    }

    /// Counts a question for `name`, which is at `place` of the names, that got no answer.
    pub(super) fn given_up(&mut self, lines: &mut [String], place: usize, name: &str) {
        self.given_up += 1;
        self.update(lines);
        lines[place + 1] = format!("{name}: no server could be reached");
    }

    fn update(&self, lines: &mut [String]) {
        lines[0] = self.counts();
    }

    fn counts(&self) -> String {
        let Self { asked, answered, no_such_name, given_up } = self;
        format!(
            "{asked} questions, {answered} answered ({no_such_name} NXDOMAIN), {given_up} given up"
        )
    }
}
