//! `portolan sweep merge`: the stores of shards joined, and the results of all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::args::MergeArgs;
use super::super::failure::Failure;
use super::super::terminal;
use super::notes::shard_of;
use super::{STORE, finish, plural};
use crate::report::file::make_folder;
use crate::scenario::context::unreadable;
use crate::sweep::work::Agenda as _;
use crate::sweep::{About, Goal, Schedule, Store, Sweep};

/// Joins the stores of shards.
pub(super) fn join(args: &MergeArgs, quiet: bool) -> Result<(), Failure> {
    let stores = stores(&args.stores)?;
    let Some(first) = stores.first() else {
        return Err(Failure::BadInput(no_stores(&args.stores)));
    };
    let divisions = Divisions::of(&stores);
    divisions.check(&args.out)?;
    let about = About::read(first)?;
    let sweep = Sweep::read(about.text.as_bytes(), &about.file)?;
    for other in &stores[1..] {
        check_options((first.as_path(), &about), (other.as_path(), &About::read(other)?))?;
    }
    make_folder(&args.out)?;
    let path = args.out.join(STORE);
    let mut store = Store::open(&path, &sweep, &about.identity, true)?;
    let mut taken = 0;
    for other in &stores {
        taken += store.take(other, &about.identity)?;
    }
    let goal = Goal::of(&sweep, about.precision, about.max_seeds);
    store.note_goal(&goal)?;
    store.note_forecasts(&about.forecasts)?;
    let mut schedule = Schedule::new(sweep.cell_count(), goal, Default::default());
    for cell in store.cells_with_runs()? {
        schedule.update(cell, &store.rows(cell)?);
    }
    if !quiet {
        let (runs, from) = (plural(taken, "run"), plural(stores.len(), "store"));
        terminal::tell(&format!("{runs} of {from} joined in {}\n", path.display()));
    }
    let (total, done) = schedule.progress();
    if done < total {
        return Err(Failure::Unfinished(format!(
            "{} of {total} runs are missing{}: join the stores of the other shards too, or do these \
             runs with: portolan sweep {} --out {} --resume",
            total - done,
            divisions.lacking(),
            about.file,
            args.out.display()
        )));
    }
    finish(&args.out, &sweep, schedule.goal(), &store, (args.plots, quiet))
}

/// Shards are joined only if all were to do the same.
fn check_options(
    (first, about): (&Path, &About),
    (other, theirs): (&Path, &About),
) -> Result<(), Failure> {
    if (theirs.precision, theirs.max_seeds) == (about.precision, about.max_seeds) {
        return Ok(());
    }
    Err(Failure::BadInput(format!(
        "`{}` and `{}` were run with different --precision or --max-seeds; run one of them again with \
         --resume and the other's options",
        first.display(),
        other.display()
    )))
}

/// The stores that are named: files, or folders with stores of shards.
pub(super) fn stores(names: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut stores = Vec::new();
    for name in names {
        let failed = |error: std::io::Error| {
            Failure::BadInput(format!(
                "`{}` cannot be read: {}; name stores of shards (shard-K-of-N.sqlite) or a folder with \
                 such",
                name.display(),
                unreadable(&error)
            ))
        };
        if !std::fs::metadata(name).map_err(failed)?.is_dir() {
            stores.push(name.clone());
            continue;
        }
        let mut found = Vec::new();
        for entry in std::fs::read_dir(name).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            found.extend(shard_of(&path).map(|shard| (shard.of, shard.number, path)));
        }
        found.sort();
        stores.extend(found.into_iter().map(|(.., path)| path));
    }
    Ok(stores)
}

/// Why there is nothing to join.
fn no_stores(names: &[PathBuf]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.display())).collect();
    format!(
        "{} holds no stores of shards (shard-K-of-N.sqlite): name the folder that was --out of \
         portolan sweep FILE --shard K/N",
        names.join(" and ")
    )
}

/// Into how many parts the sweep of some stores was divided, and which parts are there, as far as the
/// names of the files tell.
struct Divisions(BTreeMap<usize, Vec<usize>>);

impl Divisions {
    fn of(stores: &[PathBuf]) -> Self {
        let mut divisions: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for shard in stores.iter().filter_map(|path| shard_of(path)) {
            divisions.entry(shard.of).or_default().push(shard.number);
        }
        for numbers in divisions.values_mut() {
            numbers.sort_unstable();
            numbers.dedup();
        }
        Self(divisions)
    }

    /// Parts of several divisions are the whole only if one of these is complete.
    fn check(&self, out: &Path) -> Result<(), Failure> {
        let is_whole = |(of, numbers): (&usize, &Vec<usize>)| numbers.len() == *of;
        if self.0.len() < 2 || self.0.iter().any(is_whole) {
            return Ok(());
        }
        let told = |(of, numbers): (&usize, &Vec<usize>)| {
            let there: Vec<String> =
                numbers.iter().map(|number| format!("{number}/{of}")).collect();
            format!("  {}; {}", there.join(", "), missing(*of, numbers))
        };
        let told: Vec<String> = self.0.iter().map(told).collect();
        Err(Failure::BadInput(format!(
            "these are shards of different divisions of the sweep, none of which is complete:\n{}\nrun \
             the missing shards of one of them, then join those alone: portolan sweep merge \
             DIR/shard-*-of-N.sqlite --out {}",
            told.join("\n"),
            out.display()
        )))
    }

    /// Which shards are not there, if that can be told.
    fn lacking(&self) -> String {
        match self.0.iter().next() {
            Some((of, numbers)) if self.0.len() == 1 && numbers.len() < *of => {
                format!(" ({})", missing(*of, numbers))
            }
            _ => String::new(),
        }
    }
}

/// Which shards of so many are not among these.
fn missing(of: usize, numbers: &[usize]) -> String {
    const SHOWN: usize = 8;
    let absent = (1..=of).filter(|number| !numbers.contains(number));
    let mut shown: Vec<String> =
        absent.take(SHOWN).map(|number| format!("{number}/{of}")).collect();
    let count = of - numbers.len();
    if count > SHOWN {
        shown.push("...".into());
    }
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb} not there", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divisions(names: &[&str]) -> Divisions {
        let paths: Vec<PathBuf> = names.iter().map(|name| format!("parts/{name}").into()).collect();
        Divisions::of(&paths)
    }

    #[test]
    fn shards_of_different_divisions_are_told_apart() {
        let mixed = divisions(&["shard-1-of-2.sqlite", "shard-2-of-3.sqlite"]);
        let Err(Failure::BadInput(told)) = mixed.check(Path::new("all")) else { panic!("mixed") };
        assert!(told.contains("  1/2; 2/2 is not there\n"), "{told}");
        assert!(told.contains("  2/3; 1/3, 3/3 are not there\n"), "{told}");
        let names = ["shard-1-of-2.sqlite", "shard-2-of-3.sqlite", "shard-2-of-2.sqlite"];
        assert!(divisions(&names).check(Path::new("all")).is_ok(), "one is whole");
        let part = divisions(&["shard-1-of-20.sqlite", "other.sqlite"]);
        assert!(part.check(Path::new("all")).is_ok());
        assert!(part.lacking().contains("2/20, 3/20") && part.lacking().contains("9/20, ..."));
        assert_eq!(divisions(&["other.sqlite"]).lacking(), "");
    }
}
