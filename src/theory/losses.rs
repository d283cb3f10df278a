//! Long TCP connections that lose segments at random, on links that have room to spare: the formulas of
//! Mathis and PFTK for Reno, that of RFC 9438 for CUBIC.

use super::connection::{Outlook, others};
use super::traffic::Feed;
use super::{Prediction, Quantity, Subject, View, tcp};
use crate::id::ChannelId;
use crate::tcp::config::Congestion;

/// By how many segments an acknowledgment opens the window: bytes are counted (RFC 3465, as in
/// Linux), so that delayed acknowledgments are no hindrance.
const PER_ACKNOWLEDGMENT: f64 = 1.0;
/// Beyond this no formula holds.
const MOST_LOSS: f64 = 0.2;
/// Beyond this timeouts decide, of which Mathis knows nothing.
const MATHIS_LOSS: f64 = 0.01;
/// Results of a run with fewer losses are luck ...
const LEAST_LOSSES: f64 = 30.0;
/// ... and with fewer of them they scatter.
const LOSSES: f64 = 300.0;
/// Links that are busier have queues that matter ...
const QUIET: f64 = 0.5;
/// ... and such are full.
const FULL: f64 = 0.9;
/// The window goes up to so many times its mean, and now and then higher.
const ABOVE_MEAN: f64 = 2.5;

pub(super) fn predict(view: &View<'_>) -> Vec<Prediction> {
    let outlooks: Vec<Option<Expected<'_>>> =
        view.traffic.bulks.iter().map(|bulk| Expected::of(Outlook::of(view, bulk)?)).collect();
    let all = outlooks.iter().flatten();
    all.filter_map(|expected| expected.predictions(view, &outlooks)).flatten().collect()
}

/// A connection with its throughput \[segments/s\] by each model.
struct Expected<'a> {
    outlook: Outlook<'a>,
    rates: Vec<(&'static str, f64)>,
    friendly: bool,
}

impl<'a> Expected<'a> {
    fn of(outlook: Outlook<'a>) -> Option<Self> {
        let p = outlook.loss;
        if !(p > 0.0 && p <= MOST_LOSS) {
            return None;
        }
        let (rtt, b) = (outlook.rtt, PER_ACKNOWLEDGMENT);
        let sender = &outlook.bulk.sender;
        let least = sender.rto_min.as_secs_f64();
        let rto = if sender.rto_min_of_variance { rtt + least } else { rtt.max(least) };
        let reno = tcp::mathis(p, b);
        let of_reno = vec![("PFTK", tcp::pftk(p, b, rtt, rto)), ("Mathis", reno / rtt)];
        let (rates, friendly) = match sender.congestion {
            Congestion::Reno => (of_reno, false),
            Congestion::Cubic if tcp::cubic(p, rtt) > reno => {
                (vec![("CUBIC", tcp::cubic(p, rtt) / rtt)], false)
            }
            Congestion::Cubic => (of_reno, true),
            Congestion::Dctcp | Congestion::Bbr | Congestion::None => return None,
        };
        Some(Self { outlook, rates, friendly })
    }

    /// The least of what the models say.
    fn rate(&self) -> f64 {
        self.rates.iter().map(|(_, rate)| *rate).fold(f64::INFINITY, f64::min)
    }

    fn predictions(&self, view: &View<'_>, all: &[Option<Self>]) -> Option<Vec<Prediction>> {
        let strained = self.strains(view, all)?;
        let outlook = &self.outlook;
        let p = outlook.loss;
        let one = |&(model, rate): &(&'static str, f64)| {
            let mut strained = strained.clone();
            if model == "CUBIC" {
                strained.push("RFC 9438 reckons with losses at even distances".into());
            }
            if model == "Mathis" && p > MATHIS_LOSS {
                strained
                    .push("timeouts, which Mathis does not know, are frequent above 1 %".into());
            }
            Prediction {
                subject: Subject::Flow(view.app(outlook.bulk.app).to_owned()),
                quantity: Quantity::Goodput,
                model,
                predicted: outlook.goodput(rate),
                at_least: false,
                assumes: vec![
                    format!("losses at random, p = {}", short(p)),
                    format!("round trips of {:.3} s", outlook.rtt),
                    "neither the link nor the receiver limits".to_owned(),
                ],
                strained,
                only_flow: None,
            }
        };
        Some(self.rates.iter().map(one).collect())
    }

    /// What is strained; nothing if it is too much.
    fn strains(&self, view: &View<'_>, all: &[Option<Self>]) -> Option<Vec<String>> {
        let (outlook, rate) = (&self.outlook, self.rate());
        let mut strained = Vec::new();
        let busiest = outlook.bulk.way.iter().map(|&on| busy(view, on, all));
        let busiest = busiest.collect::<Option<Vec<f64>>>()?.into_iter().fold(0.0, f64::max);
        for &channel in &outlook.bulk.back {
            if others(view, channel)? > QUIET {
                return None;
            }
        }
        let losses = rate * outlook.loss * view.span() * view.share(outlook.bulk.active);
        let window = rate * outlook.rtt;
        if busiest > FULL || losses < LEAST_LOSSES || outlook.window < window {
            return None;
        }
        if view.share(outlook.bulk.active) < 0.5 {
            return None;
        }
        if busiest > QUIET {
            strained.push("a link is busy: round trips vary with its queue".to_owned());
        }
        if losses < LOSSES {
            strained.push(format!("few losses: a longer run says more (some {losses:.0})"));
        }
        if outlook.window < ABOVE_MEAN * window {
            let most = outlook.window;
            strained.push(format!("rwnd limits the window ({most:.0} segments)"));
        }
        if outlook.loss_back > 0.0 {
            strained.push("acknowledgments are lost too".to_owned());
        }
        if self.friendly {
            strained.push("CUBIC, where it is meant to be no faster than Reno".to_owned());
        }
        Some(strained)
    }
}

/// The share of a link that is taken; nothing if that is not known.
fn busy(view: &View<'_>, channel: ChannelId, all: &[Option<Expected<'_>>]) -> Option<f64> {
    let mut sum = others(view, channel)?;
    for feed in &view.traffic.feeds[channel.index()] {
        if let Feed::Bulk(place) = *feed {
            let expected = all[place].as_ref()?;
            sum += expected.rate() * view.sending(channel, expected.outlook.length);
        }
    }
    Some(sum)
}

/// A chance in as few digits as say it.
fn short(p: f64) -> String {
    let text = format!("{:.4}", p * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}
