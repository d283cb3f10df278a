//! The command line: one file for each command.
//!
//! `args` is what can be said, `usage` what is told of the rest, `failure` how commands end when not
//! well; `main` only calls [`main`].

mod args;
mod capture;
mod check;
mod clock;
mod describe;
mod diagram;
mod diff;
mod failure;
mod follow;
mod import;
mod new;
mod plot;
mod route;
mod run;
mod size;
mod sockets;
mod source;
mod sweep;
mod terminal;
mod trace;
mod usage;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::CommandFactory as _;

pub use args::Cli;
use args::Command;
pub use failure::Failure;

use crate::scenario::{builtin, schema};

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = usage::parse();
    match dispatch(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            match &failure {
                Failure::Expectation => {}
                Failure::BadInput(message) | Failure::Unfinished(message) => {
                    terminal::tell(&format!("portolan: {message}\n"));
                }
                Failure::Scenario(error) => {
                    terminal::tell(&error.render(terminal::stderr_has_colour(), 80));
                }
            }
            failure.exit_code()
        }
    }
}

fn dispatch(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Run(args) => run::run(args, cli.quiet, cli.verbose),
        Command::Check(args) => check::check(args, cli.quiet, cli.verbose),
        Command::Route(args) => route::route(args),
        Command::Sockets(args) => sockets::sockets(args, cli.quiet),
        Command::Trace(args) => trace::trace(args, cli.quiet, cli.verbose),
        Command::Follow(args) => follow::follow(args, cli.quiet),
        Command::Diff(args) => diff::diff(args, cli.quiet),
        Command::Diagram(args) => diagram::diagram(args, cli.quiet),
        Command::Sweep(args) => sweep::sweep(args, cli.quiet),
        Command::Size(args) => size::size(args, cli.quiet),
        Command::Plot(args) => plot::plot(args, cli.quiet),
        Command::List => print(&describe::builtin_list()),
        Command::Show(args) => match builtin::find(&args.name) {
            Some(found) => print(found.text),
            None => Err(Failure::BadInput(describe::unknown_builtin(&args.name))),
        },
        Command::New(args) => new::new(args, cli.quiet),
        Command::Import(args) => import::import(args, cli.quiet, cli.verbose),
        Command::Schema => print(&format!("{:#}\n", schema::schema())),
        Command::Completions(args) => print(&completions(args.shell)),
        Command::Man => manual().and_then(|text| print(&text)),
    }
}

/// Prints to standard output.
fn print(text: &str) -> Result<(), Failure> {
    terminal::print(text)
        .map_err(|error| Failure::Unfinished(format!("cannot write to standard output: {error}")))
}

fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "portolan", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual: one page, with a part for each command.
fn manual() -> Result<String, Failure> {
    let text = manual_page().map_err(|error| Failure::Unfinished(error.to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn manual_page() -> io::Result<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let commands: Vec<clap::Command> =
        command.get_subcommands().filter(|command| command.get_name() != "help").cloned().collect();
    let about = "a packet-level network simulator for teaching and for sizing queues";
    let whole = clap_mangen::Man::new(command.clone().about(about));
    let mut page = Vec::new();
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    writeln!(page, ".SH COMMANDS")?;
    for command in commands {
        writeln!(page, ".SS {}", command.get_bin_name().unwrap_or_default())?;
        // Options that all commands have are said once.
        let common = ["quiet", "verbose", "help", "version"];
        let part = clap_mangen::Man::new(command.clone().mut_args(|arg| {
            let known = common.contains(&arg.get_id().as_str());
            arg.hide(known)
        }));
        let mut text = Vec::new();
        part.render_description_section(&mut text)?;
        part.render_synopsis_section(&mut text)?;
        part.render_options_section(&mut text)?;
        for line in String::from_utf8_lossy(&text).lines() {
            if line.starts_with(".SH ") {
                writeln!(page, ".PP")?;
            } else if !line.starts_with(".ie ") && !line.starts_with(".el ") {
                writeln!(page, "{line}")?;
            }
        }
        after(&mut page, &command)?;
    }
    writeln!(page, ".SH EXAMPLES AND EXIT STATUS")?;
    after(&mut page, &command)?;
    Ok(page)
}

/// What the help of a command ends with, its lines as they are.
fn after(page: &mut Vec<u8>, command: &clap::Command) -> io::Result<()> {
    let Some(text) = command.get_after_help() else { return Ok(()) };
    writeln!(page, ".PP\n.nf")?;
    for line in text.to_string().lines() {
        writeln!(page, "{}", line.replace('\\', "\\e").replace('-', "\\-"))?;
    }
    writeln!(page, ".fi")
}
