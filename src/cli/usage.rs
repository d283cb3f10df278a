//! Command lines that clap refuses: what to write is said beside what lacks.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Error, Parser as _};

use super::args::Cli;
use crate::report::paragraph;

/// Options that a command needs, and where their values come from.
const NEEDED: &[(&str, &str)] = &[
    (
        "--packet",
        "name a packet by its number, such as --packet 17; `portolan trace SCENARIO` shows them",
    ),
    (
        "--link",
        "name the link whose queue it is about, such as --link r1--bob; `portolan check -v \
         SCENARIO` lists them",
    ),
    ("--at", "say when to look, such as --at 2s"),
    ("--to", "say where the packet goes, such as --to bob"),
    ("--from", "say where the packet comes from, such as --from alice"),
    ("--out", "name the folder to write into, such as --out out"),
    (
        "<SCENARIO>",
        "name a scenario: a file, or one that is built in, such as hello; `portolan list` shows \
         them",
    ),
];

/// As wide as clap's `  tip: `.
const TIP: &str = "       ";

/// What the command line says; the process ends here if it says nothing that is known.
pub(super) fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| with_tips(error).exit())
}

/// The error with a tip for each option that lacks.
fn with_tips(mut error: Error) -> Error {
    let tips: Vec<String> = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(lacking))) => {
            let tip = |lacks: &String| {
                let name = lacks.split(' ').next().unwrap_or_default().trim_end_matches('.');
                NEEDED.iter().find(|(option, _)| *option == name).map(|(_, tip)| *tip)
            };
            lacking.iter().filter_map(tip).map(wrapped).collect()
        }
        (ErrorKind::UnknownArgument, Some(ContextValue::String(found))) => {
            // A value without its option: the one that is needed next, if usage names one.
            let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
            let mut needed = NEEDED.iter().map(|(option, _)| *option);
            let option = needed
                .find(|option| option.starts_with("--") && usage.contains(&format!(" {option} <")));
            match option {
                Some(option) if found.starts_with(|c: char| c.is_ascii_digit()) => {
                    vec![format!("write it after its option: {option} {found}")]
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    };
    if !tips.is_empty() {
        let tips = tips.into_iter().map(StyledStr::from).collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    error
}

/// A tip as it stands behind clap's `  tip: `.
fn wrapped(tip: &str) -> String {
    paragraph::filled(tip, TIP, TIP).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(arguments: &[&str]) -> String {
        let error = Cli::try_parse_from([&["portolan"], arguments].concat()).expect_err("refused");
        with_tips(error).to_string()
    }

    #[test]
    fn says_where_the_value_of_an_option_that_lacks_comes_from() {
        for (arguments, tip) in [
            (&["follow", "hello"][..], "tip: name a packet by its number, such as --packet 17"),
            (&["size", "hello"], "tip: name the link whose queue it is about, such as --link"),
            (&["sockets", "hello"], "tip: say when to look, such as --at 2s"),
            (&["route", "hello", "--from", "a"], "tip: say where the packet goes, such as --to"),
            (&["run"], "tip: name a scenario: a file, or one that is built in, such as hello"),
            (&["check"], "tip: name a scenario"),
            (&["follow", "hello", "17"], "tip: write it after its option: --packet 17"),
            (&["sockets", "hello", "2s"], "tip: write it after its option: --at 2s"),
        ] {
            let told = told(arguments);
            assert!(told.contains(tip), "{arguments:?}: {told}");
            assert!(told.lines().all(|line| line.chars().count() <= paragraph::WIDTH), "{told}");
        }
        assert!(!told(&["run", "hello", "hello2"]).contains("after its option"));
    }
}
