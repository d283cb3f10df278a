//! `portolan size`

use std::path::PathBuf;

use clap::Args;

use super::sweep::some;
use crate::sweep::size::Target;
use crate::units::{Limit, Ratio, Time, UnitError};

/// `portolan size`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portolan size dumbbell --link left--right \\\n    \
    --set 'links.s[0..3]--left.jitter=1ms'\n  \
    portolan size dumbbell --link left--right --target 'loss <= 1%' --out sizes \\\n    \
    --set 'links.s[0..3]--left.jitter=1ms' --set duration=30s\n  \
    portolan size bufferbloat --link r1--home --target 'p99_wait <= 20ms' \\\n    \
    --set links.r1--home.jitter=500us\n\n\
    The jitter brings chance in: without any, all seeds give the same results.\n\
    Measures and what they are compared with: utilization and loss in %; goodput in\n\
    Mbps; mean_wait, p50_wait (median), p95_wait, p99_wait (percentiles) in ms.\n\
    Of targets that only short queues meet (waits) the largest queue is found.")]
pub struct SizeArgs {
    /// A scenario file (.toml or .json), or the name of a built-in scenario.
    pub scenario: String,
    /// The link whose queue it is about.
    #[arg(long, value_name = "LINK")]
    pub link: String,
    /// Which direction of it, for example r1->home; the busiest one unless said.
    #[arg(long, value_name = "A->B")]
    pub direction: Option<String>,
    /// What the queue is to achieve; may be given several times, then all must hold.
    #[arg(long = "target", value_name = "TARGET", default_value = "utilization >= 98%")]
    pub targets: Vec<Target>,
    /// Count sizes in bytes, by full frames; otherwise in packets.
    #[arg(long)]
    pub bytes: bool,
    /// The largest size to try, for example 2000p; unless said four times what the path holds.
    #[arg(long, value_name = "SIZE")]
    pub max: Option<Limit>,
    /// Set anything else in the scenario by its path, for example duration=60s.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// The time from which on results count; a tenth of the run unless said.
    #[arg(long, value_name = "TIME")]
    pub warm_up: Option<Time>,
    /// Seeds of each size from the start.
    #[arg(long, value_name = "N", value_parser = several, default_value_t = 5)]
    pub seeds: usize,
    /// The most seeds of a size that is near the target.
    #[arg(long, value_name = "N", value_parser = several, default_value_t = 30)]
    pub max_seeds: usize,
    /// The confidence level of the intervals.
    #[arg(long, value_name = "SHARE", value_parser = level, default_value = "95%")]
    pub confidence: Ratio,
    /// The round-trip time for the rules of thumb; measured unless said.
    #[arg(long, value_name = "TIME")]
    pub rtt: Option<Time>,
    /// The number of long TCP connections for them; counted unless said.
    #[arg(long, value_name = "N", value_parser = some)]
    pub flows: Option<usize>,
    /// Simulate this many runs at a time; as many as there are cores unless said.
    #[arg(long, value_name = "N", value_parser = some)]
    pub jobs: Option<usize>,
    /// Keep all runs and tables in this folder; nothing is kept unless said.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Go on with what is in the folder; another target is no obstacle.
    #[arg(long, requires = "out")]
    pub resume: bool,
}

fn several(text: &str) -> Result<usize, &'static str> {
    text.parse()
        .ok()
        .filter(|number| (2..=100_000).contains(number))
        .ok_or("write a number from 2 to 100000: of one run there is no interval")
}

fn level(text: &str) -> Result<Ratio, String> {
    let level: Ratio = text.parse().map_err(|error: UnitError| error.to_string())?;
    if level.is_zero() || level == Ratio::ONE {
        Err("nothing is certain, nor quite uncertain; write for example 95%".into())
    } else {
        Ok(level)
    }
}
