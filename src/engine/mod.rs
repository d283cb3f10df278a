//! The event queue, the clock and timers. Knows nothing of networks.
//!
//! The owner of an [`EventQueue`] runs the simulation by hand: pop an event, act on it, push
//! what follows from it.
//!
//! ```
//! use portolan::engine::EventQueue;
//! use portolan::units::Time;
//!
//! let mut events = EventQueue::new();
//! events.push(Time::from_ms(2), "second");
//! events.push(Time::from_ms(1), "first");
//! events.push(Time::from_ms(2), "third");
//! while let Some((now, event)) = events.pop_until(Time::from_ms(1)) {
//!     assert_eq!((now, event), (Time::from_ms(1), "first"));
//! }
//! assert_eq!(events.len(), 2);
//! ```
//!
//! # Contract
//!
//! - Events come out in a total order: by time, and among equal times in the order in which they
//!   were pushed. A run is therefore decided by its pushes alone.
//! - The clock, [`now`](EventQueue::now), is the time of the event popped last and never runs
//!   back. To push before it is a fault of the caller and asserted in debug builds.
//! - An event cannot be taken out again. What may be cancelled or moved goes through a
//!   [`Timer`], which leaves outdated events to come up and be ignored.
//!
//! # Structures
//!
//! Two structures keep this contract, with the same methods:
//!
//! | | [`WheelQueue`] | [`HeapQueue`] |
//! | --- | --- | --- |
//! | `push` | O(1) | O(log n), O(1) for an event due soon after a pop |
//! | `pop`, `pop_until` | O(1) amortised | O(log n) |
//! | `peek_time` | O(n) in the events of one slot at worst | O(1) |
//! | `len`, `now`, `pushed`, `popped` | O(1) | O(1) |
//!
//! [`EventQueue`] is the wheel. On the pattern of a simulation (`chain`: packets of `n` sources
//! through a line of links each, apart or all in step) it is never slower than the heap and up
//! to three times as fast; held at a constant depth (`hold`: exponential spans, the two spans of
//! a link, or links and timers mixed) it is faster from about a thousand events on. Below a
//! hundred the heap is faster by a few nanoseconds. It stays for comparison, as does the
//! standard library's binary heap.
//!
//! Nanoseconds to pop an event and push what follows, with an event of 12 bytes, on two shared
//! Xeon cores with 2 MiB of L2 cache each. Criterion's median, of the least disturbed of six runs
//! of `cargo bench --bench engine`, in which the structures took turns; under load all three
//! took up to twice as long, in like proportion.
//!
//! | pattern | n | wheel | heap | binary heap |
//! | --- | ---: | ---: | ---: | ---: |
//! | chain, apart | 10 | 14 | 19 | 21 |
//! | | 100 | 14 | 27 | 43 |
//! | | 1 000 | 18 | 41 | 60 |
//! | | 10 000 | 19 | 59 | 84 |
//! | chain, in step | 10 | 12 | 17 | 22 |
//! | | 100 | 27 | 28 | 55 |
//! | | 1 000 | 33 | 41 | 76 |
//! | | 10 000 | 62 | 62 | 82 |
//! | hold, exponential | 10 | 31 | 21 | 29 |
//! | | 100 | 29 | 26 | 43 |
//! | | 1 000 | 26 | 38 | 49 |
//! | | 10 000 | 33 | 61 | 83 |
//! | | 100 000 | 55 | 102 | 153 |
//! | hold, links | 10 | 27 | 18 | 25 |
//! | | 100 | 27 | 24 | 36 |
//! | | 1 000 | 21 | 34 | 54 |
//! | | 10 000 | 27 | 57 | 92 |
//! | | 100 000 | 62 | 97 | 199 |
//! | hold, mixed | 10 | 24 | 19 | 23 |
//! | | 100 | 23 | 23 | 38 |
//! | | 1 000 | 29 | 32 | 57 |
//! | | 10 000 | 30 | 44 | 80 |
//! | | 100 000 | 42 | 70 | 142 |

mod heap;
mod timer;
mod wheel;

#[cfg(test)]
mod tests;

pub use heap::HeapQueue;
pub use timer::{Fired, Timer};
pub use wheel::WheelQueue;

/// The event queue of the simulator: the faster of the structures measured.
pub type EventQueue<E> = WheelQueue<E>;
