//! What models predict beside what was measured, and which of their assumptions is strained.

use super::Look;
use super::grid::{self, Column, Column::Number, Column::Text, hang};
use super::links;
use crate::observe::results::{Comparison, Summary};

/// What is shown of a quantity: its name, its unit, and how much one of them is.
type Shown = (&'static str, &'static str, f64);

pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    const COLUMNS: [Column; 5] =
        [Text("subject"), Text("quantity"), Text("model"), Number("predicted"), Number("measured")];
    let rows = summary.theory.iter().map(|comparison| row(summary, comparison));
    let mut text = grid::print("Theory", &COLUMNS, rows.collect(), look)?;
    if summary.theory.iter().any(|comparison| comparison.half_width.is_some()) {
        text.push_str(" ±: 95 % confidence interval, from the means of parts of the run\n");
    }
    for (strain, of) in strains(summary) {
        hang(" ~ ", 3, &format!("{}: {strain}", of.join(", ")), look.width, &mut text);
    }
    Some(text)
}

fn row(summary: &Summary, comparison: &Comparison) -> Vec<String> {
    let (name, unit, one) = shown(comparison);
    let quantity = if unit.is_empty() { name.to_owned() } else { format!("{name} [{unit}]") };
    let bound = if comparison.at_least { "≥ " } else { "" };
    vec![
        subject(summary, comparison),
        quantity,
        comparison.model.to_owned(),
        format!("{bound}{}", significant(comparison.predicted / one)),
        measured(comparison, one),
    ]
}

/// A direction as the table of links has it, ports and flows by their names.
fn subject(summary: &Summary, comparison: &Comparison) -> String {
    let path = comparison.subject.as_str();
    let mut directions = summary.links.iter().flat_map(|(link, directions)| {
        directions.keys().map(move |direction| (link.as_str(), direction.as_str()))
    });
    let found = directions.find(|(link, direction)| path == format!("links.{link}.{direction}"));
    match found {
        Some((link, direction)) => links::name(link, direction),
        None => path.split_once('.').map_or(path, |(_, name)| name).to_owned(),
    }
}

fn shown(comparison: &Comparison) -> Shown {
    let of = |name, units: &[(f64, &'static str)]| {
        let fits = |&&(one, _): &&(f64, &str)| comparison.predicted < 1000.0 * one;
        let (one, unit) = units.iter().find(fits).or(units.last()).copied().unwrap_or((1.0, ""));
        (name, unit, one)
    };
    match comparison.quantity {
        "loss" => ("loss", "%", 0.01),
        "utilization" => ("in use", "%", 0.01),
        "mean_wait_seconds" => of("wait", &[(1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")]),
        "goodput_bps" => {
            of("goodput", &[(1.0, "bit/s"), (1e3, "kbit/s"), (1e6, "Mbit/s"), (1e9, "Gbit/s")])
        }
        _ => ("waiting", "", 1.0),
    }
}

/// With two digits of the half width, or four in all without one.
fn measured(comparison: &Comparison, one: f64) -> String {
    let Some(value) = comparison.measured.map(|value| value / one) else { return "–".into() };
    match comparison.half_width.map(|half| half / one).filter(|&half| half > 0.0) {
        Some(half) => {
            let decimals = decimals(half, 2);
            format!("{value:.decimals$} ± {half:.decimals$}")
        }
        None => significant(value),
    }
}

fn significant(value: f64) -> String {
    // Below that it is as good as nothing.
    if value.abs() < 1e-6 {
        return "0".into();
    }
    format!("{value:.*}", decimals(value, 4))
}

/// How many decimals show so many digits.
fn decimals(value: f64, digits: i32) -> usize {
    let exponent = libm::floor(libm::log10(value.abs().max(1e-12))) as i32;
    usize::try_from(digits - 1 - exponent).unwrap_or(0).min(9)
}

/// What is strained, and of what: each said once.
fn strains(summary: &Summary) -> Vec<(&str, Vec<String>)> {
    let mut told: Vec<(&str, Vec<String>)> = Vec::new();
    for comparison in &summary.theory {
        let of = format!("{} ({})", subject(summary, comparison), comparison.model);
        for strain in &comparison.strained {
            match told.iter_mut().find(|(other, _)| other == strain) {
                Some((_, all)) if all.contains(&of) => {}
                Some((_, all)) => all.push(of.clone()),
                None => told.push((strain, vec![of.clone()])),
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn comparison(subject: &str, quantity: &'static str, model: &'static str) -> Comparison {
        Comparison { subject: subject.into(), quantity, model, ..Comparison::default() }
    }

    #[test]
    fn says_what_is_predicted_measured_and_strained() {
        let mut summary = sample::summary();
        let link = "links.r1--bob.r1->bob";
        let strained =
            vec!["not all arrivals are Poisson: a-ping-with-a-long-name (ping)".to_owned(); 2];
        summary.theory = vec![
            Comparison {
                predicted: 0.002_353_4,
                measured: Some(0.002_412),
                half_width: Some(0.000_213),
                strained: strained.clone(),
                ..comparison(link, "loss", "M/D/1/K")
            },
            Comparison {
                predicted: 0.001_202,
                measured: Some(0.001_199),
                strained,
                ..comparison(link, "mean_wait_seconds", "M/D/1/K")
            },
            Comparison {
                predicted: 0.9899,
                at_least: true,
                measured: Some(1.0),
                ..comparison(link, "utilization", "√n")
            },
            Comparison {
                predicted: 1e-9,
                ..comparison("ports.bob:53/udp", "mean_packets", "M/M/1")
            },
            Comparison {
                predicted: 3.2e7,
                measured: Some(3.1e7),
                half_width: Some(1.3e6),
                ..comparison("flows.bulk", "goodput_bps", "PFTK")
            },
        ];
        let text = print(&summary, &Look::default()).expect("a table");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!(text);
        summary.theory.clear();
        assert_eq!(print(&summary, &Look::default()), None);
    }
}
