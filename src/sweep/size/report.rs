//! What was found, as text and as files.

use std::path::Path;

use super::answer::Answer;
use super::judge::{Judge, Judged, Verdict};
use super::seek::{Edge, Seek};
use super::sizing::Sizing;
use super::target::{Quantity, Target};
use super::thumb;
use crate::sweep::columns::{self, Column, parts};
use crate::sweep::results::{ResultsError, Sheet, text};
use crate::sweep::statistics::Estimate;
use crate::sweep::{Store, Study as _, Unit};

/// What is said in place of what intervals mean.
const NO_CHANCE: &str = " Runs with different seeds do not differ: nothing in this scenario is left to\n \
chance, and there is no interval. Jitter of a link or random arrivals bring\n chance in.\n";

/// What is said of a search.
#[derive(Debug)]
pub struct Report<'a> {
    /// What was searched.
    pub sizing: &'a Sizing,
    /// How sizes were judged.
    pub judge: &'a Judge,
    /// What was found.
    pub answer: &'a Answer,
}

impl Report<'_> {
    /// The sizes that were tested, one a row, with the measures of the targets.
    #[must_use]
    pub fn sizes(&self) -> String {
        let tested: Vec<(&usize, &Judged)> = self.answer.tested.iter().collect();
        let column = |heading: &str, is_number, text: &dyn Fn(&(&usize, &Judged)) -> String| {
            let cells = tested.iter().map(text).collect();
            Column { heading: heading.into(), cells, is_number }
        };
        let fixed = [
            column("Queue", true, &|(size, _)| self.sizing.label(**size)),
            column("Runs", true, &|(_, judged)| judged.runs.to_string()),
            column("Target", false, &|(_, judged)| judged.overall().word().into()),
        ];
        let judged: Vec<&Judged> = tested.iter().map(|(_, judged)| *judged).collect();
        let mut text = parts(&fixed, &self.measured(&self.quantities(&[]), &judged));
        match self.answer.is_without_chance() {
            true => text.push_str(NO_CHANCE),
            false => text.push_str(&columns::legend(self.judge.confidence)),
        }
        text
    }

    /// What the rules of thumb are computed from.
    #[must_use]
    pub fn path(path: &thumb::Path) -> String {
        let plain = |unit: Unit, value: f64| {
            let estimate = Estimate { count: 1, mean: Some(value), ..Estimate::default() };
            columns::shown(unit, &estimate).unwrap_or_default()
        };
        let connections = match path.connections {
            1 => "1 long TCP connection".to_owned(),
            n => format!("{n} long TCP connections"),
        };
        let rtt = plain(Unit::Seconds, path.rtt_seconds);
        let window = plain(Unit::Number, path.window());
        format!(
            "Rules of thumb with C = {}, RTT = {rtt}, n = {connections},\n\
             windows of W = {window} packets:\n",
            path.rate
        )
    }

    /// Sizes that have names, one a row, with the most usual measures.
    #[must_use]
    pub fn named(&self, heading: &str, names: &[(String, usize)]) -> String {
        let judged = |(name, size): &(String, usize)| {
            self.answer.tested.get(size).map(|judged| (name.clone(), *size, judged))
        };
        let rows: Vec<(String, usize, &Judged)> = names.iter().filter_map(judged).collect();
        let names = rows.iter().map(|(name, ..)| name.clone()).collect();
        let sizes = rows.iter().map(|(_, size, _)| self.sizing.label(*size)).collect();
        let fixed = [
            Column { heading: heading.into(), cells: names, is_number: false },
            Column { heading: "Queue".into(), cells: sizes, is_number: true },
        ];
        let judged: Vec<&Judged> = rows.iter().map(|(.., judged)| *judged).collect();
        let usual = [Quantity::Utilization, Quantity::Loss, Quantity::P99Wait];
        parts(&fixed, &self.measured(&self.quantities(&usual), &judged))
    }

    /// These measures and those of the targets, in the order of all.
    fn quantities(&self, usual: &[Quantity]) -> Vec<Quantity> {
        let of_target = |quantity: &Quantity| {
            self.judge.targets.iter().any(|target| target.quantity == *quantity)
        };
        let wanted = |quantity: &Quantity| usual.contains(quantity) || of_target(quantity);
        Quantity::ALL.into_iter().filter(wanted).collect()
    }

    fn measured(&self, quantities: &[Quantity], rows: &[&Judged]) -> Vec<Vec<Column>> {
        let is_sure = self.answer.is_without_chance();
        let column = |quantity: &Quantity| {
            let place = quantity.place();
            let estimate = |row: &&Judged| {
                let it = row.estimates[place];
                Estimate { half_width: it.half_width.filter(|_| !is_sure), ..it }
            };
            let estimates: Vec<Estimate> = rows.iter().map(estimate).collect();
            vec![Column::of_measure(&self.sizing.measures()[place], &estimates)]
        };
        quantities.iter().map(column).collect()
    }

    /// The answer in words, or why there is none.
    ///
    /// # Errors
    /// If no size meets the targets: what was reached.
    pub fn answer(&self) -> Result<String, String> {
        let target = self.target();
        let size = match self.answer.end {
            Seek::Found(size) => size,
            Seek::Nowhere(size) | Seek::Try(size) => return Err(self.nowhere(size)),
        };
        let label = self.sizing.label(size);
        if self.answer.is_contradiction() {
            let reached = self.reached(size);
            return Err(format!(
                "no queue meets all targets: {label} is the smallest that is long enough, and there \
                 {reached}; ask for less"
            ));
        }
        let level = format!("{:.4}", self.judge.confidence * 100.0);
        let level = level.trim_end_matches('0').trim_end_matches('.');
        let sure = match self.answer.is_without_chance() {
            true => "nothing is left to chance".to_owned(),
            false => format!("{level} % confidence"),
        };
        let which = match self.answer.edge {
            Edge::Smallest => "smallest",
            Edge::Largest => "largest",
        };
        let mut text = format!("The {which} queue with {target}: {label} ({sure})\n");
        text.push_str(&self.doubts(size));
        Ok(text)
    }

    /// What is known on the other side of the size that was found.
    fn doubts(&self, size: usize) -> String {
        let most = self.judge.most;
        let mut text = String::new();
        let unclear = self.answer.unclear();
        if let [first, .., last] | [first @ last] = unclear.as_slice() {
            let (first, last) = (self.sizing.label(*first), self.sizing.label(*last));
            let range = if first == last { first } else { format!("{first} to {last}") };
            text.push_str(&format!(" {range}: not clear even with {most} seeds\n"));
        }
        match self.answer.sure_miss() {
            Some(miss) => {
                let surely = if self.answer.is_without_chance() { "" } else { "surely " };
                text.push_str(&format!(" {} {surely}misses it\n", self.sizing.label(miss)));
            }
            None if size == self.answer.bounds.least && size > 1 => {
                text.push_str(
                    " and this queue cannot be smaller: its other settings need the room\n",
                );
            }
            None if size == self.answer.bounds.most && self.answer.edge == Edge::Largest => {
                text.push_str(" and no larger one was tested: --max sets how large they may be\n");
            }
            None => {}
        }
        for (size, verdict) in self.answer.exceptions() {
            let label = self.sizing.label(size);
            let what = if verdict == Verdict::Met { "meets" } else { "misses" };
            text.push_str(&format!(
                " note: {label} {what} it: larger and smaller queues take turns, so that there may \
                 be other answers\n"
            ));
        }
        text
    }

    fn nowhere(&self, size: usize) -> String {
        let (target, reached) = (self.target(), self.reached(size));
        let label = self.sizing.label(size);
        let has = if self.answer.is_without_chance() { "has" } else { "surely has" };
        match self.answer.edge {
            Edge::Smallest => format!(
                "no queue up to {label} {has} {target}: at {label} {reached}; ask for less, or let \
                 --max be larger"
            ),
            Edge::Largest => {
                let least = if size > 1 { ", which cannot be smaller," } else { "" };
                format!("not even a queue of {label}{least} {has} {target}: there {reached}")
            }
        }
    }

    /// What the targets' measures are at a size.
    fn reached(&self, size: usize) -> String {
        let Some(judged) = self.answer.tested.get(&size) else { return "nothing is known".into() };
        let told = |target: &Target| {
            let name = target.quantity.name();
            let estimate = &judged.estimates[target.quantity.place()];
            match columns::shown(target.quantity.unit(), estimate) {
                Some(text) => format!("{name} is {text}"),
                None => format!("{name} has no value"),
            }
        };
        self.judge.targets.iter().map(told).collect::<Vec<_>>().join(" and ")
    }

    /// All targets, in a line.
    #[must_use]
    pub fn target(&self) -> String {
        let texts: Vec<String> = self.judge.targets.iter().map(ToString::to_string).collect();
        texts.join(" and ")
    }

    /// Writes `results.csv` with a row for each run that counts, and `sizes.csv` with a row for each size.
    ///
    /// # Errors
    /// If the store cannot be read or a file not be written.
    pub fn write(&self, dir: &Path, store: &Store) -> Result<(), ResultsError> {
        let names = || Quantity::ALL.into_iter().map(|quantity| quantity.name().to_owned());
        let mut runs = Sheet::create(&dir.join("results.csv"))?;
        runs.row(["queue", "seed"].map(str::to_owned).into_iter().chain(names()))?;
        let mut sizes = Sheet::create(&dir.join("sizes.csv"))?;
        let pair = |name: String| [format!("{name} mean"), format!("{name} half-width")];
        let start = ["queue", "runs", "target"].map(str::to_owned).into_iter();
        sizes.row(start.chain(names().flat_map(pair)))?;
        for (size, judged) in &self.answer.tested {
            let label = self.sizing.label(*size);
            for row in store.rows(*size)?.iter().take_while(|row| row.seed <= judged.runs as u64) {
                let values = row.values.iter().copied().map(text);
                runs.row([label.clone(), row.seed.to_string()].into_iter().chain(values))?;
            }
            let word = judged.overall().word().to_owned();
            let pair = |it: &Estimate| [text(it.mean), text(it.half_width)];
            let start = [label, judged.runs.to_string(), word].into_iter();
            sizes.row(start.chain(judged.estimates.iter().flat_map(pair)))?;
        }
        let files = [runs.finish()?, sizes.finish()?];
        files.into_iter().try_for_each(crate::report::file::Pending::commit)?;
        Ok(())
    }
}
