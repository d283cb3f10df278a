//! What `run` prints: the summary as tables within a terminal's width.
//!
//! One file per table. Each makes its rows and leaves their fitting to `grid`; a table without
//! anything to say is left out.

mod connections;
mod decisions;
mod details;
mod expectations;
mod flows;
mod grid;
mod hosts;
mod links;
mod listeners;
mod paint;
mod ports;
mod sockets;
mod theory;

pub use sockets::print as sockets;

use paint::Paint;

use crate::observe::results::Summary;
use crate::packet::ipv4::Protocol;

/// The most rows of a table that are printed.
const MAX_ROWS: usize = 20;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to use colour.
    pub colour: bool,
    /// The name of the service registered for a port, if it has one.
    pub service: fn(u16, Protocol) -> Option<&'static str>,
}

impl Default for Look {
    /// Eighty columns without colour or service names.
    fn default() -> Self {
        Self { width: 80, colour: false, service: |_, _| None }
    }
}

/// The whole summary as text.
#[must_use]
pub fn print(summary: &Summary, look: &Look) -> String {
    let parts = [
        heading(summary, look),
        links::print(summary, look),
        decisions::print(summary, look),
        ports::print(summary, look),
        listeners::print(summary, look),
        flows::print(summary, look),
        connections::print(summary, look),
        details::print(summary, look),
        hosts::print(summary, look),
        theory::print(summary, look),
        expectations::print(summary, look),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn heading(summary: &Summary, look: &Look) -> Option<String> {
    let title = match summary.title.is_empty() {
        true => &summary.scenario,
        false => &summary.title,
    };
    let (seconds, seed) = (super::human::time(summary.simulated_seconds), summary.seed);
    let title = grid::wrap(title.split_whitespace(), look.width).join("\n");
    Some(format!("{}\n{seconds} simulated, seed {seed}\n", Paint(look.colour).bold(&title)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn fits_eighty_columns() {
        let text = print(&sample::summary(), &Look::default());
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn names_services() {
        let service =
            |port, protocol| (port == 53 && protocol == Protocol::Udp).then_some("domain");
        let text = print(&sample::summary(), &Look { service, ..Look::default() });
        assert!(text.contains("bob:53/udp (doma…)") && !text.contains("5001/udp ("), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let plain = print(&sample::summary(), &Look::default());
        let colourful = print(&sample::summary(), &Look { colour: true, ..Look::default() });
        assert!(!plain.contains('\x1b') && colourful.contains('\x1b'));
        let mut stripped = String::new();
        for (i, piece) in colourful.split('\x1b').enumerate() {
            stripped.push_str(if i == 0 {
                piece
            } else {
                &piece[piece.find('m').expect("ends") + 1..]
            });
        }
        assert_eq!(stripped, plain);
    }

    #[test]
    fn long_tables_are_cut() {
        let mut summary = sample::summary();
        let port = summary.ports[0].clone();
        for number in 6000..6100 {
            summary.ports.insert(format!("bob:{number}/udp"), port.clone());
        }
        let text = ports::print(&summary, &Look::default()).expect("a table");
        assert!(text.contains("… and 82 more (summary.json has all)"), "{text}");
        assert!(text.contains("bob:6017/udp") && !text.contains("bob:6018/udp"), "{text}");
    }

    #[test]
    fn an_empty_run_prints_only_its_heading() {
        let mut summary = sample::summary();
        summary.links.clear();
        summary.ports.clear();
        summary.flows.clear();
        summary.hosts.clear();
        summary.expectations.clear();
        let text = print(&summary, &Look::default());
        assert_eq!(text, "A slow uplink overflows\n10 s simulated, seed 7\n");
    }
}
