//! Rows of `series.csv`: exact decimal seconds, path, shortest decimal value.

use std::io::{self, Read, Write};

use crate::units::Time;

/// Picoseconds of a second.
const SECOND: u64 = 1_000_000_000_000;
/// The heading of the file.
const HEADING: [&str; 3] = ["time_s", "path", "value"];

/// A writer of rows. It remembers the first error and writes nothing after it.
#[derive(Debug)]
pub struct Rows<W: Write> {
    writer: csv::Writer<W>,
    failed: Option<csv::Error>,
}

impl<W: Write> Rows<W> {
    /// Begins with the heading.
    pub fn new(out: W) -> Self {
        let mut writer = csv::Writer::from_writer(out);
        let failed = writer.write_record(HEADING).err();
        Self { writer, failed }
    }

    /// Writes one row.
    pub fn write(&mut self, time: Time, path: &str, value: f64) {
        if self.failed.is_none() {
            let (time, value) = (seconds(time), value.to_string());
            self.failed = self.writer.write_record([&time, path, &value]).err();
        }
    }

    /// Whether there was an error.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The first error of the writer.
    pub fn finish(self) -> io::Result<W> {
        match self.failed {
            Some(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) => error,
                other => io::Error::other(format!("{other:?}")),
            }),
            None => self.writer.into_inner().map_err(csv::IntoInnerError::into_error),
        }
    }
}

/// Why a series file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// Not CSV, or the system refused.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A row that is not time, path, value.
    #[error("line {line}: `{text}` is not {expected}")]
    Field {
        /// The line, from 1.
        line: u64,
        /// What is written there.
        text: String,
        /// What should be.
        expected: &'static str,
    },
}

/// Reads rows back and hands each to `take`.
///
/// # Errors
/// The first row that is not one.
pub fn read(input: impl Read, mut take: impl FnMut(Time, &str, f64)) -> Result<(), RowError> {
    let mut reader = csv::Reader::from_reader(input);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let line = record.position().map_or(0, csv::Position::line);
        let field = |i: usize| record.get(i).unwrap_or_default();
        let wrong = |i: usize, expected| RowError::Field { line, text: field(i).into(), expected };
        let time = exact(field(0)).ok_or_else(|| wrong(0, "a time in seconds"))?;
        let value = field(2).parse().map_err(|_| wrong(2, "a number"))?;
        take(time, field(1), value);
    }
    Ok(())
}

/// A time as exact decimal seconds: `1.5`.
fn seconds(time: Time) -> String {
    let (whole, rest) = (time.as_ps() / SECOND, time.as_ps() % SECOND);
    match rest {
        0 => whole.to_string(),
        _ => format!("{whole}.{rest:012}").trim_end_matches('0').into(),
    }
}

/// The reverse of [`seconds`].
fn exact(text: &str) -> Option<Time> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 12 || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(SECOND)?;
    let rest = format!("{rest:0<12}").parse::<u64>().ok()?;
    whole.checked_add(rest).map(Time::from_ps)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_exact() {
        assert_eq!(seconds(Time::ZERO), "0");
        assert_eq!(seconds(Time::from_ms(1500)), "1.5");
        assert_eq!(seconds(Time::from_ps(1)), "0.000000000001");
        assert_eq!(exact("1.5"), Some(Time::from_ms(1500)));
        for wrong in ["", "x", "1.x", "-1", "1.0000000000001", "99999999999"] {
            assert_eq!(exact(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(ps in any::<u64>(), value in any::<f64>(), path in "[a-z\",.> \n-]{1,20}") {
            prop_assume!(value.is_finite());
            let mut rows = Rows::new(Vec::new());
            rows.write(Time::from_ps(ps), &path, value);
            let bytes = rows.finish().expect("memory takes everything");
            let mut told = Vec::new();
            read(&bytes[..], |time, path, value| told.push((time, path.to_owned(), value)))
                .expect("reads");
            prop_assert_eq!(told, vec![(Time::from_ps(ps), path, value)]);
        }
    }

    #[test]
    fn says_which_line_is_wrong() {
        let told = |text: &str| read(text.as_bytes(), |_, _, _| {}).expect_err("fails").to_string();
        assert_eq!(told("time_s,path,value\n0,a,1\n1,a,x\n"), "line 3: `x` is not a number");
        assert_eq!(
            told("time_s,path,value\nsoon,a,1\n"),
            "line 2: `soon` is not a time in seconds"
        );
    }
}
