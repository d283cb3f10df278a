//! A network without a scenario file: two hosts, one cable, three datagrams.
//!
//! Run it with `cargo run --example two_hosts`. It prints what happens to every packet, and at the
//! end what the port on bob has received.

use portolan::app::datagram_source::Settings;
use portolan::app::distribution::Duration;
use portolan::app::{AppSpec, Target, cbr, udp_server};
use portolan::id::NodeId;
use portolan::link;
use portolan::node::config::IpConfig;
use portolan::observe::{Interest, Observation, Observer};
use portolan::packet::dscp::Dscp;
use portolan::sim::{AppPlan, LinkPlan, NodeKind, NodePlan, Plan, Simulation, address};
use portolan::socket::services::PortSpec;
use portolan::units::{Bytes, Rate, Time};

/// Ids are places in the lists of a plan.
const ALICE: NodeId = NodeId(0);
const BOB: NodeId = NodeId(1);

/// An observer is told of everything that happens. This one prints it.
struct Narrator;

impl Observer for Narrator {
    fn interest(&self) -> Interest {
        Interest::Everything
    }
    fn observe(&mut self, now: Time, what: &Observation) {
        match what {
            Observation::TransmitStarted { packet, arrives, .. } => {
                println!("{now}: packet {} starts, arrives at {arrives}", packet.label.number);
            }
            Observation::Delivered { bytes, delay, .. } => {
                println!("{now}: a process reads {bytes} bytes, {delay} after they were sent");
            }
            _ => {}
        }
    }
}

fn host(name: &str) -> NodePlan {
    NodePlan { name: name.into(), kind: NodeKind::Host(IpConfig::default()), addresses: vec![] }
}

fn process(name: &str, on: NodeId, spec: AppSpec) -> AppPlan {
    AppPlan { name: name.into(), on, start: Time::ZERO, stop: None, dscp: Dscp::default(), spec }
}

fn main() -> Result<(), String> {
    // Nodes and a link. Both directions are set alike: 10 Mbit/s, 5 ms.
    let mut plan = Plan { seed: 1, nodes: vec![host("alice"), host("bob")], ..Plan::default() };
    let rate = Rate::from_bps(10_000_000);
    let way = link::Config { rate, delay: Time::from_ms(5), ..link::Config::default() };
    let directions = [way.clone(), way];
    plan.links.push(LinkPlan { name: "cable".into(), ends: [ALICE, BOB], directions, cost: 1 });

    // Every interface gets its address.
    address::assign(&mut plan).map_err(|faults| format!("{faults:?}"))?;
    let (_, net) = plan.nodes[BOB.index()].addresses[0];
    let to = Target { address: net.addr(), ..Target::parse("bob:9")? };

    // A process on bob binds UDP port 9 and reads what comes; one on alice sends to it.
    let (port, service) = (PortSpec::parse("discard")?, Duration::default());
    let sink = udp_server::Config { port, address: None, buffer: None, service, echo: false };
    plan.apps.push(process("sink", BOB, AppSpec::UdpServer(sink)));
    let (interval, count, size) = (Some(Time::from_ms(1)), Some(3), Bytes::new(1000));
    let stream =
        Settings { to, rate: None, interval, size, count, source_port: None, dont_fragment: false };
    plan.apps.push(process("stream", ALICE, AppSpec::Cbr(cbr::Config(stream))));

    // Run for a second of simulated time, then look at the results.
    let mut simulation = Simulation::new(plan);
    simulation.run_until(Time::from_secs(1), &mut Narrator);
    for (name, port) in simulation.summary().ports {
        println!("{name}: {} received, {} read by its process", port.received, port.delivered);
    }
    Ok(())
}
