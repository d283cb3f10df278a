//! Where a scenario comes from: a file, or the binary itself.

use std::path::Path;

use super::args::ScenarioArgs;
use super::failure::Failure;
use crate::scenario::{self, Options, Scenario, builtin};

/// Loads what the arguments name.
pub(super) fn load(args: &ScenarioArgs, more: &[String]) -> Result<Scenario, Failure> {
    let mut overrides = args.sets.clone();
    if let Some(seed) = args.seed {
        overrides.push(format!("seed={seed}"));
    }
    overrides.extend_from_slice(more);
    load_named(&args.scenario, overrides)
}

/// Loads a file, or a built-in scenario if there is no such file and the name is one's. A folder
/// is no such file: results are often kept in one that is called like the scenario.
pub(super) fn load_named(name: &str, overrides: Vec<String>) -> Result<Scenario, Failure> {
    let options = Options { overrides, ..Options::default() };
    let path = Path::new(name);
    if (!path.exists() || path.is_dir())
        && let Some(found) = builtin::find(name)
    {
        return Ok(found.load(&options)?);
    }
    Ok(scenario::load_path(path, &options)?)
}
