//! `cbr`: a constant bit rate, datagrams of one size at even intervals.

use schemars::JsonSchema;
use serde::Deserialize;

use super::datagram_source::{Gaps, Settings, Source};
use super::{App, Configuration, Target};
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;

/// Settings of `cbr`. The first datagram leaves when the application starts.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Config(pub Settings);

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(Source::new(self.0.clone(), Gaps::Even))
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
    use super::super::fake_os::{BOB, FakeOs, Reply, faulty, settings};
    use crate::app::AppSpec;
    use crate::packet::udp::Content;
    use crate::socket::Errno;
    use crate::units::Time;

    fn cbr(text: &str) -> AppSpec {
        settings("cbr", &format!("to = 'bob:9'\n{text}")).expect(text)
    }

    #[test]
    fn sends_50_000_datagrams_in_a_second_exactly() {
        let spec = cbr("interval = '20us'\nsize = '100B'");
        let mut os = FakeOs::silent();
        let mut app = os.start(&spec);
        os.run(&mut *app, Time::from_secs(1) - Time::from_ps(1));
        assert_eq!(os.sent.len(), 50_000);
        for (n, sent) in os.sent.iter().enumerate() {
            assert_eq!(sent.at, Time::from_us(20) * n as u64);
            assert_eq!(sent.content, Content::Numbered(n as u64));
            assert_eq!((sent.length, sent.to.to_string()), (100, format!("{BOB}:9")));
        }
        assert_eq!(os.flow.packets_sent, 50_000);
        assert_eq!((os.flow.completed, os.flow.end_state), (None, None));
        assert_eq!(os.flow.peer.expect("a peer").1, "bob:9");
    }

    #[test]
    fn a_rate_counts_the_data_alone() {
        let spec = cbr("rate = '1Mbps'\nsize = '1250B'\ncount = 3");
        let mut os = FakeOs::silent();
        let mut app = os.start(&spec);
        os.run(&mut *app, Time::from_secs(1));
        assert_eq!(os.send_times(), [0, 10, 20].map(Time::from_ms));
        assert_eq!(os.flow.completed, Some(Time::from_ms(20)));
        assert_eq!(os.flow.end_state, Some("done"));
    }

    #[test]
    fn changes_hold_from_the_next_datagram() {
        let mut os = FakeOs::silent();
        let mut app = os.start(&cbr("interval = '10ms'\nsize = '10B'"));
        os.run(&mut *app, Time::from_ms(5));
        let new = "interval = '1ms'\nsize = '20B'\ncount = 4\ndont-fragment = true";
        app.reconfigure(&mut os, &cbr(new));
        os.run(&mut *app, Time::from_ms(50));
        assert_eq!(os.send_times(), [0, 10, 11, 12].map(Time::from_ms));
        assert_eq!(os.sent.iter().map(|sent| sent.length).collect::<Vec<_>>(), [10, 20, 20, 20]);
        assert_eq!(os.sent[3].content, Content::Numbered(3));
        assert_eq!(os.dont_fragment, [false, true]);
        // Settings of another kind change nothing.
        app.reconfigure(&mut os, &settings("ping", "to = 'bob'").expect("ping"));
    }

    #[test]
    fn binds_the_source_port_or_says_why_not() {
        let spec = cbr("interval = '1ms'\ncount = 1\nsource-port = 4000");
        let mut os = FakeOs::silent();
        os.start(&spec);
        assert_eq!(os.bound[0].2, 4000);

        let mut os = FakeOs::silent();
        os.bind_error = Some(Errno::EADDRINUSE);
        let mut app = os.start(&spec);
        os.run(&mut *app, Time::from_ms(10));
        assert_eq!((os.sent.len(), os.flow.end_state), (0, Some("EADDRINUSE")));
        assert_eq!(os.closed.len(), 1);
    }

    #[test]
    fn counts_failed_sends_and_goes_on() {
        let mut os = FakeOs::silent();
        os.send_error = Some(Errno::ENETUNREACH);
        let mut app = os.start(&cbr("interval = '10ms'\ncount = 4"));
        os.run(&mut *app, Time::from_ms(15));
        os.send_error = None;
        os.run(&mut *app, Time::from_ms(100));
        assert_eq!((os.flow.errors, os.flow.packets_sent), (2, 2));
        assert_eq!(os.flow.completed, Some(Time::from_ms(30)));
    }

    #[test]
    fn reads_and_forgets_what_comes_back() {
        let mut os = FakeOs::answering(|sent| {
            vec![Reply::Datagram(Time::from_us(1), sent.length, sent.content)]
        });
        let mut app = os.start(&cbr("interval = '1ms'\ncount = 3"));
        os.run(&mut *app, Time::from_ms(10));
        assert_eq!((os.flow.packets_sent, os.waiting()), (3, 0));
    }

    #[test]
    fn says_which_setting_makes_no_sense() {
        let check = |text: &str| faulty(&settings("cbr", text).expect(text));
        assert_eq!(check("to = 'bob:9'\ninterval = '1ms'"), [""; 0]);
        assert_eq!(check("to = 'bob'\ninterval = '1ms'"), ["to"]);
        assert_eq!(check("to = 'bob:0'\ninterval = '1ms'"), ["to"]);
        assert_eq!(check("to = 'bob:9'"), ["rate"]);
        assert_eq!(check("to = 'bob:9'\ninterval = '1ms'\nrate = '1Mbps'"), ["interval"]);
        assert_eq!(check("to = 'bob:9'\ninterval = '0s'"), ["interval"]);
        assert_eq!(check("to = 'bob:9'\nrate = '1Mbps'\nsize = '0B'"), ["size"]);
        assert_eq!(check("to = 'bob:9'\nrate = '1Mbps'\nsize = '65507B'"), [""; 0]);
        assert_eq!(check("to = 'bob:9'\nrate = '1Mbps'\nsize = '65508B'"), ["size"]);
        assert_eq!(
            check("to = 'bob'\ncount = 0\nsource-port = '80/tcp'"),
            ["rate", "to", "count", "source-port"]
        );
        assert!(settings("cbr", "to = 'bob:9'\nspeed = 1").is_err_and(|e| e.contains("`speed`")));
    }
}
