use crate::scenario::{LoadError, Options, Scenario, load};

const ZOO: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="label" attr.type="string" for="node" id="d1" />
  <key attr.name="Latitude" attr.type="double" for="node" id="d2" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d3" />
  <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d4" />
  <key attr.name="LinkSpeed" attr.type="string" for="edge" id="d5" />
  <key attr.name="LinkSpeedUnits" attr.type="string" for="edge" id="d6" />
  <graph edgedefault="undirected">
    <node id="0"><data key="d1">London</data><data key="d2">51.5074</data><data key="d3">-0.1278</data></node>
    <node id="1"><data key="d1">New York</data><data key="d2">40.7128</data><data key="d3">-74.0060</data></node>
    <node id="2"><data key="d1">Nowhere</data></node>
    <edge source="0" target="1"><data key="d4">10000000000.0</data></edge>
    <edge source="0" target="1"><data key="d5">155</data><data key="d6">M</data></edge>
    <edge source="1" target="2" />
    <edge source="2" target="2" />
  </graph>
</graphml>"#;

fn read(text: &str, overrides: &[&str]) -> Result<Scenario, LoadError> {
    let overrides = overrides.iter().map(|&text| text.to_owned()).collect();
    let text = format!("duration = \"1s\"\n{text}");
    let reader = |_: &str| Ok(ZOO.as_bytes().to_vec());
    load(text.as_bytes(), "t.toml", &reader, &Options { overrides, ..Options::default() })
}

#[track_caller]
fn good(text: &str) -> Scenario {
    read(text, &[]).unwrap_or_else(|error| panic!("{error}"))
}

fn links(scenario: &Scenario) -> Vec<&str> {
    scenario.plan.links.iter().map(|link| link.name.as_str()).collect()
}

fn sizes(text: &str) -> (usize, usize) {
    let plan = good(&format!("[topology]\n{text}")).plan;
    (plan.nodes.len(), plan.links.len())
}

#[test]
fn generators_draw_what_they_say() {
    for (text, nodes, count) in [
        ("kind = 'line'\ncount = 4", 4, 3),
        ("kind = 'line'\ncount = 1\nhosts = 2", 3, 2),
        ("kind = 'ring'\ncount = 5\nhosts = 1", 10, 10),
        ("kind = 'star'\ncount = 7", 8, 7),
        ("kind = 'dumbbell'\nsenders = 3\nreceivers = 2", 7, 6),
        ("kind = 'grid'\nside = 3", 9, 12),
        ("kind = 'grid'\nwidth = 4\nheight = 1\nhosts = 1", 8, 7),
        ("kind = 'tree'\ndepth = 2\nfanout = 3", 13, 12),
        ("kind = 'leaf-spine'\nleaves = 3\nspines = 2\nhosts = 4", 17, 18),
        ("kind = 'fat-tree'\nk = 4", 36, 48),
        ("kind = 'random'\ncount = 20\ndegree = 4.0", 20, 40),
        ("kind = 'random'\ncount = 6\ndegree = 5", 6, 15),
        ("kind = 'random'\ncount = 6\ndegree = 1.67", 6, 5),
        ("kind = 'random'\ncount = 2", 2, 1),
        ("kind = 'random'\ncount = 1\ndegree = 0", 1, 0),
    ] {
        assert_eq!(sizes(text), (nodes, count), "{text}");
    }
}

#[test]
fn sizes_announced_are_sizes_drawn() {
    use super::{Generator, TopologySpec, fat_tree, grid, sketch::Sketch, tree};
    let grid = grid::Config { side: Some(5), width: Some(3), height: None, hosts: 2 };
    let specs = [
        TopologySpec::Grid(grid),
        TopologySpec::Tree(tree::Config { depth: 3, fanout: 2, inner: tree::Inner::Switch }),
        TopologySpec::FatTree(fat_tree::Config { k: 6 }),
    ];
    for spec in specs {
        let generator: &dyn Generator = spec.config();
        let mut sketch = Sketch::default();
        generator.draw(&mut sketch);
        let drawn = (sketch.nodes.len() as u64, sketch.links.len() as u64);
        assert_eq!(generator.size(), drawn, "{}", spec.kind());
    }
}

#[test]
fn random_networks_are_fixed_by_their_own_seed() {
    let network = |text: &str| {
        let text = format!("[topology]\nkind = 'random'\ncount = 30\n{text}");
        good(&text).plan.links.iter().map(|link| link.ends).collect::<Vec<_>>()
    };
    assert_eq!(network(""), network("seed = 1"));
    assert_ne!(network(""), network("seed = 2"));
}

#[test]
fn settings_reach_their_links_and_nodes() {
    let scenario = good(
        "[topology]\nkind = 'dumbbell'\nsenders = 2\n[topology.link]\ndelay = '2ms'\nrate = '1Gbps'\n\
         [topology.bottleneck]\nrate = '10Mbps'\n[topology.host]\nttl = 9\n\
         [links.s1--left]\nrate = '5Mbps'\n[nodes.s0]\nttl = 7",
    );
    let plan = &scenario.plan;
    assert_eq!(links(&scenario), ["s0--left", "s1--left", "left--right", "right--d0", "right--d1"]);
    let rates: Vec<_> = plan.links.iter().map(|link| link.directions[0].rate.as_bps()).collect();
    assert_eq!(rates, [1_000_000_000, 5_000_000, 10_000_000, 1_000_000_000, 1_000_000_000]);
    assert!(
        plan.links.iter().all(|link| link.directions[1].delay == crate::units::Time::from_ms(2))
    );
    let ttl = |index: usize| match &plan.nodes[index].kind {
        crate::sim::NodeKind::Host(config) => config.ttl,
        _ => 0,
    };
    assert_eq!((ttl(2), ttl(3)), (7, 9));
}

#[test]
fn mirrored_flows_follow_the_size_of_the_grid() {
    let text = "[topology]\nkind = 'grid'\nside = 3\n[apps.sink]\nkind = 'udp-server'\non = 'n[*]'\n\
                port = 9\n[apps.flow]\nkind = 'cbr'\non = 'n[*]'\nto = 'n[-*]:9'\nrate = '1Mbps'";
    for (side, count) in [("3", 9), ("8", 64)] {
        let scenario =
            read(text, &[&format!("topology.side={side}")]).unwrap_or_else(|e| panic!("{e}"));
        let apps = &scenario.plan.apps;
        // A grid with an odd number of routers has one in the middle that is its own mirror.
        assert_eq!(apps.len(), 2 * count - count % 2);
        assert_eq!(scenario.notices.len(), count % 2);
        let mut last = apps.last().expect("a flow").clone();
        assert_eq!(last.name, format!("flow@n{}", count - 1));
        let targets = last.spec.config_mut().targets();
        assert_eq!(targets[0].1.host, "n0");
    }
}

#[test]
fn imports_graphml() {
    let scenario = good("[topology]\nimport = 'zoo.graphml'\n[topology.link]\nrate = '1Gbps'");
    let plan = &scenario.plan;
    assert_eq!(links(&scenario), ["London--New-York", "London--New-York_2", "New-York--Nowhere"]);
    let rates: Vec<_> = plan.links.iter().map(|link| link.directions[0].rate.as_bps()).collect();
    assert_eq!(rates, [10_000_000_000, 155_000_000, 1_000_000_000]);
    // 5570 km at 199 862 km/s.
    let delay = plan.links[0].directions[0].delay.as_secs_f64();
    assert!((delay - 0.027_87).abs() < 1e-4, "{delay}");
    assert_eq!(plan.links[2].directions[0].delay, crate::units::Time::from_ms(1));
    assert_eq!(scenario.notices.len(), 2, "{:?}", scenario.notices);
}
