//! `portolan sweep` and what belongs to it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{PlotFormat, SlurmArgs};
use crate::sweep::Shard;
use crate::units::{Ratio, UnitError};

/// `portolan sweep`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Example:\n  portolan sweep scenarios/studies/loss-by-load.toml --out out --precision 2%\n\n\
    Killed or interrupted? The same command with --resume goes on. On several\n\
    machines: --shard 1/3, 2/3, 3/3, then portolan sweep merge. On a Slurm cluster:\n  \
    portolan sweep study.toml --out out --slurm -- --partition=short --time=10"
)]
pub struct SweepArgs {
    /// Something else than to run a sweep.
    #[command(subcommand)]
    pub command: Option<SweepCommand>,
    /// A sweep file (.toml).
    #[arg(required = true)]
    pub sweep: Option<PathBuf>,
    /// The folder of the store and the results; NAME-sweep unless said.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Simulate this many runs at a time; as many as there are cores unless said.
    #[arg(long, value_name = "N", value_parser = some)]
    pub jobs: Option<usize>,
    /// Go on with a sweep that was interrupted.
    #[arg(long)]
    pub resume: bool,
    /// Do only part K of N, in a store of its own.
    #[arg(long, value_name = "K/N")]
    pub shard: Option<Shard>,
    /// On a cluster.
    #[command(flatten)]
    pub cluster: SlurmArgs,
    /// Add seeds until every confidence interval is this narrow, for example 1%.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub precision: Option<Ratio>,
    /// The most seeds of a cell, if there is a precision to reach.
    #[arg(long, value_name = "N", value_parser = some)]
    pub max_seeds: Option<usize>,
    /// Which plots to draw into the folder.
    #[arg(long, value_enum, default_value_t = PlotFormat::Svg)]
    pub plots: PlotFormat,
}

/// What else can be done with sweeps.
#[derive(Debug, Subcommand)]
pub enum SweepCommand {
    /// Join the stores of shards, and write the results of all.
    Merge(MergeArgs),
}

/// `portolan sweep merge`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portolan sweep merge parts --out whole")]
pub struct MergeArgs {
    /// Stores (shard-K-of-N.sqlite), or folders with such.
    #[arg(required = true, value_name = "STORE")]
    pub stores: Vec<PathBuf>,
    /// The folder of the joined store and the results.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Which plots to draw into the folder.
    #[arg(long, value_enum, default_value_t = PlotFormat::Svg)]
    pub plots: PlotFormat,
}

pub(super) fn some(text: &str) -> Result<usize, &'static str> {
    text.parse()
        .ok()
        .filter(|number| (1..=1_000_000).contains(number))
        .ok_or("write a number from 1 to 1000000")
}

fn share(text: &str) -> Result<Ratio, String> {
    let share: Ratio = text.parse().map_err(|error: UnitError| error.to_string())?;
    if share.is_zero() {
        Err("an interval is never of no width; write for example 1%".into())
    } else {
        Ok(share)
    }
}
