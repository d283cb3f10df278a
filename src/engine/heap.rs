//! Pending events in an implicit heap of four children per node.

use std::fmt;

use crate::units::Time;

/// Children per node: half the levels of a binary heap, and siblings lie side by side.
const ARITY: usize = 4;

/// Pending events in a 4-ary heap; see [the module](super) for the contract.
///
/// A pop leaves a gap at the root. The push that usually follows drops its event there and lets
/// it sink, which costs one walk instead of two; a second pop fills the gap with the last leaf.
#[derive(Clone)]
pub struct HeapQueue<E> {
    /// While `gap` is true, the root is the event popped last and no longer counts.
    heap: Vec<Entry<E>>,
    gap: bool,
    now: Time,
    pushed: u64,
    popped: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry<E> {
    time: Time,
    sequence: u64,
    event: E,
}

impl<E> Entry<E> {
    /// Time and sequence as one number, which compares without a branch between the two.
    fn key(&self) -> u128 {
        (u128::from(self.time.as_ps()) << 64) | u128::from(self.sequence)
    }
}

impl<E: Copy> HeapQueue<E> {
    /// An empty queue with its clock at zero.
    #[must_use]
    pub const fn new() -> Self {
        Self { heap: Vec::new(), gap: false, now: Time::ZERO, pushed: 0, popped: 0 }
    }

    /// Adds `event`, to happen at `at`, after all events already pending for that instant.
    ///
    /// O(log n); O(1) if it is due later than most, or is pushed after a pop and due soon.
    ///
    /// # Panics
    /// With debug assertions, if `at` is before [`now`](Self::now).
    #[inline]
    pub fn push(&mut self, at: Time, event: E) {
        debug_assert!(at >= self.now, "an event for {at} was pushed at {}", self.now);
        let entry = Entry { time: at, sequence: self.pushed, event };
        self.pushed += 1;
        if self.gap {
            self.gap = false;
            self.sink(entry);
        } else {
            self.heap.push(entry);
            self.rise(entry);
        }
    }

    /// Takes the earliest event and sets the clock to its time. O(log n).
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.pop_until(Time::MAX)
    }

    /// Takes the earliest event if it is due at `limit` or before. O(log n).
    #[inline]
    pub fn pop_until(&mut self, limit: Time) -> Option<(Time, E)> {
        self.close_gap();
        let first = *self.heap.first()?;
        if first.time > limit {
            return None;
        }
        self.gap = true;
        self.popped += 1;
        self.now = first.time;
        Some((first.time, first.event))
    }

    /// When the earliest event is due. O(1).
    #[must_use]
    pub fn peek_time(&self) -> Option<Time> {
        if self.gap {
            self.heap.iter().skip(1).take(ARITY).map(|entry| entry.time).min()
        } else {
            self.heap.first().map(|entry| entry.time)
        }
    }

    /// How many events are pending. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len() - usize::from(self.gap)
    }

    /// True if no event is pending. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The time of the event popped last, or zero. O(1).
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// How many events were ever pushed. O(1).
    #[must_use]
    pub const fn pushed(&self) -> u64 {
        self.pushed
    }

    /// How many events were ever popped. O(1).
    #[must_use]
    pub const fn popped(&self) -> u64 {
        self.popped
    }

    /// Fills the gap of the last pop, if a push has not done so, with the last leaf.
    #[inline]
    fn close_gap(&mut self) {
        if !self.gap {
            return;
        }
        self.gap = false;
        if let Some(last) = self.heap.pop()
            && !self.heap.is_empty()
        {
            self.sink(last);
        }
    }

    /// Places `entry` at the root or, moving smaller children up, below it.
    #[inline]
    fn sink(&mut self, entry: Entry<E>) {
        let key = entry.key();
        let mut at = 0;
        while let Some((child, least)) = self.least_child(at) {
            if key <= least.key() {
                break;
            }
            self.heap[at] = least;
            at = child;
        }
        self.heap[at] = entry;
    }

    /// Places `entry`, the last leaf, there or, moving larger parents down, above.
    #[inline]
    fn rise(&mut self, entry: Entry<E>) {
        let key = entry.key();
        let mut at = self.heap.len() - 1;
        while at > 0 {
            let parent = (at - 1) / ARITY;
            if self.heap[parent].key() <= key {
                break;
            }
            self.heap[at] = self.heap[parent];
            at = parent;
        }
        self.heap[at] = entry;
    }

    /// The earliest child of the node at `parent` and its place.
    #[inline]
    fn least_child(&self, parent: usize) -> Option<(usize, Entry<E>)> {
        let first = parent * ARITY + 1;
        let children = self.heap.get(first..)?;
        let least = match children.first_chunk::<ARITY>() {
            Some(four) => {
                // Two halves, then the final: shorter than one after the other.
                let low = usize::from(four[1].key() < four[0].key());
                let high = 2 + usize::from(four[3].key() < four[2].key());
                if four[high].key() < four[low].key() { high } else { low }
            }
            None => (0..children.len()).min_by_key(|&child| children[child].key())?,
        };
        Some((first + least, children[least]))
    }
}

impl<E: Copy> Default for HeapQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> fmt::Debug for HeapQueue<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapQueue")
            .field("now", &self.now)
            .field("len", &self.len())
            .field("next", &self.peek_time())
            .finish_non_exhaustive()
    }
}
