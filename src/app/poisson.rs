//! `poisson`: datagrams that arrive as a Poisson process, independent of each other.

use schemars::JsonSchema;
use serde::Deserialize;

use super::datagram_source::{Gaps, Settings, Source};
use super::{App, Configuration, Target};
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;

/// Settings of `poisson`. Gaps are exponentially distributed; `interval` is their mean, `rate` the
/// mean rate. The first gap begins when the application starts.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Config(pub Settings);

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(Source::new(self.0.clone(), Gaps::Exponential))
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.0.to)]
    }
    fn seeks(&self) -> Option<(Protocol, Option<u16>)> {
        Some((Protocol::Udp, None))
    }
    fn check(&self) -> Vec<Fault> {
        self.0.check()
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::fake_os::{FakeOs, settings};
    use crate::app::AppSpec;
    use crate::units::Time;

    fn poisson(text: &str) -> AppSpec {
        settings("poisson", &format!("to = 'bob:9'\n{text}")).expect(text)
    }

    #[test]
    fn gaps_are_exponential() {
        let mut os = FakeOs::silent();
        let mut app = os.start(&poisson("interval = '1ms'"));
        os.run(&mut *app, Time::from_secs(20));
        let times = os.send_times();
        assert!(times[0] > Time::ZERO, "the first gap comes before the first datagram");
        let gaps: Vec<f64> =
            times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64() * 1e3).collect();
        let n = gaps.len() as f64;
        let mean = gaps.iter().sum::<f64>() / n;
        let variance = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / n;
        assert!((mean - 1.0).abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.1, "{variance}");
        let short = gaps.iter().filter(|gap| **gap < 1.0).count() as f64 / n;
        assert!((short - 0.632).abs() < 0.015, "{short}");
    }

    #[test]
    fn ends_after_its_count_and_takes_changes() {
        let mut os = FakeOs::silent();
        let mut app = os.start(&poisson("rate = '8Mbps'\ncount = 10"));
        app.reconfigure(&mut os, &poisson("rate = '8Mbps'\ncount = 20\nsize = '500B'"));
        os.run(&mut *app, Time::from_secs(1));
        assert_eq!((os.sent.len(), os.sent[0].length), (20, 500));
        assert_eq!(os.flow.completed, os.sent.last().map(|sent| sent.at));
    }
}
