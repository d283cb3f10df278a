//! What is no fault, but will surely not do what was meant: said in a note.
//!
//! Some scenarios show just this. Where an expectation speaks of what then happens, nothing is said.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::apps::Apps;
use super::context::Context;
use super::expect::Expect;
use super::words;
use crate::app::AppSpec;
use crate::id::{AppId, NodeId};
use crate::packet::ipv4::Protocol;
use crate::sim::{AppPlan, ChangeKind, NodeKind, Plan};
use crate::units::Time;

/// What expectations say of clients that are turned away.
const TURNED_AWAY: &[&str] =
    &["REFUSED", "UNREACH", "port_closed", "unreachable", "resets_sent", "no_route", "no_neighbor"];

/// The most notes; who made more will first look at these.
const MOST: usize = 5;

/// Notes what will not work.
pub(super) fn note(
    cx: &mut Context<'_>,
    (plan, duration): (&Plan, Time),
    apps: &Apps,
    expects: &[Expect],
) {
    let speaks_of = |words: &[&str]| {
        expects.iter().any(|expect| words.iter().any(|word| expect.that.contains(word)))
    };
    // What changes while it runs may yet be right.
    let changed: BTreeSet<usize> = changes(plan).map(|(app, _)| app.index()).collect();
    let all = plan.apps.iter().enumerate();
    let steady = all.filter(|(at, app)| app.start < duration && !changed.contains(at));
    let steady: Vec<&AppPlan> = steady.map(|(_, app)| app).collect();
    let mut notes = Vec::new();
    if !speaks_of(&["EADDRINUSE"]) {
        twice(plan, &steady, apps, &mut notes);
    }
    if !speaks_of(TURNED_AWAY) {
        nobody(plan, &steady, apps, &mut notes);
    }
    let (mut seen, count) = (BTreeSet::new(), cx.notices.len());
    // Of the processes of a table one is enough.
    notes.retain(|(table, text)| seen.insert((table.clone(), text.clone())));
    let more = notes.len().saturating_sub(MOST);
    cx.notices
        .extend(notes.into_iter().take(MOST).map(|(table, text)| format!("apps.{table}{text}")));
    if more > 0 && cx.notices.len() > count {
        cx.notices.push(format!("{more} more applications find nobody, or no free port"));
    }
}

/// What processes are told while they run.
fn changes(plan: &Plan) -> impl Iterator<Item = (AppId, &AppSpec)> {
    plan.changes.iter().filter_map(|change| match &change.what {
        ChangeKind::App(app, spec) => Some((*app, spec.as_ref())),
        _ => None,
    })
}

/// The table of a process, which may be one of many.
fn table(app: &AppPlan) -> String {
    app.name.split('@').next().unwrap_or_default().to_owned()
}

/// Whether the table of a process has a key.
fn has(apps: &Apps, app: &AppPlan, key: &str) -> bool {
    let layers = apps.family.members.get(&app.name).into_iter().flatten();
    layers.into_iter().any(|&layer| apps.family.layers[layer as usize].table.get(key).is_some())
}

type Note = (String, String);
type Port = (NodeId, Protocol, u16);

/// Servers that bind one port of one node at one time.
fn twice(plan: &Plan, steady: &[&AppPlan], apps: &Apps, notes: &mut Vec<Note>) {
    // Of each the servers, and whether they bind one address only.
    let mut bound: BTreeMap<Port, Vec<(&AppPlan, bool)>> = BTreeMap::new();
    for &app in steady {
        let Some((protocol, port)) = app.spec.config().listens() else { continue };
        // Bound to one address each they may share a port.
        let is_narrow = has(apps, app, "address");
        let others = bound.entry((app.on, protocol, port)).or_default();
        let end = |app: &AppPlan| app.stop.unwrap_or(Time::MAX);
        let clash = others.iter().find(|(it, other_is_narrow)| {
            !(is_narrow && *other_is_narrow) && it.start < end(app) && app.start < end(it)
        });
        if let Some((other, _)) = clash {
            let (node, other) = (&plan.nodes[app.on.index()].name, &other.name);
            notes.push((
                table(app),
                format!(
                    " and apps.{other} both bind port {port}/{protocol} of {node}: the later one \
                     gets EADDRINUSE"
                ),
            ));
        }
        others.push((app, is_narrow));
    }
}

/// Clients of what is not there.
fn nobody(plan: &Plan, steady: &[&AppPlan], apps: &Apps, notes: &mut Vec<Note>) {
    let mut owners: BTreeMap<Ipv4Addr, NodeId> = BTreeMap::new();
    let mut broadcasts = BTreeSet::new();
    for (index, node) in plan.nodes.iter().enumerate() {
        for (_, address) in &node.addresses {
            owners.insert(address.addr(), NodeId::from_index(index));
            broadcasts.insert(address.broadcast());
        }
    }
    let mut bound: BTreeMap<NodeId, BTreeSet<(u16, Protocol)>> = BTreeMap::new();
    let mut own_ports = BTreeSet::new();
    for app in &plan.apps {
        if let Some((protocol, port)) = app.spec.config().listens() {
            bound.entry(app.on).or_default().insert((port, protocol));
        }
        // A client with a port of its own is to be found there.
        if has(apps, app, "source-port") {
            own_ports.insert(app.on);
        }
    }
    for (app, spec) in changes(plan) {
        let on = plan.apps[app.index()].on;
        bound.entry(on).or_default().extend(spec.config().listens().map(|(by, port)| (port, by)));
    }
    for app in steady {
        let Some((protocol, usual)) = app.spec.config().seeks() else { continue };
        for (_, target) in app.spec.clone().config_mut().targets() {
            let address = target.address;
            if address.is_loopback() || address.is_multicast() || address.is_broadcast() {
                continue;
            }
            let Some(node) = owners.get(&address) else {
                if !broadcasts.contains(&address) && !address.is_unspecified() {
                    let text = format!(".to: no node has the address {address}");
                    notes.push((table(app), text));
                }
                continue;
            };
            let Some(port) = target.port.or(usual) else { continue };
            let (NodeKind::Host(ip) | NodeKind::Router(ip)) = &plan.nodes[node.index()].kind else {
                continue;
            };
            let there = bound.get(node);
            let is_bound = there.is_some_and(|ports| ports.contains(&(port, protocol)));
            let by_chance = (ip.ephemeral[0]..=ip.ephemeral[1]).contains(&port);
            if is_bound || by_chance || own_ports.contains(node) {
                continue;
            }
            let some = there.into_iter().flatten().take(words::SHOWN + 1);
            let ports = some.map(|(port, by)| format!("{port}/{by}"));
            let ports: Vec<String> = ports.collect();
            let bound = match ports.is_empty() {
                true => "nothing is bound there".into(),
                false => format!("bound there: {}", words::list(ports.iter().map(String::as_str))),
            };
            let name = &plan.nodes[node.index()].name;
            let text = format!(".to: nobody on {name} binds port {port}/{protocol}; {bound}");
            notes.push((table(app), text));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Options, load};

    /// What is noted of two hosts, `a` and `b` (10.0.0.2), with these processes.
    fn noted(apps: &str) -> Vec<String> {
        let text = format!(
            "duration = '9s'\n[nodes]\na = 'host'\nb = {{ kind = 'host', address = '10.0.0.2/24' }}\n\
             [links.a--b]\n[apps]\n{apps}\n"
        );
        let scenario = load(text.as_bytes(), "t.toml", &|_| Ok(Vec::new()), &Options::default());
        scenario.expect("a valid scenario").notices
    }

    const WEB: &str = "web = { kind = 'http-server', on = 'b', port = 80 }\n";

    #[test]
    fn two_servers_on_one_port_are_told() {
        let two = |other: &str| noted(&format!("{WEB}other = {{ on = 'b', {other} }}"));
        let told =
            "apps.other and apps.web both bind port 80/tcp of b: the later one gets EADDRINUSE";
        assert_eq!(two("kind = 'tcp-server', port = 80"), [told]);
        assert!(two("kind = 'udp-server', port = 80").is_empty(), "another protocol");
        assert!(two("kind = 'tcp-server', port = 81").is_empty());
        let narrow = "kind = 'tcp-server', port = 80, address = '10.0.0.2'";
        assert_eq!(two(narrow), [told], "one of the two has all addresses");
        assert!(two("kind = 'tcp-server', port = 80, start = '9s'").is_empty(), "never starts");
        let after = "first = { kind = 'tcp-server', on = 'b', port = 80, stop = '2s' }\n\
             then = { kind = 'tcp-server', on = 'b', port = 80, start = '2s' }";
        assert!(noted(after).is_empty(), "one after the other");
    }

    #[test]
    fn clients_of_nobody_are_told() {
        let client = |to: &str| {
            noted(&format!("{WEB}x = {{ kind = 'http-client', on = 'a', to = '{to}' }}"))
        };
        assert!(client("b").is_empty() && client("10.0.0.2:80").is_empty());
        let told = "apps.x.to: nobody on b binds port 81/tcp; bound there: 80/tcp";
        assert_eq!(client("b:81"), [told]);
        assert_eq!(client("10.9.9.9"), ["apps.x.to: no node has the address 10.9.9.9"]);
        assert!(client("b:40000").is_empty(), "a port that the system may choose");
        let stream = "x = { kind = 'cbr', on = 'a', to = 'b:9', rate = '1Mbps' }\n";
        let told = "apps.x.to: nobody on b binds port 9/udp; nothing is bound there";
        assert_eq!(noted(stream), [told]);
        let own =
            "back = { kind = 'cbr', on = 'b', to = 'a:7', rate = '1Mbps', source-port = 9 }\n";
        assert!(noted(&format!("{stream}{own}")).iter().all(|it| !it.contains("apps.x")));
    }

    #[test]
    fn what_changes_may_yet_be_right() {
        let change = "[[changes]]\nat = '1s'\nset = { 'apps.x.to' = 'b:80' }\n";
        let client = "x = { kind = 'http-client', on = 'a', to = 'b:81', start = '2s' }\n";
        assert!(noted(&format!("{WEB}{client}{change}")).is_empty());
        let change = change.replace("apps.x.to", "apps.web.port").replace("'b:80'", "81");
        assert!(noted(&format!("{WEB}{client}{change}")).is_empty());
    }

    #[test]
    fn what_an_expectation_speaks_of_is_meant() {
        let stream = "x = { kind = 'cbr', on = 'a', to = 'b:9', rate = '1Mbps' }\n";
        let expect = "[[expect]]\nthat = 'hosts.b.port_closed > 0'\n";
        assert!(noted(&format!("{stream}{expect}")).is_empty());
    }

    #[test]
    fn many_notes_are_cut_short() {
        let many: String = (1..=9)
            .map(|n| format!("x{n} = {{ kind = 'http-client', on = 'a', to = 'b:{n}' }}\n"))
            .collect();
        let notes = noted(&many);
        assert_eq!(notes.len(), 6);
        assert_eq!(notes[5], "4 more applications find nobody, or no free port");
        let range = "x = { kind = 'http-client', on = ['a'], to = 'b:5' }\n";
        assert_eq!(noted(range).len(), 1);
    }
}
