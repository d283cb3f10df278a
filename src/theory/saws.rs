//! Long TCP connections that fill the queue of one link and lose what finds no room: the saw of a
//! single one, the sum of many.

use super::connection::{Outlook, others};
use super::traffic::{Bulk, Feed};
use super::{Prediction, Quantity, Subject, View, tcp};
use crate::id::ChannelId;
use crate::queue::QueueSpec;
use crate::tcp::config::{Congestion, EcnMode};
use crate::units::Limit;

/// From so many connections on their windows are as good as independent ...
const MANY: usize = 50;
/// ... though with fewer than this they may still keep step (Appenzeller et al., section 3).
const RARELY_IN_STEP: usize = 250;
/// Paths that hold fewer packets are no saw.
const LEAST_PIPE: f64 = 5.0;
/// Queues with less room lose one of every two segments that an acknowledgment lets out at once.
const LEAST_BUFFER: f64 = 3.0;
/// Up to here such pairs are lost before the queue is full on average.
const SHORT_BUFFER: f64 = 20.0;
/// Mean windows below this wait for timeouts.
const LEAST_WINDOW: f64 = 4.0;
/// A run has at least so many teeth of the saw ...
const LEAST_TEETH: f64 = 10.0;
/// ... and with fewer than so many the start shows.
const TEETH: f64 = 50.0;
/// What else a link carries is at most this share of it.
const MOST_OTHER: f64 = 0.02;

pub(super) fn predict(view: &View<'_>) -> Vec<Prediction> {
    let all = (0..view.traffic.feeds.len()).map(ChannelId::from_index);
    all.filter_map(|channel| Bottleneck::of(view, channel)?.predictions(view)).flatten().collect()
}

/// A link that is the slowest of all who cross it.
struct Bottleneck<'a> {
    channel: ChannelId,
    flows: Vec<Outlook<'a>>,
    /// What the path holds: the rate times the mean round trip \[packets\].
    pipe: f64,
    /// The room of the queue \[packets\].
    buffer: f64,
    strained: Vec<String>,
}

impl<'a> Bottleneck<'a> {
    fn of(view: &'a View<'_>, channel: ChannelId) -> Option<Self> {
        let feeds = &view.traffic.feeds[channel.index()];
        let bulk = |feed: &Feed| match *feed {
            Feed::Bulk(place) => Some(&view.traffic.bulks[place]),
            _ => None,
        };
        let bulks: Vec<&Bulk> = feeds.iter().filter_map(bulk).collect();
        let QueueSpec::Fifo(fifo) = &view.settings(channel).queue else { return None };
        if !(bulks.len() == 1 || bulks.len() >= MANY) || !view.is_own(channel) {
            return None;
        }
        let mut flows = Vec::new();
        for bulk in bulks {
            let outlook = Outlook::of(view, bulk)?;
            is_limited_here(view, channel, &outlook).then_some(())?;
            flows.push(outlook);
        }
        let first = flows.first()?;
        let packet = view.settings(channel).framing.on_wire(first.length) as f64;
        let rtt = flows.iter().map(|flow| flow.rtt).sum::<f64>() / flows.len() as f64;
        let pipe = view.settings(channel).rate.as_bps() as f64 * rtt / 8.0 / packet;
        let buffer = match fifo.limit {
            Limit::Packets(packets) => packets as f64,
            Limit::Bytes(bytes) => libm::floor(bytes.get() as f64 / packet),
        };
        let marks =
            fifo.mark.is_some() && flows.iter().any(|flow| flow.bulk.sender.ecn == EcnMode::On);
        let alike = flows.iter().all(|flow| flow.length == first.length);
        let mut bottleneck = Self { channel, flows, pipe, buffer, strained: Vec::new() };
        (alike && !marks && pipe >= LEAST_PIPE).then_some(())?;
        bottleneck.check_others(view)?;
        Some(bottleneck)
    }

    /// What else goes over the link, and whether buffers let windows become large enough.
    fn check_others(&mut self, view: &View<'_>) -> Option<()> {
        let others = others(view, self.channel)?;
        let feeds = &view.traffic.feeds[self.channel.index()];
        let acknowledges = feeds.iter().any(|feed| matches!(feed, Feed::Acknowledgments(_)));
        if others > MOST_OTHER || acknowledges {
            return None;
        }
        if others > 0.0 {
            let share = others * 100.0;
            self.strained.push(format!("the link carries something else too (up to {share:.1} %)"));
        }
        let needed = (self.pipe + self.buffer) / self.flows.len() as f64;
        let least = self.flows.iter().map(|flow| flow.window).fold(f64::INFINITY, f64::min);
        if least < 0.8 * needed {
            return None;
        }
        if least < 1.05 * needed {
            self.strained.push(format!("rwnd limits the window ({least:.0} segments)"));
        }
        Some(())
    }

    fn predictions(mut self, view: &View<'_>) -> Option<Vec<Prediction>> {
        match self.flows.as_slice() {
            [only] => {
                let only = *only;
                self.saw(view, &only)
            }
            _ => self.many(view),
        }
    }

    /// One connection.
    fn saw(&mut self, view: &View<'_>, flow: &Outlook<'_>) -> Option<Vec<Prediction>> {
        if self.buffer < LEAST_BUFFER {
            return None;
        }
        let (buffer, top) = (self.buffer / self.pipe, self.pipe + self.buffer);
        let rtt = flow.rtt * (1.0 + buffer / 2.0);
        let (busy, tooth) = match flow.bulk.sender.congestion {
            Congestion::Reno => {
                (tcp::sawtooth(buffer, tcp::RENO_LEAVES), top * (1.0 - tcp::RENO_LEAVES) * rtt)
            }
            Congestion::Cubic => match tcp::cubic_epochs(top, rtt) {
                (cube, reno) if cube < reno => (tcp::cubic_sawtooth(buffer), cube),
                (_, reno) => (tcp::sawtooth(buffer, tcp::CUBIC_LEAVES), reno),
            },
            Congestion::Dctcp | Congestion::Bbr | Congestion::None => return None,
        };
        let share = view.share(flow.bulk.active);
        let teeth = view.span() * share / tooth;
        if share < 0.9 || teeth < LEAST_TEETH {
            return None;
        }
        if share < 0.999 {
            let late = (1.0 - share) * 100.0;
            self.strained.push(format!("the flow is silent at first ({late:.1} %)"));
        }
        if self.buffer < SHORT_BUFFER {
            self.strained.push("a short queue: segments that leave in pairs are lost early".into());
        }
        if teeth < TEETH {
            self.strained.push(format!("few losses: the start shows (some {teeth:.0})"));
        }
        let assumes = vec![
            "one long flow".to_owned(),
            format!("the path holds {:.1} packets, the queue {:.0}", self.pipe, self.buffer),
            format!("a loss leaves {} of the window", leaves(flow.bulk.sender.congestion)),
        ];
        let one = |subject, quantity, predicted| Prediction {
            subject,
            quantity,
            model: "sawtooth",
            predicted,
            at_least: false,
            assumes: assumes.clone(),
            strained: self.strained.clone(),
            only_flow: None,
        };
        let capacity = flow.goodput(1.0 / view.sending(self.channel, flow.length));
        let name = view.app(flow.bulk.app).to_owned();
        Some(vec![
            one(view.subject(self.channel), Quantity::Utilization, busy),
            one(Subject::Flow(name), Quantity::Goodput, busy * capacity),
        ])
    }

    /// Many connections.
    fn many(&mut self, view: &View<'_>) -> Option<Vec<Prediction>> {
        let n = self.flows.len();
        let longest = self.flows.iter().map(|flow| flow.rtt).fold(0.0, f64::max);
        let shortest = self.flows.iter().map(|flow| flow.rtt).fold(f64::INFINITY, f64::min);
        let window = (self.pipe + self.buffer / 2.0) / n as f64;
        let share = self.flows.iter().map(|flow| view.share(flow.bulk.active)).fold(1.0, f64::min);
        let busy = tcp::many_flows(n as f64, self.buffer / self.pipe);
        if share < 0.9 || busy < 0.5 || view.span() < 100.0 * longest {
            return None;
        }
        let mut strain = |strained: bool, what: String| {
            if strained {
                self.strained.push(what);
            }
        };
        strain(n < RARELY_IN_STEP, format!("some flows keep step with each other (there are {n})"));
        strain(longest < 1.05 * shortest, "all round trips are alike: flows keep step".into());
        strain(
            window < LEAST_WINDOW,
            format!("small windows wait for timeouts ({window:.1} segments)"),
        );
        let all_reno =
            self.flows.iter().all(|flow| flow.bulk.sender.congestion == Congestion::Reno);
        strain(!all_reno, "not all flows are Reno".into());
        Some(vec![Prediction {
            subject: view.subject(self.channel),
            quantity: Quantity::Utilization,
            model: "√n",
            predicted: busy,
            at_least: true,
            assumes: vec![
                format!("{n} long flows, each by itself"),
                format!("the path holds {:.0} packets, the queue {:.0}", self.pipe, self.buffer),
            ],
            strained: self.strained.clone(),
            only_flow: None,
        }])
    }
}

const fn leaves(congestion: Congestion) -> f64 {
    match congestion {
        Congestion::Cubic => tcp::CUBIC_LEAVES,
        _ => tcp::RENO_LEAVES,
    }
}

/// Whether nothing but the queue of this link limits a connection: no random loss, all other links
/// on its way faster and without much else on them.
fn is_limited_here(view: &View<'_>, channel: ChannelId, outlook: &Outlook<'_>) -> bool {
    let rate = view.settings(channel).rate.as_bps();
    let elsewhere = |&on: &ChannelId| {
        on == channel || {
            let faster = view.settings(on).rate.as_bps() as f64 >= 1.2 * rate as f64;
            let passing = view.traffic.feeds[on.index()].iter().all(|feed| match *feed {
                Feed::Bulk(place) => view.traffic.bulks[place].way.contains(&channel),
                _ => true,
            });
            faster && passing && others(view, on).is_some_and(|share| share < 0.1)
        }
    };
    let back = |&on: &ChannelId| others(view, on).is_some_and(|share| share < 0.1);
    outlook.loss == 0.0
        && outlook.loss_back == 0.0
        && outlook.bulk.way.iter().all(elsewhere)
        && outlook.bulk.back.iter().all(back)
}
