//! A diagram as values: lifelines, arrows between them, and what is written beside them.

use crate::units::Time;

/// A diagram. Times are those of the simulation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Diagram {
    /// What is shown.
    pub title: String,
    /// Those who talk, from left to right; at least one.
    pub lifelines: Vec<Lifeline>,
    /// What they send, in the order of sending.
    pub arrows: Vec<Arrow>,
    /// Into which states connections went, in order.
    pub states: Vec<StateMark>,
    /// Retransmission timers that expired.
    pub timers: Vec<TimerMark>,
    /// What else happened at a lifeline.
    pub remarks: Vec<Remark>,
    /// Packets that are left out.
    pub folds: Vec<Fold>,
    /// What else is to be said, in full sentences.
    pub notes: Vec<String>,
}

/// One of those who talk.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lifeline {
    /// Its name.
    pub name: String,
    /// Its address, perhaps with a port.
    pub address: String,
    /// The state it is in at the start, if it has one.
    pub state: Option<String>,
}

/// A packet on its way from one lifeline to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrow {
    /// Place of the sender among the lifelines.
    pub from: usize,
    /// Place of the receiver; another one than `from`.
    pub to: usize,
    /// When its first bit left.
    pub sent: Time,
    /// What became of it.
    pub end: End,
    /// What it says.
    pub label: Label,
    /// Why it was sent, if that is worth a word: `fast retransmission`.
    pub purpose: Option<String>,
}

/// What became of a packet.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// Its last bit arrived.
    Arrived(Time),
    /// It arrived, but the receiver threw it away.
    Refused {
        /// When.
        at: Time,
        /// Why.
        why: String,
    },
    /// It did not arrive.
    Lost {
        /// When.
        at: Time,
        /// Why, and where if that is not obvious.
        why: String,
    },
    /// It was on its way when the diagram ended.
    Underway,
}

impl End {
    /// When, if it was seen.
    #[must_use]
    pub const fn time(&self) -> Option<Time> {
        match self {
            Self::Arrived(at) | Self::Refused { at, .. } | Self::Lost { at, .. } => Some(*at),
            Self::Underway => None,
        }
    }

    /// Whether the packet served its purpose, or may do so yet.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Arrived(_) | Self::Underway)
    }
}

/// An end of a connection went into a state.
#[derive(Debug, Clone, PartialEq)]
pub struct StateMark {
    /// Place of its lifeline.
    pub lifeline: usize,
    /// When.
    pub at: Time,
    /// The state, by the name that RFC 9293 gives it.
    pub state: String,
}

/// A timer that was armed and expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerMark {
    /// Place of its lifeline.
    pub lifeline: usize,
    /// When it was armed for the last time.
    pub armed: Time,
    /// When it expired.
    pub expired: Time,
}

/// Something that happened at a lifeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Place of the lifeline.
    pub lifeline: usize,
    /// When.
    pub at: Time,
    /// What.
    pub text: String,
}

/// Packets that are left out of a diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// When the first of them was sent.
    pub at: Time,
    /// How many went to the right.
    pub rightward: u64,
    /// How many went to the left.
    pub leftward: u64,
}

impl Fold {
    /// In words: `38 more →, 19 more ←`.
    #[must_use]
    pub fn words(&self) -> String {
        let parts = [(self.rightward, "→"), (self.leftward, "←")];
        let told: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, arrow)| format!("{count} more {arrow}"))
            .collect();
        told.join(", ")
    }
}

/// What a packet says, in parts that can be left out where room is short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label(Vec<(u8, String)>);

impl Label {
    /// Adds a part. The more a part `matters`, the later it is left out.
    pub fn push(&mut self, matters: u8, part: impl Into<String>) {
        self.0.push((matters, part.into()));
    }

    /// The whole.
    #[must_use]
    pub fn full(&self) -> String {
        let parts: Vec<&str> = self.0.iter().map(|(_, part)| part.as_str()).collect();
        parts.join(" ")
    }

    /// As much of it as `room` characters hold.
    #[must_use]
    pub fn fitted(&self, room: usize) -> String {
        let mut parts = self.clone();
        while parts.full().chars().count() > room && parts.0.len() > 1 {
            // Of parts that matter alike the last one goes.
            let least = (0..parts.0.len()).rev().min_by_key(|&i| parts.0[i].0);
            parts.0.remove(least.expect("there are at least two parts"));
        }
        shortened(&parts.full(), room)
    }
}

/// `text` in at most `room` characters, the end left out if need be.
#[must_use]
pub fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    if room == 0 { kept } else { kept + "…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_lose_what_matters_least_first() {
        let mut label = Label::default();
        for (matters, part) in [(9, "PSH,ACK"), (8, "seq=1"), (5, "ack=1"), (7, "len=100")] {
            label.push(matters, part);
        }
        assert_eq!(label.full(), "PSH,ACK seq=1 ack=1 len=100");
        assert_eq!(label.fitted(27), label.full());
        assert_eq!(label.fitted(26), "PSH,ACK seq=1 len=100");
        assert_eq!(label.fitted(14), "PSH,ACK seq=1");
        assert_eq!(label.fitted(5), "PSH,…");
        assert_eq!(label.fitted(0), "");
    }
}
