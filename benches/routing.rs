//! How long it takes to fill the routing tables of large networks, and to look a route up.
//!
//! The grid is the size that must stay interactive: 4096 routers with 8064 subnets each.

use std::hint::black_box;
use std::net::Ipv4Addr;

use criterion::{Criterion, criterion_group, criterion_main};
use ipnet::Ipv4Net;
use portolan::id::InterfaceId;
use portolan::routing::{Attachment, Routes, Topology, compute};

/// `size` times `size` routers with a cable, and so a /30, between neighbours.
fn grid(size: usize, cost: impl Fn(usize) -> u32) -> Topology {
    let mut topology = Topology { forwards: vec![true; size * size], ..Topology::default() };
    let mut interfaces = vec![0; size * size];
    for node in 0..size * size {
        let right = (node % size + 1 < size).then_some(node + 1);
        let below = (node / size + 1 < size).then_some(node + size);
        for neighbour in [right, below].into_iter().flatten() {
            let segment = topology.segments.len();
            let network = 0x0a00_0000 + 4 * segment as u32;
            let prefix = Ipv4Net::new(Ipv4Addr::from_bits(network), 30).expect("a length");
            topology.segments.push(prefix);
            for (end, host) in [(node, 1), (neighbour, 2)] {
                topology.attachments.push(Attachment {
                    node: end,
                    interface: InterfaceId(interfaces[end]),
                    address: Ipv4Addr::from_bits(network + host),
                    segment,
                    cost: cost(topology.attachments.len()),
                    up: true,
                });
                interfaces[end] += 1;
            }
        }
    }
    topology
}

fn routing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing");
    group.sample_size(10);
    let equal = grid(64, |_| 1);
    group.bench_function("grid 64x64, equal costs", |b| b.iter(|| compute(black_box(&equal))));
    let different = grid(64, |index| 1 + (index as u32 * 7919) % 100);
    group.bench_function("grid 64x64, different costs", |b| {
        b.iter(|| compute(black_box(&different)));
    });

    let mut routes = Routes::default();
    routes.set_computed(compute(&equal).swap_remove(2080));
    for out in equal.attachments.iter().filter(|out| out.node == 2080) {
        let hop = portolan::routing::NextHop { interface: out.interface, gateway: None };
        let source = portolan::routing::Source::Connected;
        routes.insert(equal.segments[out.segment], source, 0, vec![hop]);
    }
    let mut to = 0_usize;
    group.bench_function("lookup among 8064 routes", |b| {
        b.iter(|| {
            to = (to + 4801) % equal.attachments.len();
            routes.lookup(black_box(equal.attachments[to].address)).map(<[_]>::len)
        });
    });
}

criterion_group!(benches, routing);
criterion_main!(benches);
