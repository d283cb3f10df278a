//! Time series of a run, as they happen: [`Recorder`].
//!
//! Every sample goes at once into a CSV in long form (`time_s,path,value`), so a run of any length
//! fits in memory. For plots the recorder keeps a coarser copy of each series ([`Decimated`]), the
//! times of drops, and each flow's throughput and distribution of delays. The order of calls is
//! [`Recorder::add`] for each series, then [`Recorder::push`] and
//! [`Observer::observe`] as time goes on, then [`Recorder::finish`].

mod cdf;
mod decimate;
mod moments;
mod rates;
mod row;
mod states;

pub use cdf::Cdf;
pub use decimate::{Bucket, Decimated};
pub use rates::Throughput;
pub use row::{RowError, Rows, read};
pub use states::{ConnectionStates, StateChange};

use std::collections::BTreeMap;
use std::io::Write;

use cdf::Times;
use moments::Moments;
use rates::Rates;
use states::Lives;

use crate::id::FlowId;
use crate::observe::{DropReason, Interest, Observation, Observer, Place};
use crate::units::Time;

/// The end of the paths of peaks: `links.r1--bob.r1->bob.queue-peak`.
pub const PEAK: &str = "-peak";

/// What a series shows: decides which plot it goes into.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum SeriesKind {
    /// Packets that wait for one direction of a link.
    QueuePackets,
    /// Bytes that wait for one direction of a link.
    QueueBytes,
    /// Datagrams or segments that wait at a port for their process.
    PortPackets,
    /// Bytes that wait at a port for their process.
    PortBytes,
    /// Connections half open at a port.
    SynQueue,
    /// Connections that wait to be accepted at a port.
    AcceptQueue,
    /// A connection's congestion window \[bytes\].
    CongestionWindow,
    /// Its slow start threshold \[bytes\].
    SlowStartThreshold,
    /// Its data sent and not acknowledged \[bytes\].
    InFlight,
    /// Its smoothed round trip \[s\].
    SmoothedRtt,
    /// Its retransmission timeout \[s\].
    Timeout,
    /// Its segments sent again so far.
    Retransmits,
    /// Data that a flow's receivers read \[bit/s\].
    FlowThroughput,
    /// What crosses one direction of a link \[bit/s\].
    LinkThroughput,
    /// Anything else.
    Other,
}

impl SeriesKind {
    /// Adds a value to the samples of a series of this kind.
    pub fn keep(self, samples: &mut Decimated, time: Time, value: f64) {
        match self {
            Self::FlowThroughput | Self::LinkThroughput => samples.push_mean(time, value),
            _ => samples.push(time, value),
        }
    }
    /// Whether a packet that was dropped where this is recorded, for this reason, found this queue
    /// full; the link or the network may have done it too.
    const fn overflows_with(self, reason: DropReason) -> bool {
        match self {
            Self::SynQueue => matches!(reason, DropReason::SynQueueFull),
            Self::AcceptQueue => matches!(reason, DropReason::AcceptQueueFull),
            Self::PortPackets | Self::PortBytes => matches!(reason, DropReason::BufferFull),
            _ => reason.is_by_queue(),
        }
    }
}

/// A series to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesSpec {
    /// Its dotted path, such as `links.r1--bob.queue`.
    pub path: String,
    /// Its name in plots, such as `r1 → bob`.
    pub label: String,
    /// What it shows.
    pub kind: SeriesKind,
    /// The limit of the queue, in the series' own unit, if it has one.
    pub limit: Option<f64>,
    /// Where the drops happen that are marked in its plot.
    pub place: Option<Place>,
}

/// A series of a recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesId(usize);

/// What was kept of a series.
#[derive(Debug, Clone)]
pub struct Series {
    /// What was asked for.
    pub spec: SeriesSpec,
    /// The samples.
    pub samples: Decimated,
    /// Packets that found the queue full: the count of a bucket is their number.
    pub drops: Decimated,
}

/// What was kept of a flow that delivered something.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FlowCurves {
    /// Its name.
    pub name: String,
    /// Data that processes at the other end read, over time.
    pub throughput: Throughput,
    /// One-way delays.
    pub delay: Option<Cdf>,
    /// Round-trip times.
    pub rtt: Option<Cdf>,
    /// The same over time: when and how long, both \[s\].
    #[serde(default)]
    pub rtt_over_time: Vec<(f64, f64)>,
    /// How long whole answers took, and when they had come, both \[s\].
    #[serde(default)]
    pub answers: Vec<(f64, f64)>,
    /// TCP connections that it opened.
    #[serde(default)]
    pub connections: u64,
}

impl FlowCurves {
    /// When anything arrived the last time \[s\].
    #[must_use]
    pub fn last_seconds(&self) -> f64 {
        let Throughput { interval_seconds, bps, .. } = &self.throughput;
        let read = bps.iter().rposition(|bps| *bps > 0.0);
        let read = read.map_or(0.0, |last| interval_seconds * (last + 1) as f64);
        let moments = [&self.rtt_over_time, &self.answers];
        moments.into_iter().filter_map(|all| all.last()).map(|last| last.0).fold(read, f64::max)
    }
}

/// All that was kept of a run.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// How long the run was.
    pub end: Time,
    /// The series in the order in which they were added.
    pub series: Vec<Series>,
    /// The flows in the scenario's order.
    pub flows: Vec<FlowCurves>,
    /// The states of the first connections.
    pub states: Vec<ConnectionStates>,
}

#[derive(Debug)]
struct FlowRecord {
    rates: Rates,
    delay: Times,
    rtt: Times,
    rtt_over_time: Moments,
    answers: Moments,
}

/// Records series, drops and delays while a simulation runs.
#[derive(Debug)]
pub struct Recorder<W: Write> {
    rows: Rows<W>,
    series: Vec<Series>,
    at: BTreeMap<Place, Vec<usize>>,
    flow_names: Vec<String>,
    flows: BTreeMap<FlowId, FlowRecord>,
    /// Connections that flows have opened.
    connections: BTreeMap<FlowId, u64>,
    lives: Lives,
}

impl<W: Write> Recorder<W> {
    /// Curves are kept of so many flows, the first to deliver: a distribution is some hundred
    /// kilobytes large. The counters of all flows are in the summary.
    pub const MAX_FLOWS: usize = 256;

    /// A recorder that writes rows to `out`. `flow_names` are those of the applications, by id.
    pub fn new(out: W, flow_names: Vec<String>) -> Self {
        Self {
            rows: Rows::new(out),
            series: Vec::new(),
            at: BTreeMap::new(),
            flow_names,
            flows: BTreeMap::new(),
            connections: BTreeMap::new(),
            lives: Lives::default(),
        }
    }

    /// Prepares a series.
    pub fn add(&mut self, spec: SeriesSpec) -> SeriesId {
        let id = self.series.len();
        if let Some(place) = spec.place {
            self.at.entry(place).or_default().push(id);
        }
        let (samples, drops) = Default::default();
        self.series.push(Series { spec, samples, drops });
        SeriesId(id)
    }

    /// Adds a sample to a series. A value that is not a finite number is left out.
    pub fn push(&mut self, id: SeriesId, time: Time, value: f64) {
        let series = &mut self.series[id.0];
        if value.is_finite() {
            series.spec.kind.keep(&mut series.samples, time, value);
            self.rows.write(time, &series.spec.path, value);
        }
    }

    /// Tells of the largest value since the sample before, ahead of the sample at `time`, whose value
    /// is `next`. A peak that the samples on both sides show is left out; others get a row of their
    /// own, whose path ends in [`PEAK`].
    pub fn peak(&mut self, id: SeriesId, time: Time, peak: f64, next: f64) {
        let series = &mut self.series[id.0];
        let before = series.samples.buckets().last().map_or(peak, |bucket| bucket.last);
        if peak > before.max(next) {
            series.samples.raise(peak);
            self.rows.write(time, &format!("{}{PEAK}", series.spec.path), peak);
        }
    }

    /// Whether rows can no longer be written; [`Recorder::finish`] says why. A long run may stop
    /// early.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.rows.has_failed()
    }

    /// Ends the recording of a run that lasted until `end`.
    ///
    /// # Errors
    /// The first error of the writer.
    pub fn finish(self, end: Time) -> std::io::Result<(Recording, W)> {
        let out = self.rows.finish()?;
        let (names, connections) = (self.flow_names, self.connections);
        let curves = |(id, record): (FlowId, FlowRecord)| FlowCurves {
            name: names.get(id.index()).cloned().unwrap_or_default(),
            throughput: record.rates.throughput(end),
            delay: record.delay.cdf(),
            rtt: record.rtt.cdf(),
            rtt_over_time: record.rtt_over_time.points(),
            answers: record.answers.points(),
            connections: connections.get(&id).copied().unwrap_or(0),
        };
        let flows = self.flows.into_iter().map(curves).collect();
        let states = self.lives.finish(&names);
        Ok((Recording { end, series: self.series, flows, states }, out))
    }

    fn flow(&mut self, id: FlowId) -> Option<&mut FlowRecord> {
        if !self.flows.contains_key(&id) && self.flows.len() == Self::MAX_FLOWS {
            return None;
        }
        Some(self.flows.entry(id).or_insert_with(|| FlowRecord {
            rates: Rates::default(),
            delay: Times::new(),
            rtt: Times::new(),
            rtt_over_time: Moments::default(),
            answers: Moments::default(),
        }))
    }
}

impl<W: Write> Observer for Recorder<W> {
    fn interest(&self) -> Interest {
        Interest::Outcomes
    }
    fn observe(&mut self, now: Time, what: &Observation) {
        match *what {
            Observation::Dropped { place, reason, .. } => {
                for &series in self.at.get(&place).into_iter().flatten() {
                    if self.series[series].spec.kind.overflows_with(reason) {
                        self.series[series].drops.push(now, 1.0);
                    }
                }
            }
            Observation::Delivered { flow: Some(flow), bytes, delay, .. } => {
                if let Some(record) = self.flow(flow) {
                    record.rates.push(now, bytes);
                    record.delay.push(delay);
                }
            }
            Observation::StateChanged { local, remote, flow: Some(flow), to, .. } => {
                if to == "SYN-SENT" {
                    *self.connections.entry(flow).or_default() += 1;
                }
                self.lives.note(now, flow, [local, remote], to);
            }
            Observation::RoundTrip { flow, rtt } => {
                if let Some(record) = self.flow(flow) {
                    record.rtt.push(rtt);
                    record.rtt_over_time.push(now, rtt);
                }
            }
            Observation::Answered { flow, took } => {
                if let Some(record) = self.flow(flow) {
                    record.answers.push(now, took);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
