//! The event queue against its alternatives: `cargo bench --bench engine [-- FILTER]`.
//!
//! `hold` keeps the depth constant: pop one, push one some increment later (Jones, "An empirical
//! comparison of priority-queue and event-set implementations", CACM 1986). `chain` is what a
//! simulation does: sources send at a constant rate through a line of links, one event per hop.
//! One iteration pops one event. The structures alternate, so that a noisy machine is unfair to
//! all of them alike; compare the middle of several runs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use portolan::engine::{HeapQueue, WheelQueue};
use portolan::rng::Stream;
use portolan::units::Time;

const DEPTHS: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
/// Sources, each with a line of links of its own.
const SOURCES: [u32; 4] = [10, 100, 1_000, 10_000];
const HOPS: u32 = 8;

/// As large as the simulator's own event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Send { source: u32 },
    Arrive { source: u32, hop: u32 },
}

/// What the structures have in common.
trait Queue {
    fn push(&mut self, at: Time, event: Event);
    fn pop(&mut self) -> Option<(Time, Event)>;
}

macro_rules! queue {
    ($queue:ident) => {
        impl Queue for $queue<Event> {
            fn push(&mut self, at: Time, event: Event) {
                self.push(at, event);
            }
            fn pop(&mut self) -> Option<(Time, Event)> {
                self.pop_until(black_box(Time::MAX))
            }
        }
    };
}
queue!(HeapQueue);
queue!(WheelQueue);

/// The yardstick: the standard library's binary heap with the same order.
#[derive(Default)]
struct Binary {
    heap: BinaryHeap<Reverse<(Time, u64, Event)>>,
    pushed: u64,
}

impl Queue for Binary {
    fn push(&mut self, at: Time, event: Event) {
        self.heap.push(Reverse((at, self.pushed, event)));
        self.pushed += 1;
    }
    fn pop(&mut self) -> Option<(Time, Event)> {
        self.heap.pop().map(|Reverse((time, _, event))| (time, event))
    }
}

/// Increments drawn ahead, so that no dice are thrown while the clock runs.
struct Increments(Vec<Time>);

impl Increments {
    fn draw(name: &str, one: impl Fn(&mut Stream) -> Time) -> Self {
        let mut stream = Stream::new(1, name);
        Self((0..1 << 16).map(|_| one(&mut stream)).collect())
    }

    fn at(&self, turn: usize) -> Time {
        self.0[turn % self.0.len()]
    }
}

/// The increments by name: of the textbook, and of a network.
fn increments() -> [(&'static str, Increments); 3] {
    [
        ("exponential", Increments::draw("exponential", |s| s.exponential_time(Time::from_ms(1)))),
        // 1500 bytes at 1 Gbit/s, then 5 ms of propagation: one of each per hop.
        (
            "links",
            Increments::draw("links", |s| match s.below(2) {
                0 => Time::from_us(12),
                _ => Time::from_ms(5),
            }),
        ),
        // Links of several rates and lengths, and one timer in ten.
        (
            "mixed",
            Increments::draw("mixed", |s| match s.below(10) {
                0 => Time::from_ms(200),
                1..=4 => Time::from_ns(672 + 11_328 * s.below(2)),
                5 | 6 => Time::from_us(120),
                _ => Time::from_ms(1 + s.below(40)),
            }),
        ),
    ]
}

/// Fills a queue to `depth` over the spans of `increments`, then holds it there.
fn hold<Q: Queue>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    mut queue: Q,
    depth: usize,
    increments: &Increments,
) {
    for turn in 0..depth {
        queue.push(increments.at(turn), Event::Send { source: turn as u32 });
    }
    let mut turn = depth;
    let mut step = move || {
        if let Some((now, event)) = queue.pop() {
            turn += 1;
            queue.push(now + increments.at(turn), event);
        }
    };
    // To the distribution of times that belongs to the increments.
    (0..depth * 3).for_each(|_| step());
    group.bench_function(BenchmarkId::new(name, depth), |bencher| bencher.iter(&mut step));
}

/// Sources of 1500-byte packets every 10 ms, through links of 10 Mbit/s and 1 ms. All start
/// within `spread`: if it is zero, they stay in step and every event ties with as many others.
fn chain<Q: Queue>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    mut queue: Q,
    sources: u32,
    spread: Time,
) {
    for source in 0..sources {
        let start = Time::from_ps(spread.as_ps() / u64::from(sources) * u64::from(source));
        queue.push(start, Event::Send { source });
    }
    let hop_time = Time::from_us(1_200) + Time::from_ms(1);
    let mut step = move || {
        let Some((now, event)) = queue.pop() else { return };
        match event {
            Event::Send { source } => {
                queue.push(now + hop_time, Event::Arrive { source, hop: 1 });
                queue.push(now + Time::from_ms(10), event);
            }
            Event::Arrive { source, hop } if hop < HOPS => {
                queue.push(now + hop_time, Event::Arrive { source, hop: hop + 1 });
            }
            Event::Arrive { .. } => {}
        }
    };
    (0..sources * 50).for_each(|_| step());
    group.bench_function(BenchmarkId::new(name, sources), |bencher| bencher.iter(&mut step));
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args();
    for (pattern, increments) in &increments() {
        let mut group = criterion.benchmark_group(format!("hold/{pattern}"));
        group.throughput(Throughput::Elements(1));
        for depth in DEPTHS {
            hold(&mut group, "heap", HeapQueue::new(), depth, increments);
            hold(&mut group, "wheel", WheelQueue::new(), depth, increments);
            hold(&mut group, "binary", Binary::default(), depth, increments);
        }
    }
    for (pattern, spread) in [("apart", Time::from_ms(10)), ("in-step", Time::ZERO)] {
        let mut group = criterion.benchmark_group(format!("chain/{pattern}"));
        group.throughput(Throughput::Elements(1));
        for sources in SOURCES {
            chain(&mut group, "heap", HeapQueue::new(), sources, spread);
            chain(&mut group, "wheel", WheelQueue::new(), sources, spread);
            chain(&mut group, "binary", Binary::default(), sources, spread);
        }
    }
    criterion.final_summary();
}
