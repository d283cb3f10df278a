//! Packets that ended, in words.

use std::fmt::Write as _;

use crate::observe::DropReason;

/// How many packets a comment names.
const MOST_NAMED: u64 = 8;

/// The end of one packet: `#17 dropped: queue full (r1->bob)`.
pub(super) fn of_one(number: u64, reason: DropReason, place: &str) -> String {
    format!("#{number} dropped: {reason} ({place})")
}

/// Ends of packets that cannot be told at the packets themselves: they were never captured, or
/// were written long ago.
#[derive(Debug, Default)]
pub(super) struct Ends {
    text: String,
    count: u64,
}

impl Ends {
    pub(super) fn add(&mut self, number: u64, reason: DropReason, place: &str) {
        self.count += 1;
        if self.count <= MOST_NAMED {
            if !self.text.is_empty() {
                self.text.push_str("; ");
            }
            self.text.push_str(&of_one(number, reason, place));
        }
    }

    /// A comment on all since the last call, if there were any.
    pub(super) fn take(&mut self) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let mut text = format!("before this: {}", std::mem::take(&mut self.text));
        if self.count > MOST_NAMED {
            // Writing to a string cannot fail.
            let _ = write!(text, "; and {} more", self.count - MOST_NAMED);
        }
        self.count = 0;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_some_and_counts_the_rest() {
        let mut ends = Ends::default();
        assert_eq!(ends.take(), None);
        ends.add(7, DropReason::QueueFull, "a->b");
        assert_eq!(ends.take().as_deref(), Some("before this: #7 dropped: queue full (a->b)"));
        assert_eq!(ends.take(), None);
        (1..=100).for_each(|number| ends.add(number, DropReason::NoRoute, "r1"));
        let text = ends.take().expect("a comment");
        assert!(text.ends_with("#8 dropped: no route (r1); and 92 more"), "{text}");
    }
}
