//! First in, first out, for what is put in and taken out once per packet.

/// A queue of small values in a ring of a power of two places.
///
/// [`VecDeque`](std::collections::VecDeque) takes a value as one block of memory. A block that was
/// written in parts just before is not there yet when it is read as a whole, and the processor
/// waits; here each part is written once, to its place.
#[derive(Debug, Clone)]
pub struct Fifo<T> {
    places: Vec<T>,
    head: usize,
    len: usize,
}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Fifo<T> {
    /// An empty queue. Takes no memory before something is put in.
    #[must_use]
    pub const fn new() -> Self {
        Self { places: Vec::new(), head: 0, len: 0 }
    }

    /// How many values wait.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether none waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where the value lies that has `index` before it.
    #[inline(always)]
    const fn place(&self, index: usize) -> usize {
        // As many places as a power of two, or none.
        self.head.wrapping_add(index) & self.places.len().wrapping_sub(1)
    }

    /// The value with `index` before it.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<&T> {
        if index < self.len { self.places.get(self.place(index)) } else { None }
    }

    /// The value that came first.
    #[inline(always)]
    pub fn front(&self) -> Option<&T> {
        self.get(0)
    }

    /// All values, the first first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        (0..self.len).map(|index| &self.places[self.place(index)])
    }
}

impl<T: Copy> Fifo<T> {
    /// Adds a value. O(1) amortised.
    #[inline(always)]
    pub fn push(&mut self, value: T) {
        if self.len == self.places.len() {
            self.grow(value);
        }
        let place = self.place(self.len);
        self.places[place] = value;
        self.len += 1;
    }

    /// Takes out the value that came first. O(1).
    #[inline(always)]
    pub fn pop(&mut self) -> Option<T> {
        self.pop_if(|_| true)
    }

    /// Takes out the value that came first, if it is as wanted. O(1).
    #[inline(always)]
    pub fn pop_if(&mut self, is_wanted: impl FnOnce(&T) -> bool) -> Option<T> {
        let first = *self.front()?;
        if !is_wanted(&first) {
            return None;
        }
        self.head = self.place(1);
        self.len -= 1;
        Some(first)
    }

    /// Puts a value in so that `index` come before it. O(n) in those behind it.
    pub fn insert(&mut self, index: usize, value: T) {
        self.push(value);
        for behind in (index + 1..self.len).rev() {
            let (from, to) = (self.place(behind - 1), self.place(behind));
            self.places[to] = self.places[from];
        }
        let place = self.place(index);
        self.places[place] = value;
    }

    /// Takes out the value with `index` before it. O(n) in those behind it.
    pub fn remove(&mut self, index: usize) -> Option<T> {
        let removed = *self.get(index)?;
        for behind in index + 1..self.len {
            let (from, to) = (self.place(behind), self.place(behind - 1));
            self.places[to] = self.places[from];
        }
        self.len -= 1;
        Some(removed)
    }

    /// Takes out everything.
    pub fn take_all(&mut self) -> Vec<T> {
        let all = self.iter().copied().collect();
        (self.head, self.len) = (0, 0);
        all
    }

    #[cold]
    fn grow(&mut self, filler: T) {
        self.places.rotate_left(self.head);
        self.head = 0;
        self.places.resize((2 * self.len).max(4), filler);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::Fifo;

    proptest! {
        #[test]
        fn does_what_the_standard_one_does(
            steps in prop::collection::vec((0..6_u8, 0..40_usize), 0..300),
        ) {
            let (mut fifo, mut model) = (Fifo::new(), VecDeque::new());
            for (number, (what, index)) in steps.into_iter().enumerate() {
                match what {
                    0..=2 => {
                        fifo.push(number);
                        model.push_back(number);
                    }
                    3 => prop_assert_eq!(fifo.pop(), model.pop_front()),
                    4 => prop_assert_eq!(fifo.remove(index), model.remove(index)),
                    _ if index == 39 => prop_assert_eq!(fifo.take_all(), Vec::from_iter(model.drain(..))),
                    _ => {
                        let index = index.min(model.len());
                        fifo.insert(index, number);
                        model.insert(index, number);
                    }
                }
                prop_assert_eq!(fifo.iter().collect::<Vec<_>>(), model.iter().collect::<Vec<_>>());
                prop_assert_eq!((fifo.len(), fifo.front()), (model.len(), model.front()));
            }
        }
    }
}
