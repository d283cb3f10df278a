//! `portolan diagram`: a conversation of a flow as a ladder of arrows.

use std::sync::atomic::Ordering;

use super::args::DiagramArgs;
use super::failure::Failure;
use super::route::node_named;
use super::{run, source, terminal};
use crate::id::{FlowId, NodeId};
use crate::report::diagram::draft::draft;
use crate::report::diagram::model::Diagram;
use crate::report::diagram::svg;
use crate::report::diagram::terminal::{Look, NARROWEST, WIDEST, print};
use crate::report::diagram::watch::{Request, Watch};
use crate::report::file;
use crate::scenario::Scenario;
use crate::sim::Simulation;
use crate::units::Time;

pub(super) fn diagram(args: &DiagramArgs, quiet: bool) -> Result<(), Failure> {
    if !(NARROWEST..=WIDEST).contains(&args.width) {
        let why = format!("--width {}: choose {NARROWEST} to {WIDEST} columns", args.width);
        return Err(Failure::BadInput(why));
    }
    let scenario = source::load(&args.scenario, &[])?;
    if !quiet {
        for notice in &scenario.notices {
            terminal::note(notice);
        }
    }
    let (from, until) = period(args, &scenario, quiet)?;
    let flow = match &args.flow {
        Some(name) => named(&scenario, name)?,
        None => only(&scenario)?,
    };
    let nodes = nodes(&scenario, args.nodes.as_slice())?;
    let request = Request { flow, nodes, port: args.port, connection: args.connection, from };
    let mut simulation = Simulation::new(scenario.plan.clone());
    let mut observer = Watch::new(&simulation, request);
    let watch = run::Watch::new(until);
    crate::run::observe(&mut simulation, until, &mut observer, &mut |now| watch.goes_on(now));
    watch.bar.finish_and_clear();
    if watch.interrupted.load(Ordering::Relaxed) {
        return Err(Failure::Unfinished(format!("interrupted at {}", simulation.now())));
    }
    let name = observer.names().flow(flow);
    let title = if scenario.title.is_empty() { &scenario.name } else { &scenario.title };
    let title = format!("{title}: flow {name}");
    let diagram = draft(&observer, &simulation, &title, args.all);
    let Some(diagram) = diagram.filter(|diagram| !is_empty(diagram)) else {
        return Err(Failure::BadInput(nothing(&observer, name)));
    };
    let Some(path) = &args.svg else {
        let look = Look { width: args.width, colour: terminal::stdout_has_colour() };
        return super::print(&print(&diagram, look));
    };
    file::write_atomically(path, svg::draw(&diagram).as_bytes())?;
    if !quiet {
        terminal::tell(&format!("the diagram is in {}\n", path.display()));
    }
    Ok(())
}

/// From when to when to draw.
fn period(args: &DiagramArgs, scenario: &Scenario, quiet: bool) -> Result<(Time, Time), Failure> {
    let end = scenario.duration;
    let from = time("--from", args.from.as_deref())?.unwrap_or(Time::ZERO);
    let until = time("--until", args.until.as_deref())?.unwrap_or(end);
    if until > end && !quiet {
        terminal::note(&format!("--until {until} is after the end of the scenario, {end}"));
    }
    let until = until.min(end);
    if from >= until {
        return Err(Failure::BadInput(format!("--from {from} is not before {until}, the end")));
    }
    Ok((from, until))
}

fn time(option: &str, text: Option<&str>) -> Result<Option<Time>, Failure> {
    text.map(str::parse)
        .transpose()
        .map_err(|error| Failure::BadInput(format!("{option}: {error}")))
}

fn is_empty(diagram: &Diagram) -> bool {
    diagram.arrows.is_empty() && diagram.states.is_empty() && diagram.remarks.is_empty()
}

/// Why there is nothing to draw.
fn nothing(watch: &Watch, name: &str) -> String {
    let seen = watch.conversations();
    match watch.request().connection {
        Some(number) if seen > 0 && number > seen => {
            format!("--connection {number}: flow `{name}` has only {seen} in this time")
        }
        _ => format!("flow `{name}` sends nothing that --from, --until and --port let through"),
    }
}

/// The flow with a name.
fn named(scenario: &Scenario, name: &str) -> Result<FlowId, Failure> {
    let apps = &scenario.plan.apps;
    let place = apps.iter().position(|app| app.name == name);
    place
        .map(FlowId::from_index)
        .ok_or_else(|| Failure::BadInput(format!("there is no flow `{name}`; {}", flows(scenario))))
}

/// The flow of a scenario that has one only.
fn only(scenario: &Scenario) -> Result<FlowId, Failure> {
    match starters(scenario).as_slice() {
        [(flow, _)] => Ok(*flow),
        _ => Err(Failure::BadInput(format!("say which flow with --flow; {}", flows(scenario)))),
    }
}

/// The applications that start conversations: those that have somebody to talk to.
fn starters(scenario: &Scenario) -> Vec<(FlowId, &str)> {
    let apps = scenario.plan.apps.iter().enumerate();
    apps.filter(|(_, app)| !app.spec.clone().config_mut().targets().is_empty())
        .map(|(index, app)| (FlowId::from_index(index), app.name.as_str()))
        .collect()
}

fn flows(scenario: &Scenario) -> String {
    let starters = starters(scenario);
    let names: Vec<&str> = starters.iter().map(|(_, name)| *name).collect();
    match names.is_empty() {
        true => "this scenario has none".to_owned(),
        false => format!("this scenario has {}", names.join(", ")),
    }
}

fn nodes(scenario: &Scenario, names: &[String]) -> Result<Vec<NodeId>, Failure> {
    let nodes: Vec<NodeId> =
        names.iter().map(|name| node_named(scenario, name)).collect::<Result<_, _>>()?;
    if nodes.len() == 1 {
        return Err(Failure::BadInput("--nodes needs two nodes at least".to_owned()));
    }
    for (i, node) in nodes.iter().enumerate() {
        if nodes[..i].contains(node) {
            return Err(Failure::BadInput(format!("--nodes names `{}` twice", names[i])));
        }
    }
    Ok(nodes)
}
