//! From text to [`Scenario`].

use std::path::Path;

use super::context::{Context, Reader, unreadable};
use super::decode::{Form, decode, unknown_key};
use super::expect::{self, Known};
use super::fault::{Fault, Faults, LoadError, Source, Span};
use super::layers::Family;
use super::links::Links;
use super::nodes::Made;
use super::raw::{Head, Routing, TOP};
use super::value::Table;
use super::{
    Scenario, apps, builtin, changes, doubts, links, measure, nodes, overrides, parse, record,
    topology,
};
use crate::id::{InterfaceId, NodeId};
use crate::sim::{LinkPlan, NodeKind, NodePlan, Plan, RoutingPlan, address};
use crate::units::Time;

/// How a scenario is to be read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Overrides, each `PATH=VALUE`, applied in order.
    pub overrides: Vec<String>,
    /// Expressions over the results that are not the scenario's own, each with its name.
    pub measures: Vec<(String, String)>,
    /// The most nodes, and the most processes; half the most links.
    pub limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { overrides: Vec::new(), measures: Vec::new(), limit: 1_000_000 }
    }
}

/// Reads the scenario `text`, which messages call `file`.
///
/// # Errors
/// Everything that is wrong, in the order of the text.
pub fn load(
    text: &[u8],
    file: &str,
    reader: &Reader<'_>,
    options: &Options,
) -> Result<Scenario, LoadError> {
    let mut cx = Context {
        sources: Vec::new(),
        faults: Faults::default(),
        notices: Vec::new(),
        limit: options.limit,
        reader,
        assigned: false,
        no_topology: false,
        end: Time::MAX,
        destinations: std::collections::BTreeMap::new(),
    };
    let (text, valid) = match std::str::from_utf8(text) {
        Ok(text) => (text.to_owned(), Ok(())),
        Err(error) => (String::from_utf8_lossy(text).into_owned(), Err(error.valid_up_to())),
    };
    if let Err(at) = valid {
        cx.faults.push(
            Fault::new(
                Span::new(0, at..at + '\u{fffd}'.len_utf8()),
                "the file is not UTF-8 text here",
            )
            .label("these bytes are no character")
            .help("save the file as UTF-8"),
        );
    }
    cx.sources.push(Source { name: file.into(), text });
    let scenario = valid.is_ok().then(|| read(&mut cx, file, options)).flatten();
    if scenario.is_none() && cx.faults.is_empty() {
        debug_assert!(false, "what cannot be read has a fault");
        cx.faults.push(
            Fault::new(Span::default(), "the scenario cannot be read")
                .help("this is a fault of portolan itself: please report it with the scenario"),
        );
    }
    match scenario {
        Some(scenario) if cx.faults.is_empty() => Ok(Scenario { notices: cx.notices, ..scenario }),
        _ => Err(LoadError { sources: cx.sources, faults: cx.faults.into_sorted() }),
    }
}

/// Reads the scenario file at `path`; files that it names are looked for beside it.
///
/// # Errors
/// Everything that is wrong, be it with the file or with what it says.
pub fn load_path(path: &Path, options: &Options) -> Result<Scenario, LoadError> {
    let name = path.display().to_string();
    let text = std::fs::read(path).map_err(|error| LoadError {
        sources: Vec::new(),
        faults: vec![
            Fault {
                message: format!("`{name}` cannot be read: {}", unreadable(&error)),
                places: Vec::new(),
                help: None,
            }
            .help(no_such_file(&name)),
        ],
    })?;
    let beside = path.parent().unwrap_or_else(|| Path::new("")).to_owned();
    load(&text, &name, &|file| std::fs::read(beside.join(file)), options)
}

/// What to write in place of a path that leads to no scenario.
fn no_such_file(name: &str) -> String {
    let meant = builtin::nearest(name)
        .map_or_else(String::new, |near| format!("did you mean `{}`? ", near.name));
    format!(
        "{meant}give the path of a scenario file, or the name of a built-in scenario (portolan list)"
    )
}

fn read(cx: &mut Context<'_>, file: &str, options: &Options) -> Option<Scenario> {
    let text = cx.sources[0].text.clone();
    let mut root = parse::document(file, &text, &mut cx.faults);
    if !cx.faults.is_empty() {
        // What follows a syntax error may not be what was meant: first things first.
        return None;
    }
    if let Some(fault) = of_a_sweep(&root, file) {
        cx.faults.push(fault);
        return None;
    }
    overrides::apply(cx, &mut root, &options.overrides);
    for (key, entry) in &root.0 {
        if !TOP.contains(&key.as_str()) {
            let known = TOP.iter().copied().filter(|key| !key.starts_with('$'));
            cx.faults.push(unknown_key(entry.key, "", key, known));
        }
    }
    let head = head(cx, &root);
    if let Some(head) = &head {
        cx.end = head.duration;
    }
    let routing = routing(cx, &root);

    let mut plan = Plan { routing, ..Plan::default() };
    let (nodes, links) = network(cx, &root, &mut plan);
    let mut apps = apps::Apps::default();
    if let Some(tables) = cx.section(&root, "apps") {
        apps::collect(cx, tables, &nodes, &mut apps);
    }
    let numbers = apps::place(cx, &apps, &nodes, &mut plan);
    let everything =
        changes::Everything { nodes: &nodes, links: &links, apps: &apps, numbers: &numbers };
    let record = record::collect(cx, &root, &everything, &plan);
    if let Some(entry) = root.get("changes") {
        changes::collect(cx, &entry.node, &everything, &mut plan);
    }
    let known = Known { links: &links.family, nodes: &nodes, apps: &apps.family, plan: &plan };
    let expects = root.get("expect").map(|entry| expect::collect(cx, &entry.node, &known));
    let measures = measure::collect(cx, &options.measures, &known);
    let head = head?;
    note_silent_switches(cx, &plan, head.duration);
    if cx.faults.is_empty() {
        doubts::note(cx, (&plan, head.duration), &apps, expects.as_deref().unwrap_or_default());
    }
    plan.seed = head.seed;
    Some(Scenario {
        name: stem(file),
        title: head.title,
        about: head.about,
        duration: head.duration,
        plan,
        record: record.unwrap_or_default(),
        expects: expects.unwrap_or_default(),
        measures,
        notices: Vec::new(),
    })
}

/// A sweep file given in place of a scenario: every other word about it would mislead.
fn of_a_sweep(root: &Table, file: &str) -> Option<Fault> {
    let of_scenario = ["nodes", "topology", "links", "apps"];
    let key = ["scenario", "vary", "measure"].into_iter().find_map(|key| root.get(key))?.key;
    (!of_scenario.iter().any(|key| root.get(key).is_some())).then(|| {
        Fault::new(key, "this is a sweep file, not a scenario")
            .help(format!("give it to the other command: portolan sweep {file}"))
    })
}

/// Reads nodes and links, and assigns addresses.
fn network(cx: &mut Context<'_>, root: &Table, plan: &mut Plan) -> (Family, Links) {
    let before = cx.faults.len();
    let (mut family, mut links) = (Family::default(), Links::default());
    topology::collect(cx, root, &mut family, &mut links);
    if let Some(tables) = cx.section(root, "nodes") {
        nodes::collect(cx, tables, &mut family);
    }
    if let Some(tables) = cx.section(root, "links") {
        links::collect(cx, tables, &family, &mut links);
    }
    let spans = plan_nodes(cx, &family, plan);
    plan_links(cx, &links, plan);
    if cx.faults.len() == before && !too_many_interfaces(cx, plan, &links) {
        assign(cx, plan, &family, &spans);
    }
    (family, links)
}

/// Tells who has linked switches for the first time why nothing comes through.
fn note_silent_switches(cx: &mut Context<'_>, plan: &Plan, end: Time) {
    let silence = |node: NodeId| match &plan.nodes[node.index()].kind {
        NodeKind::Switch(switch) if switch.spanning_tree => {
            Some(switch.forward_delay.saturating_add(switch.forward_delay))
        }
        NodeKind::Switch(_) => Some(Time::ZERO),
        _ => None,
    };
    let of_link = |link: &LinkPlan| {
        let [a, b] = link.ends;
        Some(silence(a)?.max(silence(b)?))
    };
    let longest = plan.links.iter().filter_map(of_link).max();
    if let Some(silent) = longest.filter(|silent| *silent >= end) {
        cx.notices.push(format!(
            "links between switches carry no data before {silent}, twice the forward-delay of the \
             spanning tree, and the run ends at {end}; where there is no loop, \
             spanning-tree = false avoids this"
        ));
    }
}

/// The file's name without directories and extension.
fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

fn head(cx: &mut Context<'_>, root: &Table) -> Option<Head> {
    let required = || vec!["duration".to_owned()];
    let form = Form { place: "", anchor: Span::default(), without: &[], required: &required };
    let keys = ["title", "about", "duration", "seed", "$schema"];
    let head: Option<Head> = decode(&root.only(&keys), form, &mut cx.faults);
    if let (Some(head), Some(entry)) = (&head, root.get("duration"))
        && head.duration.is_zero()
    {
        cx.faults.push(
            Fault::new(entry.node.span, "a run of no time shows nothing")
                .help("write a time such as duration = \"10s\""),
        );
    }
    head
}

fn routing(cx: &mut Context<'_>, root: &Table) -> RoutingPlan {
    let Some(table) = cx.section(root, "routing") else { return RoutingPlan::default() };
    let anchor = root.get("routing").map_or(Span::default(), |entry| entry.key);
    let form = Form { place: "routing", anchor, without: &[], required: &Vec::new };
    let routing: Option<Routing> = decode(table, form, &mut cx.faults);
    routing.map_or_else(RoutingPlan::default, |routing| RoutingPlan {
        computed: routing.computed,
        convergence: routing.convergence,
    })
}

/// Where each given address is written.
type AddressSpans = std::collections::BTreeMap<(NodeId, InterfaceId), Span>;

fn plan_nodes(cx: &mut Context<'_>, family: &Family, plan: &mut Plan) -> AddressSpans {
    let (of_member, groups) = family.groups();
    let made: Vec<Option<Made>> = groups
        .iter()
        .map(|layers| {
            let top = family.top(layers);
            nodes::read(cx, &family.merged(layers), &top.place, top.key)
        })
        .collect();
    let mut spans = AddressSpans::new();
    let mut used = vec![0u32; groups.len()];
    for ((index, name), group) in family.members.keys().enumerate().zip(of_member) {
        let node = NodeId::from_index(index);
        // A node that could not be read still has its name, so that others can refer to it.
        let kind = made[group].as_ref().map_or_else(
            || NodeKind::Host(crate::node::config::IpConfig::default()),
            |made| made.kind.clone(),
        );
        let given = made[group].as_ref().map_or(&[][..], |made| &made.addresses);
        used[group] += 1;
        if let (2, [(_, address, span), ..]) = (used[group], given) {
            cx.faults.push(
                Fault::new(*span, format!("{address} cannot be the address of several nodes"))
                    .help("give addresses in tables of single nodes, or let them be assigned"),
            );
        }
        let addresses = given.iter().map(|&(number, address, span)| {
            spans.insert((node, InterfaceId(number)), span);
            (InterfaceId(number), address)
        });
        plan.nodes.push(NodePlan { name: name.clone(), kind, addresses: addresses.collect() });
    }
    spans
}

fn plan_links(cx: &mut Context<'_>, links: &Links, plan: &mut Plan) {
    let (of_member, groups) = links.family.groups();
    let made: Vec<_> = groups
        .iter()
        .map(|layers| {
            let top = links.family.top(layers);
            links::read(cx, &links.family.merged(layers), &top.place, top.key)
        })
        .collect();
    for ((name, ends), group) in links.family.members.keys().zip(&links.ends).zip(of_member) {
        let (directions, cost) = match &made[group] {
            Some(made) => (made.directions.clone(), made.cost),
            None => (Default::default(), 1),
        };
        plan.links.push(LinkPlan { name: name.clone(), ends: *ends, directions, cost });
    }
}

/// Interfaces are numbered with 16 bits.
fn too_many_interfaces(cx: &mut Context<'_>, plan: &Plan, links: &Links) -> bool {
    let mut counts = vec![0u32; plan.nodes.len()];
    for (link, layers) in plan.links.iter().zip(links.family.members.values()) {
        for end in link.ends {
            counts[end.index()] += 1;
            if counts[end.index()] > u32::from(u16::MAX) {
                let name = &plan.nodes[end.index()].name;
                cx.faults.push(
                    Fault::new(
                        links.family.top(layers).key,
                        format!("`{name}` has more than 65535 links"),
                    )
                    .help("spread them over several switches"),
                );
                return true;
            }
        }
    }
    false
}

fn assign(cx: &mut Context<'_>, plan: &mut Plan, nodes: &Family, spans: &AddressSpans) {
    let Err(faults) = address::assign(plan) else {
        cx.assigned = true;
        return;
    };
    for fault in faults {
        let key = fault.interface.and_then(|interface| spans.get(&(fault.node, interface)));
        let span = key.copied().or_else(|| {
            let layers = nodes.members.get_index(fault.node.index())?.1;
            Some(nodes.top(layers).key)
        });
        let fault = Fault::new(span.unwrap_or_default(), fault.message).help(fault.help);
        cx.faults.push(fault);
    }
}
