//! Portolan: a packet-level network simulator for teaching and for sizing queues.
//!
//! A scenario file goes in; a repeatable simulation runs; numbers, tables and plots come out. The
//! binary `portolan` is a thin layer over this library.
//!
//! # The map
//!
//! Modules from the bottom up. A module uses only those above it in this list, which a test checks.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`units`], [`id`], [`kinds`] | time in picoseconds, rates, sizes; ids; choices by `kind` |
//! | [`fifo`], [`limits`] | a ring for packets that wait; what is not modelled, as a list |
//! | [`rng`] | dice: one stream per component, derived from the seed and its name |
//! | [`engine`] | event queue and clock; knows nothing of networks |
//! | [`packet`] | headers as plain values; a packet has a length but no content |
//! | [`observe`] | what can be seen of a run, and the results, as values |
//! | [`queue`] | queue disciplines, one file each |
//! | [`link`] | one direction of a cable: queue, transmitter, packets in flight |
//! | [`tcp`] | one end of a TCP connection, without clock or network |
//! | [`routing`] | longest-prefix match, shortest paths |
//! | [`socket`] | the port table: bind, demultiplex, receive buffers |
//! | [`app`] | applications, one file each, on a socket interface |
//! | [`node`] | hosts, routers, switches, hubs |
//! | [`sim`] | the world: owns and drives all of the above |
//! | `scenario` | the file format and its diagnostics |
//! | `theory` | what models of queues and of TCP say of a network |
//! | `report`, `run` | tables, plots, files; a run from start to end |
//! | `import` | captures of real networks, made into scenarios |
//! | `sweep` | grids of runs, their store and statistics |
//! | `cli` | one file per command |
//!
//! Everything up to [`sim`] is the core. It does no I/O, reads no clock and starts no thread.
//! It is all that is left without default features.
//!
//! # How it works
//!
//! Time and inputs go into a machine, values come out. A link, a port table or a host never calls another one:
//! it returns what is to happen (an [`Outcome`](link::Outcome), an [`Effect`](node::Effect)), and [`sim`] carries it
//! out. All waiting is an event in one queue, ordered by time and then by order of scheduling. So
//! the scenario and the seed decide every byte of the results.
//!
//! `docs/life-of-a-packet.md` follows one datagram through the source; `docs/architecture.md` says why it is
//! built this way; `CONTRIBUTING.md` shows how to add a queue discipline or an application.
//!
//! # Example
//!
#![cfg_attr(feature = "cli", doc = "```")]
#![cfg_attr(not(feature = "cli"), doc = "```ignore")]
//! use portolan::run;
//! use portolan::scenario::{Options, load};
//! use portolan::sim::Simulation;
//!
//! let text = r#"
//! duration = "2s"
//! nodes    = { alice = "host", bob = "host" }
//!
//! [links.alice--bob]
//! rate  = "10Mbps"
//! delay = "5ms"
//!
//! [apps.ping]
//! kind  = "ping"
//! on    = "alice"
//! to    = "bob"
//! count = 2
//! "#;
//! let no_files = |_: &str| Err(std::io::ErrorKind::NotFound.into());
//! let scenario = load(text.as_bytes(), "ping.toml", &no_files, &Options::default())?;
//! let mut simulation = Simulation::new(scenario.plan.clone());
//! simulation.run_until(scenario.duration, &mut run::Nobody);
//!
//! // There and back 5 ms each, and twice the time to send 102 bytes at 10 Mbit/s. (The first
//! // ping also waits for ARP; the smallest round trip is the second one.)
//! let rtt = run::summary(&scenario, &simulation).flows["ping"].min_rtt_seconds;
//! assert_eq!(rtt, Some(0.010_163_2));
//! # Ok::<(), portolan::scenario::LoadError>(())
//! ```
#![deny(missing_docs)]

pub mod app;
#[cfg(feature = "cli")]
pub mod cli;
pub mod engine;
pub mod fifo;
pub mod id;
#[cfg(feature = "cli")]
pub mod import;
pub mod kinds;
pub mod limits;
pub mod link;
pub mod node;
pub mod observe;
pub mod packet;
pub mod queue;
#[cfg(feature = "cli")]
pub mod report;
pub mod rng;
pub mod routing;
#[cfg(feature = "cli")]
pub mod run;
#[cfg(feature = "cli")]
pub mod scenario;
pub mod sim;
pub mod socket;
#[cfg(feature = "cli")]
pub mod sweep;
pub mod tcp;
#[cfg(feature = "cli")]
pub mod theory;
pub mod units;
