//! Two series files, to the first sample that differs.

use std::fmt::Write as _;
use std::io::Read;

use csv::StringRecord;

/// Where two series files part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parting {
    /// Nowhere: so many samples are the same.
    Nowhere(u64),
    /// The same sample of the same series has two values.
    Value {
        /// When it was taken, in seconds as in the file.
        time: String,
        /// The series.
        path: String,
        /// The values in A and B, as in the files.
        values: [String; 2],
    },
    /// The next samples are of other times or series, or one file ends: `time_s,path,value` of each.
    Row([Option<String>; 2]),
}

/// Reads both files as far as they are the same.
///
/// # Errors
/// If one cannot be read as CSV: which (0 is A), and why.
pub fn compare(a: impl Read, b: impl Read) -> Result<Parting, (usize, csv::Error)> {
    let mut files = (csv::Reader::from_reader(a), csv::Reader::from_reader(b));
    let mut rows = (StringRecord::new(), StringRecord::new());
    let mut same = 0;
    loop {
        let there = [
            files.0.read_record(&mut rows.0).map_err(|error| (0, error))?,
            files.1.read_record(&mut rows.1).map_err(|error| (1, error))?,
        ];
        if there == [false, false] {
            return Ok(Parting::Nowhere(same));
        }
        if there == [true, true] && rows.0 == rows.1 {
            same += 1;
            continue;
        }
        let field = |row: &StringRecord, i: usize| row.get(i).unwrap_or_default().to_owned();
        let is_same = |i: usize| rows.0.get(i) == rows.1.get(i);
        if there == [true, true] && is_same(0) && is_same(1) {
            let values = [field(&rows.0, 2), field(&rows.1, 2)];
            let (time, path) = (field(&rows.0, 0), field(&rows.0, 1));
            return Ok(Parting::Value { time, path, values });
        }
        let row = |row: &StringRecord| row.iter().collect::<Vec<_>>().join(",");
        let whole = [there[0].then(|| row(&rows.0)), there[1].then(|| row(&rows.1))];
        return Ok(Parting::Row(whole));
    }
}

/// What was found, in words.
#[must_use]
pub fn words(parting: &Parting) -> String {
    match parting {
        Parting::Nowhere(0) => "There are no series to compare.\n".into(),
        Parting::Nowhere(samples) => format!("All {samples} samples of the series are the same.\n"),
        Parting::Value { time, path, values: [a, b] } => {
            format!("The series part at {time} s: {path}\n    A {a}\n    B {b}\n")
        }
        Parting::Row(rows) => {
            let mut text =
                "The series part where one has other samples than the other:\n".to_owned();
            for (side, row) in ["A", "B"].iter().zip(rows) {
                let _ = writeln!(text, "    {side} {}", row.as_deref().unwrap_or("(the end)"));
            }
            text
        }
    }
}
