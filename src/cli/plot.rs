//! `portolan plot`: the plots of a result folder, drawn again.

use super::args::PlotArgs;
use super::failure::Failure;
use crate::report::store::{OutDir, read_back};

pub(super) fn plot(args: &PlotArgs, quiet: bool) -> Result<(), Failure> {
    let input = read_back(&args.dir).map_err(|error| Failure::BadInput(error.to_string()))?;
    let Some(format) = args.plots.format() else { return Ok(()) };
    let drawn = OutDir::create(&args.dir)?.redraw(&input, format)?;
    if quiet {
        return Ok(());
    }
    let names: String = drawn.iter().map(|path| format!("{}\n", path.display())).collect();
    super::print(&names)
}
