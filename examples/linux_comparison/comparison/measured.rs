//! The measured facts, as tests/linux/measured.toml has them.

use std::collections::BTreeMap;

use serde::Deserialize;

const TEXT: &str = include_str!("../../../tests/linux/measured.toml");

pub(super) fn facts() -> Result<Facts, String> {
    toml::from_str(TEXT).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Facts {
    pub(super) bulk: Vec<Bulk>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) syn_acks: SynAcks,
    pub(super) recovery: Vec<Recovery>,
    pub(super) accepting: Vec<Accepting>,
    pub(super) floods: Vec<Flood>,
    pub(super) scans: Vec<Scan>,
    pub(super) strays: Vec<Stray>,
    pub(super) half_close: HalfClose,
}

/// As much as a sender can.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Bulk {
    pub(super) name: String,
    /// `relay` or `bucket`.
    pub(super) path: String,
    /// Waiting packets.
    pub(super) queue: u32,
    pub(super) connections: u32,
    pub(super) seconds: u32,
    pub(super) tcp: String,
    /// \[Mbit/s\]
    pub(super) goodput: f64,
    pub(super) drops: f64,
    pub(super) mean_queue: f64,
    /// By quantity.
    #[serde(default)]
    pub(super) reasons: BTreeMap<String, String>,
}

/// An attempt to connect to a port that a filter guards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attempt {
    pub(super) name: String,
    /// What the filter does.
    pub(super) filter: String,
    pub(super) tcp: String,
    /// When the SYNs went \[s\].
    pub(super) syns: Vec<f64>,
    /// When it was given up \[s\].
    pub(super) end: f64,
    pub(super) errno: String,
}

/// SYN-ACKs whose answer never comes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SynAcks {
    /// \[s\]
    pub(super) times: Vec<f64>,
}

/// Losses, and when what was lost came again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recovery {
    pub(super) name: String,
    pub(super) tcp: String,
    pub(super) size: String,
    /// Which packets of the client are lost, from 1: SYN, ACK, data.
    pub(super) forward: Vec<u64>,
    /// Which of the server.
    pub(super) backward: Vec<u64>,
    /// From each lost copy to the next \[ms\].
    pub(super) gaps: Vec<f64>,
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// A process that never accepts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Accepting {
    pub(super) listen: u32,
    pub(super) completed: f64,
}

/// 3000 SYNs from nowhere, then a client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Flood {
    pub(super) cookies: String,
    pub(super) listen: u32,
    pub(super) max_syn_backlog: u32,
    pub(super) half_open: f64,
    pub(super) served: bool,
}

/// What nmap says of ports, by what becomes of its probes there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Scan {
    pub(super) technique: String,
    pub(super) closed: String,
    pub(super) open: String,
    /// Open, but nobody answers.
    pub(super) silent: Option<String>,
    pub(super) drop: String,
    pub(super) reject: Option<String>,
    pub(super) reject_reset: Option<String>,
    pub(super) reject_prohibited: String,
}

/// A segment that belongs to no connection, with sequence number 1000 and, if ACK is set,
/// acknowledgment number 5000; and the answers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stray {
    pub(super) name: String,
    pub(super) flags: Vec<String>,
    pub(super) data: u16,
    pub(super) closed: String,
    pub(super) listening: String,
}

/// A client that closes its direction and goes on reading.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct HalfClose {
    /// From the FIN to its acknowledgment \[ms\].
    pub(super) acknowledged_after: f64,
    /// The states of client and server until the server closes.
    pub(super) between: [String; 2],
    /// The same when it has closed.
    pub(super) after: [String; 2],
}
