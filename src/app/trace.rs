//! `trace`: replays datagrams that were recorded elsewhere, from a file of times and sizes.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::datagram_source::{NEXT, Sender};
use super::{App, AppSpec, Arrivals, Configuration, Os, Target, Wake, check};
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::services::PortSpec;
use crate::units::Time;

/// Settings of `trace`. The file's first datagram leaves when the application starts.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where the datagrams go: host and port.
    pub to: Target,
    /// The file with the arrivals.
    #[schemars(with = "String")]
    pub file: Arrivals,
    /// Whether to begin again after the last datagram, one mean gap later.
    #[serde(default, rename = "loop")]
    pub repeat: bool,
    /// What to multiply all gaps by: 0.5 plays at double speed. 1 unless said.
    #[serde(default = "unscaled")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub scale: f64,
    /// The port to send from; an ephemeral one unless said.
    #[serde(default)]
    pub source_port: Option<PortSpec>,
}

const fn unscaled() -> f64 {
    1.0
}

impl<'de> Deserialize<'de> for Arrivals {
    /// The file's name. The list is filled in when the file is read.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|file| Self { file, ..Self::default() })
    }
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(Trace { config: self.clone(), sender: Sender::default(), place: 0 })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn seeks(&self) -> Option<(Protocol, Option<u16>)> {
        Some((Protocol::Udp, None))
    }
    fn arrivals(&mut self) -> Option<(&'static str, &mut Arrivals)> {
        Some(("file", &mut self.file))
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::needs_port("to", &self.to));
        if self.file.file.is_empty() {
            let help = "write the path of a file of times and sizes";
            faults.push(check::fault("file", "no file is named", help));
        }
        if !(self.scale > 0.0 && self.scale.is_finite()) {
            let message = format!("gaps cannot be multiplied by {}", self.scale);
            faults.push(check::fault("scale", message, "write a number above 0, such as 0.5"));
        }
        faults.extend(self.source_port.and_then(|port| check::udp_port("source-port", port)));
        faults
    }
}

#[derive(Debug)]
struct Trace {
    config: Config,
    sender: Sender,
    /// The place in the list of the next datagram.
    place: usize,
}

impl Trace {
    /// The gap before the datagram at `place`. `None` if there is nothing more to send.
    fn gap(&mut self) -> Option<Time> {
        let list = &self.config.file.list;
        let at = |place: usize| list.get(place).map(|arrival| arrival.0);
        let gap = match (at(self.place), self.place.checked_sub(1).and_then(at)) {
            (Some(next), before) => next.saturating_sub(before.unwrap_or(Time::ZERO)),
            (None, _) => {
                let length = at(list.len().checked_sub(1)?)?.saturating_sub(at(0)?);
                // A list that takes no time would begin again for ever at one instant.
                if !self.config.repeat || length.is_zero() {
                    return None;
                }
                self.place = 0;
                Time::from_ps(length.as_ps() / (list.len() as u64 - 1))
            }
        };
        Some(scaled(gap, self.config.scale))
    }

    fn wait(&mut self, os: &mut dyn Os) {
        match self.gap() {
            Some(gap) => os.set_timer(gap, NEXT),
            None => self.sender.ends(os),
        }
    }
}

/// The product, exact where nothing is scaled.
fn scaled(span: Time, scale: f64) -> Time {
    if scale == 1.0 { span } else { Time::from_secs_f64(span.as_secs_f64() * scale) }
}

impl App for Trace {
    fn start(&mut self, os: &mut dyn Os) {
        if self.sender.open(os, &self.config.to, self.config.source_port) {
            self.wait(os);
        }
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(NEXT) => {
                if let Some(&(_, length)) = self.config.file.list.get(self.place) {
                    self.sender.send(os, &self.config.to, length);
                    self.place += 1;
                }
                self.wait(os);
            }
            Wake::Ready(_) => self.sender.discard(os),
            Wake::Timer(_) => {}
        }
    }

    /// Holds from the next datagram, which leaves when it was due.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::Trace(config) = spec {
            self.config = config.clone();
        }
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::fake_os::{FakeOs, faulty, settings};
    use super::*;
    use crate::packet::udp::Content;

    fn trace(text: &str, list: &[(u64, u16)]) -> AppSpec {
        let mut spec =
            settings("trace", &format!("to = 'bob:9'\nfile = 'video.csv'\n{text}")).expect(text);
        let (field, arrivals) = spec.config_mut().arrivals().expect("arrivals");
        assert_eq!((field, arrivals.file.as_str()), ("file", "video.csv"));
        arrivals.list = list.iter().map(|&(ms, size)| (Time::from_ms(ms), size)).collect();
        spec
    }

    fn run(spec: &AppSpec, until: u64) -> FakeOs {
        let mut os = FakeOs::silent();
        let mut app = os.start(spec);
        os.run(&mut *app, Time::from_ms(until));
        os
    }

    const LIST: [(u64, u16); 4] = [(0, 100), (5, 200), (5, 300), (30, 400)];

    #[test]
    fn replays_times_and_sizes() {
        let os = run(&trace("", &LIST), 1000);
        assert_eq!(os.send_times(), [0, 5, 5, 30].map(Time::from_ms));
        let sizes: Vec<_> = os.sent.iter().map(|sent| sent.length).collect();
        assert_eq!(sizes, [100, 200, 300, 400]);
        assert_eq!(os.sent[3].content, Content::Numbered(3));
        assert_eq!(os.flow.completed, Some(Time::from_ms(30)));
        assert_eq!((os.flow.packets_sent, os.flow.end_state), (4, Some("done")));
    }

    #[test]
    fn loops_a_mean_gap_after_the_last() {
        let os = run(&trace("loop = true", &LIST), 75);
        assert_eq!(os.send_times(), [0, 5, 5, 30, 40, 45, 45, 70].map(Time::from_ms));
        assert_eq!(os.sent[4].content, Content::Numbered(4));
        assert_eq!(os.flow.completed, None);
    }

    #[test]
    fn a_list_that_takes_no_time_ends_even_in_a_loop() {
        for list in [&[][..], &[(0, 100)], &[(0, 100), (0, 100)]] {
            let os = run(&trace("loop = true", list), 1000);
            assert_eq!((os.sent.len(), os.flow.completed), (list.len(), Some(Time::ZERO)));
        }
    }

    #[test]
    fn scales_gaps() {
        let os = run(&trace("scale = 2", &LIST), 1000);
        assert_eq!(os.send_times(), [0, 10, 10, 60].map(Time::from_ms));
        let mut os = FakeOs::silent();
        let mut app = os.start(&trace("", &LIST));
        os.run(&mut *app, Time::from_ms(1));
        app.reconfigure(&mut os, &trace("scale = 0.5", &LIST));
        os.run(&mut *app, Time::from_ms(1000));
        assert_eq!(os.send_times(), [0, 5_000, 5_000, 17_500].map(Time::from_us));
    }

    #[test]
    fn says_which_setting_makes_no_sense() {
        let check = |text: &str| faulty(&settings("trace", text).expect(text));
        assert_eq!(check("to = 'bob:9'\nfile = 'a.csv'"), [""; 0]);
        assert_eq!(check("to = 'bob'\nfile = ''\nscale = 0"), ["to", "file", "scale"]);
        assert_eq!(check("to = 'bob:9'\nfile = 'a'\nscale = nan"), ["scale"]);
    }
}
