//! `portolan new`: a commented scenario file to start from.

use std::path::PathBuf;

use super::args::NewArgs;
use super::failure::Failure;
use crate::report::file::write_atomically;
use crate::scenario::builtin::STARTER;
use crate::scenario::schema;
use crate::sweep::slurm::shell_word;

/// The schema for editors, beside the scenario.
const SCHEMA: &str = "portolan.schema.json";

pub(super) fn new(args: &NewArgs, quiet: bool) -> Result<(), Failure> {
    let mut path: PathBuf = args.name.clone();
    if path.extension().is_none() {
        path.set_extension("toml");
    }
    if path.extension().is_some_and(|extension| extension == "json") {
        return Err(Failure::BadInput(format!(
            "`{}`: the starter is TOML, which has comments; give a name that ends in .toml",
            path.display()
        )));
    }
    if path.exists() {
        return Err(Failure::BadInput(format!(
            "`{}` exists already; give another name, or remove it first",
            path.display()
        )));
    }
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
        && !folder.is_dir()
    {
        return Err(Failure::BadInput(format!(
            "there is no folder `{}` to write `{}` into; make it first",
            folder.display(),
            path.display()
        )));
    }
    write_atomically(&path, STARTER.as_bytes())?;
    // The first line of the starter names it. One that is there may be wanted as it is.
    let schema_path = path.with_file_name(SCHEMA);
    if !schema_path.exists() {
        write_atomically(&schema_path, format!("{:#}\n", schema::schema()).as_bytes())?;
    }
    if quiet {
        return Ok(());
    }
    let word = shell_word(&path.display().to_string());
    super::print(&format!(
        "Wrote {}, and {SCHEMA} for editors beside it. Next:\n  portolan check {word}\n  portolan run {word} --out out\n",
        path.display()
    ))
}
