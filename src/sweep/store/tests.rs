use super::*;
use crate::sweep::Subject;
use crate::sweep::file::tests::sweep;

const TEXT: &str = "[vary]\nduration = ['1s', '2s']\n[measure]\nm = 'seed'\nk = 'seed'\n";

fn opened(path: &Path, text: &str, resume: bool) -> Result<Store, StoreError> {
    let sweep = sweep(text);
    let subject = Subject::find(&sweep, Path::new("/")).expect("built in");
    Store::open(path, &sweep, &Identity::of(&sweep, &subject), resume)
}

fn row(seed: u64, m: Option<f64>) -> Row {
    Row { seed, values: vec![m, Some(0.1 + 0.2)] }
}

#[test]
fn keeps_values_to_the_last_bit_in_the_order_of_seeds() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sqlite");
    let store = opened(&path, TEXT, false).expect("new");
    for row in [row(7, Some(f64::MIN_POSITIVE)), row(1, None), row(u64::MAX >> 2, None)] {
        store.add(1, &row).expect("adds");
    }
    assert!(store.add(1, &row(7, None)).is_err(), "each run once");
    drop(store);
    let store = opened(&path, TEXT, true).expect("old");
    let expected = [row(1, None), row(7, Some(f64::MIN_POSITIVE)), row(u64::MAX >> 2, None)];
    assert_eq!(store.rows(1).expect("reads"), expected);
    assert_eq!(store.rows(0).expect("reads"), []);
    assert_eq!(store.cells_with_runs().expect("reads"), [1]);
}

#[test]
fn runs_of_different_sweeps_do_not_mix() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sqlite");
    drop(opened(&path, TEXT, false).expect("new"));
    let told = |text: &str, resume| opened(&path, text, resume).expect_err("no").to_string();
    assert!(told(TEXT, false).contains("--resume"));
    let changed =
        told("[vary]\nduration = ['1s', '3s']\n[measure]\nm = 'seed'\nk = 'seed'\n", true);
    assert!(changed.contains("what varies or is set differs"), "{changed}");
    drop(opened(&path, &format!("seeds = 30\n{TEXT}"), true).expect("seeds may change"));
}

#[test]
fn one_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sqlite");
    let first = opened(&path, TEXT, false).expect("new");
    let second = opened(&path, TEXT, true).expect_err("in use");
    assert!(matches!(second, StoreError::InUse(_)), "{second}");
    drop(first);
    opened(&path, TEXT, true).expect("free again");
}

#[test]
fn other_files_are_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sqlite");
    std::fs::write(&path, "not a database, but long enough to look at").expect("writes");
    assert!(matches!(opened(&path, TEXT, true), Err(StoreError::Foreign(_))));
    std::fs::remove_file(&path).expect("removes");
    Connection::open(&path).and_then(|c| c.execute_batch("CREATE TABLE t (x)")).expect("SQL");
    assert!(matches!(opened(&path, TEXT, true), Err(StoreError::Foreign(_))));
}

#[test]
fn stores_of_parts_join() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let identity = {
        let sweep = sweep(TEXT);
        let subject = Subject::find(&sweep, Path::new("/")).expect("built in");
        Identity::of(&sweep, &subject)
    };
    for (name, seed, m) in [("a", 1, 1.0), ("b", 2, 2.0), ("c", 2, 2.5)] {
        let store = opened(&path(name), TEXT, false).expect("new");
        store.add(0, &row(seed, Some(m))).expect("adds");
    }
    let mut whole = opened(&path("whole"), TEXT, false).expect("new");
    assert_eq!(whole.take(&path("a"), &identity).expect("joins"), 1);
    assert_eq!(whole.take(&path("b"), &identity).expect("joins"), 1);
    assert_eq!(whole.take(&path("b"), &identity).expect("again"), 0);
    assert!(matches!(whole.take(&path("c"), &identity), Err(StoreError::Contradiction(_))));
    assert_eq!(whole.rows(0).expect("reads"), [row(1, Some(1.0)), row(2, Some(2.0))]);
    assert_eq!(About::read(&path("a")).expect("reads").text, sweep(TEXT).text);
    assert!(About::read(&path("none")).is_err());
}
