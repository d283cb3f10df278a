//! A quantity that a model predicts, and how it is read off the results.

use crate::observe::results::{Channel, Comparison, Summary};

use super::interval::Batches;

/// The level of confidence of the interval that one run gives.
pub const CONFIDENCE: f64 = 0.95;

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// The share of arrivals that found no room.
    Loss,
    /// The mean number that waits.
    Waiting,
    /// The mean wait \[s\].
    Wait,
    /// The share of time in which a link sends.
    Utilization,
    /// Data that arrive \[bit/s\].
    Goodput,
}

impl Quantity {
    /// Its name in the results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Waiting => "mean_packets",
            Self::Wait => "mean_wait_seconds",
            Self::Utilization => "utilization",
            Self::Goodput => "goodput_bps",
        }
    }
}

/// What a prediction is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A direction of a link with its queue: the link's name and the direction's.
    Channel(String, String),
    /// A port, such as `bob:5000/udp`.
    Port(String),
    /// A flow.
    Flow(String),
}

impl Subject {
    /// As `[record]` names it.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Channel(link, direction) => format!("links.{link}.{direction}"),
            Self::Port(name) => format!("ports.{name}"),
            Self::Flow(name) => format!("flows.{name}"),
        }
    }

    /// As expressions over the results name it.
    fn expression(&self) -> String {
        match self {
            Self::Channel(link, direction) => format!("links['{link}']['{direction}']"),
            Self::Port(name) => format!("ports['{name}']"),
            Self::Flow(name) => format!("flows['{name}']"),
        }
    }
}

/// What a model says of a quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// What it is about.
    pub subject: Subject,
    /// What is predicted.
    pub quantity: Quantity,
    /// The model.
    pub model: &'static str,
    /// The value, in the units of the results.
    pub predicted: f64,
    /// Whether the model says only that it is no less.
    pub at_least: bool,
    /// What the model assumes and the scenario keeps to.
    pub assumes: Vec<String>,
    /// What the model assumes and the scenario keeps to in part only.
    pub strained: Vec<String>,
    /// The only flow that feeds the subject without any loss before it, if there is one.
    pub(super) only_flow: Option<String>,
}

impl Prediction {
    /// The quantity in a summary, as what was counted over what it was counted of, both from the
    /// beginning on: so that the quantity of a part of the run is the quotient of differences.
    fn counted(&self, summary: &Summary) -> Option<(f64, f64)> {
        let seconds = summary.simulated_seconds;
        Some(match (&self.subject, self.quantity) {
            (Subject::Channel(link, direction), quantity) => {
                let channel = summary.links.get(link)?.get(direction)?;
                of_channel(channel, quantity, seconds)?
            }
            (Subject::Port(name), quantity) => {
                let port = summary.ports.get(name)?;
                match quantity {
                    Quantity::Loss => (port.dropped as f64, port.received as f64),
                    Quantity::Waiting => (port.mean_depth_packets * seconds, seconds),
                    Quantity::Wait => {
                        let read = port.delivered as f64;
                        (port.mean_wait_seconds * read, read)
                    }
                    Quantity::Utilization | Quantity::Goodput => return None,
                }
            }
            (Subject::Flow(name), Quantity::Goodput) => {
                (summary.flows.get(name)?.bytes_delivered as f64 * 8.0, seconds)
            }
            (Subject::Flow(_), _) => return None,
        })
    }

    /// What the whole run measured.
    fn measured(&self, summary: &Summary) -> Option<f64> {
        if let (Subject::Flow(name), Quantity::Goodput) = (&self.subject, self.quantity) {
            // From the flow's start on.
            return Some(summary.flows.get(name)?.goodput_bps);
        }
        let (count, of) = self.counted(summary)?;
        (of > 0.0).then(|| count / of)
    }

    /// Beside what a run measured. `parts` are its results at the ends of equal parts, of which the
    /// first does not count: the network was empty then.
    pub(super) fn beside(&self, summary: &Summary, parts: &[Summary]) -> Comparison {
        let counts: Vec<_> = parts.iter().filter_map(|part| self.counted(part)).collect();
        let of_part = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0) / (pair[1].1 - pair[0].1);
        let values: Vec<f64> = counts.windows(2).map(of_part).collect();
        let batches = Batches::of(&values, CONFIDENCE);
        let mut strained = self.strained.clone();
        if batches.is_some_and(|it| it.depend(values.len())) {
            strained.push("parts of the run depend on each other: it needs to be longer".into());
        }
        Comparison {
            subject: self.subject.path(),
            quantity: self.quantity.name(),
            model: self.model,
            predicted: self.predicted,
            at_least: self.at_least,
            measured: self.measured(summary),
            half_width: batches.map(|it| it.half_width),
            assumes: self.assumes.clone(),
            strained,
        }
    }

    /// Whether an expression over the results is the very quantity, however it is written.
    #[must_use]
    pub fn is_measured_by(&self, expression: &str) -> bool {
        let wanted = plain(expression);
        self.expressions().iter().any(|own| plain(own) == wanted)
    }

    /// Ways to write the quantity.
    fn expressions(&self) -> Vec<String> {
        let of = self.subject.expression();
        let quotient = |lost: &str, all: &str| format!("double({lost}) / double({all})");
        match (&self.subject, self.quantity) {
            (Subject::Channel(..), Quantity::Loss) => {
                let lost = format!("{of}.drops.queue");
                let mut ways = vec![
                    quotient(&lost, &format!("{of}.packets + {lost}")),
                    quotient(&lost, &format!("{lost} + {of}.packets")),
                ];
                let sent =
                    |flow: &String| quotient(&lost, &format!("flows['{flow}'].packets_sent"));
                ways.extend(self.only_flow.iter().map(sent));
                ways
            }
            (Subject::Port(_), Quantity::Loss) => {
                let lost = format!("{of}.dropped");
                let mut ways = vec![quotient(&lost, &format!("{of}.received"))];
                let sent =
                    |flow: &String| quotient(&lost, &format!("flows['{flow}'].packets_sent"));
                ways.extend(self.only_flow.iter().map(sent));
                ways
            }
            (Subject::Channel(..), Quantity::Waiting) => vec![format!("{of}.queue.mean_packets")],
            (Subject::Channel(..), Quantity::Wait) => vec![format!("{of}.queue.mean_wait_seconds")],
            (Subject::Port(_), Quantity::Waiting) => vec![format!("{of}.mean_depth_packets")],
            (_, quantity) => vec![format!("{of}.{}", quantity.name())],
        }
    }
}

fn of_channel(channel: &Channel, quantity: Quantity, seconds: f64) -> Option<(f64, f64)> {
    let sent = channel.packets as f64;
    Some(match quantity {
        Quantity::Loss => {
            let lost = channel.drops.queue as f64;
            (lost, lost + sent)
        }
        Quantity::Waiting => (channel.queue.mean_packets * seconds, seconds),
        Quantity::Wait => (channel.queue.mean_wait_seconds * sent, sent),
        Quantity::Utilization => (channel.utilization * seconds, seconds),
        Quantity::Goodput => return None,
    })
}

/// An expression without what may be written in several ways: blanks, `['x']` in place of `.x`,
/// `double(...)`, brackets round a single name.
fn plain(expression: &str) -> String {
    let mut text: String = expression.chars().filter(|c| !c.is_whitespace()).collect();
    for (long, short) in [("['", "."), ("[\"", "."), ("']", ""), ("\"]", ""), ("double(", "(")] {
        text = text.replace(long, short);
    }
    let mut done = String::new();
    let mut rest = text.as_str();
    while let Some(open) = rest.find('(') {
        let inner = &rest[open + 1..];
        let end = inner.find(['(', ')']).filter(|&end| inner[end..].starts_with(')'));
        done.push_str(&rest[..open]);
        match end.filter(|&end| !inner[..end].contains(['+', '*', '/'])) {
            Some(end) => {
                done.push_str(&inner[..end]);
                rest = &inner[end + 1..];
            }
            None => {
                done.push('(');
                rest = inner;
            }
        }
    }
    done + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_may_be_written_in_several_ways() {
        let prediction = |subject, quantity| Prediction {
            subject,
            quantity,
            model: "M/D/1/K",
            predicted: 0.1,
            at_least: false,
            assumes: Vec::new(),
            strained: Vec::new(),
            only_flow: Some("f".into()),
        };
        let channel = Subject::Channel("a--b".into(), "a->b".into());
        let loss = prediction(channel.clone(), Quantity::Loss);
        for same in [
            "double(links['a--b']['a->b'].drops.queue) / double(flows.f.packets_sent)",
            "double(links[\"a--b\"]['a->b'].drops.queue)/double(flows['f']['packets_sent'])",
            "double(links['a--b']['a->b'].drops.queue) / (double(links['a--b']['a->b'].packets) + double(links['a--b']['a->b'].drops.queue))",
            "double(links['a--b']['a->b'].drops.queue) / double(links['a--b']['a->b'].drops.queue + links['a--b']['a->b'].packets)",
        ] {
            assert!(loss.is_measured_by(same), "{same}: {}", plain(same));
        }
        for other in [
            "links['a--b']['a->b'].drops.queue",
            "double(links['a--b']['b->a'].drops.queue) / double(flows.f.packets_sent)",
            "1.0 - double(links['a--b']['a->b'].drops.queue) / double(flows.f.packets_sent)",
            "((",
            "",
            "double(",
        ] {
            assert!(!loss.is_measured_by(other), "{other}");
        }
        let waiting = prediction(channel, Quantity::Waiting);
        assert!(waiting.is_measured_by(" links['a--b']['a->b'].queue.mean_packets "));
        let port = prediction(Subject::Port("b:9/udp".into()), Quantity::Wait);
        assert!(port.is_measured_by("ports['b:9/udp'].mean_wait_seconds"));
        let flow = prediction(Subject::Flow("w".into()), Quantity::Goodput);
        assert!(flow.is_measured_by("flows.w.goodput_bps"));
    }
}
