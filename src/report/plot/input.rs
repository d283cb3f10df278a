//! What plots are made of, as plain data that can be stored beside the series.

use serde::{Deserialize, Serialize};

use super::font;
use super::style::{MARGIN, SMALL, WIDTH};
use super::topology::Topology;
use crate::report::human;
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
        let Some(remark) = remark else { return self.title.clone() };
        if self.title.is_empty() {
            return remark;
        }
        // Of a long title it is seen at once what is missing; not so of a remark.
        let remark = format!(" – {remark}");
        let room = f64::from(WIDTH) - 2.0 * MARGIN - font::width(&remark, SMALL);
        font::fitted(&self.title, SMALL, room.max(200.0)) + &remark
    }

    /// The same of a plot over time, which says if it does not show the whole run.
    pub(super) fn subtitle_over_time(&self, remark: Option<String>) -> String {
        let shown = self.shown_seconds();
        let part = (shown < self.seconds)
            .then(|| format!("the first {} of {}", human::time(shown), human::time(self.seconds)));
        let remarks: Vec<_> = remark.into_iter().chain(part).collect();
        self.subtitle((!remarks.is_empty()).then(|| remarks.join(", ")))
    }

    /// How much of the run plots over time show \[s\]: all of it, unless nothing happens any more in
    /// most of it.
    pub(super) fn shown_seconds(&self) -> f64 {
        const MOST: f64 = 0.6;
        const AFTER: f64 = 1.08;
        let series = self.series.iter().map(PlotSeries::last_seconds);
        let last =
            series.chain(self.flows.iter().map(FlowCurves::last_seconds)).fold(0.0, f64::max);
        if last > 0.0 && last <= self.seconds * MOST { last * AFTER } else { self.seconds }
    }
}

impl PlotSeries {
    /// How many packets found the queue full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.drops.iter().map(|mark| mark.count).sum()
    }

    /// When something was there the last time \[s\].
    fn last_seconds(&self) -> f64 {
        let buckets = self.samples.buckets();
        let last = match self.kind {
            // A sum stays as it is when nothing happens.
            SeriesKind::Retransmits => {
                let is_step = |i: usize| {
                    let before = if i == 0 { 0.0 } else { buckets[i - 1].last };
                    buckets[i].max > before
                };
                (0..buckets.len()).rev().find(|&i| is_step(i))
            }
            // No plot shows it.
            SeriesKind::Other => None,
            // Hosts ask now and then for hardware addresses.
            SeriesKind::LinkThroughput => {
                let small = 0.05 * self.max();
                buckets.iter().rposition(|it| it.max > small)
            }
            // A peak between two samples counts if it is not a small one: hosts ask now and then
            // for hardware addresses.
            _ => {
                let small = 0.2 * self.max();
                buckets.iter().rposition(|it| it.last > 0.0 || it.area > 0.0 || it.max > small)
            }
        };
        let end = last.map_or(0.0, |last| buckets[last].end.as_secs_f64());
        self.drops.iter().map(|mark| mark.seconds).fold(end, f64::max)
    }

    /// The largest value.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.samples.buckets().iter().map(|bucket| bucket.max).fold(0.0, f64::max)
    }
}
