//! Scenarios that are right, and what becomes of them.

use super::builtin;
use super::*;

fn read(text: &str) -> Result<Scenario, LoadError> {
    read_with(text, &[])
}

fn read_with(text: &str, overrides: &[&str]) -> Result<Scenario, LoadError> {
    let overrides = overrides.iter().map(|&text| text.to_owned()).collect();
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    load(text.as_bytes(), "test.toml", &none, &Options { overrides, ..Options::default() })
}

#[track_caller]
fn good(text: &str) -> Scenario {
    read(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_builtin_scenario_and_the_starter_load() {
    for builtin in builtin::ALL {
        let scenario = builtin.load(&Options::default());
        let scenario = scenario.unwrap_or_else(|error| panic!("{}: {error}", builtin.name));
        assert_eq!(scenario.name, builtin.name);
    }
    good(builtin::STARTER);
}

#[test]
fn reads_nodes_links_and_applications() {
    let scenario = good(builtin::STARTER);
    let plan = &scenario.plan;
    let names: Vec<_> = plan.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["alice", "r1", "bob"]);
    let link = &plan.links[1].directions[0];
    assert_eq!(link.rate.as_bps(), 2_000_000);
    assert_eq!(link.queue, crate::queue::QueueSpec::fifo("20p".parse().expect("a limit")));
    assert_eq!(plan.nodes[2].addresses[0].1.to_string(), "10.0.1.2/24");
    assert_eq!((scenario.expects.len(), scenario.record.series.len()), (1, 3));
}

const TWO: &str =
    "duration = '10s'\n[nodes]\na = 'host'\nb = 'host'\n[links.a--b]\nrate = '10Mbps'\n";

#[test]
fn one_direction_can_differ_from_the_other() {
    let plan = good(&format!(
        "{TWO}delay = '5ms'\nqueue = '9p'\nforward.rate = '2Mbps'\nbackward = {{ up = false }}"
    ))
    .plan;
    let [forward, backward] = &plan.links[0].directions;
    assert_eq!((forward.rate.as_bps(), backward.rate.as_bps()), (2_000_000, 10_000_000));
    assert_eq!((forward.delay, backward.delay), (Time::from_ms(5), Time::from_ms(5)));
    assert_eq!((forward.up, backward.up), (true, false));
}

#[test]
fn short_and_long_forms_mean_the_same() {
    let of = |settings: &str| good(&format!("{TWO}{settings}")).plan.links[0].directions[0].clone();
    assert_eq!(of("queue = '50p'"), of("queue = { kind = 'fifo', limit = '50p' }"));
    assert_eq!(of("loss = '1%'"), of("loss = { kind = 'bernoulli', p = '1%' }"));
    assert_eq!(of("framing = 'none'"), of("framing = '0B'"));
    let bursts = of("loss = { kind = 'gilbert-elliott', p = '1%', r = '20%' }");
    assert!(matches!(bursts.loss, crate::link::loss::LossSpec::GilbertElliott(_)));
    let list = of("loss = { kind = 'list', packets = [5, 9] }");
    assert!(matches!(list.loss, crate::link::loss::LossSpec::List(_)));
}

#[test]
fn json_of_the_same_shape_means_the_same() {
    let json = r#"{ "duration": "10s", "nodes": { "a": "host", "b": { "kind": "host" } },
        "links": { "a--b": { "rate": "10Mbps", "loss": null } } }"#;
    let (json, toml) = (good(json).plan, good(TWO).plan);
    assert_eq!(json.links[0].directions, toml.links[0].directions);
    assert_eq!(json.nodes[1].addresses, toml.nodes[1].addresses);
}

#[test]
fn ranges_stand_for_many() {
    let scenario = good(
        "duration = '1s'\n[nodes]\n'h[1..3]' = 'host'\n's[1..3]' = 'host'\nsw = 'switch'\n\
         [links.'h[1..3]--sw']\nrate = '1Gbps'\n[links.'s[1..3]--sw']\n[links.h2--sw]\nrate = '5Mbps'\n\
         [apps.sink]\nkind = 'udp-server'\non = 's[1..3]'\nport = 9\n\
         [apps.flow]\nkind = 'cbr'\non = 'h[1..3]'\nto = 's[3..1]:9'\nrate = '1Mbps'\n\
         [apps.'flow@h2']\nrate = '2Mbps'",
    );
    let plan = &scenario.plan;
    let links: Vec<_> = plan.links.iter().map(|link| link.name.as_str()).collect();
    assert_eq!(links, ["h1--sw", "h2--sw", "h3--sw", "s1--sw", "s2--sw", "s3--sw"]);
    assert_eq!(plan.links[1].directions[0].rate.as_bps(), 5_000_000);
    let names: Vec<_> = plan.apps.iter().map(|app| app.name.as_str()).collect();
    assert_eq!(names, ["sink@s1", "sink@s2", "sink@s3", "flow@h1", "flow@h2", "flow@h3"]);
    let mut first = plan.apps[3].spec.clone();
    assert_eq!(first.config_mut().targets()[0].1.address, plan.nodes[5].addresses[0].1.addr());
}

#[test]
fn a_link_can_have_a_name_of_its_own() {
    let plan = good(&format!("{TWO}[links.second]\nbetween = ['b', 'a']\ncost = 5")).plan;
    assert_eq!((plan.links[1].name.as_str(), plan.links[1].cost), ("second", 5));
    assert_eq!(plan.links[1].ends, [plan.links[0].ends[1], plan.links[0].ends[0]]);
}

#[test]
fn overrides_change_what_is_there() {
    let set = |overrides: &[&str]| {
        let text = format!("{TWO}[[changes]]\nat = '1s'\nset = {{ 'links.a--b.loss' = '1%' }}");
        read_with(&text, overrides).unwrap_or_else(|error| panic!("{error}"))
    };
    let scenario = set(&["duration=3s", "seed=9", "links.a--b.queue=20p", "nodes.a.ttl=5"]);
    assert_eq!((scenario.duration, scenario.plan.seed), (Time::from_secs(3), 9));
    assert_eq!(scenario.plan.links[0].directions[0].queue.kind(), "fifo");
    let scenario = set(&["links.a--b.queue=20p", "links.a--b.queue.limit=7p", "changes.0.at=2s"]);
    assert_eq!(scenario.plan.changes[0].at, Time::from_secs(2));
    assert_eq!(
        scenario.plan.links[0].directions[0].queue,
        crate::queue::QueueSpec::fifo("7p".parse().expect("a limit"))
    );
    let scenario = set(&["title=\"a = b\"", "links.a--b.forward.rate=1Mbps"]);
    assert_eq!(scenario.title, "a = b");
    assert_eq!(scenario.plan.links[0].directions[0].rate.as_bps(), 1_000_000);
}

#[test]
fn overrides_replace_components_whole() {
    let text = format!("{TWO}[apps.web]\nkind = 'udp-server'\non = 'b'\nport = 9");
    let set = |text: &str, what: &str| read_with(text, &[what]).map(|scenario| scenario.plan);
    let told = |error: &LoadError| error.to_string();
    let plan = set(&text, "apps.web={ kind = 'udp-server', on = 'a', port = 7 }");
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((plan.apps[0].on.index(), plan.apps.len()), (0, 1));
    assert_eq!(plan.apps[0].spec.config().listens().map(|(_, port)| port), Some(7));
    let plan = set(&text, "links.a--b={ cost = 4 }").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.links[0].cost, 4);
    let plan = set(&text, "nodes.a=router").unwrap_or_else(|error| panic!("{error}"));
    assert!(matches!(plan.nodes[0].kind, crate::sim::NodeKind::Router(_)));
    let error = set(&text, "apps.wbe={ on = 'a' }").expect_err("a typo");
    assert!(told(&error).contains("did you mean `web`?"), "{error}");
}

#[test]
fn an_override_that_was_meant_as_a_table_is_no_text() {
    for (what, expected) in [
        ("links.a--b.queue={ kind = fifo, limit = 20p }", "is not a table in TOML"),
        ("nodes.a.ephemeral=[50000, ]]", "is not a list in TOML"),
    ] {
        let error = read_with(TWO, &[what]).expect_err("no TOML").to_string();
        assert!(error.contains(expected) && error.contains("quotes"), "{error}");
    }
}

#[test]
fn changes_add_up_in_the_order_of_time() {
    let plan = good(&format!(
        "{TWO}[apps.web]\nkind = 'udp-server'\non = 'b'\nport = 9\n\
         [[changes]]\nat = '2s'\nset = {{ 'links.a--b.rate' = '1Mbps', 'apps.web.buffer' = '8p' }}\n\
         [[changes]]\nat = '1s'\nset = {{ links.a--b.loss = '100%', nodes.a.ttl = 3 }}\n\
         [[changes]]\nat = '3s'\nset = {{ 'links.a--b.cost' = 7 }}",
    ))
    .plan;
    use crate::sim::ChangeKind;
    let at =
        |seconds| plan.changes.iter().filter(move |change| change.at == Time::from_secs(seconds));
    assert_eq!((at(1).count(), at(2).count(), at(3).count()), (3, 3, 1));
    let lossy = at(2).filter(|change| match &change.what {
        ChangeKind::Channel(_, config) => {
            config.rate.as_bps() == 1_000_000 && config.loss != crate::link::loss::LossSpec::None
        }
        _ => false,
    });
    assert_eq!(lossy.count(), 2, "the earlier change still holds");
}

#[test]
fn switches_that_never_forward_are_told() {
    let notices = |duration: &str, tree: bool| {
        let switch = format!("{{ kind = 'switch', spanning-tree = {tree} }}");
        good(&format!("duration = '{duration}'\n[nodes]\na = {switch}\nb = {switch}\n[links.a--b]"))
            .notices
    };
    assert!(notices("30s", true)[0].contains("before 30s"), "{:?}", notices("30s", true));
    assert!(notices("31s", true).is_empty() && notices("30s", false).is_empty());
}

#[test]
fn series_of_links_have_a_direction() {
    let scenario = good(&format!(
        "{TWO}[apps.web]\nkind = 'udp-server'\non = 'b'\nport = 9\n[record]\nevery = 'change'\n\
         series = ['links.a--b.queue', 'links.a--b.b->a.drops', 'ports.b:9/udp.depth', 'apps.web.goodput']",
    ));
    let paths: Vec<_> = scenario.record.series.iter().map(|series| series.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "links.a--b.a->b.queue",
            "links.a--b.b->a.queue",
            "links.a--b.b->a.drops",
            "ports.b:9/udp.depth",
            "flows.web.goodput"
        ]
    );
    assert_eq!(scenario.record.every, Some(Every::Change));
}

#[test]
fn all_faults_are_told_at_once() {
    let error = read(
        "duration = 10\ntitel = 'x'\n[nodes]\na = 'host'\nb = 'hots'\n[links.a--c]\ndely = '1ms'\nrate = '1x'\n\
         [apps.web]\nkind = 'udp-server'\non = 'a'\n",
    );
    let error = error.expect_err("faults");
    let lines: Vec<_> = error.faults().iter().map(|fault| error.position(fault).1).collect();
    assert_eq!(lines, [1, 2, 5, 6, 7, 8, 9], "{error}");
}

#[test]
fn ten_thousand_hosts_load() {
    let scenario = good(
        "duration = '1s'\n[topology]\nkind = 'star'\ncount = 10000\n[apps.sink]\nkind = 'udp-server'\n\
         on = 'h[*]'\nport = 9\n[apps.flow]\nkind = 'cbr'\non = 'h[*]'\nto = 'h[-*]:9'\nrate = '1Mbps'",
    );
    assert_eq!(scenario.plan.apps.len(), 20_000);
}
