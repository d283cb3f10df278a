//! Pending events in a hierarchical timing wheel keyed at picoseconds.
//!
//! After Varghese and Lauck, "Hashed and hierarchical timing wheels" (SOSP 1987), with the sorted
//! bottom of Tang, Goh and Thng, "Ladder queue" (TOMACS 2005), so that few events need few levels.

use std::fmt;

use crate::units::Time;

/// Bits of time per level: 64 slots, one word of occupancy.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// Enough levels for all 64 bits of time.
const LEVELS: usize = u64::BITS.div_ceil(BITS) as usize;
/// A slot with at most this many events is sorted at once rather than spread over the level below.
const SORTED: u32 = 16;
/// A sorted list that has grown beyond this goes back into the wheel.
const CROWDED: usize = 64;
/// No cell.
const NONE: u32 = u32::MAX;

/// Pending events in a timing wheel; see [the module](super) for the contract.
///
/// An event waits at the level of the highest digit, to base 64, in which its time differs from
/// `base`, in the slot of that digit. The first slot of the lowest level in use holds the
/// earliest events; when reached, it is sorted into `near` or spread over the levels below.
/// Equal times always share a slot, where they queue, so no sequence numbers are needed.
#[derive(Clone)]
pub struct WheelQueue<E> {
    cells: Vec<Cell<E>>,
    free: u32,
    levels: [Level; LEVELS],
    /// Bit `i`: level `i` holds events.
    used: u32,
    /// No event in the wheel is earlier.
    base: u64,
    /// The earliest events in order; those before `head` are popped already.
    near: Vec<(Time, E)>,
    head: usize,
    /// What is pushed for before this instant belongs into `near`.
    near_end: u64,
    now: Time,
    pushed: u64,
    popped: u64,
}

#[derive(Debug, Clone, Copy)]
struct Cell<E> {
    time: Time,
    event: E,
    next: u32,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    /// Bit `i`: slot `i` holds events.
    used: u64,
    slots: [Slot; SLOTS],
}

/// A first-in-first-out list of cells.
#[derive(Debug, Clone, Copy)]
struct Slot {
    head: u32,
    tail: u32,
    len: u32,
}

impl Slot {
    const EMPTY: Self = Self { head: NONE, tail: NONE, len: 0 };
}

/// The slot with the earliest events of the wheel, and its first instant.
#[derive(Debug, Clone, Copy)]
struct Place {
    level: usize,
    slot: usize,
    start: u64,
}

impl Place {
    /// The last instant that falls into the slot.
    const fn last(self) -> u64 {
        self.start | ((1 << (self.level as u32 * BITS)) - 1)
    }
}

impl<E: Copy> WheelQueue<E> {
    /// An empty queue with its clock at zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            cells: Vec::new(),
            free: NONE,
            levels: [Level { used: 0, slots: [Slot::EMPTY; SLOTS] }; LEVELS],
            used: 0,
            base: 0,
            near: Vec::new(),
            head: 0,
            near_end: 0,
            now: Time::ZERO,
            pushed: 0,
            popped: 0,
        }
    }

    /// Adds `event`, to happen at `at`, after all events already pending for that instant. O(1).
    ///
    /// # Panics
    /// With debug assertions, if `at` is before [`now`](Self::now).
    #[inline(always)]
    pub fn push(&mut self, at: Time, event: E) {
        debug_assert!(at >= self.now, "an event for {at} was pushed at {}", self.now);
        self.pushed += 1;
        if at.as_ps() >= self.near_end {
            let cell = self.allocate(at, event);
            self.file(cell, at.as_ps());
            return;
        }
        self.insert(at, event);
        if self.near.len() > CROWDED {
            self.relieve();
        }
    }

    /// Takes the earliest event and sets the clock to its time. O(1) amortised: an event moves
    /// down at most once per level.
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.pop_until(Time::MAX)
    }

    /// Takes the earliest event if it is due at `limit` or before. O(1) amortised, but O(n) in
    /// the events of one slot where `limit` falls into the first.
    #[inline]
    pub fn pop_until(&mut self, limit: Time) -> Option<(Time, E)> {
        let &(time, event) = match self.near.get(self.head) {
            Some(first) => first,
            None => {
                self.open(limit)?;
                self.near.get(self.head)?
            }
        };
        if time > limit {
            return None;
        }
        self.head += 1;
        self.popped += 1;
        self.now = time;
        Some((time, event))
    }

    /// When the earliest event is due. O(n) in the events of one slot.
    #[must_use]
    pub fn peek_time(&self) -> Option<Time> {
        match self.near.get(self.head) {
            Some(&(time, _)) => Some(time),
            None => self.first().and_then(|place| self.earliest(place)),
        }
    }

    /// How many events are pending. O(1).
    #[must_use]
    pub const fn len(&self) -> usize {
        (self.pushed - self.popped) as usize
    }

    /// True if no event is pending. O(1).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pushed == self.popped
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

    /// Puts an event into `near`, after all that are not later.
    #[inline]
    fn insert(&mut self, at: Time, event: E) {
        self.near.push((at, event));
        let mut pending = &mut self.near[self.head..];
        // From the back, as most events are pushed for later than most that are pending.
        while let Some((place, earlier)) = pending.split_last_mut() {
            match earlier.last() {
                Some(&before) if before.0 > at => *place = before,
                _ => {
                    *place = (at, event);
                    return;
                }
            }
            pending = earlier;
        }
    }

    /// A cell for an event, used before if there is one.
    #[inline]
    fn allocate(&mut self, time: Time, event: E) -> u32 {
        let cell = Cell { time, event, next: NONE };
        if self.free == NONE {
            self.cells.push(cell);
            return (self.cells.len() - 1) as u32;
        }
        let index = self.free;
        self.free = self.cells[index as usize].next;
        self.cells[index as usize] = cell;
        index
    }

    /// Appends a cell to the slot its time belongs to.
    #[inline]
    fn file(&mut self, cell: u32, time: u64) {
        // The lowest bit set stands for "no digit differs", which is level 0 as well.
        let level = ((time ^ self.base) | 1).ilog2() / BITS;
        let slot = (time >> (level * BITS)) as usize % SLOTS;
        self.used |= 1 << level;
        let level = &mut self.levels[level as usize];
        level.used |= 1 << slot;
        let slot = &mut level.slots[slot];
        slot.len += 1;
        let tail = std::mem::replace(&mut slot.tail, cell);
        match self.cells.get_mut(tail as usize) {
            Some(tail) => tail.next = cell,
            None => slot.head = cell,
        }
    }

    /// The slot with the earliest events of the wheel.
    #[inline]
    fn first(&self) -> Option<Place> {
        if self.used == 0 {
            return None;
        }
        let level = self.used.trailing_zeros();
        let slot = self.levels[level as usize].used.trailing_zeros();
        let shift = level * BITS;
        // The digits above this level are those of the base.
        let above = self.base.checked_shr(shift + BITS).unwrap_or(0);
        let above = above.checked_shl(shift + BITS).unwrap_or(0);
        let start = above | (u64::from(slot) << shift);
        Some(Place { level: level as usize, slot: slot as usize, start })
    }

    /// The earliest time in a slot.
    fn earliest(&self, place: Place) -> Option<Time> {
        let head = self.levels[place.level].slots[place.slot].head;
        let cells = std::iter::successors(self.cells.get(head as usize), |cell| {
            self.cells.get(cell.next as usize)
        });
        cells.map(|cell| cell.time).min()
    }

    /// Moves the earliest events from the wheel to `near`. None if there are none until `limit`:
    /// the base must not pass an instant that may still be pushed.
    fn open(&mut self, limit: Time) -> Option<()> {
        let place = self.first()?;
        if place.last() > limit.as_ps() && self.earliest(place)? > limit {
            return None;
        }
        loop {
            let place = self.first()?;
            let slot = self.detach(place);
            self.base = place.start;
            if place.level == 0 || slot.len <= SORTED {
                self.gather(slot);
                self.near_end = if slot.len > SORTED {
                    // Ties pushed later queue behind those of this level 0 slot.
                    place.start
                } else if self.used == 0 {
                    // So few events are pending that a sorted list is all they need.
                    u64::MAX
                } else {
                    place.last().saturating_add(1)
                };
                return Some(());
            }
            self.spread(slot);
        }
    }

    /// Empties a slot, returning what it held.
    fn detach(&mut self, place: Place) -> Slot {
        let level = &mut self.levels[place.level];
        level.used &= !(1 << place.slot);
        if level.used == 0 {
            self.used &= !(1 << place.level);
        }
        std::mem::replace(&mut level.slots[place.slot], Slot::EMPTY)
    }

    /// Sorts the events of a detached slot into `near`, all of which is popped, and frees their
    /// cells. By insertion, as they are few, or equal and thus in order already.
    fn gather(&mut self, slot: Slot) {
        self.near.clear();
        self.head = 0;
        let mut next = slot.head;
        while let Some(cell) = self.cells.get(next as usize) {
            let Cell { time, event, next: after } = *cell;
            self.insert(time, event);
            next = after;
        }
        self.cells[slot.tail as usize].next = self.free;
        self.free = slot.head;
    }

    /// Files the events of a detached slot again, after the base has moved to its start.
    fn spread(&mut self, slot: Slot) {
        let mut next = slot.head;
        while let Some(cell) = self.cells.get_mut(next as usize) {
            let (here, time) = (next, cell.time.as_ps());
            next = std::mem::replace(&mut cell.next, NONE);
            self.file(here, time);
        }
    }

    /// Makes `near` short again. If popped events fill it, they go; if not, all return to the
    /// wheel: they lie in one slot of the present base, so the base may move up to now, which
    /// files them further down.
    fn relieve(&mut self) {
        self.near.drain(..self.head);
        self.head = 0;
        if self.near.len() <= CROWDED / 2 {
            return;
        }
        debug_assert!(self.base <= self.now.as_ps(), "the wheel was opened but not popped");
        self.base = self.now.as_ps();
        self.near_end = self.base;
        for turn in 0..self.near.len() {
            let (time, event) = self.near[turn];
            let cell = self.allocate(time, event);
            self.file(cell, time.as_ps());
        }
        self.near.clear();
    }
}

impl<E: Copy> Default for WheelQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> fmt::Debug for WheelQueue<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WheelQueue")
            .field("now", &self.now)
            .field("len", &self.len())
            .field("next", &self.peek_time())
            .finish_non_exhaustive()
    }
}
