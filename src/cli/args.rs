//! The command line: one type for each command, with its help.

mod size;
mod slurm;
mod sweep;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use size::SizeArgs;
pub(super) use slurm::SlurmArgs;
pub(super) use sweep::{MergeArgs, SweepArgs, SweepCommand};

use crate::report::plot::Format;
use crate::socket::services::PortSpec;

/// Portolan: a packet-level network simulator for teaching and for sizing queues.
#[derive(Debug, Parser)]
#[command(name = "portolan", version, propagate_version = true, max_term_width = 80)]
#[command(
    after_help = "Start here:\n  portolan list\n  portolan run hello\n  portolan run port-queue --out out\n\n\
    Exit codes: 0 all well; 1 it ran and an expectation failed;\n\
    2 bad input; 3 it could not finish."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Say less: no tables, no notices.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more.
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a scenario; print tables of links, ports, flows and expectations.
    Run(RunArgs),
    /// Validate scenarios without running them.
    Check(CheckArgs),
    /// Show addresses, routing tables, ARP and MAC tables, and the path of a packet.
    Route(RouteArgs),
    /// Show the sockets of hosts at a time, as `ss -tuan` does.
    Sockets(SocketsArgs),
    /// Print a line for every packet that is sent, received or dropped, as tcpdump does.
    Trace(TraceArgs),
    /// Show one packet's life: nodes, queues, links, changes, kin, and how it ended.
    Follow(FollowArgs),
    /// Compare two results, or two runs: changed numbers, and the first event that differs.
    Diff(DiffArgs),
    /// Draw a conversation as a ladder of arrows: who sent what when, what arrived.
    Diagram(DiagramArgs),
    /// Run a scenario over a grid of settings and seeds, on all cores.
    Sweep(SweepArgs),
    /// Find the smallest queue of a link that meets a target, with its confidence.
    Size(SizeArgs),
    /// Draw the plots of a result folder again.
    Plot(PlotArgs),
    /// List the built-in scenarios.
    #[command(after_help = "Example:\n  portolan list")]
    List,
    /// Print a built-in scenario, to read or to start from.
    Show(ShowArgs),
    /// Write a commented scenario file to start from.
    New(NewArgs),
    /// Make a scenario that replays a capture (pcap or pcapng).
    Import(ImportArgs),
    /// Print the JSON Schema of scenario files, for editors.
    #[command(after_help = "Example:\n  portolan schema > schema.json\n\n\
        Then begin a scenario beside it with the line `#:schema schema.json`.")]
    Schema,
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
    /// Print the manual page.
    #[command(after_help = "Example:\n  portolan man | man -l -")]
    Man,
}

/// A scenario and what is changed in it for this run.
#[derive(Debug, Args)]
pub struct ScenarioArgs {
    /// A scenario file (.toml or .json), or the name of a built-in scenario.
    pub scenario: String,
    /// Set anything in the scenario by its path, for example links.r1--bob.queue=20p.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// The seed of all random numbers.
    #[arg(long, value_parser = seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("write a whole number from 0 to {}", u64::MAX))
}

/// `portolan run`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  portolan run port-queue --out out --set apps.slow.buffer=8KiB\n  \
    portolan run handshake --out out --pcap && tshark -r out/captures/alice.pcapng"
)]
pub struct RunArgs {
    /// What to run.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Write summary.json, series.csv and plots into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Stop the simulated clock here, for example 2s.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Print the summary as JSON to standard output, and nothing else.
    #[arg(long)]
    pub json: bool,
    /// Which time series to keep: none, what the scenario asks for, or all there are.
    #[arg(long, value_enum, default_value_t = RecordMode::Default)]
    pub record: RecordMode,
    /// Which plots to draw into the folder.
    #[arg(long, value_enum, default_value_t = PlotFormat::Svg)]
    pub plots: PlotFormat,
    /// Capture the packets of every interface, into pcapng files in captures/ of the folder.
    #[arg(long)]
    pub pcap: bool,
    /// Keep this much of each captured packet, for example 96B.
    #[arg(long, value_name = "SIZE")]
    pub snap: Option<String>,
}

/// Which time series to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RecordMode {
    /// None.
    None,
    /// Those that the scenario names, or the queues of a small network.
    Default,
    /// All there are.
    All,
}

/// Which plots to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlotFormat {
    /// Vector graphics.
    Svg,
    /// Pixels.
    Png,
    /// None.
    None,
}

impl PlotFormat {
    /// The format to draw in, if any.
    #[must_use]
    pub const fn format(self) -> Option<Format> {
        match self {
            Self::Svg => Some(Format::Svg),
            Self::Png => Some(Format::Png),
            Self::None => None,
        }
    }
}

/// `portolan check`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan check scenarios/*.toml")]
pub struct CheckArgs {
    /// Scenario files, or names of built-in scenarios.
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
}

/// `portolan route`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan route hello --from alice --to bob")]
pub struct RouteArgs {
    /// What to look at.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Show the path of a packet from this node; needs --to.
    #[arg(long, requires = "to", value_name = "NODE")]
    pub from: Option<String>,
    /// Where the packet goes: a node or an address; needs --from.
    #[arg(long, requires = "from", value_name = "NODE")]
    pub to: Option<String>,
    /// Run until this time first, so that ARP and MAC tables fill.
    #[arg(long, value_name = "TIME", default_value = "0s")]
    pub at: String,
}

/// `portolan sockets`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan sockets port-queue --at 2s --host bob\n\n\
    Recv-Q: bytes that wait to be read; of a listener connections that wait to be accepted.\n\
    Send-Q: bytes not acknowledged; of a listener its backlog. As in Linux a SYN\n\
    counts for one in Send-Q, a FIN for one in both. Process -: nobody has it.")]
pub struct SocketsArgs {
    /// What to look at.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// When to look, for example 2s.
    #[arg(long, value_name = "TIME")]
    pub at: String,
    /// Show this host only.
    #[arg(long, value_name = "NODE")]
    pub host: Option<String>,
    /// Show what is inside of TCP connections, as `ss -ti` does.
    #[arg(short, long)]
    pub internals: bool,
}

/// `portolan trace`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan trace handshake\n  \
    portolan trace two-services --node bob --port domain --until 2s\n  \
    portolan trace udp-loss --flow stream --json | grep dropped\n\n\
    A line: seconds, the packet's number, the interface, Out or In, the packet.\n\
    Drop and the reason: here it ended. With -v also the states of connections,\n\
    the ports that packets reach, which packet was made of which, and TTLs.")]
pub struct TraceArgs {
    /// What to watch.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Only what happens at this node; may be given several times.
    #[arg(long = "node", value_name = "NODE")]
    pub nodes: Vec<String>,
    /// Only packets of this flow; may be given several times.
    #[arg(long = "flow", value_name = "FLOW")]
    pub flows: Vec<String>,
    /// Only packets from or to this port, for example 80, http or 53/udp; may be given several times.
    #[arg(long = "port", value_name = "PORT")]
    pub ports: Vec<String>,
    /// Begin to print here, for example 1s.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Stop the simulated clock here, for example 2s.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Print JSON, one object a line.
    #[arg(long)]
    pub json: bool,
}

/// `portolan follow`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan trace udp-loss --until 20ms\n  \
    portolan follow udp-loss --packet 17\n\n\
    The numbers are those of `portolan trace`; with other settings or another seed\n\
    other packets have them. Kin: fragments and wholes, copies, and TCP segments\n\
    with the same data.")]
pub struct FollowArgs {
    /// What to run.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// The packet's number, as `portolan trace` shows it.
    #[arg(long, value_name = "ID")]
    pub packet: String,
}

/// `portolan diff`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan diff port-queue --set-b apps.slow.buffer=128KiB\n  \
    portolan diff bufferbloat --set duration=3s --set-a seed=1 --set-b seed=2\n  \
    portolan diff before.toml after.toml\n  \
    portolan diff out1 out2\n\n\
    Of two scenarios: the first event that differs, lines of A and of B, then the\n\
    numbers. Of two folders that `portolan run --out` has written: the numbers, and\n\
    the first sample of a series that differs. The exit code is 0 also if they\n\
    differ.")]
pub struct DiffArgs {
    /// A: a result folder, a scenario file, or the name of a built-in scenario.
    pub a: String,
    /// B: another of the same sort; for scenarios the same as A unless it is given.
    pub b: Option<String>,
    /// Set something in both scenarios by its path.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Set something in A only.
    #[arg(long = "set-a", value_name = "PATH=VALUE")]
    pub sets_a: Vec<String>,
    /// Set something in B only.
    #[arg(long = "set-b", value_name = "PATH=VALUE")]
    pub sets_b: Vec<String>,
    /// The seed of all random numbers, in both.
    #[arg(long, value_parser = seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,
}

/// `portolan diagram`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  portolan diagram lost-syn --flow second --svg lost-syn.svg\n\n\
    Of a long transfer only the beginning, the end and what is out of the ordinary\n\
    is shown; --all shows every packet. Sequence numbers count from the first one."
)]
pub struct DiagramArgs {
    /// What to draw.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// The flow: the name of the application that starts it. May be left out if there is only one.
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<String>,
    /// Leave out what is sent before this time, for example 2s.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Stop the simulated clock here, for example 3s.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Write the diagram into this file as SVG, not to the terminal.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Which connection of the flow, counted from 1.
    #[arg(long, value_name = "N", value_parser = connection)]
    pub connection: Option<usize>,
    /// Only connections with this port, for example 80 or http.
    #[arg(long, value_name = "PORT", value_parser = port)]
    pub port: Option<u16>,
    /// Whose lifelines to draw, from left to right, for example alice,r1,bob. By default the two ends.
    #[arg(long, value_name = "NODES", value_delimiter = ',')]
    pub nodes: Vec<String>,
    /// Show every packet of a long transfer.
    #[arg(long)]
    pub all: bool,
    /// Width in the terminal, in columns.
    #[arg(long, value_name = "COLUMNS", default_value_t = 80)]
    pub width: usize,
}

fn port(text: &str) -> Result<u16, String> {
    PortSpec::parse(text).map(|port| port.number)
}

fn connection(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("write a whole number from 1".to_owned()),
    }
}

/// `portolan plot`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan plot out --plots png")]
pub struct PlotArgs {
    /// A folder that `portolan run --out` has written.
    pub dir: PathBuf,
    /// Which plots to draw.
    #[arg(long, value_enum, default_value_t = PlotFormat::Svg)]
    pub plots: PlotFormat,
}

/// `portolan show`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan show hello > my.toml")]
pub struct ShowArgs {
    /// The name of a built-in scenario.
    pub name: String,
}

/// `portolan new`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan new lab1 && portolan run lab1.toml")]
pub struct NewArgs {
    /// The file to write; `.toml` is added if it has no extension.
    pub name: PathBuf,
}

/// `portolan import`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  portolan import trace.pcapng -o trace.toml && portolan run trace.toml"
)]
pub struct ImportArgs {
    /// A pcap or pcapng file; - reads standard input.
    pub capture: PathBuf,
    /// Write the scenario into this file; printed unless given.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `portolan completions`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan completions bash > /etc/bash_completion.d/portolan")]
pub struct CompletionsArgs {
    /// Which shell.
    pub shell: clap_complete::Shell,
}
