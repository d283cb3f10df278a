//! What theory says beside what was measured.

use serde::Serialize;

/// A quantity that a model predicts, and what the run measured of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Comparison {
    /// What it is about: `links.NAME.A->B`, `ports.HOST:9/udp` or `flows.NAME`.
    pub subject: String,
    /// Which of its results: `loss`, `mean_packets`, `mean_wait_seconds`, `utilization` or
    /// `goodput_bps`.
    pub quantity: &'static str,
    /// The model, such as `M/D/1/K`.
    pub model: &'static str,
    /// What the model says, in the units of the results.
    pub predicted: f64,
    /// Whether it says only that it is no less.
    pub at_least: bool,
    /// What was measured.
    pub measured: Option<f64>,
    /// Half the width of the confidence interval round it, if the run is long enough for one.
    pub half_width: Option<f64>,
    /// What the model assumes and the scenario keeps to.
    pub assumes: Vec<String>,
    /// What the model assumes and the scenario keeps to in part only.
    pub strained: Vec<String>,
}
