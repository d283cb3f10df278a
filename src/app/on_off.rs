//! `on-off`: bursts at a peak rate with silence between; many with Pareto times are self-similar.

use schemars::JsonSchema;
use serde::Deserialize;

use super::datagram_source::{NEXT, Pace, Sender, default_size};
use super::distribution::Duration;
use super::{App, AppSpec, Configuration, Os, Target, Wake, check};
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::services::PortSpec;
use crate::units::{Bytes, Rate, Time};

/// Settings of `on-off`. The first burst begins when the application starts. Only the time in bursts
/// counts for the spacing of datagrams, so the mean rate is the peak rate times
/// `on-time / (on-time + off-time)` however short the bursts are.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where the datagrams go: host and port.
    pub to: Target,
    /// How long a burst lasts.
    pub on_time: Duration,
    /// How long the silence after it lasts.
    pub off_time: Duration,
    /// UDP data sent per second within a burst, headers not counted.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// Time from one datagram to the next within a burst, in place of `rate`.
    #[serde(default)]
    pub interval: Option<Time>,
    /// UDP data of each datagram; 1000B unless said.
    #[serde(default = "default_size")]
    pub size: Bytes,
    /// How many datagrams to send; without it the source goes on until the end.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub count: Option<u64>,
    /// The port to send from; an ephemeral one unless said.
    #[serde(default)]
    pub source_port: Option<PortSpec>,
}

impl Config {
    const fn pace(&self) -> Pace {
        Pace { rate: self.rate, interval: self.interval, size: self.size }
    }
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(OnOff {
            config: self.clone(),
            sender: Sender::default(),
            left: Time::ZERO,
            due: Time::ZERO,
            next: Step::TurnOn,
        })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn seeks(&self) -> Option<(Protocol, Option<u16>)> {
        Some((Protocol::Udp, None))
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = self.pace().check();
        faults.extend(check::needs_port("to", &self.to));
        faults.extend(check::positive(
            "on-time",
            self.on_time.mean(),
            "write for example \"500ms\"",
        ));
        faults.extend(self.on_time.check("on-time"));
        faults.extend(self.off_time.check("off-time"));
        faults.extend(check::count("count", self.count));
        faults.extend(self.source_port.and_then(|port| check::udp_port("source-port", port)));
        faults
    }
}

/// What the one timer under way is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Send,
    TurnOff,
    TurnOn,
}

#[derive(Debug)]
struct OnOff {
    config: Config,
    sender: Sender,
    /// What is left of the burst.
    left: Time,
    /// Time in bursts until the next datagram.
    due: Time,
    next: Step,
}

impl OnOff {
    /// Within a burst: waits for the next datagram or for the end of the burst, whichever comes
    /// first. A datagram that is due just when a burst ends opens the next one.
    fn wait(&mut self, os: &mut dyn Os) {
        let span = if self.due < self.left {
            self.next = Step::Send;
            self.due
        } else {
            self.next = Step::TurnOff;
            self.left
        };
        self.left = self.left - span;
        self.due = self.due - span;
        os.set_timer(span, NEXT);
    }

    fn step(&mut self, os: &mut dyn Os) {
        match self.next {
            Step::TurnOn => {
                self.left = self.config.on_time.draw(os.rng());
                self.wait(os);
            }
            Step::Send => {
                self.sender.send(os, &self.config.to, check::data_length(self.config.size));
                if !self.sender.has_sent(os, self.config.count) {
                    self.due = self.config.pace().gap();
                    self.wait(os);
                }
            }
            Step::TurnOff => {
                self.next = Step::TurnOn;
                let silence = self.config.off_time.draw(os.rng());
                os.set_timer(silence, NEXT);
            }
        }
    }
}

impl App for OnOff {
    fn start(&mut self, os: &mut dyn Os) {
        if self.sender.open(os, &self.config.to, self.config.source_port) {
            self.step(os);
        }
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(NEXT) => self.step(os),
            Wake::Ready(_) => self.sender.discard(os),
            Wake::Timer(_) => {}
        }
    }

    /// Pace and size hold from the next datagram, which leaves when it was due; the lengths of
    /// bursts and silences from the next one of each.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::OnOff(config) = spec {
            self.config = config.clone();
        }
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::fake_os::{FakeOs, faulty, settings};
    use super::*;

    fn on_off(text: &str) -> AppSpec {
        settings("on-off", &format!("to = 'bob:9'\n{text}")).expect(text)
    }

    #[test]
    fn sends_in_bursts() {
        let mut os = FakeOs::silent();
        let spec = on_off("on-time = '30ms'\noff-time = '70ms'\nrate = '800kbps'");
        let mut app = os.start(&spec);
        os.run(&mut *app, Time::from_ms(299));
        assert_eq!(os.send_times(), [0, 10, 20, 100, 110, 120, 200, 210, 220].map(Time::from_ms));
        assert_eq!(os.sent[0].length, 1000);
    }

    #[test]
    fn bursts_shorter_than_the_interval_add_up() {
        let mut os = FakeOs::silent();
        let mut app =
            os.start(&on_off("on-time = '4ms'\noff-time = '6ms'\ninterval = '10ms'\ncount = 3"));
        os.run(&mut *app, Time::from_secs(1));
        // 10 ms in bursts are two of them and 2 ms of the third.
        assert_eq!(os.send_times(), [0, 22, 50].map(Time::from_ms));
        assert_eq!(os.flow.completed, Some(Time::from_ms(50)));
    }

    #[test]
    fn keeps_its_mean_rate() {
        for (on, off) in [
            ("{ exponential = '10ms' }", "{ exponential = '30ms' }"),
            ("{ pareto = { mean = '10ms', shape = 3 } }", "{ exponential = '30ms' }"),
        ] {
            let mut os = FakeOs::silent();
            let spec = on_off(&format!("on-time = {on}\noff-time = {off}\ninterval = '1ms'"));
            let mut app = os.start(&spec);
            os.run(&mut *app, Time::from_secs(200));
            let share = os.sent.len() as f64 / 200_000.0;
            assert!((share - 0.25).abs() < 0.01, "{on}: {share}");
        }
    }

    #[test]
    fn changes_hold_from_what_comes_next() {
        let mut os = FakeOs::silent();
        let mut app = os.start(&on_off("on-time = '20ms'\noff-time = '80ms'\ninterval = '10ms'"));
        os.run(&mut *app, Time::from_ms(5));
        app.reconfigure(&mut os, &on_off("on-time = '10ms'\noff-time = '10ms'\ninterval = '5ms'"));
        os.run(&mut *app, Time::from_ms(45));
        assert_eq!(os.send_times(), [0, 10, 15, 30, 35].map(Time::from_ms));
    }

    #[test]
    fn says_which_setting_makes_no_sense() {
        let pareto = "{ pareto = { mean = '1s', shape = 1.0 } }";
        let spec = on_off(&format!("on-time = '0s'\noff-time = {pareto}\nrate = '1Mbps'"));
        assert_eq!(faulty(&spec), ["on-time", "off-time"]);
        assert_eq!(faulty(&on_off("on-time = '1s'\noff-time = '0s'")), ["rate"]);
    }
}
