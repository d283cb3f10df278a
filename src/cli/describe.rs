//! What is said about scenarios: the list of built-in ones, and what a file says.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::report::human;
use crate::report::paragraph;
use crate::scenario::{Options, Scenario, builtin};
use crate::sim::{NodeKind, Plan};
use crate::units::Time;

/// The built-in scenarios, a line each.
pub(super) fn builtin_list() -> String {
    let mut text = String::new();
    let width = builtin::ALL.iter().map(|found| found.name.len()).max().unwrap_or(0);
    for found in builtin::ALL {
        let title = match found.load(&Options::default()) {
            Ok(scenario) => scenario.title,
            Err(_) => String::from("(cannot be read)"),
        };
        let _ = writeln!(text, "{:<width$}  {title}", found.name);
    }
    text.push_str("\nRun one with `portolan run NAME`, read it with `portolan show NAME`.\n");
    text
}

/// That there is no such built-in scenario, and which may have been meant.
pub(super) fn unknown_builtin(name: &str) -> String {
    match builtin::nearest(name) {
        Some(near) => format!("no built-in scenario `{name}`; did you mean `{}`?", near.name),
        None => format!("no built-in scenario `{name}`; `portolan list` shows them all"),
    }
}

/// What a valid scenario says: one line, or everything that was worked out.
pub(super) fn scenario(name: &str, scenario: &Scenario, verbose: bool) -> String {
    let Plan { nodes, links, apps, changes, .. } = &scenario.plan;
    // One change of the file may be several of the plan, one for each direction of a link.
    let times: BTreeSet<Time> = changes.iter().map(|change| change.at).collect();
    let mut text = format!(
        "{name}: ok, {}, {}, {}, {}, {}\n",
        count(nodes.len(), "node"),
        count(links.len(), "link"),
        count(apps.len(), "application"),
        count(times.len(), "timed change"),
        count(scenario.expects.len(), "expectation"),
    );
    for notice in &scenario.notices {
        text.push_str(&paragraph::filled(notice, "  note: ", "        "));
        text.push('\n');
    }
    if verbose {
        network(&mut text, &scenario.plan);
    }
    text
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn network(text: &mut String, plan: &Plan) {
    for node in &plan.nodes {
        let kind = match node.kind {
            NodeKind::Host(_) => "host",
            NodeKind::Router(_) => "router",
            NodeKind::Switch(_) => "switch",
            NodeKind::Hub => "hub",
        };
        let addresses: Vec<String> =
            node.addresses.iter().map(|(_, address)| address.to_string()).collect();
        let _ = writeln!(text, "  {kind:<7} {:<16} {}", node.name, addresses.join(" "));
    }
    for link in &plan.links {
        let [there, back] = &link.directions;
        let delay = |span: Time| match span.is_zero() {
            true => "0s".into(),
            false => human::time(span.as_secs_f64()).replace(' ', ""),
        };
        let _ = write!(text, "  link    {:<16} {} {}", link.name, there.rate, delay(there.delay));
        if (there.rate, there.delay) != (back.rate, back.delay) {
            let _ = write!(text, ", back {} {}", back.rate, delay(back.delay));
        }
        text.push('\n');
    }
    for app in &plan.apps {
        let on = &plan.nodes[app.on.index()].name;
        let _ = writeln!(
            text,
            "  app     {:<16} {} on {on}, from {}",
            app.name,
            app.spec.kind(),
            app.start
        );
    }
}
