//! Scenarios that are part of the program.

use super::{LoadError, Options, Scenario, load};

/// A scenario in the binary.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Its name, for `portolan run NAME`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! builtins {
    ($($name:literal,)*) => {
        &[$(Builtin { name: $name, text: include_str!(concat!("../../scenarios/", $name, ".toml")) },)*]
    };
}

/// All of them, in the order in which a newcomer might take them.
pub const ALL: &[Builtin] = builtins![
    "hello",
    "two-services",
    "port-queue",
    "udp-loss",
    "handshake",
    "teardown",
    "lost-syn",
    "simultaneous-open",
    "many-services",
    "port-knock",
    "one-server-many-clients",
    "tcp-vs-udp",
    "zero-window",
    "slow-start",
    "fast-recovery",
    "sack",
    "nagle-delayed-ack",
    "bufferbloat",
    "bbr-bufferbloat",
    "aqm",
    "ecn",
    "cubic-vs-reno",
    "dumbbell",
    "closed-port",
    "filtered-port",
    "port-scan",
    "trojan-port",
    "backlog-overflow",
    "ephemeral-exhaustion",
    "syn-flood",
    "syn-cookies",
    "hub-vs-switch",
    "spanning-tree",
    "traceroute",
    "fragmentation",
    "abilene",
    "mm1k",
];

/// The text that `portolan new` writes.
pub const STARTER: &str = include_str!("starter.toml");

/// The built-in scenario of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|builtin| builtin.name == name)
}

/// The built-in scenario that may have been meant by a name that is nearly its own.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static Builtin> {
    let of = |builtin: &Builtin| strsim::damerau_levenshtein(name, builtin.name);
    let near = ALL.iter().min_by_key(|builtin| of(builtin))?;
    (of(near) <= 1 + near.name.len() / 5).then_some(near)
}

impl Builtin {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with the overrides in `options`.
    pub fn load(&self, options: &Options) -> Result<Scenario, LoadError> {
        let file = format!("{}.toml", self.name);
        load(self.text.as_bytes(), &file, &|_| Err(std::io::ErrorKind::NotFound.into()), options)
    }
}
