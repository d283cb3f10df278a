//! `[[changes]]`: at a time, settings of components are replaced.
//!
//! A change sets paths in the tables of what it names, which are then read again as a whole, so
//! it is checked as if it had been written there. Changes add up in the order of time.

use std::collections::BTreeMap;

use super::apps::{self, Apps};
use super::context::Context;
use super::decode::{Form, decode};
use super::fault::{Fault, Span};
use super::layers::Family;
use super::links::{self, Links};
use super::nodes::{self, no_such};
use super::overrides::set;
use super::path::{self, Segment};
use super::raw;
use super::value::{Node, Table, Value};
use super::words;
use crate::id::{AppId, ChannelId, LinkId, NodeId};
use crate::sim::hubs::rates;
use crate::sim::wiring::Wiring;
use crate::sim::{Change, ChangeKind, NodeKind, Plan};
use crate::units::Time;

/// All components with names.
#[derive(Clone, Copy)]
pub(super) struct Everything<'a> {
    pub(super) nodes: &'a Family,
    pub(super) links: &'a Links,
    pub(super) apps: &'a Apps,
    /// By place in the family of applications: its place in the plan, if it is there.
    pub(super) numbers: &'a [Option<usize>],
}

/// The sections whose members can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Nodes,
    Links,
    Apps,
}

/// One path to be set.
struct Setting<'a> {
    section: Section,
    members: Vec<usize>,
    path: Vec<Segment>,
    /// Where the path is written.
    span: Span,
    value: &'a Node,
}

/// A change as written.
struct Step<'a> {
    at: Time,
    settings: Vec<Setting<'a>>,
}

/// Reads the list at `changes` into the plan.
pub(super) fn collect(cx: &mut Context<'_>, list: &Node, all: &Everything<'_>, plan: &mut Plan) {
    let Value::Array(items) = &list.value else {
        let message = format!("changes: expected a list of tables, found {}", list.what());
        cx.faults.push(
            Fault::new(list.span, message)
                .help("write each change as a table [[changes]] with `at` and `set`"),
        );
        return;
    };
    let mut steps = Vec::new();
    for (index, item) in items.iter().enumerate() {
        steps.extend(step(cx, item, &format!("changes[{index}]"), all));
    }
    steps.sort_by_key(|step| step.at);
    let first = plan.changes.len();
    let mut tables: BTreeMap<(Section, usize), Table> = BTreeMap::new();
    for step in &steps {
        let mut touched = BTreeMap::new();
        for setting in &step.settings {
            for &member in &setting.members {
                let key = (setting.section, member);
                let before = tables.entry(key).or_insert_with(|| table(all, key));
                touched.entry(key).or_insert_with(|| (before.clone(), setting.span));
                let place = |_: &Segment| setting.span;
                let name = full_name(all, key);
                if let Err(fault) = set(before, &setting.path, &place, setting.value.clone(), &name)
                {
                    cx.faults.push(fault);
                    return;
                }
            }
        }
        let faults = cx.faults.len();
        for (key, (before, span)) in touched {
            emit(cx, step.at, key, (&before, &tables[&key], span), all, plan);
            if cx.faults.len() > faults {
                break;
            }
        }
    }
    check_hubs(cx, &steps, first, plan);
}

/// What hubs cannot do they cannot come to do either: after the changes of each instant their links
/// must still have one rate.
fn check_hubs(cx: &mut Context<'_>, steps: &[Step<'_>], first: usize, plan: &Plan) {
    let wiring = Wiring::of(plan);
    if wiring.media == 0 || !cx.faults.is_empty() {
        return;
    }
    let mut links = plan.links.clone();
    for together in plan.changes[first..].chunk_by(|a, b| a.at == b.at) {
        let mut changed = Vec::new();
        for change in together {
            if let ChangeKind::Channel(id, config) = &change.what {
                let way = usize::from(!id.is_forward());
                links[id.link().index()].directions[way] = config.as_ref().clone();
                changed.push(id.link().index());
            }
        }
        let faults = if changed.is_empty() { Vec::new() } else { rates(plan, &links, &wiring) };
        if faults.is_empty() {
            continue;
        }
        let at = together[0].at;
        let settings = steps.iter().filter(|step| step.at == at).flat_map(|step| &step.settings);
        let mut of_links = settings.filter(|setting| {
            setting.section == Section::Links
                && setting.members.iter().any(|member| changed.contains(member))
        });
        let span = of_links.next().map_or(Span::default(), |setting| setting.span);
        for fault in faults {
            let message = format!("from {at} on {}", fault.message);
            let help = format!("{}; links of one hub change together, at one time", fault.help);
            cx.faults.push(Fault::new(span, message).help(help));
        }
        return;
    }
}

fn step<'a>(
    cx: &mut Context<'_>,
    item: &'a Node,
    place: &str,
    all: &Everything<'_>,
) -> Option<Step<'a>> {
    let Some(table) = item.as_table() else {
        cx.not_a_table(item, place);
        return None;
    };
    let required = || vec!["at".to_owned()];
    let form = Form { place, anchor: item.span, without: &["set"], required: &required };
    let head: Option<raw::Change> = decode(table, form, &mut cx.faults);
    let Some(entry) = table.get("set") else {
        cx.faults.push(
            super::decode::missing("set", form)
                .help("say what changes: set = { \"links.r1--bob.loss\" = \"100%\" }"),
        );
        return None;
    };
    let mut settings = Vec::new();
    match entry.node.as_table() {
        Some(table) => flatten(cx, table, &[], all, &mut settings),
        None => cx.faults.push(
            Fault::new(
                entry.node.span,
                format!("{place}.set: expected a table, found {}", entry.node.what()),
            )
            .help("write set = { \"links.r1--bob.loss\" = \"100%\" }"),
        ),
    }
    let at = head?.at;
    if at > cx.end {
        let end = cx.end;
        cx.notices.push(format!("{place} never happens: {at} is after the end of the run, {end}"));
    }
    Some(Step { at, settings })
}

/// Paths may be written whole, in quotes, or as tables within tables.
fn flatten<'a>(
    cx: &mut Context<'_>,
    table: &'a Table,
    above: &[Segment],
    all: &Everything<'_>,
    settings: &mut Vec<Setting<'a>>,
) {
    for (key, entry) in &table.0 {
        let parsed = match path::parse(key) {
            Ok(parsed) => parsed,
            Err(wrong) => {
                cx.wrong(entry.key, wrong);
                continue;
            }
        };
        let mut whole = above.to_vec();
        whole.extend(parsed);
        match entry.node.as_table() {
            Some(inner) if whole.len() < 3 => flatten(cx, inner, &whole, all, settings),
            _ => settings.extend(setting(cx, whole, entry.key, &entry.node, all)),
        }
    }
}

/// The section that a path begins with, if its members can change.
fn section(cx: &mut Context<'_>, first: &str, span: Span) -> Option<Section> {
    match first {
        "nodes" => return Some(Section::Nodes),
        "links" => return Some(Section::Links),
        "apps" => return Some(Section::Apps),
        _ => {}
    }
    let message = if raw::TOP.contains(&first) {
        format!("`{first}` cannot change while the simulation runs")
    } else {
        format!("nothing is called `{}`", words::short(first))
    };
    let known = ["nodes", "links", "apps"];
    let help = words::suggestion(first, "what can change begins with", known);
    cx.faults.push(Fault::new(span, message).help(help));
    None
}

fn setting<'a>(
    cx: &mut Context<'_>,
    path: Vec<Segment>,
    span: Span,
    value: &'a Node,
    all: &Everything<'_>,
) -> Option<Setting<'a>> {
    let first = path.first().map_or("", |(name, _)| name.as_str());
    let section = section(cx, first, span)?;
    let (family, what) = match section {
        Section::Nodes => (all.nodes, "node"),
        Section::Links => (&all.links.family, "link"),
        Section::Apps => (&all.apps.family, "application"),
    };
    let [_, (name, _), rest @ ..] = path.as_slice() else {
        cx.faults.push(
            Fault::new(span, format!("`{first}` alone names no {what}"))
                .help(format!("write for example {first}.NAME.SETTING")),
        );
        return None;
    };
    let members = select(family, first, name);
    if members.is_empty() {
        let place = cx.within(span, name);
        let fault = no_such(what, name, place, family);
        cx.lacking(fault);
        return None;
    }
    let Some((setting, _)) = rest.first() else {
        cx.faults.push(
            Fault::new(span, format!("`{first}.{name}` names no setting"))
                .help("add the setting that changes, with a dot between"),
        );
        return None;
    };
    let (fixed, help): (&[&str], _) = match section {
        Section::Nodes => {
            (raw::NODE_HEAD, "what a node is, and its addresses, stay for the whole run")
        }
        Section::Links => (&["between"], "set this link down, and up one between the other nodes"),
        Section::Apps => {
            (raw::APP_HEAD, "start another application at that time, with a table of its own")
        }
    };
    if fixed.contains(&setting.as_str()) {
        let place = cx.within(span, setting);
        cx.faults.push(
            Fault::new(place, format!("`{setting}` cannot change while the simulation runs"))
                .help(help),
        );
        return None;
    }
    Some(Setting { section, members, path: rest.to_vec(), span, value })
}

/// The members of this name, or of the table of this name.
pub(super) fn select(family: &Family, section: &str, name: &str) -> Vec<usize> {
    if let Some(index) = family.members.get_index_of(name) {
        return vec![index];
    }
    let place = format!("{section}.{name}");
    let Some(layer) = family.layers.iter().position(|layer| layer.place == place) else {
        return Vec::new();
    };
    let described = |layers: &Vec<u32>| layers.contains(&(layer as u32));
    (0..family.members.len()).filter(|&index| described(&family.members[index])).collect()
}

fn family<'a>(all: &Everything<'a>, section: Section) -> &'a Family {
    match section {
        Section::Nodes => all.nodes,
        Section::Links => &all.links.family,
        Section::Apps => &all.apps.family,
    }
}

fn table(all: &Everything<'_>, (section, member): (Section, usize)) -> Table {
    let family = family(all, section);
    family.merged(&family.members[member])
}

fn full_name(all: &Everything<'_>, (section, member): (Section, usize)) -> String {
    let name = family(all, section).members.get_index(member).map_or("", |(name, _)| name.as_str());
    let section = match section {
        Section::Nodes => "nodes",
        Section::Links => "links",
        Section::Apps => "apps",
    };
    format!("{section}.{name}")
}

/// Puts into the plan what differs between two tables of a component.
fn emit(
    cx: &mut Context<'_>,
    at: Time,
    key: (Section, usize),
    (before, after, span): (&Table, &Table, Span),
    all: &Everything<'_>,
    plan: &mut Plan,
) {
    let (name, member) = (full_name(all, key), key.1);
    let mut push = |what| plan.changes.push(Change { at, what });
    match key.0 {
        Section::Links => {
            let Some(new) = links::read(cx, after, &name, span) else { return };
            let Some(old) = links::read(cx, before, &name, span) else { return };
            let id = LinkId::from_index(member);
            let pairs = old.directions.iter().zip(new.directions).zip([true, false]);
            for ((old, new), forward) in pairs {
                if *old != new {
                    push(ChangeKind::Channel(ChannelId::of(id, forward), Box::new(new)));
                }
            }
            if old.cost != new.cost {
                push(ChangeKind::Cost(id, new.cost));
            }
        }
        Section::Nodes => match nodes::read(cx, after, &name, span).map(|made| made.kind) {
            Some(NodeKind::Host(config) | NodeKind::Router(config)) => {
                push(ChangeKind::Ip(NodeId::from_index(member), Box::new(config)));
            }
            Some(NodeKind::Switch(config)) => {
                push(ChangeKind::Switch(NodeId::from_index(member), config));
            }
            Some(NodeKind::Hub) | None => {}
        },
        Section::Apps => {
            let Some(number) = all.numbers[member] else { return };
            let Some(mut made) = apps::read(cx, after, &name, span) else { return };
            let seat = all.apps.seats[member];
            apps::aim(cx, &mut made.spec, (after, &name), seat, all.nodes, plan);
            let what = ChangeKind::App(AppId::from_index(number), Box::new(made.spec));
            plan.changes.push(Change { at, what });
        }
    }
}
