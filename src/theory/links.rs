//! Queues before links that Poisson arrivals feed: M/D/1 where all packets are of one size, M/G/1 where
//! they are of several.

use super::arrivals::{Arrivals, relaxation};
use super::queueing::{Steady, mg1k};
use super::traffic::Feed;
use super::{Prediction, Quantity, View};
use crate::id::ChannelId;
use crate::queue::QueueSpec;
use crate::units::Limit;

/// Queues that are empty nearly always are not worth a word.
pub(super) const LEAST_LOAD: f64 = 0.05;
/// A room that is full more rarely ...
pub(super) const NEVER_FULL: f64 = 1e-9;
/// ... and is no shorter than this was not meant to be short: it is as good as endless.
const LONG: u64 = 1000;

/// Whether a room is so short that it has a part in the model.
pub(super) const fn is_finite(steady: &Steady, room: u64) -> bool {
    steady.loss > NEVER_FULL || room < LONG
}

pub(super) fn predict(view: &View<'_>) -> Vec<Prediction> {
    let all = (0..view.traffic.feeds.len()).map(ChannelId::from_index);
    all.filter_map(|channel| of_channel(view, channel)).flatten().collect()
}

fn of_channel(view: &View<'_>, channel: ChannelId) -> Option<Vec<Prediction>> {
    let QueueSpec::Fifo(fifo) = &view.settings(channel).queue else { return None };
    if !view.settings(channel).up || !view.is_own(channel) {
        return None;
    }
    let feeds = view.traffic.feeds[channel.index()].iter();
    let streams = feeds.filter_map(|feed| match *feed {
        Feed::Poisson(place) => {
            let stream = &view.traffic.streams[place];
            let before = stream.way.iter().position(|&on| on == channel)?;
            Some((stream, &stream.way[..before], view.sending(channel, stream.length)))
        }
        _ => None,
    });
    let mut arrivals = Arrivals::of(view, streams)?;
    let kinds = kinds(view, channel, &arrivals);
    let rho: f64 = kinds.iter().map(|(rate, service)| rate * service).sum();
    let (rate, one_size) = (arrivals.rate(), kinds.len() == 1);
    let service = rho / rate;
    let relative: Vec<_> = kinds.iter().map(|(r, s)| (r / rate, s / service)).collect();
    let room = match fifo.limit {
        Limit::Packets(packets) => packets,
        // With several sizes room for bytes is no room for a number of packets.
        Limit::Bytes(bytes) if one_size => {
            let first = arrivals.streams.first()?.1.length;
            bytes.get() / view.settings(channel).framing.on_wire(first).max(1)
        }
        Limit::Bytes(_) => return None,
    };
    let scv = relative.iter().map(|(share, length)| share * length * length).sum::<f64>() - 1.0;
    if rho < LEAST_LOAD {
        return None;
    }
    arrivals.beside(view, channel, rho)?;
    let steady = mg1k(rho, &relative, room)?;
    arrivals.outlast(view.span(), service, relaxation(rho, scv.max(0.0), room))?;
    let model = match (one_size, is_finite(&steady, room)) {
        (true, true) => "M/D/1/K",
        (true, false) => "M/D/1",
        (false, true) => "M/G/1/K",
        (false, false) => "M/G/1",
    };
    let sizes = match one_size {
        true => "all packets are of one size",
        false => "sizes do not depend on each other",
    };
    let queue = Queue { view, arrivals: &arrivals, steady, rho, service, room, model };
    let subject = view.subject(channel);
    Some(queue.predictions(&subject, sizes, &[Quantity::Utilization]))
}

/// Packets per second of each size, and how long they take to send \[s\].
fn kinds(view: &View<'_>, channel: ChannelId, arrivals: &Arrivals) -> Vec<(f64, f64)> {
    let mut kinds: Vec<(f64, f64)> = Vec::new();
    for (rate, stream) in &arrivals.streams {
        let service = view.sending(channel, stream.length);
        match kinds.iter_mut().find(|(_, other)| *other == service) {
            Some((sum, _)) => *sum += rate,
            None => kinds.push((*rate, service)),
        }
    }
    kinds
}

/// A queue that has been solved.
pub(super) struct Queue<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) arrivals: &'a Arrivals,
    pub(super) steady: Steady,
    pub(super) rho: f64,
    /// \[s\]
    pub(super) service: f64,
    pub(super) room: u64,
    pub(super) model: &'static str,
}

impl Queue<'_> {
    /// What is predicted of it: loss, those that wait, their wait, and what else there is a measure of.
    pub(super) fn predictions(
        &self,
        subject: &super::Subject,
        service: &str,
        more: &[Quantity],
    ) -> Vec<Prediction> {
        let mut quantities = vec![Quantity::Loss, Quantity::Waiting, Quantity::Wait];
        quantities.extend(more);
        let mut assumes = vec!["Poisson arrivals".to_owned(), service.to_owned()];
        assumes.push(format!("load {:.3}", self.rho));
        if is_finite(&self.steady, self.room) {
            assumes.push(format!("room for {}", self.room));
        }
        let one = |quantity| Prediction {
            subject: subject.clone(),
            quantity,
            model: self.model,
            predicted: match quantity {
                Quantity::Loss => self.steady.loss,
                Quantity::Waiting => self.steady.waiting,
                Quantity::Wait => self.steady.wait() * self.service,
                Quantity::Utilization | Quantity::Goodput => self.steady.busy,
            },
            at_least: false,
            assumes: assumes.clone(),
            strained: self.arrivals.strained.clone(),
            only_flow: self.arrivals.only_flow(self.view),
        };
        quantities.into_iter().map(one).collect()
    }
}
