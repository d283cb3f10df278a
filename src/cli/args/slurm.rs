//! What `portolan sweep` takes to run on a cluster, or beside others.

use clap::Args;

/// Options of `portolan sweep` for clusters.
#[derive(Debug, Args)]
pub struct SlurmArgs {
    /// Run it on a Slurm cluster, as a job array; options after -- are sbatch's.
    #[arg(long, conflicts_with = "shard")]
    pub slurm: bool,
    /// How many tasks the job array has; 16, or as many as there are runs.
    #[arg(long, value_name = "N", requires = "slurm", value_parser = super::sweep::some)]
    pub shards: Option<usize>,
    /// Do not wait for the job: say how to join its shards later.
    #[arg(long, requires = "slurm")]
    pub detach: bool,
    /// Wait up to ten minutes for a store that another process has not let go of yet.
    #[arg(long, conflicts_with = "slurm")]
    pub wait: bool,
    /// Options of sbatch, for example -- --partition=short --time=10.
    #[arg(last = true, requires = "slurm", value_name = "SBATCH OPTION")]
    pub sbatch: Vec<String>,
}
