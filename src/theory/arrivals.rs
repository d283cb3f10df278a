//! Whether what reaches a queue is a Poisson process, and what else comes.

use super::View;
use super::traffic::{Feed, Stream};
use crate::app::AppSpec;
use crate::id::ChannelId;
use crate::link::loss::LossSpec;
use crate::queue::QueueSpec;
use crate::units::{Bytes, Limit, Rate, Time};

/// A link that the packets crossed before must be at least so many times as fast ...
const FASTER: f64 = 5.0;
/// ... or, with a strain, so many times.
const BARELY_FASTER: f64 = 1.5;
/// Such a link is busy for no more than this share of the time.
const QUIET: f64 = 0.5;
/// Such a queue has room for at least so many packets.
const ROOM_AHEAD: u64 = 10;
/// What does not come as a Poisson process is at most this share of the load of the rest.
const MOST_OTHER: f64 = 0.1;
/// Sources that are idle for a larger share of the time are no steady load.
const MOST_IDLE: f64 = 0.1;
/// Results of a run that has not so many times the time that the queue takes to forget are luck ...
const LEAST_LENGTH: f64 = 100.0;
/// ... and with not so many they scatter.
const LENGTH: f64 = 1000.0;

/// The Poisson processes that reach a queue.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// Packets per second of each, with their size: what losses on the way leave of it.
    pub(super) streams: Vec<(f64, Stream)>,
    /// What the assumption of Poisson arrivals strains.
    pub(super) strained: Vec<String>,
    /// Whether nothing is lost before.
    pub(super) whole: bool,
}

impl Arrivals {
    /// Packets per second.
    pub(super) fn rate(&self) -> f64 {
        self.streams.iter().map(|(rate, _)| rate).sum()
    }

    /// The name of the only source, if there is one and nothing of it is lost before.
    pub(super) fn only_flow(&self, view: &View<'_>) -> Option<String> {
        match self.streams.as_slice() {
            [(_, only)] if self.whole => Some(view.app(only.app).to_owned()),
            _ => None,
        }
    }

    /// Adds a strain, once.
    pub(super) fn strain(&mut self, what: String) {
        if !self.strained.contains(&what) {
            self.strained.push(what);
        }
    }

    /// Those of `streams`, each with the directions that it crosses before and the time that its packets
    /// take to serve \[s\]. Nothing if they are no Poisson process on arrival.
    pub(super) fn of<'a>(
        view: &View<'_>,
        streams: impl Iterator<Item = (&'a Stream, &'a [ChannelId], f64)>,
    ) -> Option<Self> {
        let mut arrivals = Self { whole: true, ..Self::default() };
        for (stream, before, service) in streams {
            let share = view.share(stream.active);
            if share < 1.0 - MOST_IDLE {
                return None;
            }
            if share < 0.99 {
                let idle = (1.0 - share) * 100.0;
                let name = view.app(stream.app);
                arrivals.strain(format!("{name} is idle at times ({idle:.0} %)"));
            }
            let mut rate = 1.0 / stream.gap;
            for &channel in before {
                rate *= arrivals.passes(view, channel, stream, service)?;
            }
            arrivals.streams.push((rate, stream.clone()));
        }
        (!arrivals.streams.is_empty()).then_some(arrivals)
    }

    /// The share of packets that arrive at the other end of a link, if as random as they came.
    fn passes(
        &mut self,
        view: &View<'_>,
        channel: ChannelId,
        stream: &Stream,
        service: f64,
    ) -> Option<f64> {
        let settings = view.settings(channel);
        let plain = settings.duplicate.is_zero()
            && settings.corrupt.is_zero()
            && settings.reorder.is_zero();
        let roomy = match &settings.queue {
            QueueSpec::Fifo(fifo) => match fifo.limit {
                Limit::Packets(packets) => packets >= ROOM_AHEAD,
                Limit::Bytes(bytes) => bytes.get() >= ROOM_AHEAD * stream.length,
            },
            _ => false,
        };
        let faster = service / view.sending(channel, stream.length);
        let quiet = load(view, channel)? <= QUIET;
        if !(plain && roomy && quiet && settings.up && view.is_own(channel))
            || faster < BARELY_FASTER
        {
            return None;
        }
        if faster < FASTER {
            let what = "a link before is hardly faster and spaces arrivals";
            self.strain(format!("{what} ({faster:.1} times)"));
        }
        match settings.loss {
            LossSpec::None => Some(1.0),
            LossSpec::Bernoulli(chance) => {
                self.whole &= chance.is_zero();
                Some(1.0 - chance.as_f64())
            }
            LossSpec::GilbertElliott(_) | LossSpec::List(_) => None,
        }
    }

    /// What else goes through a queue whose load by these arrivals is `rho`: a strain, if it is little.
    /// Nothing if it is much.
    pub(super) fn beside(&mut self, view: &View<'_>, channel: ChannelId, rho: f64) -> Option<()> {
        for feed in &view.traffic.feeds[channel.index()] {
            let app = match *feed {
                Feed::Poisson(_) => continue,
                Feed::Other(app) => app,
                Feed::Bulk(_) | Feed::Acknowledgments(_) => return None,
            };
            let more = at_peak(view, channel, app)?;
            if more > MOST_OTHER * rho {
                return None;
            }
            let (name, kind) = (view.app(app), view.plan().apps[app].spec.kind());
            self.strain(format!("not all arrivals are Poisson: {name} ({kind})"));
        }
        Some(())
    }

    /// Whether the run is long enough: a queue forgets what it was like within `relaxation` service times of
    /// `service` \[s\]. Nothing if results would be luck.
    pub(super) fn outlast(&mut self, span: f64, service: f64, relaxation: f64) -> Option<()> {
        let length = span / (service * relaxation);
        if length < LEAST_LENGTH {
            return None;
        }
        if length < LENGTH {
            let wanted = Time::from_secs_f64(libm::ceil(LENGTH * service * relaxation));
            self.strain(format!("the run is short for so slow a queue ({wanted} would do)"));
        }
        Some(())
    }
}

/// Within how many service times a queue forgets: the slowest mode of M/M/1/K (Morse 1958), with the
/// speed and the spread of a random walk whose services have this squared coefficient of variation.
pub(super) fn relaxation(rho: f64, scv: f64, room: u64) -> f64 {
    const PI: f64 = std::f64::consts::PI;
    let (drift, spread) = (1.0 - rho.sqrt(), f64::midpoint(1.0, scv));
    let places = room as f64 + 1.0;
    1.0 / (drift * drift / spread + spread * rho.sqrt() * PI * PI / (places * places)).max(1e-300)
}

/// The share of time in which a link sends what is known to come, at most; nothing if that is not known.
fn load(view: &View<'_>, channel: ChannelId) -> Option<f64> {
    let of = |feed: &Feed| match *feed {
        Feed::Poisson(place) => {
            let stream = &view.traffic.streams[place];
            Some(view.sending(channel, stream.length) / stream.gap)
        }
        Feed::Other(app) => at_peak(view, channel, app),
        Feed::Bulk(_) | Feed::Acknowledgments(_) => None,
    };
    view.traffic.feeds[channel.index()].iter().map(of).sum()
}

/// The same of one application that is not a stream, while it sends; nothing if that is not known.
pub(super) fn at_peak(view: &View<'_>, channel: ChannelId, app: usize) -> Option<f64> {
    /// An answer or a question now and then.
    const HARDLY: f64 = 0.001;
    let paced = |size: Bytes, rate: Option<Rate>, interval: Option<Time>| {
        let gap = interval.or_else(|| Some(rate?.time_for(size)))?.as_secs_f64();
        (gap > 0.0).then(|| view.sending(channel, size.get() + 28) / gap)
    };
    match &view.plan().apps[app].spec {
        AppSpec::Cbr(config) => paced(config.0.size, config.0.rate, config.0.interval),
        AppSpec::Poisson(config) => paced(config.0.size, config.0.rate, config.0.interval),
        AppSpec::OnOff(config) => paced(config.size, config.rate, config.interval),
        AppSpec::Ping(config) => paced(config.size, None, Some(config.interval)),
        AppSpec::Traceroute(_) | AppSpec::DnsClient(_) => Some(HARDLY),
        _ => None,
    }
}
