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
        buffers: IndexMap::default(),
        scenario: "test".into(),
        title: "T".into(),
        seed: 7,
        simulated_seconds: 10.0,
        engine: Engine { events: 5, hops: 4 },
        links: IndexMap::from([("a--b".to_owned(), directions)]),
        ports: IndexMap::new(),
        hosts: IndexMap::new(),
        flows: IndexMap::from([("web".to_owned(), flow)]),
        theory: Vec::new(),
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
fn a_value_that_is_not_there_cannot_be_compared() {
    let judged = judged("flows.web.min_rtt_seconds < 0.1");
    assert!(!judged.holds);
    assert_eq!(
        judged.actual,
        "no value to compare: guard it with `flows.web.min_rtt_seconds != null && ...` \
         (flows.web.min_rtt_seconds = null)"
    );
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
        ("flows.web.goodput_bps", "not true or false"),
        ("links['a--b']['a->b'].packets * 0.5 > 1.0", "write double(...)"),
        ("ports['b:40000/udp'].received > 0", "there is no `b:40000/udp` (there is nothing in it)"),
        ("flows.all(name, flows[name]['good' + 'put'] > 0)", "there is no `goodput`"),
        ("1 / 0 == 1", "ivision by zero"),
    ] {
        let judged = judged(that);
        assert!(!judged.holds, "{that}");
        assert!(judged.actual.contains(told), "{that}: {}", judged.actual);
    }
}

/// What `check` says of an expression, or nothing if it is content.
fn refused(that: &str) -> String {
    let text = format!(
        "{NETWORK}client = {{ kind = 'cbr', on = 'a', to = 'b:9', rate = '1Mbps' }}\n\
        [[expect]]\nthat = \"\"\"{that}\"\"\"\n"
    );
    match load(text.as_bytes(), "t.toml", &|_| Ok(Vec::new()), &Options::default()) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn names_that_no_result_will_have_are_told_before_the_run() {
    for (that, told) in [
        ("links['a--b']['a->b'].drops.que > 0", "did you mean `queue`?"),
        ("links['a--b']['a->b'].queue.mean > 0", "did you mean `mean_packets`?"),
        ("links['a--b']['a->c'].packets > 0", "did you mean `a->b`?"),
        ("links['a--b'].forward.packets > 0", "link `a--b` has no `forward`"),
        ("links['b--a']['a->b'].packets > 0", "no link is called `b--a`"),
        ("links.all(l, links[l].all(w, links[l][w].packet > 0))", "did you mean `packets`?"),
        ("flows.web.goodput > 0", "did you mean `goodput_bps`?"),
        ("flows.wb.goodput_bps > 0", "did you mean `web`?"),
        ("hosts.c.forwarded > 0", "no host is called `c`"),
        ("hosts['b'].forwards > 0", "did you mean `forwarded`?"),
        ("ports['b:9'].received > 0", "write b:9/tcp or b:9/udp"),
        ("ports['b:domain/UDP'].received > 0", "write b:53/udp"),
        ("ports['c:9/udp'].received > 0", "no host is called `c`"),
        ("ports['b:8/udp'].received > 0", "ports of b that are bound: b:9/udp"),
        ("ports['b:9/udp'].recieved > 0", "did you mean `received`?"),
        ("ports['b:9/udp'].received.x > 0", "a single value has no `x`"),
        ("engine.hop > 0", "did you mean `hops`?"),
        ("seed.x == 1", "a single value has no `x`"),
        ("size(flow) > 0", "did you mean `flows`?"),
    ] {
        let error = refused(that);
        // Lines of the drawing may break anywhere between words.
        let words: Vec<_> = error.split_whitespace().filter(|word| *word != "│").collect();
        assert!(words.join(" ").contains(told), "{that}: {error}");
    }
}

#[test]
fn what_comes_from_other_languages_is_told_in_cel() {
    for (that, told) in [
        ("links['a--b']['a->b'].utilization > 85%", "write 0.85"),
        ("links['a--b']['a->b'].utilization > 99.9 % && seed == 1", "write 0.999"),
        ("engine.events > 150%", "write 1.5"),
        ("links['a--b']['a->b'].utilization > 0,85", "write a point: 0.85"),
        ("engine.events > 1,000", "write a point: 1.000, or 1000"),
        ("flows.web.mean_rtt_seconds < 10ms", "times are in seconds: write 0.01"),
        ("flows.web.goodput_bps < 10 Mbps", "rates are in bits per second: write 10000000"),
        ("flows.web.bytes_delivered > 64KiB", "sizes are in bytes: write 65536"),
        ("links['a--b']['a->b'].queue.max_packets < 5p", "packets are counted: write 5"),
        ("seed = 1", "write == to compare"),
        ("seed => 1", "write >="),
        ("seed <> 1", "write !="),
        ("seed \u{2265} 1", "write >="),
        ("seed == 1 and engine.events > 1", "write &&"),
        ("seed == 1 OR engine.events > 1", "write ||"),
        ("not seed == 1", "write !"),
        ("links.a--b['a->b'].packets > 0", "write links['a--b']"),
        ("links[a--b]['a->b'].packets > 0", "write links['a--b']"),
        ("links['a--b'].a->b.packets > 0", "write it as links['r1--bob']['r1->bob']"),
        ("ports[b:9/udp].received > 0", "write ports['b:9/udp']"),
        ("flows[web].packets_sent > 0", "names stand in quotes and brackets: ['web']"),
        ("flows.web.packets_sent > '3'", "write 3, without quotes"),
        ("'10ms' > flows.web.mean_rtt_seconds", "write 0.01, without quotes"),
    ] {
        let error = refused(that);
        let words: Vec<_> = error.split_whitespace().filter(|word| *word != "│").collect();
        assert!(words.join(" ").contains(told), "{that}: {error}");
    }
}

#[test]
fn what_looks_foreign_but_is_cel_is_left_alone() {
    for that in [
        "seed % 2 == 1 || seed % 2 == 0",
        "scenario == '10' || title == '85%' || title != 'a = b and c'",
        "flows.web.end_state != 'done, 5ms'",
        "engine.events - engine.hops >= 0 && [1,2].exists(x, x == 1)",
        "flows['web'].packets_sent-flows['web'].packets_delivered >= 0",
        "1e5 > 1.5 && 5u == 5u && 0x10 == 16",
    ] {
        assert_eq!(refused(that), "", "{that}");
    }
}

#[test]
fn names_that_only_the_run_tells_are_left_to_it() {
    for that in [
        "ports['a:40000/udp'].received > 0",
        "has(flows.nobody) || size(links) > 0",
        "links.all(l, links[l].all(w, links[l][w].drops.queue >= 0))",
        "flows.client.details.all(line, line.startsWith('x'))",
        "'a->b' in links['a--b']",
        "flows.map(name, flows[name].goodput_bps).all(rate, rate > 0.0)",
    ] {
        assert_eq!(refused(that), "", "{that}");
    }
}
