//! Every constant of a TCP, in two profiles.
//!
//! [`Config::linux`] has the values of a Linux 6 kernel, [`Config::rfc`] those that the RFCs
//! recommend. [`Settings`] is what a scenario may write: a profile and what differs from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kinds::Fault;
use crate::units::{Bytes, Time};

/// The largest window scale (RFC 7323 section 2.3).
pub(super) const MAX_SCALE: u8 = 14;
/// Processes write lines of text whole \[bytes\].
const LEAST_SEND_BUFFER: u64 = 1000;
/// From any time to any other takes fewer doublings.
const MOST_DOUBLINGS: u32 = 64;

/// Where the values that are not set come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// As a Linux 6 kernel does it.
    #[default]
    Linux,
    /// As the RFCs recommend.
    Rfc,
}

/// When a small segment waits for an acknowledgment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Nagle {
    /// Never (`TCP_NODELAY`).
    Off,
    /// While anything is unacknowledged (RFC 9293 section 3.7.4).
    Classic,
    /// While a small segment is unacknowledged (Minshall's change, as in Linux).
    Minshall,
}

/// Whether marks of congestion are used (RFC 3168).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EcnMode {
    /// Never.
    Off,
    /// If the other end asks (`tcp_ecn` 2).
    Passive,
    /// Asks for it, and agrees if asked (`tcp_ecn` 1).
    On,
}

/// Whether segments leave at a rate instead of in bursts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pacing {
    /// Never.
    Off,
    /// If the congestion control has a rate (BBR).
    Auto,
    /// Always: twice the window a round trip in slow start, 1.2 times later (the `fq` discipline
    /// of Linux).
    On,
}

/// How slow start ends if no loss ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Hystart {
    /// Only a loss ends it.
    Off,
    /// As in Linux, which has it for CUBIC only.
    Linux,
    /// HyStart++ (RFC 9406), for all that have slow start.
    PlusPlus,
}

/// How the congestion window is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Congestion {
    /// Slow start, congestion avoidance, halving (RFC 5681).
    Reno,
    /// A cube of the time since the last loss (RFC 9438).
    Cubic,
    /// In proportion to the marks of congestion (RFC 8257); asks for ECN by itself, and is Reno
    /// without.
    Dctcp,
    /// By the delivery rate and the least round trip
    /// (draft-cardwell-iccrg-bbr-congestion-control-00).
    Bbr,
    /// No congestion control: only the receiver's window limits.
    None,
}

impl Congestion {
    /// Its name, as scenarios write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reno => "reno",
            Self::Cubic => "cubic",
            Self::Dctcp => "dctcp",
            Self::Bbr => "bbr",
            Self::None => "none",
        }
    }
}

macro_rules! constants {
    ($( $(#[doc = $doc:expr])+ $name:ident: $type:ty = $linux:expr, $rfc:expr; )+) => {
        /// The constants that one connection lives by.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Config { $( $(#[doc = $doc])+ pub $name: $type, )+ }

        impl Config {
            /// The values of a Linux 6 kernel with 250 clock ticks a second.
            #[must_use]
            pub fn linux() -> Self {
                Self { $( $name: $linux, )+ }
            }
            /// The values that the RFCs recommend.
            #[must_use]
            pub fn rfc() -> Self {
                Self { $( $name: $rfc, )+ }
            }
        }

        /// What a scenario may write: a profile and what differs from it.
        #[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
        pub struct Settings {
            /// Where the values that are not set come from.
            pub profile: Option<Profile>,
            $( $(#[doc = $doc])+ pub $name: Option<$type>, )+
        }

        impl Settings {
            /// Whether there is a setting of this name, as scenarios write it.
            #[must_use]
            pub fn knows(name: &str) -> bool {
                [$(stringify!($name)),+].iter().any(|known| known.replace('_', "-") == name)
            }

            /// The profile (`linux` unless named) with the changes applied.
            #[must_use]
            pub fn resolve(self) -> Config {
                self.over(&Config::linux())
            }

            /// These settings where they say something, and `base` elsewhere; a profile that is named
            /// takes the place of `base`.
            #[must_use]
            pub fn over(self, base: &Config) -> Config {
                let base = match self.profile {
                    None => base.clone(),
                    Some(Profile::Linux) => Config::linux(),
                    Some(Profile::Rfc) => Config::rfc(),
                };
                Config { $( $name: self.$name.unwrap_or(base.$name), )+ }
            }
        }
    };
}

constants! {
    /// Retransmission timeout before any round trip is measured (RFC 6298 section 2.1).
    rto_initial: Time = Time::from_secs(1), Time::from_secs(1);
    /// Retransmission timeout if the SYN had to be sent again and the round trip could not be
    /// measured (RFC 6298 section 5.7).
    rto_fallback: Time = Time::from_secs(3), Time::from_secs(3);
    /// The least retransmission timeout; see also `rto-min-of-variance`.
    rto_min: Time = Time::from_ms(200), Time::from_secs(1);
    /// Whether the least value is that of the variance part (Linux: RTO = SRTT + max(200 ms,
    /// 4·RTTVAR)) or of the whole (RFC 6298).
    rto_min_of_variance: bool = true, false;
    /// The greatest retransmission timeout.
    rto_max: Time = Time::from_secs(120), Time::from_secs(60);
    /// The clock tick: timeouts are rounded up to a multiple of it (RFC 6298: G).
    clock: Time = Time::from_ms(4), Time::from_ms(1);
    /// How often a SYN is sent again with doubled waiting (`tcp_syn_retries`).
    syn_retries: u32 = 6, 6;
    /// How often a SYN is sent again before the waiting starts to double
    /// (`tcp_syn_linear_timeouts`).
    syn_linear_timeouts: u32 = 4, 0;
    /// How often a SYN-ACK is sent again (`tcp_synack_retries`).
    synack_retries: u32 = 5, 5;
    /// How long data are sent again: as long as this many doublings of `rto-min` take
    /// (`tcp_retries2`; R2 of RFC 9293 section 3.8.3).
    retries: u32 = 15, 7;
    /// The same once the application has closed (`tcp_orphan_retries`).
    orphan_retries: u32 = 8, 7;
    /// How long data may stay unacknowledged at most (`TCP_USER_TIMEOUT`, RFC 5482).
    user_timeout: Option<Time> = None, None;
    /// How long an acknowledgment may wait (RFC 9293 section 3.8.6.3).
    delayed_ack: Time = Time::from_ms(40), Time::from_ms(200);
    /// The first so many acknowledgments do not wait.
    quick_acks: u32 = 16, 0;
    /// Whether the acknowledgment of a FIN may wait too.
    delay_fin_ack: bool = true, false;
    /// The least time between two answers to segments that do not fit
    /// (`tcp_invalid_ratelimit`; RFC 5961 section 7).
    challenge_interval: Time = Time::from_ms(500), Time::from_ms(500);
    /// How long TIME-WAIT lasts (2 MSL).
    time_wait: Time = Time::from_secs(60), Time::from_secs(240);
    /// How long FIN-WAIT-2 lasts once the application has closed (`tcp_fin_timeout`).
    fin_wait_2: Time = Time::from_secs(60), Time::from_secs(240);
    /// The first congestion window \[segments\] (RFC 6928).
    initial_window: u32 = 10, 10;
    /// Whether the congestion window falls back after an idle time of one timeout (RFC 5681
    /// section 4.1).
    slow_start_after_idle: bool = true, true;
    /// Whether it then falls by half for each timeout (Linux; RFC 2861), or to the initial window
    /// at once (RFC 5681).
    halve_when_idle: bool = true, false;
    /// How many duplicates mean a loss (RFC 5681 section 3.2).
    duplicate_threshold: u32 = 3, 3;
    /// Whether the end of a flight is probed (RFC 8985 section 7; needs SACK).
    tail_loss_probe: bool = true, false;
    /// Whether fast recovery comes down in proportion to what arrives (RFC 6937).
    prr: bool = true, false;
    /// Whether a loss halves the congestion window (Linux) or the data in flight (RFC 5681).
    halve_window: bool = true, false;
    /// The congestion control.
    congestion: Congestion = Congestion::Cubic, Congestion::Reno;
    /// Explicit congestion notification (RFC 3168).
    ecn: EcnMode = EcnMode::Passive, EcnMode::On;
    /// The way out of slow start before a loss.
    hystart: Hystart = Hystart::Linux, Hystart::PlusPlus;
    /// Whether CUBIC's estimate of Reno is that of RFC 9438 section 4.3, which the window jumps to
    /// and which grows by a segment a round trip once it is back where the loss was; or that of
    /// Linux, which the window comes up to within a round trip.
    cubic_rfc: bool = false, true;
    /// Whether segments leave at a rate.
    pacing: Pacing = Pacing::Auto, Pacing::Auto;
    /// When a small segment waits.
    nagle: Nagle = Nagle::Minshall, Nagle::Classic;
    /// Whether selective acknowledgments are offered (RFC 2018).
    sack: bool = true, true;
    /// Whether timestamps are offered (RFC 7323).
    timestamps: bool = true, true;
    /// Whether window scaling is offered (RFC 7323).
    window_scaling: bool = true, true;
    /// By how many bits this end's windows are shifted.
    window_scale: u8 = 7, 7;
    /// Data that the application has written and the other end has not acknowledged: at most this,
    /// if it is set (`SO_SNDBUF`); if not, the buffer grows with the connection.
    send_buffer: Option<Bytes> = None, Some(Bytes::new(4_194_304));
    /// Data that the application has not read: at most this, if it is set (`SO_RCVBUF`); if not,
    /// the buffer grows with the connection.
    receive_buffer: Option<Bytes> = None, Some(Bytes::new(3_145_728));
    /// The largest window that a SYN and SYN-ACK offer; rounded down to whole segments.
    syn_window: u16 = 65_535, 65_535;
    /// Whether an idle connection is probed (`SO_KEEPALIVE`).
    keep_alive: bool = false, false;
    /// How long a connection is idle before the first probe (`tcp_keepalive_time`).
    keep_alive_idle: Time = Time::from_secs(7200), Time::from_secs(7200);
    /// The time between two probes (`tcp_keepalive_intvl`).
    keep_alive_interval: Time = Time::from_secs(75), Time::from_secs(75);
    /// How many probes stay unanswered before the connection is given up (`tcp_keepalive_probes`).
    keep_alive_probes: u32 = 9, 9;
    /// Whether losses are told by time (RACK: RFC 8985; needs SACK) or by the duplicate threshold.
    rack: bool = true, false;
    /// Whether new data show if a timeout was needless (F-RTO: RFC 5682).
    f_rto: bool = true, false;
    /// Memory of a receive buffer that grows, at first (`tcp_rmem`).
    receive_memory: Bytes = Bytes::new(131_072), Bytes::new(131_072);
    /// The same, at most.
    receive_memory_max: Bytes = Bytes::new(6_291_456), Bytes::new(6_291_456);
    /// Memory of a send buffer that grows, at first (`tcp_wmem`).
    send_memory: Bytes = Bytes::new(16_384), Bytes::new(16_384);
    /// The same, at most.
    send_memory_max: Bytes = Bytes::new(4_194_304), Bytes::new(4_194_304);
    /// Whether a full segment that ends a write is acknowledged as soon as all is read.
    ack_pushed: bool = true, false;
    /// Whether a recovery that proves needless is undone (RFC 4015).
    undo: bool = true, false;
}

impl Default for Config {
    fn default() -> Self {
        Self::linux()
    }
}

impl Config {
    /// How long to go on sending again when `retries` are allowed: as Linux counts it, the
    /// doublings of `rto_min` up to `rto_max`.
    pub(super) fn patience(&self, retries: u32) -> Time {
        let mut wait = self.rto_min;
        let mut total = wait;
        let doublings = retries.min(MOST_DOUBLINGS);
        for _ in 0..doublings {
            wait = wait.saturating_mul(2).min(self.rto_max);
            total = total.saturating_add(wait);
        }
        let rest = wait.saturating_mul(u64::from(retries - doublings));
        total.saturating_add(rest)
    }

    /// Settings with which no connection could work.
    #[must_use]
    pub fn check(&self) -> Vec<Fault> {
        let at_least_one = "write a value above zero";
        let zeros = [
            ("rto-initial", self.rto_initial.is_zero()),
            ("rto-min", self.rto_min.is_zero()),
            ("initial-window", self.initial_window == 0),
            ("duplicate-threshold", self.duplicate_threshold == 0),
            ("send-buffer", self.send_buffer.is_some_and(|bytes| bytes.get() == 0)),
            ("receive-buffer", self.receive_buffer.is_some_and(|bytes| bytes.get() == 0)),
            ("send-memory", self.send_memory.get() == 0),
            // A few bytes of memory hold no data.
            ("receive-memory", self.receive_memory.get() < 8),
        ];
        let zeros = zeros
            .into_iter()
            .filter(|(_, is_zero)| *is_zero)
            .map(|(field, _)| fault(field, "is zero", at_least_one));
        let is_too_small = |bytes: Bytes| (1..LEAST_SEND_BUFFER).contains(&bytes.get());
        let orders = [
            self.send_buffer.is_some_and(is_too_small).then(|| {
                fault("send-buffer", "has no room for a line of text", "write at least \"1kB\"")
            }),
            (self.rto_max < self.rto_min)
                .then(|| fault("rto-max", "is less than `rto-min`", "write a longer time")),
            (self.window_scale > MAX_SCALE)
                .then(|| fault("window-scale", "is more than 14 (RFC 7323)", "write 14 or less")),
        ];
        zeros.chain(orders.into_iter().flatten()).collect()
    }
}

fn fault(field: &'static str, message: &str, help: &str) -> Fault {
    Fault { field, message: message.to_string(), help: help.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_of_linux_is_about_fifteen_minutes() {
        // The value that the kernel's documentation of tcp_retries2 names.
        assert_eq!(Config::linux().patience(15), Time::from_ms(924_600));
        assert_eq!(Config::linux().patience(5), Time::from_ms(12_600));
        // R2 is at least 100 s (RFC 9293 section 3.8.3).
        assert!(Config::rfc().patience(Config::rfc().retries) >= Time::from_secs(100));
    }

    #[test]
    fn impossible_settings_are_named() {
        assert_eq!(Config::linux().check(), []);
        assert_eq!(Config::rfc().check(), []);
        let config = Config {
            initial_window: 0,
            rto_max: Time::from_ms(1),
            window_scale: 15,
            ..Config::linux()
        };
        let fields: Vec<_> = config.check().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["initial-window", "rto-max", "window-scale"]);
    }

    #[test]
    fn any_number_of_retries_is_counted_at_once() {
        let patience = Config::linux().patience(u32::MAX);
        assert_eq!(patience, Time::MAX);
        assert_eq!(
            Config::linux().patience(1000),
            Time::from_ms(204_600) + Time::from_secs(120 * 991)
        );
    }

    #[test]
    fn settings_change_a_profile() {
        let settings = Settings {
            profile: Some(Profile::Rfc),
            sack: Some(false),
            rto_min: Some(Time::from_ms(300)),
            ..Settings::default()
        };
        let expected = Config { sack: false, rto_min: Time::from_ms(300), ..Config::rfc() };
        assert_eq!(settings.resolve(), expected);
        assert_eq!(Settings::default().resolve(), Config::default());
    }
}
