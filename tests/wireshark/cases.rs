//! What is run: every scenario that ships, and one of all that can happen to TCP.

use std::path::PathBuf;

use portolan::observe::Both;
use portolan::report::capture::{Capture, Choice, FOLDER};
use portolan::scenario::builtin::{self, Builtin};
use portolan::scenario::{Options, Scenario, load};
use portolan::sim::{NodeKind, Simulation};
use portolan::units::Time;

use crate::truth::Truth;

/// A run ends after about so many captured packets: what is to be seen in a scenario comes early.
const ENOUGH: u64 = 30_000;
/// Looks at that over a run.
const LOOKS: u64 = 400;

/// TCP over a link that does everything that links can do to packets.
const ROUGH: &str = r#"
duration = "20s"
seed     = 5
nodes    = { alice = "host", r1 = "router", bob = "host" }

[links.alice--r1]
rate = "100Mbps"
delay = "1ms"

[links.r1--bob]
rate      = "10Mbps"
delay     = "10ms"
queue     = "20p"
loss      = "0.5%"
corrupt   = "0.5%"
duplicate = "0.5%"
reorder   = "1%"
reorder-delay = "3ms"

[apps.server]
kind = "http-server"
on   = "bob"
port = 80

[apps.fetch]
kind = "http-client"
on   = "alice"
to   = "bob:80"
size = "2MB"

[apps.sink]
kind = "tcp-server"
on   = "bob"
port = 5001

[apps.upload]
kind = "tcp-client"
on   = "alice"
to   = "bob:5001"
size = "2MB"
"#;

pub(crate) enum Case {
    Shipped(&'static Builtin),
    Rough,
}

/// All cases, those that take longest first.
pub(crate) fn all() -> Vec<Case> {
    let shipped = builtin::ALL.iter().filter(|one| !one.name.starts_with("bench/"));
    let cases: Vec<Case> = [Case::Rough].into_iter().chain(shipped.map(Case::Shipped)).collect();
    assert!(cases.len() > 20, "{} cases", cases.len());
    cases
}

/// A run with everything captured, and what is true of it.
pub(crate) struct Run {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) truth: Truth,
    pub(crate) scenario: Scenario,
    pub(crate) simulation: Simulation,
}

impl Case {
    pub(crate) const fn name(&self) -> &str {
        match self {
            Self::Shipped(builtin) => builtin.name,
            Self::Rough => "rough",
        }
    }

    pub(crate) fn run(&self) -> Run {
        let options = Options::default();
        let no_files = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        let scenario = match self {
            Self::Shipped(builtin) => builtin.load(&options),
            Self::Rough => load(ROUGH.as_bytes(), "rough.toml", &no_files, &options),
        };
        let scenario = scenario.unwrap_or_else(|error| panic!("{}", error.render(false, 80)));
        Run::of(scenario, ENOUGH)
    }
}

impl Run {
    /// Runs a scenario until about `enough` packets have been captured.
    pub(crate) fn of(scenario: Scenario, enough: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut simulation = Simulation::new(scenario.plan.clone());
        let mut truth = Truth::of(&simulation);
        let choice = Choice::everything(&scenario.plan);
        let mut capture =
            Capture::start(folder.path(), &simulation, &choice, Some(65_535), "a test")
                .expect("files can be written");
        for look in 1..=LOOKS {
            let until = Time::from_ps(scenario.duration.as_ps() / LOOKS * look);
            simulation.run_until(until, &mut Both(&mut capture, &mut truth));
            if truth.count > enough {
                break;
            }
        }
        let files = capture.finish(simulation.now()).expect("files can be written");
        for file in files {
            file.commit().expect("files can be written");
        }
        Self { folder, truth, scenario, simulation }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(FOLDER).join(format!("{name}.pcapng"))
    }

    /// Whether connections end where this file was captured: at a host with one interface.
    pub(crate) fn is_end(&self, file: &str) -> bool {
        let nodes = &self.scenario.plan.nodes;
        nodes.iter().any(|node| node.name == file && matches!(node.kind, NodeKind::Host(_)))
    }
}
