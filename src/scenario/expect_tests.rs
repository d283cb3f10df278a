use indexmap::IndexMap;

use super::super::{Options, load};
use super::*;
use crate::observe::results::{Channel, Engine, Flow};

fn summary() -> Summary {
    let mut channel = Channel { packets: 10, utilization: 0.5, ..Channel::default() };
    channel.drops.queue = 3;
    let directions = IndexMap::from([("a->b".to_owned(), channel)]);
    let flow = Flow { goodput_bps: 2.5e6, end_state: "done".into(), ..Flow::default() };
    Summary {
        scenario: "test".into(),
        title: "T".into(),
        seed: 7,
        simulated_seconds: 10.0,
        engine: Engine { events: 5, hops: 4 },
        links: IndexMap::from([("a--b".to_owned(), directions)]),
        ports: IndexMap::new(),
        hosts: IndexMap::new(),
        flows: IndexMap::from([("web".to_owned(), flow)]),
        expectations: Vec::new(),
        timing: None,
    }
}

const NETWORK: &str = "duration = '1s'\n[nodes]\na = 'host'\nb = 'host'\n[links]\na--b = {}\n\
    [apps]\nweb = { kind = 'udp-server', on = 'b', port = 9 }\n";

fn judged(that: &str) -> Expectation {
    let text = format!("{NETWORK}[[expect]]\nthat = \"\"\"{that}\"\"\"\n");
    let scenario = load(text.as_bytes(), "t.toml", &|_| Ok(Vec::new()), &Options::default());
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    evaluate(&scenario.expects, &summary()).remove(0)
}

#[test]
fn numbers_of_both_kinds_compare() {
    for that in [
        "links['a--b']['a->b'].drops.queue > 0",
        "links['a--b']['a->b'].drops.queue > 2.5",
        "links['a--b']['a->b'].drops.queue == 3",
        "links['a--b']['a->b'].drops.queue == 3.0",
        "links['a--b']['a->b'].utilization < 1",
        "flows.web.goodput_bps > 1000000 && seed == 7",
        "simulated_seconds == 10",
        "flows.web.min_rtt_seconds == null",
        "flows.web.end_state == 'done'",
        "links.all(name, links[name].all(way, links[name][way].packets < 11))",
        "flows.exists(name, name.startsWith('w'))",
        "size(ports) == 0",
        "double(links['a--b']['a->b'].packets) * 0.5 == 5.0",
        "flows.web.goodput_bps in [2.5e6]",
        "has(flows.web) && !has(flows.mail)",
    ] {
        let judged = judged(that);
        assert!(judged.holds, "{that}: {}", judged.actual);
    }
}

#[test]
fn a_failure_shows_the_values() {
    let judged = judged("links['a--b']['a->b'].drops.queue == 0 && seed == 7");
    assert!(!judged.holds);
    assert_eq!(judged.actual, "links['a--b']['a->b'].drops.queue = 3, seed = 7");
}

#[test]
fn a_failure_to_evaluate_says_why() {
    for (that, told) in [
        ("links['a--b']['a->c'].packets > 0", "did you mean `a->b`?"),
        ("flows.web.goodput > 0", "did you mean `goodput_bps`?"),
        ("ports['b:9/udp'].received > 0", "there is no `b:9/udp` (there is nothing in it)"),
        ("flows.web.goodput_bps", "not true or false"),
        ("links['a--b']['a->b'].packets * 0.5 > 1.0", "write double(...)"),
        ("seed.x == 1", "no parts"),
        ("1 / 0 == 1", "ivision by zero"),
    ] {
        let judged = judged(that);
        assert!(!judged.holds, "{that}");
        assert!(judged.actual.contains(told), "{that}: {}", judged.actual);
    }
}
