//! Which runs come next: first the sizes of the rules of thumb, then bisection.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Answer;
use super::bounds::Bounds;
use super::judge::{Judge, Judged, Values, Verdict};
use super::seek::{Edge, Seek, seek};
use crate::sweep::work::Agenda;
use crate::sweep::{Job, Row};

/// The search for a size.
#[derive(Debug)]
pub struct Search {
    judge: Judge,
    bounds: Bounds,
    /// Sizes that are tested whatever comes out.
    first: Vec<usize>,
    /// Runs that are done, by size and seed.
    known: BTreeMap<usize, BTreeMap<u64, Values>>,
    /// Runs that are wanted and not known, by size.
    open: BTreeMap<usize, Open>,
    /// The seeds that each size was found to need.
    wanted: BTreeMap<usize, usize>,
    end: Option<Seek>,
}

/// Runs of a size whose results are not known here.
#[derive(Debug, Default)]
struct Open {
    waiting: BTreeSet<u64>,
    running: BTreeSet<u64>,
    /// Done and in the store, but not yet looked at.
    done: BTreeSet<u64>,
}

impl Search {
    /// A search among the sizes within `bounds`, none of which is tested. The `first` ones are tested in
    /// any case, be they larger.
    #[must_use]
    pub fn new(judge: Judge, bounds: Bounds, mut first: Vec<usize>) -> Self {
        first.sort_unstable();
        first.dedup();
        let mut search = Self {
            judge,
            bounds,
            first,
            known: BTreeMap::new(),
            open: BTreeMap::new(),
            wanted: BTreeMap::new(),
            end: None,
        };
        search.advance();
        search
    }

    fn edge(&self) -> Edge {
        if self.judge.wants_large() { Edge::Smallest } else { Edge::Largest }
    }

    /// Goes from the first sizes as far as the runs that are done lead, and wants those that are
    /// needed to go on. Always the same way: what comes next depends on what runs say, not on when
    /// they were done.
    fn advance(&mut self) {
        let mut tested = BTreeMap::new();
        let mut next = self.first.clone();
        loop {
            let mut is_complete = true;
            for size in next {
                match self.test(size) {
                    Some(judged) => drop(tested.insert(size, self.is_good(&judged))),
                    None => is_complete = false,
                }
            }
            if !is_complete {
                return;
            }
            match seek(self.edge(), self.bounds, &tested) {
                Seek::Try(size) => next = vec![size],
                end => {
                    self.end = Some(end);
                    return;
                }
            }
        }
    }

    fn is_good(&self, judged: &Judged) -> bool {
        let verdict = if self.judge.wants_large() { judged.large } else { judged.small };
        verdict == Verdict::Met
    }

    /// Judges a size, or wants the runs that this takes.
    fn test(&mut self, size: usize) -> Option<Judged> {
        let runs = self.known.entry(size).or_default();
        let (count, judged) = match self.judge.judge(runs) {
            Ok(judged) => (judged.runs, Some(judged)),
            Err(count) => (count, None),
        };
        let open = self.open.entry(size).or_default();
        for seed in (1..=count as u64).filter(|seed| !runs.contains_key(seed)) {
            if !open.running.contains(&seed) && !open.done.contains(&seed) {
                open.waiting.insert(seed);
            }
        }
        self.wanted.insert(size, count);
        judged
    }

    /// What was found, once all runs are done.
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        let end = self.end?;
        let judged = |size: &usize| Some((*size, self.judge.judge(self.known.get(size)?).ok()?));
        let tested = self.wanted.keys().filter_map(judged).collect();
        Some(Answer { edge: self.edge(), end, bounds: self.bounds, tested })
    }
}

impl Agenda for Search {
    fn start_next(&mut self) -> Option<Job> {
        self.open.iter_mut().find_map(|(size, open)| {
            let seed = open.waiting.pop_first()?;
            open.running.insert(seed);
            Some(Job { cell: *size, seed })
        })
    }

    fn finish(&mut self, job: Job) -> bool {
        let Some(open) = self.open.get_mut(&job.cell) else { return false };
        open.running.remove(&job.seed);
        open.done.insert(job.seed);
        open.running.is_empty() && open.waiting.is_empty()
    }

    fn update(&mut self, size: usize, rows: &[Row]) {
        let runs = rows.iter().map(|row| (row.seed, row.values.clone()));
        let known: BTreeMap<u64, Values> = runs.collect();
        if let Some(open) = self.open.get_mut(&size) {
            open.waiting.retain(|seed| !known.contains_key(seed));
            open.done.retain(|seed| !known.contains_key(seed));
        }
        self.known.insert(size, known);
        self.advance();
    }

    fn progress(&self) -> (usize, usize) {
        let total: usize = self.wanted.values().sum();
        let open = |open: &Open| open.waiting.len() + open.running.len();
        (total, total - self.open.values().map(open).sum::<usize>())
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::Quantity;
    use super::*;

    /// A link whose utilisation is that of a queue of some size, and some noise that depends on the seed;
    /// waits are a millisecond for each packet.
    fn values(size: usize, seed: u64) -> Row {
        let noise = crate::rng::Stream::new(seed, "noise").unit() - 0.5;
        let utilization = 1.0 - 0.4 / (1.0 + size as f64) + 0.002 * noise;
        let mut values =
            vec![Some(size as f64 / 1000.0 * (1.0 + 0.01 * noise)); Quantity::ALL.len()];
        values[0] = Some(utilization.min(1.0));
        Row { seed, values }
    }

    fn search(target: &str, most: usize, first: &[usize]) -> Search {
        let target = target.parse().unwrap_or_else(|error| panic!("{error}"));
        let judge = Judge { targets: vec![target], confidence: 0.95, start: 5, most: 30 };
        Search::new(judge, Bounds { least: 1, most }, first.to_vec())
    }

    /// Does all runs, `width` at a time, the last of them first. Returns how many there were.
    fn play(
        search: &mut Search,
        store: &mut BTreeMap<usize, BTreeMap<u64, Row>>,
        width: usize,
    ) -> usize {
        let cells: Vec<usize> = store.keys().copied().collect();
        for cell in cells {
            search.update(cell, &store[&cell].values().cloned().collect::<Vec<_>>());
        }
        let (mut running, mut count) = (Vec::new(), 0);
        loop {
            while running.len() < width
                && let Some(job) = search.start_next()
            {
                running.push(job);
            }
            let Some(job) = running.pop() else { return count };
            count += 1;
            let own = store.entry(job.cell).or_default();
            assert!(own.insert(job.seed, values(job.cell, job.seed)).is_none(), "{job:?} twice");
            if search.finish(job) {
                let rows: Vec<Row> = store[&job.cell].values().cloned().collect();
                search.update(job.cell, &rows);
            }
        }
    }

    #[test]
    fn finds_the_size_and_says_where_it_is_not_sure() {
        let mut search = search("utilization >= 98%", 4096, &[3, 100]);
        play(&mut search, &mut BTreeMap::new(), 4);
        let answer = search.answer().expect("all is done");
        // 0.4 / 0.02 - 1 = 19 exactly.
        let Seek::Found(size) = answer.end else { panic!("{answer:?}") };
        assert!((19..=20).contains(&size), "{size}");
        assert!(answer.tested.contains_key(&3) && answer.tested.contains_key(&100));
        let (total, done) = search.progress();
        assert_eq!(total, done);
    }

    #[test]
    fn neither_order_nor_interruption_change_the_answer() {
        let whole = {
            let mut search = search("utilization >= 97%", 500, &[64]);
            play(&mut search, &mut BTreeMap::new(), 1);
            search.answer().expect("done")
        };
        let mut store = BTreeMap::new();
        let mut first = search("utilization >= 99%", 500, &[7, 64]);
        assert!(play(&mut first, &mut store, 8) > 20);
        let mut second = search("utilization >= 97%", 500, &[64]);
        let more = play(&mut second, &mut store, 3);
        assert_eq!(second.answer().expect("done"), whole);
        let mut third = search("utilization >= 97%", 500, &[64]);
        assert_eq!((play(&mut third, &mut store, 3), third.answer()), (0, Some(whole)), "{more}");
    }

    #[test]
    fn waits_ask_for_the_largest() {
        let mut waits = search("p99_wait <= 20ms", 4096, &[100]);
        play(&mut waits, &mut BTreeMap::new(), 2);
        let answer = waits.answer().expect("all is done");
        let Seek::Found(size) = answer.end else { panic!("{answer:?}") };
        assert!((19..=20).contains(&size), "{size}");
        let mut never = search("utilization >= 100%", 64, &[]);
        play(&mut never, &mut BTreeMap::new(), 2);
        assert_eq!(never.answer().expect("done").end, Seek::Nowhere(64));
    }
}
