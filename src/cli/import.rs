//! `portolan import`: a capture made into a scenario.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::args::ImportArgs;
use super::failure::Failure;
use super::terminal;
use crate::import::{self, Imported};
use crate::report::file::write_atomically;

pub(super) fn import(args: &ImportArgs, quiet: bool, verbose: bool) -> Result<(), Failure> {
    let shown = args.capture.display();
    let bad = |why: &dyn std::fmt::Display| Failure::BadInput(format!("`{shown}`: {why}"));
    let file: Box<dyn Read> = if args.capture == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file =
            File::open(&args.capture).map_err(|error| bad(&format!("cannot be read: {error}")))?;
        Box::new(BufReader::new(file))
    };
    if let Some(path) = args.output.as_ref().filter(|path| path.exists()) {
        return Err(Failure::BadInput(format!(
            "`{}` exists already; give another name, or remove it first",
            path.display()
        )));
    }
    let capture = import::read::read(file).map_err(|error| bad(&error))?;
    let name = args.capture.file_name().unwrap_or_default().to_string_lossy();
    let imported = import::scenario(&capture, &name).map_err(|why| bad(&why))?;
    if !quiet {
        tell(&imported, verbose);
    }
    let Some(path) = &args.output else { return super::print(&imported.text) };
    write_atomically(path, imported.text.as_bytes())?;
    if quiet {
        return Ok(());
    }
    super::print(&format!("Wrote {0}. Next:\n  portolan run {0} --out out\n", path.display()))
}

/// How the replay compares with the capture.
fn tell(imported: &Imported, verbose: bool) {
    if let Some(why) = &imported.untried {
        terminal::note(why);
    }
    for comparison in &imported.comparisons {
        let differences = comparison.differences();
        if differences.is_empty() && verbose {
            terminal::tell(&format!("{}: replayed as it was captured\n", comparison.name));
        }
        for difference in differences {
            terminal::note(&format!("{}: {difference}", comparison.name));
        }
    }
}
