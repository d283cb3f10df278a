//! `portolan trace`: a line for every packet event, as tcpdump prints them.

use std::io::{self, BufWriter, Write};
use std::sync::atomic::Ordering;

use super::args::TraceArgs;
use super::failure::Failure;
use super::route::node_named;
use super::run::Watch;
use super::{source, terminal};
use crate::id::FlowId;
use crate::observe::Observation;
use crate::report::names::Names;
use crate::report::trace::describe::Context;
use crate::report::trace::line::{self, Columns};
use crate::report::trace::sequences::Sequences;
use crate::report::trace::{Detail, Filter, Reader, json};
use crate::scenario::Scenario;
use crate::scenario::words;
use crate::sim::Simulation;
use crate::socket::services::PortSpec;
use crate::units::Time;

/// Instants between two looks at the clock.
const LOOK_EVERY: u32 = 4096;

pub(super) fn trace(args: &TraceArgs, quiet: bool, verbose: bool) -> Result<(), Failure> {
    let scenario = source::load(&args.scenario, &[])?;
    let filter = filter(args, &scenario, verbose)?;
    let end = scenario.duration;
    let wanted = time("--until", args.until.as_deref())?.unwrap_or(end);
    let until = wanted.min(end);
    if filter.from > until {
        return Err(Failure::BadInput(format!(
            "--from {} is after the end of the run, {until}: there would be nothing to print",
            filter.from
        )));
    }
    if !quiet {
        for notice in &scenario.notices {
            terminal::note(notice);
        }
        if wanted > end {
            terminal::note(&format!(
                "--until {wanted} is after the end, {end}; to run longer: \
                 --set duration={wanted}"
            ));
        }
    }
    let simulation = Simulation::new(scenario.plan);
    let mut tracer = Tracer::new(&simulation, filter, until, args.json, verbose);
    let stdout = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match run(Reader::new(simulation, until), &mut tracer, stdout, until) {
        Ok(ended) => {
            if tracer.shown == 0 && !quiet {
                terminal::note("nothing to show in this run; fewer filters, or a later --until?");
            }
            ended
        }
        // A reader that has gone away (`portolan trace hello | head`) is no error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::Unfinished(format!("cannot write to standard output: {error}"))),
    }
}

/// Prints until the end, until Ctrl-C, or until nobody reads.
fn run(
    mut reader: Reader,
    tracer: &mut Tracer,
    mut out: impl Write,
    until: Time,
) -> io::Result<Result<(), Failure>> {
    let watch = Watch::new(until);
    // Lines on a terminal show by themselves how far it is.
    let shows_progress = !terminal::stdout_is_terminal();
    let mut instants = 0_u32;
    while reader.step() {
        for (at, what) in reader.seen() {
            tracer.show(&reader, *at, what, &mut out)?;
        }
        instants = instants.wrapping_add(1);
        if instants.is_multiple_of(LOOK_EVERY) {
            if shows_progress {
                watch.goes_on(reader.now());
            } else {
                out.flush()?;
            }
        }
        if watch.interrupted.load(Ordering::Relaxed) {
            break;
        }
    }
    watch.bar.finish_and_clear();
    out.flush()?;
    if watch.interrupted.load(Ordering::Relaxed) {
        let now = reader.now();
        let why =
            format!("interrupted at {now} of {until} simulated; this is the trace until then");
        return Ok(Err(Failure::Unfinished(why)));
    }
    Ok(Ok(()))
}

/// What the printing of one run needs.
struct Tracer {
    names: Names,
    filter: Filter,
    columns: Columns,
    sequences: Sequences,
    json: bool,
    headers: bool,
    colour: bool,
    /// How many lines were printed.
    shown: u64,
}

impl Tracer {
    fn new(
        simulation: &Simulation,
        filter: Filter,
        until: Time,
        json: bool,
        verbose: bool,
    ) -> Self {
        let names = Names::of(simulation);
        let columns = Columns::of(simulation, &names, &filter.nodes, until, filter.detail);
        let colour = terminal::stdout_has_colour();
        let sequences = Sequences::new();
        Self { names, filter, columns, sequences, json, headers: verbose, colour, shown: 0 }
    }

    fn show(
        &mut self,
        reader: &Reader,
        now: Time,
        what: &Observation,
        out: &mut impl Write,
    ) -> io::Result<()> {
        self.sequences.observe(what);
        if !self.filter.shows(now, what, &self.names) {
            return Ok(());
        }
        self.shown += 1;
        let simulation = reader.simulation();
        let dns = |place| simulation.dns_name(place);
        let cx = Context { sequences: &self.sequences, dns: &dns, headers: self.headers };
        if self.json {
            return writeln!(out, "{}", json::line(now, what, &self.names, &cx));
        }
        let line = line::line(now, what, &self.names, self.columns, &cx);
        match what {
            Observation::Dropped { .. } if self.colour => writeln!(out, "\x1b[31m{line}\x1b[0m"),
            _ => writeln!(out, "{line}"),
        }
    }
}

fn filter(args: &TraceArgs, scenario: &Scenario, verbose: bool) -> Result<Filter, Failure> {
    let nodes = args.nodes.iter().map(|name| node_named(scenario, name));
    let flows = args.flows.iter().map(|name| flow_named(scenario, name));
    let ports = args.ports.iter().map(|text| {
        let bad = |why| Failure::BadInput(format!("--port: {why}"));
        PortSpec::parse(text).map(|port| (port.protocol, port.number)).map_err(bad)
    });
    Ok(Filter {
        nodes: nodes.collect::<Result<_, _>>()?,
        flows: flows.collect::<Result<_, _>>()?,
        ports: ports.collect::<Result<_, _>>()?,
        from: time("--from", args.from.as_deref())?.unwrap_or(Time::ZERO),
        detail: if verbose { Detail::More } else { Detail::Packets },
    })
}

/// The time that an option gives, if it is given.
pub(super) fn time(option: &str, text: Option<&str>) -> Result<Option<Time>, Failure> {
    let bad = |error| Failure::BadInput(format!("{option}: {error}"));
    text.map(|text| text.parse::<Time>().map_err(bad)).transpose()
}

fn flow_named(scenario: &Scenario, name: &str) -> Result<FlowId, Failure> {
    let apps = &scenario.plan.apps;
    let found = apps.iter().position(|app| app.name == name);
    found.map(FlowId::from_index).ok_or_else(|| {
        let hint = words::suggestion(name, "flows", apps.iter().map(|app| app.name.as_str()));
        Failure::BadInput(format!("no flow `{name}` in the scenario; {hint}"))
    })
}
