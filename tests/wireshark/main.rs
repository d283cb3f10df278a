//! Captures read by programs that are not ours: tshark, capinfos, tcptrace.
//!
//! Every scenario that ships is run with everything captured. `tshark` must find every packet well made, every
//! checksum right except in packets that the wire has damaged, and must tell of every TCP connection what the
//! simulator says happened. Where its words differ from the simulator's, `rules` has the reason, packet by
//! packet; `docs/captures.md` tells it to readers.
//!
//! Without the programs the tests say so and pass; with `CI=true` in the environment they fail.

mod agreement;
mod cases;
#[path = "../support/parallel.rs"]
mod parallel;
mod readers;
mod rules;
mod stories;
mod tools;
mod truth;
mod well_made;

use std::collections::BTreeMap;

use tools::Row;
use truth::Seen;

/// A capture as tshark reads it, packet by packet beside what was simulated.
struct Reading<'a> {
    place: String,
    rows: &'a [Row],
    seen: &'a [Seen],
}

/// Faults found, by what is wrong: the first of a kind with an example, and how many there are.
#[derive(Default)]
struct Faults(BTreeMap<String, (u64, String)>);

impl Faults {
    fn note(&mut self, what: impl Into<String>, example: impl FnOnce() -> String) {
        self.0.entry(what.into()).or_insert_with(|| (0, example())).0 += 1;
    }

    fn unless(&mut self, right: bool, what: &str, example: impl FnOnce() -> String) {
        if !right {
            self.note(what, example);
        }
    }

    fn lines(&self) -> Vec<String> {
        let line = |(what, (count, example)): (&String, &(u64, String))| {
            format!("{count} times: {what}, for example {example}")
        };
        self.0.iter().map(line).collect()
    }
}

#[test]
fn every_capture_reads_as_it_was_simulated() {
    if !tools::present(&["tshark"]) {
        return;
    }
    let faults: Vec<String> = parallel::in_parallel(&cases::all(), |case| {
        let run = case.run();
        let mut lines = Vec::new();
        for (file, seen) in &run.truth.files {
            let rows = tools::read(&run.file(file));
            let mut faults = Faults::default();
            let place = format!("{}/{file}", case.name());
            let reading = Reading { place, rows: &rows, seen };
            well_made::judge(&reading, &mut faults);
            agreement::judge(&reading, &run.truth, run.is_end(file), &mut faults);
            lines.extend(faults.lines().iter().map(|line| format!("{}: {line}", reading.place)));
        }
        lines
    })
    .concat();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
