//! What decides the results of a sweep, as hashes: a store keeps them, and takes no runs of another
//! sweep.

use sha2::{Digest, Sha256};

use super::study::Study;
use super::subject::Subject;

/// Hashes of everything that decides the results of a run beside its cell and seed.
///
/// Neither the seeds nor the plots, titles and labels are part of it: those may change, and the
/// runs that are done still count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What it is of, and its hash.
    pub(super) parts: Vec<(String, String)>,
}

impl Identity {
    /// The identity of a study of a scenario, all known cells of which have been loaded.
    #[must_use]
    pub fn of(study: &dyn Study, subject: &Subject) -> Self {
        let mut scenario = Hash::default();
        for (name, text) in subject.texts() {
            scenario.add(name.as_bytes());
            scenario.add(&text);
        }
        let mut cells = Hash::default();
        for number in study.cells() {
            let overrides = study.settings(number);
            cells.add(overrides.len().to_string().as_bytes());
            overrides.iter().for_each(|text| cells.add(text.as_bytes()));
        }
        let mut measures = Hash::default();
        for measure in study.measures() {
            measures.add(measure.name.as_bytes());
            measures.add(measure.expression.as_bytes());
        }
        Self {
            parts: [
                ("the version of portolan", env!("CARGO_PKG_VERSION").to_owned()),
                ("the scenario", scenario.text()),
                ("what varies or is set", cells.text()),
                ("what is measured", measures.text()),
                ("the warm-up", study.warm_up().to_string()),
            ]
            .map(|(part, hash)| (part.to_owned(), hash))
            .to_vec(),
        }
    }

    /// What differs from another one.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<&str> {
        let differs = |part: &&(String, String)| !other.parts.contains(part);
        self.parts.iter().filter(differs).map(|(name, _)| name.as_str()).collect()
    }
}

/// A hash of several texts, each with its length, so that none can run into the next.
#[derive(Default)]
struct Hash(Sha256);

impl Hash {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }
    fn text(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::sweep;
    use super::*;

    fn identity(rest: &str) -> Identity {
        let sweep = sweep(rest);
        let subject = Subject::find(&sweep, std::path::Path::new("/")).expect("built in");
        Identity::of(&sweep, &subject)
    }

    const VARY: &str = "[vary]\nduration = ['1s', '2s']\n";
    const M: &str = "[measure]\nm = 'seed'\n";

    #[test]
    fn what_decides_the_results_is_told_apart() {
        let one = identity(&format!("{VARY}{M}"));
        let differences = |rest: &str| -> Vec<String> {
            let other = identity(rest);
            other.differences(&one).into_iter().map(str::to_owned).collect()
        };
        assert_eq!(differences(&format!("seeds = 99\ntitle = 'T'\n{VARY}{M}")), [""; 0]);
        assert_eq!(
            differences(&format!("{VARY}[measure]\nm = {{ value = 'seed', label = 'L' }}")),
            [""; 0]
        );
        assert_eq!(differences(M), ["what varies or is set"]);
        assert_eq!(differences(&format!("{VARY}[measure]\nn = 'seed'")), ["what is measured"]);
        assert_eq!(differences(&format!("warm-up = '1s'\n{VARY}{M}")), ["the warm-up"]);
        let fixed = differences(&format!("[set]\nduration = '1s'\n{M}"));
        assert_eq!(fixed, ["what varies or is set"]);
        let mut other = one.clone();
        other.parts[1].1 = "other".into();
        assert_eq!(one.differences(&other), ["the scenario"]);
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        let of = |texts: &[&str]| {
            let mut hash = Hash::default();
            texts.iter().for_each(|text| hash.add(text.as_bytes()));
            hash.text()
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        // FIPS 180-4, of nothing at all.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(of(&[]), empty);
    }
}
