//! `portolan check`: scenarios validated, not run.

use super::args::CheckArgs;
use super::describe;
use super::failure::Failure;
use super::source::load_named;
use super::terminal;

pub(super) fn check(args: &CheckArgs, quiet: bool, verbose: bool) -> Result<(), Failure> {
    let mut worst = Ok(());
    for name in &args.scenarios {
        match load_named(name, Vec::new()) {
            Ok(scenario) if quiet => drop(scenario),
            Ok(scenario) => super::print(&describe::scenario(name, &scenario, verbose))?,
            Err(Failure::Scenario(error)) if args.scenarios.len() > 1 => {
                terminal::tell(&error.render(terminal::stderr_has_colour(), 80));
                let message = "some scenarios cannot be used, see above";
                worst = Err(Failure::BadInput(message.into()));
            }
            Err(failure) => return Err(failure),
        }
    }
    worst
}
