//! `summary.json`.

use crate::observe::results::Summary;

/// The summary as JSON text with a newline at its end. The same summary gives the same bytes on
/// every machine: maps keep their order, numbers are the shortest that read back exactly, and a
/// number that is not finite is `null`.
#[must_use]
pub fn to_json(summary: &Summary) -> String {
    let mut text = serde_json::to_string_pretty(summary)
        .expect("a summary holds only names, numbers and lists, all of which JSON has");
    text.push('\n');
    text
}

/// The same for the file in a result folder, which never tells how long the computer took: that
/// differs from run to run.
#[must_use]
pub fn to_file_json(summary: &Summary) -> String {
    to_json(&Summary { timing: None, ..summary.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::results::Timing;
    use crate::report::sample;

    #[test]
    fn is_stable_text() {
        insta::assert_snapshot!(to_json(&sample::summary()));
    }

    #[test]
    fn the_file_has_no_timing_and_no_broken_numbers() {
        let mut summary = sample::summary();
        summary.simulated_seconds = f64::NAN;
        summary.timing = Some(Timing { build_seconds: 0.1, run_seconds: 0.2 });
        assert!(to_json(&summary).contains("\"run_seconds\": 0.2"));
        let text = to_file_json(&summary);
        assert!(!text.contains("timing"));
        assert!(text.contains("\"simulated_seconds\": null"));
        assert!(text.ends_with("}\n"));
    }
}
