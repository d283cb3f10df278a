//! The command line: one type for each command, with its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::report::plot::Format;

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
    /// Draw the plots of a result folder again.
    Plot(PlotArgs),
    /// List the built-in scenarios.
    #[command(after_help = "Example:\n  portolan list")]
    List,
    /// Print a built-in scenario, to read or to start from.
    Show(ShowArgs),
    /// Write a commented scenario file to start from.
    New(NewArgs),
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
#[command(after_help = "Example:\n  portolan run port-queue --out out --set apps.slow.buffer=8KiB")]
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
    Send-Q: bytes not acknowledged; of a listener its backlog. Process -: nobody has it.")]
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

/// `portolan completions`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan completions bash > /etc/bash_completion.d/portolan")]
pub struct CompletionsArgs {
    /// Which shell.
    pub shell: clap_complete::Shell,
}
