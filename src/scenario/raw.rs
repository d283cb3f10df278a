//! The tables of a scenario as written: every key once, optional where a default exists.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{FramingField, LossField};
use crate::link;
use crate::packet::dscp::Dscp;
use crate::queue::QueueSpec;
use crate::units::{Bytes, Rate, Ratio, Time};

/// The keys of a scenario.
pub(super) const TOP: &[&str] = &[
    "title", "about", "duration", "seed", "nodes", "links", "apps", "topology", "changes",
    "expect", "record", "routing", "$schema",
];

/// What stands at the top.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    /// What the scenario shows, in a line.
    #[serde(default)]
    pub(super) title: String,
    /// What to watch and to expect.
    #[serde(default)]
    pub(super) about: String,
    /// How long the simulated clock runs.
    pub(super) duration: Time,
    /// The seed of all dice; 1 unless said.
    #[serde(default = "one")]
    pub(super) seed: u64,
    /// The schema that an editor checks a JSON scenario with; ignored.
    #[serde(default, rename = "$schema")]
    pub(super) _schema: String,
}

const fn one() -> u64 {
    1
}

/// `[routing]`: how routes are found.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Routing {
    /// Whether shortest paths are computed; otherwise only connected and static routes exist.
    pub(super) computed: bool,
    /// From a change of a link to the new routes.
    pub(super) convergence: Time,
}

impl Default for Routing {
    fn default() -> Self {
        let plan = crate::sim::RoutingPlan::default();
        Self { computed: plan.computed, convergence: plan.convergence }
    }
}

/// The MTU of a link: a size that IPv4 can use (RFC 791: every link carries 68 bytes).
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(transparent)]
pub(super) struct Mtu(#[schemars(with = "Bytes")] pub(super) u16);

impl<'de> Deserialize<'de> for Mtu {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let size = Bytes::deserialize(deserializer)?;
        match u16::try_from(size.get()) {
            Ok(bytes @ 68..) => Ok(Self(bytes)),
            _ => Err(serde::de::Error::custom(format_args!(
                "`{size}` cannot be an MTU; IPv4 needs one from 68B to 65535B (RFC 791)"
            ))),
        }
    }
}

/// Settings of both directions of a link, or of one (`forward`, `backward`).
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Direction {
    /// How fast bits go onto the link; 1Gbps unless said.
    pub(super) rate: Option<Rate>,
    /// How long a bit travels; 0s unless said.
    pub(super) delay: Option<Time>,
    /// The largest packet above the link layer; 1500B unless said.
    pub(super) mtu: Option<Mtu>,
    /// What the link layer adds to each packet; ethernet unless said.
    pub(super) framing: Option<FramingField>,
    /// The queue before the link; 1000 packets, drop-tail, unless said.
    pub(super) queue: Option<QueueSpec>,
    /// Which packets the link loses; none unless said.
    pub(super) loss: Option<LossField>,
    /// Probability that a packet arrives twice.
    pub(super) duplicate: Option<Ratio>,
    /// Probability that bits of a packet are damaged.
    pub(super) corrupt: Option<Ratio>,
    /// Each packet travels longer by a random time up to this.
    pub(super) jitter: Option<Time>,
    /// Probability that a packet is held back, so that later ones overtake.
    pub(super) reorder: Option<Ratio>,
    /// How long such a packet is held back; 1ms unless said.
    pub(super) reorder_delay: Option<Time>,
    /// Whether the link carries anything; true unless said.
    pub(super) up: Option<bool>,
}

/// What belongs to a link beside the settings of both its directions.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LinkHead {
    /// The nodes at its ends, if the name (`a--b`) does not say them.
    pub(super) between: Option<[String; 2]>,
    /// What sending over the link costs in shortest paths; 1 unless said.
    pub(super) cost: Option<u32>,
    /// Overrides for the direction from the first end to the second.
    pub(super) forward: Option<Direction>,
    /// Overrides for the direction from the second end to the first.
    pub(super) backward: Option<Direction>,
}

/// Keys of [`LinkHead`].
pub(super) const LINK_HEAD: &[&str] = &["between", "cost", "forward", "backward"];

impl Direction {
    /// Sets in `config` what is said here.
    pub(super) fn apply(&self, config: &mut link::Config) {
        fn set<T: Clone>(place: &mut T, said: Option<&T>) {
            if let Some(value) = said {
                place.clone_from(value);
            }
        }
        set(&mut config.rate, self.rate.as_ref());
        set(&mut config.delay, self.delay.as_ref());
        set(&mut config.mtu, self.mtu.as_ref().map(|mtu| &mtu.0));
        set(&mut config.framing, self.framing.as_ref().map(|field| &field.0));
        set(&mut config.queue, self.queue.as_ref());
        set(&mut config.loss, self.loss.as_ref().map(|field| &field.0));
        set(&mut config.duplicate, self.duplicate.as_ref());
        set(&mut config.corrupt, self.corrupt.as_ref());
        set(&mut config.jitter, self.jitter.as_ref());
        set(&mut config.reorder, self.reorder.as_ref());
        set(&mut config.reorder_delay, self.reorder_delay.as_ref());
        set(&mut config.up, self.up.as_ref());
    }
}

impl LinkHead {
    /// The settings of both directions, forward first.
    pub(super) fn directions(&self, both: &Direction) -> [link::Config; 2] {
        let mut common = link::Config::default();
        both.apply(&mut common);
        [&self.forward, &self.backward].map(|over| {
            let mut config = common.clone();
            if let Some(over) = over {
                over.apply(&mut config);
            }
            config
        })
    }
}

/// The keys of a node that do not depend on its kind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeHead {
    /// `host`, `router`, `switch` or `hub`.
    pub(super) kind: NodeWord,
    /// The address of `eth0` with its prefix length, such as 10.0.9.2/24.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) address: Option<ipnet::Ipv4Net>,
    /// Addresses by interface.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub(super) addresses: indexmap::IndexMap<String, ipnet::Ipv4Net>,
}

/// Keys of [`NodeHead`].
pub(super) const NODE_HEAD: &[&str] = &["kind", "address", "addresses"];

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum NodeWord {
    /// Runs processes, forwards nothing.
    Host,
    /// Forwards packets between its interfaces; may run processes too.
    Router,
    /// Forwards frames by the addresses it has learned.
    Switch,
    /// Repeats every bit to all other interfaces.
    Hub,
}

/// The keys of an application that do not depend on its kind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AppHead {
    /// The node or nodes it runs on: a name, a range such as h[1..100], or a list of them.
    #[serde(rename = "on")]
    pub(super) _on: OneOrMany,
    /// When the process starts; at once unless said.
    #[serde(default)]
    pub(super) start: Time,
    /// When it is killed, if ever.
    #[serde(default)]
    pub(super) stop: Option<Time>,
    /// The differentiated services codepoint of what it sends; 0 unless said.
    #[serde(default)]
    pub(super) dscp: Dscp,
}

/// Keys of [`AppHead`], and `kind`.
pub(super) const APP_HEAD: &[&str] = &["kind", "on", "start", "stop", "dscp"];

/// A name or pattern, or a list of them. What they say is read from the tree, with its places.
#[derive(Debug, Clone)]
pub(super) struct OneOrMany;

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> serde::de::Visitor<'de> for Form {
            type Value = OneOrMany;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(
                    "a name such as \"bob\", a range such as \"h[1..100]\", or a list of them",
                )
            }
            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany)
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<OneOrMany, A::Error> {
                while seq.next_element::<String>()?.is_some() {}
                Ok(OneOrMany)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Names".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A node, a range of nodes such as h[1..100] or n[*], or a list of them.",
            "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
        })
    }
}

/// A timed change.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// When.
    pub(super) at: Time,
}

/// An expectation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    /// A CEL expression over the results that is to be true.
    pub(super) that: String,
    /// Why it should hold.
    #[serde(default)]
    pub(super) because: String,
}

/// `[record]`: what to keep.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Record {
    /// Paths of what is recorded over time, such as links.r1--bob.queue.
    pub(super) series: Vec<String>,
    /// How often: a time, or `change` for every change.
    pub(super) every: Option<Every>,
    /// Captures of packets: nodes, or interfaces such as r1:eth1.
    pub(super) capture: Vec<String>,
}

/// How often values are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// After each interval.
    Interval(Time),
    /// Whenever the value changes.
    Change,
}

impl<'de> Deserialize<'de> for Every {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl serde::de::Visitor<'_> for Form {
            type Value = Every;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a time such as \"10ms\", or \"change\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Every, E> {
                if text == "change" {
                    return Ok(Every::Change);
                }
                match text.parse::<Time>() {
                    Ok(time) if time.is_zero() => Err(E::custom(
                        "an interval of no time; write a time such as \"10ms\", or \"change\"",
                    )),
                    Ok(time) => Ok(Every::Interval(time)),
                    Err(error) => Err(E::custom(error)),
                }
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Every, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl JsonSchema for Every {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Every".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let time = generator.subschema_for::<Time>();
        schemars::json_schema!({
            "description": "How often: a time, or `change` for every change.",
            "oneOf": [{ "const": "change" }, time],
        })
    }
}
