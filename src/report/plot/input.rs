//! What plots are made of, as plain data that can be stored beside the series.

use serde::{Deserialize, Serialize};

use super::topology::Topology;
use crate::report::series::{ConnectionStates, Decimated, FlowCurves, Recording, SeriesKind};

/// Everything that the plots of a run need.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PlotInput {
    /// The scenario's title.
    pub title: String,
    /// How long the run was \[s\].
    pub seconds: f64,
    /// The recorded series.
    pub series: Vec<PlotSeries>,
    /// Flows that delivered something.
    pub flows: Vec<FlowCurves>,
    /// The states of the first connections.
    #[serde(default)]
    pub states: Vec<ConnectionStates>,
    /// The network.
    pub topology: Topology,
}

/// A series as plots need it. Its samples are not stored with it but in `series.csv`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlotSeries {
    /// Its dotted path: its name in `series.csv`.
    pub path: String,
    /// Its name in plots.
    pub label: String,
    /// What it shows.
    pub kind: SeriesKind,
    /// The limit of the queue, in the series' own unit.
    pub limit: Option<f64>,
    /// Packets that found the queue full.
    pub drops: Vec<Mark>,
    /// The samples.
    #[serde(skip)]
    pub samples: Decimated,
}

/// Something that happened at some time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// When, the first time \[s\].
    pub seconds: f64,
    /// How many times in short succession.
    pub count: u64,
}

impl PlotInput {
    /// What was recorded of a run.
    #[must_use]
    pub fn new(title: &str, recording: Recording, topology: Topology) -> Self {
        let mark = |bucket: &crate::report::series::Bucket| Mark {
            seconds: bucket.start.as_secs_f64(),
            count: bucket.count,
        };
        let series = recording.series.into_iter().map(|series| PlotSeries {
            path: series.spec.path,
            label: series.spec.label,
            kind: series.spec.kind,
            limit: series.spec.limit,
            drops: series.drops.buckets().iter().map(mark).collect(),
            samples: series.samples,
        });
        Self {
            title: title.into(),
            seconds: recording.end.as_secs_f64(),
            series: series.collect(),
            flows: recording.flows,
            states: recording.states,
            topology,
        }
    }
}

impl PlotInput {
    /// What stands below the title of a plot: the scenario's title, if it has one, and a remark.
    pub(super) fn subtitle(&self, remark: Option<String>) -> String {
        let title = Some(self.title.clone()).filter(|title| !title.is_empty());
        title.into_iter().chain(remark).collect::<Vec<_>>().join(" – ")
    }
}

impl PlotSeries {
    /// How many packets found the queue full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.drops.iter().map(|mark| mark.count).sum()
    }

    /// The largest value.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.samples.buckets().iter().map(|bucket| bucket.max).fold(0.0, f64::max)
    }
}
