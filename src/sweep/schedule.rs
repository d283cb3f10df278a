//! Which run comes next, and when a cell has enough of them.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::file::Sweep;
use super::statistics::Estimate;
use super::store::Row;
use super::work::Agenda;

/// One run: a cell and a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Job {
    /// The number of the cell.
    pub cell: usize,
    /// The seed.
    pub seed: u64,
}

/// One of several parts that a sweep is divided into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1 on.
    pub number: usize,
    /// How many parts there are.
    pub of: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self { number: 1, of: 1 }
    }
}

impl FromStr for Shard {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').and_then(|(number, of)| {
            Some(Self { number: number.trim().parse().ok()?, of: of.trim().parse().ok()? })
        });
        parts
            .filter(|shard| (1..=shard.of).contains(&shard.number))
            .ok_or("write K/N with K from 1 to N, such as 2/5")
    }
}

/// When a cell has been run often enough.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// The confidence level of intervals.
    pub confidence: f64,
    /// How narrow they must be, as a share of the mean; if none, the seeds of the file are enough.
    pub precision: Option<f64>,
    /// The seeds that each cell has from the start.
    start: usize,
    /// All seeds that a cell may have, ascending.
    seeds: Vec<u64>,
}

impl Goal {
    /// The goal of a sweep. `precision` and `max_seeds` are used in place of those of the file.
    #[must_use]
    pub fn of(sweep: &Sweep, precision: Option<f64>, max_seeds: Option<usize>) -> Self {
        let precision = precision.or(sweep.precision);
        let mut sweep = sweep.clone();
        sweep.max_seeds = max_seeds.unwrap_or(sweep.max_seeds);
        let seeds = sweep.all_seeds(precision.is_some());
        Self { confidence: sweep.confidence, precision, start: sweep.seeds.len(), seeds }
    }

    /// The seeds that a cell with these runs needs, those that it has included: the first so many of
    /// all. With a precision to reach, the runs are judged when the seeds of the file are done, and
    /// then each time a quarter more are: at fixed numbers, so that the outcome does not depend on
    /// which run ends first.
    #[must_use]
    pub fn seeds_for(&self, rows: &[Row]) -> &[u64] {
        let mut count = self.start.min(self.seeds.len());
        while count < self.seeds.len() {
            let seeds = &self.seeds[..count];
            let done: Vec<&Row> =
                rows.iter().filter(|row| seeds.binary_search(&row.seed).is_ok()).collect();
            if done.len() < count || self.is_reached(&done) {
                break;
            }
            count = (count + count.div_ceil(4).max(2)).min(self.seeds.len());
        }
        &self.seeds[..count]
    }

    fn is_reached(&self, rows: &[&Row]) -> bool {
        let Some(precision) = self.precision else { return true };
        let measures = rows.first().map_or(0, |row| row.values.len());
        (0..measures).all(|measure| {
            let values = rows.iter().map(|row| row.values[measure]);
            Estimate::of(values, self.confidence).is_narrow(precision)
        })
    }

    /// The most seeds that a cell may have.
    #[must_use]
    pub const fn most(&self) -> usize {
        self.seeds.len()
    }

    /// Of the runs of a cell, those that count.
    #[must_use]
    pub fn counted(&self, mut rows: Vec<Row>) -> Vec<Row> {
        let seeds = self.seeds_for(&rows).to_vec();
        rows.retain(|row| seeds.binary_search(&row.seed).is_ok());
        rows
    }
}

/// The runs that are to be done, are being done and are done.
#[derive(Debug)]
pub struct Schedule {
    goal: Goal,
    shard: Shard,
    cells: Vec<Runs>,
    /// No cell before this one has a run to be started.
    first: usize,
    total: usize,
    done: usize,
}

/// The runs of a cell that are this shard's.
#[derive(Debug, Default)]
struct Runs {
    /// How many of the seeds are wanted, those of other shards included.
    wanted: usize,
    waiting: BTreeSet<u64>,
    running: BTreeSet<u64>,
}

impl Schedule {
    /// All runs of a shard, none of which is done.
    #[must_use]
    pub fn new(cells: usize, goal: Goal, shard: Shard) -> Self {
        let cells = (0..cells).map(|_| Runs::default()).collect();
        let mut schedule = Self { goal, shard, cells, first: 0, total: 0, done: 0 };
        for cell in 0..schedule.cells.len() {
            schedule.want(cell, schedule.goal.start.min(schedule.goal.seeds.len()));
        }
        schedule
    }

    /// What is to be reached.
    #[must_use]
    pub const fn goal(&self) -> &Goal {
        &self.goal
    }

    /// Whether a run is this shard's: runs are dealt out in turn; whole cells are, if how many runs a
    /// cell needs is seen from those that are done.
    fn owns(&self, cell: usize, place: usize) -> bool {
        let turn = match self.goal.precision {
            Some(_) => cell,
            None => cell * self.goal.seeds.len() + place,
        };
        turn % self.shard.of == self.shard.number - 1
    }

    fn want(&mut self, cell: usize, count: usize) {
        for place in self.cells[cell].wanted..count {
            if self.owns(cell, place) {
                self.cells[cell].waiting.insert(self.goal.seeds[place]);
                self.total += 1;
                self.first = self.first.min(cell);
            }
        }
        self.cells[cell].wanted = self.cells[cell].wanted.max(count);
    }
}

impl Agenda for Schedule {
    fn start_next(&mut self) -> Option<Job> {
        while let Some(runs) = self.cells.get_mut(self.first) {
            if let Some(seed) = runs.waiting.pop_first() {
                runs.running.insert(seed);
                return Some(Job { cell: self.first, seed });
            }
            self.first += 1;
        }
        None
    }

    fn finish(&mut self, job: Job) -> bool {
        let runs = &mut self.cells[job.cell];
        self.done += usize::from(runs.running.remove(&job.seed));
        let is_last = runs.running.is_empty() && runs.waiting.is_empty();
        is_last && self.goal.precision.is_some()
    }

    fn update(&mut self, cell: usize, rows: &[Row]) {
        let count = self.goal.seeds_for(rows).len();
        self.want(cell, count);
        for row in rows {
            let runs = &mut self.cells[cell];
            if runs.waiting.remove(&row.seed) || runs.running.remove(&row.seed) {
                self.done += 1;
            }
        }
    }

    fn progress(&self) -> (usize, usize) {
        (self.total, self.done)
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::sweep;
    use super::*;

    fn goal(text: &str) -> Goal {
        Goal::of(&sweep(&format!("{text}\n[measure]\nm = 'seed'")), None, None)
    }

    fn rows(values: &[f64]) -> Vec<Row> {
        let row =
            |(i, value): (usize, &f64)| Row { seed: i as u64 + 1, values: vec![Some(*value)] };
        values.iter().enumerate().map(row).collect()
    }

    fn all(schedule: &mut Schedule) -> Vec<(usize, u64)> {
        std::iter::from_fn(|| schedule.start_next()).map(|job| (job.cell, job.seed)).collect()
    }

    #[test]
    fn every_cell_is_run_with_every_seed() {
        let mut schedule = Schedule::new(2, goal("seeds = [3, 5]"), Shard::default());
        assert_eq!(all(&mut schedule), [(0, 3), (0, 5), (1, 3), (1, 5)]);
        assert_eq!(schedule.progress(), (4, 0));
        assert!(!schedule.finish(Job { cell: 0, seed: 5 }));
        assert!(!schedule.finish(Job { cell: 0, seed: 3 }), "nothing depends on what came out");
        assert_eq!(schedule.progress(), (4, 2));
    }

    #[test]
    fn shards_are_everything_and_nothing_twice() {
        for of in 1..=5 {
            let mut runs = Vec::new();
            for number in 1..=of {
                let shard = Shard { number, of };
                runs.extend(all(&mut Schedule::new(3, goal("seeds = 4"), shard)));
            }
            runs.sort_unstable();
            assert_eq!(runs.len(), 12);
            assert_eq!(runs, all(&mut Schedule::new(3, goal("seeds = 4"), Shard::default())));
        }
        assert_eq!("2/5".parse(), Ok(Shard { number: 2, of: 5 }));
        for wrong in ["0/5", "6/5", "2", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_done_is_not_done_again() {
        let mut schedule = Schedule::new(2, goal("seeds = 3"), Shard::default());
        schedule.update(0, &rows(&[1.0, 2.0]));
        assert_eq!(schedule.progress(), (6, 2));
        assert_eq!(all(&mut schedule), [(0, 3), (1, 1), (1, 2), (1, 3)]);
    }

    #[test]
    fn seeds_are_added_until_the_interval_is_narrow() {
        let goal = goal("seeds = 4\nprecision = '1%'\nmax-seeds = 9");
        let wide = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0];
        assert_eq!(goal.seeds_for(&rows(&wide[..3])).len(), 4, "not all there to judge");
        assert_eq!(goal.seeds_for(&rows(&wide[..4])).len(), 6);
        assert_eq!(goal.seeds_for(&rows(&wide[..6])).len(), 8);
        assert_eq!(goal.seeds_for(&rows(&wide)).len(), 9, "the most");
        let narrow = [1.0, 1.001, 1.0, 1.001, 5.0];
        assert_eq!(goal.seeds_for(&rows(&narrow)).len(), 4);
        assert_eq!(goal.counted(rows(&narrow)).len(), 4, "what was run beyond does not count");

        let mut schedule = Schedule::new(1, goal, Shard::default());
        assert_eq!(all(&mut schedule).len(), 4);
        (1..=3).for_each(|seed| assert!(!schedule.finish(Job { cell: 0, seed })));
        assert!(schedule.finish(Job { cell: 0, seed: 4 }));
        schedule.update(0, &rows(&wide[..4]));
        assert_eq!(schedule.progress(), (6, 4));
        assert_eq!(all(&mut schedule), [(0, 5), (0, 6)]);
    }
}
