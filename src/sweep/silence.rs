//! Why a model that a measure asks for by name predicts nothing of it.

use serde::{Deserialize, Serialize};

use super::measure::Measure;
use crate::theory::Theory;

/// A measure whose model says nothing of it in some cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Silence {
    pub(super) measure: usize,
    /// How many cells, and how many there are.
    pub(super) cells: (usize, usize),
    /// Why, in the first of them.
    pub(super) why: String,
}

impl Silence {
    /// In words.
    pub(super) fn told(&self, measure: &Measure, model: &str) -> String {
        let (cells, of) = self.cells;
        let some = if cells < of { format!(" in {cells} of {of} cells") } else { String::new() };
        format!("{}: no prediction of {model}{some}: {}", measure.name, self.why)
    }
}

/// Why `model` has no prediction of an expression where theory says this.
pub(super) fn why(model: &str, expression: &str, theory: &Theory) -> String {
    let others = || theory.predictions.iter().filter(|it| it.is_measured_by(expression));
    if let Some(other) = others().next() {
        return format!(
            "here {} is the model of it; write model = \"{}\", or leave `model` out",
            other.model, other.model
        );
    }
    let own = theory.predictions.iter().filter(|it| it.model == model);
    let own: Vec<String> =
        own.map(|it| format!("{} of {}", it.quantity.name(), it.subject.path())).collect();
    if !own.is_empty() {
        return format!(
            "the expression is none of what it predicts, written as in docs/theory.md: {}",
            own.join(", ")
        );
    }
    format!("it needs {}", needs(model))
}

/// What a scenario must have for a model to apply, in a few words of `docs/theory.md`.
fn needs(model: &str) -> &'static str {
    match model {
        "M/D/1" | "M/D/1/K" => {
            "Poisson arrivals alone (`poisson`) at a `fifo` with packets of one size, or at a port with \
             a constant `service`, and a long run"
        }
        "M/M/1" | "M/M/1/K" => {
            "Poisson arrivals alone (`poisson`) at a port with an exponential `service`, and a long run"
        }
        "M/G/1" | "M/G/1/K" => {
            "Poisson arrivals alone (`poisson`) at a `fifo` with packets of several sizes, or at a port \
             with a Pareto `service`, and a long run"
        }
        "Mathis" | "PFTK" => {
            "an endless `tcp-client` with Reno over links with random `loss` and room to spare"
        }
        "CUBIC" => {
            "an endless `tcp-client` with CUBIC over links with random `loss` and room to spare"
        }
        "sawtooth" => {
            "a single endless `tcp-client` that fills the `fifo` of its slowest link, no random loss, \
             and a run of ten losses or more"
        }
        _ => "50 or more endless `tcp-client`s that fill one `fifo`, and no random loss",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::MODELS;

    #[test]
    fn every_model_says_what_it_needs() {
        let many = needs("√n");
        for model in MODELS {
            let is_last = *model == "√n";
            assert_eq!(needs(model) == many, is_last, "{model}");
        }
    }
}
