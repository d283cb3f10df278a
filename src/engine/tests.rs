//! Every structure against a sorted list, and against the promises of the module page.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::units::Time;

#[derive(Debug, Clone)]
enum Step {
    /// Push an event this many picoseconds from now.
    Push(u64),
    Pop,
    /// Pop if the earliest is due this many picoseconds from now or before.
    PopUntil(u64),
}

/// Spans from ties to hours, as the timers and links of one network have them.
fn span() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => 0..4_u64,
        2 => Just(1_200_000),
        2 => 0..1_000_u64,
        2 => 0..1_000_000_000_u64,
        1 => 0..10_000_000_000_000_000_u64,
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => span().prop_map(Step::Push),
        3 => Just(Step::Pop),
        1 => span().prop_map(Step::PopUntil),
    ];
    vec(step, 0..600)
}

/// The contract in its plainest form: a list sorted by time, new events after their equals.
#[derive(Default)]
struct Model {
    pending: Vec<(Time, u32)>,
    now: Time,
    pushed: u64,
    popped: u64,
}

impl Model {
    fn push(&mut self, at: Time, event: u32) {
        let place = self.pending.partition_point(|&(time, _)| time <= at);
        self.pending.insert(place, (at, event));
        self.pushed += 1;
    }

    fn pop_until(&mut self, limit: Time) -> Option<(Time, u32)> {
        let first = self.pending.first().copied().filter(|&(time, _)| time <= limit)?;
        self.pending.remove(0);
        self.now = first.0;
        self.popped += 1;
        Some(first)
    }

    fn peek_time(&self) -> Option<Time> {
        self.pending.first().map(|&(time, _)| time)
    }
}

/// The tests of one structure. A macro, as the structures share methods but no trait.
macro_rules! contract {
    ($module:ident, $queue:ident) => {
        mod $module {
            use super::*;
            use crate::engine::$queue;

            proptest! {
                #[test]
                fn agrees_with_a_sorted_list(steps in steps()) {
                    let (mut queue, mut model) = ($queue::new(), Model::default());
                    for (id, step) in (0..).zip(steps) {
                        match step {
                            Step::Push(span) => {
                                let at = model.now + Time::from_ps(span);
                                queue.push(at, id);
                                model.push(at, id);
                            }
                            Step::Pop => prop_assert_eq!(queue.pop(), model.pop_until(Time::MAX)),
                            Step::PopUntil(span) => {
                                let limit = model.now + Time::from_ps(span);
                                prop_assert_eq!(queue.pop_until(limit), model.pop_until(limit));
                            }
                        }
                        prop_assert_eq!(queue.peek_time(), model.peek_time());
                        prop_assert_eq!(queue.len(), model.pending.len());
                        prop_assert_eq!(queue.is_empty(), model.pending.is_empty());
                        prop_assert_eq!(queue.now(), model.now);
                        prop_assert_eq!(queue.pushed(), model.pushed);
                        prop_assert_eq!(queue.popped(), model.popped);
                    }
                    while let Some(expected) = model.pop_until(Time::MAX) {
                        prop_assert_eq!(queue.pop(), Some(expected));
                    }
                    prop_assert_eq!(queue.pop(), None);
                }

                #[test]
                fn sorts_many_and_keeps_ties_in_order(times in vec(0..500_u64, 0..3_000)) {
                    let mut queue = $queue::new();
                    let mut sorted = Vec::new();
                    for (id, ps) in (0_u32..).zip(times) {
                        queue.push(Time::from_ps(ps), id);
                        sorted.push((Time::from_ps(ps), id));
                    }
                    sorted.sort();
                    let popped: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
                    prop_assert_eq!(popped, sorted);
                }
            }

            proptest! {
                #![proptest_config(ProptestConfig::with_cases(48))]

                #[test]
                fn agrees_with_a_tree_when_deep(spans in vec(span(), 500..5_000)) {
                    let (mut queue, mut tree) = ($queue::new(), BTreeSet::new());
                    let fill = spans.len() / 2;
                    for (id, span) in (0_u32..).zip(spans) {
                        // Fill, then hold the depth.
                        if id as usize >= fill {
                            let expected = tree.pop_first();
                            prop_assert_eq!(queue.pop(), expected);
                        }
                        let at = queue.now() + Time::from_ps(span);
                        queue.push(at, id);
                        tree.insert((at, id));
                    }
                    let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
                    prop_assert_eq!(rest, tree.into_iter().collect::<Vec<_>>());
                }
            }

            #[test]
            fn an_event_pushed_for_this_instant_follows_those_pending() {
                let mut queue = $queue::new();
                let noon = Time::from_secs(43_200);
                queue.push(noon, 'a');
                queue.push(noon, 'b');
                assert_eq!(queue.pop(), Some((noon, 'a')));
                queue.push(noon, 'c');
                let rest: String = std::iter::from_fn(|| queue.pop()).map(|(_, id)| id).collect();
                assert_eq!(rest, "bc");
            }

            #[test]
            fn the_clock_stands_still_unless_an_event_is_popped() {
                let mut queue = $queue::new();
                queue.push(Time::from_ms(7), ());
                assert_eq!(queue.pop_until(Time::from_ms(7) - Time::from_ps(1)), None);
                assert_eq!(queue.now(), Time::ZERO);
                // Between the clock and the earliest event there is still room.
                queue.push(Time::from_ms(3), ());
                assert_eq!(queue.pop_until(Time::from_ms(3)), Some((Time::from_ms(3), ())));
                assert_eq!(queue.pop(), Some((Time::from_ms(7), ())));
                assert_eq!(queue.pop(), None);
                assert_eq!(queue.now(), Time::from_ms(7));
            }

            #[test]
            fn many_events_may_still_precede_those_looked_at() {
                let mut queue = $queue::new();
                let mut expected = Vec::new();
                let mut push = |queue: &mut $queue<u64>, ms| {
                    queue.push(Time::from_ms(ms), ms);
                    expected.push(ms);
                };
                (1_000..1_030).for_each(|ms| push(&mut queue, ms));
                assert_eq!(queue.pop_until(Time::from_ms(990)), None);
                (800..990).rev().for_each(|ms| push(&mut queue, ms));
                (10..100).rev().for_each(|ms| push(&mut queue, ms));
                let popped: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(_, ms)| ms).collect();
                expected.sort_unstable();
                assert_eq!(popped, expected);
            }

            #[test]
            fn the_whole_range_of_time_is_usable() {
                let mut queue = $queue::new();
                queue.push(Time::MAX, 'z');
                queue.push(Time::ZERO, 'a');
                assert_eq!(queue.pop_until(Time::ZERO), Some((Time::ZERO, 'a')));
                assert_eq!(queue.pop(), Some((Time::MAX, 'z')));
                queue.push(Time::MAX, 'z');
                assert_eq!(queue.peek_time(), Some(Time::MAX));
            }

            #[test]
            #[cfg(debug_assertions)]
            #[should_panic(expected = "an event for 1ms was pushed at 2ms")]
            fn a_push_into_the_past_is_caught() {
                let mut queue = $queue::new();
                queue.push(Time::from_ms(2), ());
                queue.pop();
                queue.push(Time::from_ms(1), ());
            }

            #[test]
            fn debug_output_tells_the_state() {
                let mut queue = $queue::new();
                queue.push(Time::from_ms(2), ());
                let told = format!("{queue:?}");
                assert!(told.contains("len: 1") && told.contains("next: Some"), "{told}");
            }
        }
    };
}

contract!(heap, HeapQueue);
contract!(wheel, WheelQueue);
