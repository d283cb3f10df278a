//! What every discipline must keep to, whichever it is.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::lab::Lab;
use super::{Backlog, QueueSpec};
use crate::units::Time;

/// Parameters that bring out what each kind does, small enough to be reached.
const SAMPLES: &[(&str, &str)] = &[
    ("fifo", "limit = '5p'"),
    ("fifo", "limit = '3kB'; mark = '1kB'"),
    ("head-drop", "limit = '3kB'"),
    ("red", "limit = '6kB'; min = '1kB'; max = '3kB'; probability = '50%'; ecn = true"),
    ("red", "limit = '6kB'; min = '1kB'; max = '3kB'; gentle = true; adaptive = true"),
    ("codel", "limit = '20p'; target = '1ms'; interval = '5ms'; ecn = true"),
    ("codel", "limit = '9kB'; target = '0s'; interval = '1ms'"),
    ("fq_codel", "limit = '9p'; target = '1ms'; interval = '5ms'; ecn = false; flows = 3"),
    ("fq_codel", "memory-limit = '4kB'; quantum = '300B'; drop-batch = 2"),
    ("pie", "limit = '20p'; target = '1ms'; tupdate = '1ms'; alpha = 32; beta = 32; ecn = true"),
    ("pie", "target = '1ms'; tupdate = '2ms'; dq-rate-estimator = true; bytemode = true"),
    ("fq_pie", "limit = '20p'; flows = 3; target = '1ms'; tupdate = '1ms'; ecn = true"),
    ("fq_pie", "memory-limit = '5kB'; quantum = '300B'; dq-rate-estimator = true"),
    ("sfq", "limit = 9; depth = 4; divisor = 4; quantum = '300B'; perturb = '3ms'"),
    ("sfq", "limit = 5; headdrop = true; flows = 2; depth = 3"),
    (
        "drr",
        "classes = [{ quantum = '200B' }, { queue = '2p' }, { queue = { kind = 'codel', target = '1ms', interval = '2ms' } }]",
    ),
    ("wfq", "limit = '4p'; classes = [{ weight = 3 }, {}, { limit = '2kB' }]"),
    ("wfq", "flows = 3; limit = '2kB'"),
    (
        "prio",
        "bands = 4; classes = [{ queue = '3p' }, { queue = { kind = 'tbf', rate = '2Mbps', burst = '1kB' } }]",
    ),
    ("tbf", "rate = '2Mbps'; burst = '2kB'; limit = '5kB'"),
    (
        "tbf",
        "rate = '2Mbps'; burst = '2kB'; peakrate = '4Mbps'; queue = { kind = 'fq_codel', limit = '9p' }",
    ),
    (
        "tbf",
        "rate = '2Mbps'; burst = '900B'; queue = { kind = 'codel', target = '1ms', interval = '2ms' }",
    ),
    ("police", "rate = '2Mbps'; burst = '2kB'; queue = { kind = 'red', limit = '12kB' }"),
];

/// Those whose packets leave in the order in which they came, whatever their flow.
const IN_ORDER: &[&str] = &["fifo", "head-drop", "red", "codel", "pie", "police"];

#[derive(Debug, Clone, Copy)]
enum Step {
    Offer { of: u8, bytes: u32, ecn: bool },
    Send,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..4_u8, 60..1000_u32, any::<bool>())
            .prop_map(|(of, bytes, ecn)| Step::Offer { of, bytes, ecn }),
        3 => Just(Step::Send),
        1 => (0..3000_u64).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..400)
}

/// What is inside as far as the outside can tell: by number, flow and length, in order of arrival.
#[derive(Debug, Default)]
struct Model {
    inside: BTreeMap<u32, (u8, u32)>,
    waiting: BTreeMap<u8, VecDeque<u32>>,
}

impl Model {
    fn backlog(&self) -> Backlog {
        let bytes = self.inside.values().map(|(_, bytes)| u64::from(*bytes)).sum();
        Backlog { packets: self.inside.len() as u64, bytes }
    }

    fn arrives(&mut self, number: u32, of: u8, bytes: u32) {
        self.inside.insert(number, (of, bytes));
        self.waiting.entry(of).or_default().push_back(number);
    }

    /// A packet that was inside ends, in whatever place it was.
    fn ends(&mut self, number: u32) {
        let (of, _) = self.inside.remove(&number).expect("a packet ends once, and is known");
        let waiting = self.waiting.get_mut(&of).expect("its flow is known");
        waiting.retain(|other| *other != number);
    }

    /// The first of its flow leaves.
    fn leaves(&mut self, number: u32, in_order: bool) {
        let (of, _) = self.inside[&number];
        assert_eq!(self.waiting[&of].front(), Some(&number), "packets of a flow overtake");
        if in_order {
            assert_eq!(self.inside.keys().next(), Some(&number), "packets overtake");
        }
        self.ends(number);
    }
}

/// Runs the steps and checks after each. What left and what was dropped, for comparison.
fn follow(kind: &str, parameters: &str, steps: &[Step]) -> Vec<(u32, String)> {
    let mut lab = Lab::of(kind, parameters);
    let (mut model, mut log) = (Model::default(), Vec::new());
    let in_order = IN_ORDER.contains(&kind);
    for step in steps {
        match *step {
            Step::Offer { of, bytes, ecn } => {
                lab.ecn = ecn;
                let number = lab.offer(of, bytes);
                model.arrives(number, of, bytes);
            }
            Step::Wait(us) => lab.now += Time::from_us(us),
            Step::Send if lab.backlog().0 == 0 => {}
            Step::Send => {
                let next = lab.take();
                // What is dropped on the way out was before what leaves.
                for (number, reason) in lab.dropped() {
                    model.ends(number);
                    log.push((number, reason.to_string()));
                }
                match next {
                    Some(packet) => {
                        assert!(packet.mark.is_none() || packet.ecn_capable);
                        model.leaves(packet.packet.0, in_order);
                        log.push((packet.packet.0, format!("{:?}", packet.mark)));
                    }
                    None if lab.backlog().0 > 0 => {
                        let ready = lab.queue.ready_at(lab.now).expect("a time to come back at");
                        assert!(ready > lab.now, "it would be asked for ever");
                    }
                    None => {}
                }
            }
        }
        for (number, reason) in lab.dropped() {
            model.ends(number);
            log.push((number, reason.to_string()));
        }
        assert_eq!(lab.queue.backlog(), model.backlog());
        if let Some(front) = lab.queue.front() {
            assert!(model.inside.contains_key(&front.packet.0));
        }
    }
    for packet in lab.queue.take_all() {
        model.leaves(packet.packet.0, false);
    }
    assert_eq!((lab.queue.backlog(), model.inside.len()), (Backlog::default(), 0));
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn packets_are_neither_lost_nor_made_nor_reordered(steps in steps()) {
        for (kind, parameters) in SAMPLES {
            let first = follow(kind, parameters, &steps);
            prop_assert_eq!(first, follow(kind, parameters, &steps), "a second run differs");
        }
    }
}

#[test]
fn every_kind_is_tried() {
    for kind in QueueSpec::KINDS {
        assert!(SAMPLES.iter().any(|(sample, _)| sample == kind), "{kind} has no sample");
        // All have defaults for everything, or say what they lack.
        let text =
            if ["tbf", "police"].contains(kind) { "rate = '1Mbps'; burst = '10kB'" } else { "" };
        let mut lab = Lab::of(kind, text);
        lab.offer(0, 1000);
        assert_eq!((lab.send(), lab.backlog()), (Some(0), (0, 0)), "{kind}");
    }
}

/// After [`QueueDiscipline::take_all`](super::QueueDiscipline::take_all) a queue is as good as new.
#[test]
fn an_emptied_queue_works_on() {
    for (kind, parameters) in SAMPLES {
        let mut lab = Lab::of(kind, parameters);
        for of in [0, 1, 0] {
            lab.offer(of, 100);
        }
        let number = lab.queue.take_all().len() as u64 + lab.dropped().len() as u64;
        assert_eq!(number, 3, "{kind}");
        lab.now = Time::from_secs(1);
        let next = lab.offer(0, 100);
        assert_eq!((lab.send(), lab.backlog()), (Some(next), (0, 0)), "{kind}");
    }
}
