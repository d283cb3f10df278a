//! The captures of a run: what the options and the scenario ask for.

use std::path::PathBuf;

use super::args::RunArgs;
use super::failure::Failure;
use super::terminal;
use crate::report::capture::{Capture, Choice, MOST_FILES, remove_others};
use crate::report::file::{Pending, WriteError};
use crate::report::store::OutDir;
use crate::scenario::Scenario;
use crate::sim::Simulation;
use crate::units::Bytes;

/// The least that may be kept of a packet \[bytes\]: its addresses.
const LEAST_SNAP: u64 = 14;

/// What is to be captured.
#[derive(Debug)]
pub(super) struct Wanted {
    choice: Choice,
    snap: Option<u32>,
}

impl Wanted {
    /// What the options and the scenario ask for, if it can be done.
    pub(super) fn of(args: &RunArgs, scenario: &Scenario) -> Result<Self, Failure> {
        if args.pcap && args.out.is_none() {
            let text = "--pcap writes files: say into which folder, for example --out out";
            return Err(Failure::BadInput(text.into()));
        }
        let choice = match args.pcap {
            true => Choice::everything(&scenario.plan),
            false => Choice::default_of(scenario),
        };
        if args.out.is_some() && choice.files() > MOST_FILES {
            return Err(Failure::BadInput(format!(
                "captures of {} interfaces are too many: {MOST_FILES} files can be written at once; \
                 name nodes in the scenario instead of --pcap: [record] capture = [\"NODE\"]",
                choice.files()
            )));
        }
        Ok(Self { choice, snap: args.snap.as_deref().map(snap).transpose()? })
    }

    /// Begins the captures.
    pub(super) fn start(
        &self,
        out: &OutDir,
        simulation: &Simulation,
        scenario: &Scenario,
    ) -> Result<Capture, WriteError> {
        let title = &scenario.title;
        Capture::start(out.path(), simulation, &self.choice, self.snap, title)
    }
}

fn snap(text: &str) -> Result<u32, Failure> {
    let refuse = |why: String| Failure::BadInput(format!("--snap: {why}"));
    let bytes = text.parse::<Bytes>().map_err(|error| refuse(error.to_string()))?.get();
    match u32::try_from(bytes) {
        Ok(snap) if bytes >= LEAST_SNAP => Ok(snap),
        _ => Err(refuse(format!("{text}: write {LEAST_SNAP}B or more, for example 96B"))),
    }
}

/// Tells that not all bytes are there.
pub(super) fn say_cut(quiet: bool) {
    if !quiet {
        terminal::note(
            "the captures are large: after 64 MiB they have headers and texts, but only 16 bytes of \
             data that say nothing; --snap 64KiB keeps all",
        );
    }
}

/// Gives captures their names in the folder, in place of all that were there.
pub(super) fn commit(out: &OutDir, captures: Vec<Pending>) -> Result<(), WriteError> {
    let written: Vec<PathBuf> = captures.iter().map(|file| file.path().to_path_buf()).collect();
    captures.into_iter().try_for_each(Pending::commit)?;
    remove_others(out.path(), &written);
    Ok(())
}
