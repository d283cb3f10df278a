//! Any bytes as a folder of results: `plot-data.json` and, after a zero byte, `series.csv`. They are
//! refused or drawn, and compared with themselves.

use std::fs;

use portolan::report::diff::samples;
use portolan::report::plot::{Format, all};
use portolan::report::store::read_back;

pub(crate) fn run(data: &[u8]) {
    let mut parts = data.splitn(2, |&byte| byte == 0);
    let (json, rows) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let folder = std::env::temp_dir().join(format!("portolan-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for scratch files");
    fs::write(folder.join("plot-data.json"), json).expect("room for a small file");
    fs::write(folder.join("series.csv"), rows).expect("room for a small file");
    if let Ok(input) = read_back(&folder) {
        for (stem, drawn) in all(&input, Format::Svg) {
            assert!(!drawn.is_empty(), "{stem}");
        }
    }
    let _ = samples::compare(rows, rows);
    let _ = fs::remove_dir_all(&folder);
}
