//! What models predict of the measures of a sweep, cell by cell, before anything is run.
//!
//! A measure has a model if its expression is the very quantity that a model predicts (see
//! [`Prediction::is_measured_by`](crate::theory::Prediction::is_measured_by)). The store keeps what
//! was predicted, so that whoever joins shards needs no scenario.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};

use super::file::Sweep;
use super::silence::{self, Silence};
use super::subject::Subject;
use crate::scenario::words;
use crate::sim::Simulation;
use crate::theory::{MODELS, Prediction, Theory};

/// Sweeps with more cells get no predictions: each cell's network is built for them.
const MOST_CELLS: usize = 20_000;

/// Which model a measure is shown with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Model {
    /// The first that predicts it.
    #[default]
    Any,
    /// None.
    None,
    /// This one.
    Named(String),
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "auto" => Ok(Self::Any),
            "none" => Ok(Self::None),
            name if MODELS.contains(&name) => Ok(Self::Named(text)),
            _ => {
                let known = ["auto", "none"].into_iter().chain(MODELS.iter().copied());
                let help = words::suggestion(&text, "models", known);
                let text = words::short(&text);
                Err(de::Error::custom(format!("there is no model `{text}`; {help}")))
            }
        }
    }
}

/// What a model predicts of a measure in a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    cell: usize,
    measure: usize,
    /// The model.
    pub model: String,
    /// The value.
    pub value: f64,
    /// Whether the model says only that it is no less.
    pub at_least: bool,
    /// Which of its assumptions are met in part only.
    pub strained: Vec<String>,
}

/// All that models predict of a sweep.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Forecasts {
    /// In the order of cells.
    said: Vec<Forecast>,
    /// Where models that were asked for by name say nothing, by measure.
    silent: Vec<Silence>,
}

impl Forecasts {
    /// Builds the network of each cell and asks what models say of it. Ends early if told to `stop`. A
    /// cell that cannot be loaded has no predictions.
    #[must_use]
    pub fn of(sweep: &Sweep, subject: &Subject, stop: &AtomicBool) -> Self {
        let count = sweep.cell_count();
        let mut all = Self::default();
        if count > MOST_CELLS {
            let why = || format!("there are no predictions for more than {MOST_CELLS} cells");
            all.silent = sweep
                .measures
                .iter()
                .enumerate()
                .filter(|(_, it)| matches!(it.model, Model::Named(_)))
                .map(|(measure, _)| Silence { measure, cells: (count, count), why: why() })
                .collect();
            return all;
        }
        for cell in 0..count {
            let Ok(scenario) = subject.load(sweep, cell) else { continue };
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let simulation = Simulation::new(scenario.plan);
            let theory = Theory::of(&simulation, sweep.warm_up, scenario.duration);
            all.add(sweep, cell, &theory);
        }
        all
    }

    /// Takes what theory says of a cell.
    fn add(&mut self, sweep: &Sweep, cell: usize, theory: &Theory) {
        for (measure, written) in sweep.measures.iter().enumerate() {
            let is_meant = |it: &&Prediction| it.is_measured_by(&written.expression);
            self.said.extend(theory.predictions.iter().filter(is_meant).map(|it| Forecast {
                cell,
                measure,
                model: it.model.to_owned(),
                value: it.predicted,
                at_least: it.at_least,
                strained: it.strained.clone(),
            }));
            let Model::Named(model) = &written.model else { continue };
            if self.get(sweep, cell, measure).is_some() {
                continue;
            }
            match self.silent.iter_mut().find(|silence| silence.measure == measure) {
                Some(silence) => silence.cells.0 += 1,
                None => {
                    let why = silence::why(model, &written.expression, theory);
                    let cells = (1, sweep.cell_count());
                    self.silent.push(Silence { measure, cells, why });
                }
            }
        }
    }

    /// Which models that were asked for by name say nothing, and why.
    #[must_use]
    pub fn silences(&self, sweep: &Sweep) -> Vec<String> {
        let told = |silence: &Silence| {
            let measure = sweep.measures.get(silence.measure)?;
            let Model::Named(model) = &measure.model else { return None };
            Some(silence.told(measure, model))
        };
        self.silent.iter().filter_map(told).collect()
    }

    /// As the store keeps them.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As the store has kept them; none if it has not.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// What is predicted of a measure in a cell, by the model that the sweep asks for.
    #[must_use]
    pub fn get(&self, sweep: &Sweep, cell: usize, measure: usize) -> Option<&Forecast> {
        // In the order of cells.
        let first = self.said.partition_point(|it| it.cell < cell);
        let mut of_cell = self.said[first..].iter().take_while(|it| it.cell == cell);
        of_cell.find(|it| {
            let wanted = match &sweep.measures[measure].model {
                Model::Any => true,
                Model::None => false,
                Model::Named(name) => it.model == *name,
            };
            it.measure == measure && wanted
        })
    }

    /// What to call the model of a measure: by its name, if it is the same in all cells; nothing if no cell
    /// has one.
    #[must_use]
    pub fn name(&self, sweep: &Sweep, measure: usize) -> Option<&str> {
        let mut models = (0..sweep.cell_count()).filter_map(|cell| self.get(sweep, cell, measure));
        let first = models.next()?.model.as_str();
        Some(if models.all(|it| it.model == first) { first } else { "theory" })
    }

    /// What is strained, each with the measures and models that it concerns. Numbers, which differ from cell
    /// to cell, are left out.
    #[must_use]
    pub fn strains(&self, sweep: &Sweep) -> Vec<(String, Vec<String>)> {
        let mut told: Vec<(String, Vec<String>)> = Vec::new();
        let all = (0..sweep.cell_count()).flat_map(|cell| {
            let one = move |measure| Some((measure, self.get(sweep, cell, measure)?));
            (0..sweep.measures.len()).filter_map(one)
        });
        for (measure, forecast) in all {
            let of = format!("{} ({})", sweep.measures[measure].name, forecast.model);
            for strain in &forecast.strained {
                let what = strain.rsplit_once(" (").map_or(strain.as_str(), |(what, _)| what);
                match told.iter_mut().find(|(other, _)| other == what) {
                    Some((_, all)) if all.contains(&of) => {}
                    Some((_, all)) => all.push(of.clone()),
                    None => told.push((what.to_owned(), vec![of.clone()])),
                }
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::{faults, sweep};
    use super::*;

    fn forecast(cell: usize, measure: usize, model: &str, strained: &[&str]) -> Forecast {
        let strained = strained.iter().map(|&text| text.to_owned()).collect();
        let (model, value, at_least) = (model.to_owned(), 0.1 + cell as f64, false);
        Forecast { cell, measure, model, value, at_least, strained }
    }

    #[test]
    fn a_measure_has_the_model_that_it_asks_for() {
        let text = |model: &str| {
            format!(
                "[vary]\nduration = ['1s', '2s']\n[measure]\nk = 'seed'\n\
                 m = {{ value = 'seed', model = '{model}' }}\n"
            )
        };
        let said = vec![
            forecast(0, 1, "PFTK", &["few losses (some 80)"]),
            forecast(0, 1, "Mathis", &[]),
            forecast(1, 1, "Mathis", &["few losses"]),
        ];
        let all = Forecasts { said, silent: Vec::new() };
        assert_eq!(Forecasts::from_text(&all.to_text()), all);
        assert_eq!(Forecasts::from_text(""), Forecasts::default());
        let any = sweep(&text("auto"));
        assert_eq!(all.get(&any, 0, 1).map(|it| it.model.as_str()), Some("PFTK"));
        assert_eq!((all.get(&any, 0, 0), all.name(&any, 0)), (None, None));
        assert_eq!(all.name(&any, 1), Some("theory"));
        let both = vec!["m (PFTK)".to_owned(), "m (Mathis)".to_owned()];
        assert_eq!(all.strains(&any), [("few losses".to_owned(), both)]);
        let named = sweep(&text("Mathis"));
        assert_eq!((all.name(&named, 1), all.strains(&named).len()), (Some("Mathis"), 1));
        assert_eq!(all.name(&sweep(&text("none")), 1), None);
        assert!(faults(&text("M/D/2")).contains("did you mean `M/D/1`?"));
    }

    #[test]
    fn the_network_of_each_cell_is_asked() {
        let sweep = Sweep::read(
            b"scenario = 'mm1k'\nwarm-up = '1s'\n[vary]\n'links.r1--carl.queue' = ['2p', '10p']\n\
            [measure]\nwait = \"links['r1--carl']['r1->carl'].queue.mean_wait_seconds\"\nm = 'seed'\n",
            "s.toml",
        );
        let sweep = sweep.expect("a sweep");
        let subject = Subject::find(&sweep, std::path::Path::new("/")).expect("built in");
        let forecasts = Forecasts::of(&sweep, &subject, &AtomicBool::new(false));
        assert_eq!(forecasts.name(&sweep, 0), Some("M/D/1/K"));
        let exact = crate::theory::queueing::md1k(0.8, 10).expect("short").wait() * 0.8e-3;
        let got = forecasts.get(&sweep, 1, 0).expect("predicted").value;
        assert!((got / exact - 1.0).abs() < 1e-9, "{got} {exact}");
        assert_eq!(forecasts.name(&sweep, 1), None);
    }

    /// What is told of a measure of the built-in `mm1k`, and of how many cells it is predicted.
    fn asked(measure: &str) -> (Vec<String>, usize) {
        let text = format!(
            "scenario = 'mm1k'\nwarm-up = '1s'\n[vary]\n'links.r1--carl.queue' = ['2p', 'fq_codel']\n\
             [measure]\nm = {{ {measure} }}\n"
        );
        let text = text.replace("'fq_codel'", "{ kind = 'fq_codel' }");
        let sweep = Sweep::read(text.as_bytes(), "s.toml").unwrap_or_else(|e| panic!("{e}"));
        let subject = Subject::find(&sweep, std::path::Path::new("/")).expect("built in");
        let all = Forecasts::of(&sweep, &subject, &AtomicBool::new(false));
        assert_eq!(Forecasts::from_text(&all.to_text()), all);
        let predicted = (0..2).filter(|&cell| all.get(&sweep, cell, 0).is_some()).count();
        (all.silences(&sweep), predicted)
    }

    #[test]
    fn a_model_that_was_asked_for_and_says_nothing_is_told() {
        let wait = "value = \"links['r1--carl']['r1->carl'].queue.mean_wait_seconds\"";
        assert_eq!(asked(wait), (vec![], 1), "nothing was asked for");
        let (told, predicted) = asked(&format!("{wait}, model = 'M/D/1/K'"));
        assert_eq!((told.len(), predicted), (1, 1));
        let expected = "m: no prediction of M/D/1/K in 1 of 2 cells: it needs Poisson arrivals";
        assert!(told[0].starts_with(expected), "{told:?}");
        let (told, predicted) = asked(&format!("{wait}, model = 'M/M/1/K'"));
        let expected = "m: no prediction of M/M/1/K: here M/D/1/K is the model of it";
        assert!(told[0].starts_with(expected) && predicted == 0, "{told:?}");
        let (told, _) = asked("value = 'seed', model = 'M/D/1/K'");
        assert!(told[0].contains("none of what it predicts"), "{told:?}");
        assert!(told[0].contains("mean_wait_seconds of links.r1--carl.r1->carl"), "{told:?}");
    }
}
