//! Addresses: what the scenario gives is checked, the rest is assigned.
//!
//! Each broadcast domain (a cable, or cables joined by switches and hubs) is one subnet. A given
//! address fixes the prefix of its subnet; others get networks from 10.0.0.0/8 in the order of
//! links: /24, larger where more interfaces need addresses, and smaller in networks with so many
//! links that 10.0.0.0/8 would not suffice. Routers get the low numbers, then hosts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::hubs;
use super::plan::{NodeKind, Plan};
use super::wiring::Wiring;
use crate::id::{InterfaceId, NodeId};

/// Why addresses cannot be as the plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressFault {
    /// The node that is at fault.
    pub node: NodeId,
    /// Its interface, if the fault is with one.
    pub interface: Option<InterfaceId>,
    /// What is wrong, as a fragment of a sentence.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl AddressFault {
    pub(super) fn new(
        node: NodeId,
        interface: Option<InterfaceId>,
        message: impl Into<String>,
        help: &str,
    ) -> Self {
        Self { node, interface, message: message.into(), help: help.into() }
    }
}

/// An interface of a host or router on a segment.
#[derive(Debug, Clone, Copy)]
struct Member {
    node: NodeId,
    interface: InterfaceId,
    given: Option<Ipv4Net>,
}

/// Where addresses are taken from.
const POOL: (u32, u32) = (0x0a00_0000, 0x0aff_ffff);

/// Gives every interface of every host and router its address: `plan.nodes[..].addresses`,
/// ascending by interface, holds them all afterwards.
///
/// # Errors
/// What is wrong with the addresses given: twice the same, two networks on one segment, one network
/// on two segments, not usable by an interface, an interface that is not there; and hubs that cannot work.
pub fn assign(plan: &mut Plan) -> Result<(), Vec<AddressFault>> {
    let wiring = Wiring::of(plan);
    let mut faults = hubs::faults(plan, &wiring);
    let segments = segments(plan, &wiring, &mut faults);
    for members in &segments {
        for member in members {
            check_given(member, &mut faults);
        }
    }
    twice(&segments, plan, &mut faults);
    let fixed: Vec<_> =
        segments.iter().map(|members| prefix_given(members, plan, &mut faults)).collect();
    overlaps(&segments, &fixed, plan, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let prefixes = choose(&segments, &fixed).map_err(|fault| vec![fault])?;
    let mut all = vec![Vec::new(); plan.nodes.len()];
    for (members, prefix) in segments.iter().zip(prefixes) {
        number(plan, members, prefix, &mut all);
    }
    for (node, mut addresses) in plan.nodes.iter_mut().zip(all) {
        addresses.sort_unstable_by_key(|(interface, _): &(InterfaceId, Ipv4Net)| *interface);
        node.addresses = addresses;
    }
    Ok(())
}

/// The interfaces with addresses on each segment, in the order of links.
fn segments(plan: &Plan, wiring: &Wiring, faults: &mut Vec<AddressFault>) -> Vec<Vec<Member>> {
    let mut given: BTreeMap<(NodeId, InterfaceId), Ipv4Net> = BTreeMap::new();
    for (index, node) in plan.nodes.iter().enumerate() {
        let id = NodeId::from_index(index);
        let count = wiring.plugs[index].len();
        for &(interface, address) in &node.addresses {
            if interface.index() >= count {
                let message = match count {
                    0 => format!("`{}` has no link and so no interface", node.name),
                    _ => format!(
                        "`{}` has no eth{}; its links give it eth0 to eth{}",
                        node.name,
                        interface.0,
                        count - 1
                    ),
                };
                let help = "interfaces are numbered in the order in which links name the node";
                faults.push(AddressFault::new(id, Some(interface), message, help));
            } else {
                given.insert((id, interface), address);
            }
        }
    }
    let mut segments = vec![Vec::new(); wiring.segments];
    for (index, link) in plan.links.iter().enumerate() {
        for (node, interface) in link.ends.into_iter().zip(wiring.ends[index]) {
            if plan.nodes[node.index()].kind.is_ip() {
                let given = given.get(&(node, interface)).copied();
                segments[wiring.segment_of[index]].push(Member { node, interface, given });
            }
        }
    }
    segments
}

/// A given address must be one that an interface can have.
fn check_given(member: &Member, faults: &mut Vec<AddressFault>) {
    let Some(net) = member.given else { return };
    let (address, last) = (net.addr(), u32::from(net.broadcast()));
    let help = "write an address between the first and the last of its network";
    let mut refuse = |message: String| {
        faults.push(AddressFault::new(member.node, Some(member.interface), message, help));
    };
    let first = address.octets()[0];
    if first == 0 || first == 127 || first >= 224 {
        refuse(format!("{address} is not an address that an interface can have"));
    } else if net.prefix_len() == 0 {
        refuse(format!("{net} makes the whole world one network"));
    } else if net.prefix_len() < 31 && address == net.network() {
        refuse(format!("{address} is the address of the network {}", net.trunc()));
    } else if net.prefix_len() < 31 && u32::from(address) == last {
        refuse(format!("{address} is the broadcast address of {}", net.trunc()));
    }
}

/// No two interfaces may be given the same address.
fn twice(segments: &[Vec<Member>], plan: &Plan, faults: &mut Vec<AddressFault>) {
    let mut seen: BTreeMap<Ipv4Addr, NodeId> = BTreeMap::new();
    for member in segments.iter().flatten() {
        let Some(net) = member.given else { continue };
        if let Some(other) = seen.insert(net.addr(), member.node) {
            let other = &plan.nodes[other.index()].name;
            let message = format!("{} is also the address of `{other}`", net.addr());
            let help = "give each interface an address of its own";
            faults.push(AddressFault::new(member.node, Some(member.interface), message, help));
        }
    }
}

/// The prefix that given addresses fix for their segment.
fn prefix_given(
    members: &[Member],
    plan: &Plan,
    faults: &mut Vec<AddressFault>,
) -> Option<Ipv4Net> {
    let mut with_address = members.iter().filter_map(|member| Some((member, member.given?)));
    let (first, net) = with_address.next()?;
    let prefix = net.trunc();
    for (member, other) in with_address {
        if other.trunc() != prefix {
            let first = &plan.nodes[first.node.index()].name;
            let message =
                format!("{other} is not in {prefix}, the network of `{first}` on the same segment");
            let help = format!("write an address of {prefix}: one segment is one network");
            faults.push(AddressFault::new(member.node, Some(member.interface), message, &help));
        }
    }
    let room = usable(prefix);
    if (members.len() as u64) > room {
        let message = format!("{prefix} has {room} addresses for {} interfaces", members.len());
        let help = "write a shorter prefix length";
        faults.push(AddressFault::new(first.node, Some(first.interface), message, help));
    }
    Some(prefix)
}

/// How many interfaces a network has addresses for (RFC 3021 for /31).
fn usable(net: Ipv4Net) -> u64 {
    match net.prefix_len() {
        32 => 1,
        31 => 2,
        length => (1u64 << (32 - length)) - 2,
    }
}

/// No given network may contain part of another segment's.
fn overlaps(
    segments: &[Vec<Member>],
    fixed: &[Option<Ipv4Net>],
    plan: &Plan,
    faults: &mut Vec<AddressFault>,
) {
    let mut nets: Vec<(Ipv4Net, usize)> =
        fixed.iter().enumerate().filter_map(|(segment, net)| Some(((*net)?, segment))).collect();
    nets.sort_unstable_by_key(|(net, segment)| (net.network(), net.prefix_len(), *segment));
    let culprit = |segment: usize| segments[segment].iter().find(|member| member.given.is_some());
    let mut outer: Option<(Ipv4Net, usize)> = None;
    for (net, segment) in nets {
        match outer {
            Some((wide, other)) if wide.contains(&net) => {
                let (Some(here), Some(there)) = (culprit(segment), culprit(other)) else {
                    continue;
                };
                let (late, early) = if segment > other { (here, there) } else { (there, here) };
                let message = format!(
                    "{net} and {wide} overlap, but `{}` and `{}` are on different segments",
                    plan.nodes[here.node.index()].name,
                    plan.nodes[there.node.index()].name,
                );
                let _ = early;
                let help = "give each segment a network of its own";
                faults.push(AddressFault::new(late.node, Some(late.interface), message, help));
            }
            _ => outer = Some((net, segment)),
        }
    }
}

/// A prefix for each segment.
fn choose(
    segments: &[Vec<Member>],
    fixed: &[Option<Ipv4Net>],
) -> Result<Vec<Ipv4Net>, AddressFault> {
    let reserved: BTreeMap<u32, u32> =
        fixed.iter().flatten().map(|net| (net.network().into(), net.broadcast().into())).collect();
    [24, 30]
        .into_iter()
        .find_map(|longest| try_choose(segments, fixed, &reserved, longest))
        .ok_or_else(|| {
            let largest = segments.iter().max_by_key(|members| members.len());
            let node = largest.and_then(|members| members.first()).map_or(NodeId(0), |m| m.node);
            let message = "10.0.0.0/8 has not enough addresses for this network";
            AddressFault::new(node, None, message, "simulate a network with fewer links")
        })
}

/// The same with subnets no smaller than `longest` says, if they fit.
fn try_choose(
    segments: &[Vec<Member>],
    fixed: &[Option<Ipv4Net>],
    reserved: &BTreeMap<u32, u32>,
    longest: u8,
) -> Option<Vec<Ipv4Net>> {
    let mut next = POOL.0;
    let mut prefixes = Vec::with_capacity(segments.len());
    for (members, fixed) in segments.iter().zip(fixed) {
        if let Some(net) = fixed {
            prefixes.push(*net);
            continue;
        }
        if members.is_empty() {
            prefixes.push(Ipv4Net::default());
            continue;
        }
        let bits = (members.len() as u64 + 2).next_power_of_two().trailing_zeros();
        let length = longest.min(32u8.checked_sub(u8::try_from(bits).ok()?)?);
        let size = 1u64 << (32 - length);
        let start = free(next, size, reserved)?;
        next = u32::try_from(u64::from(start) + size).ok()?;
        prefixes.push(Ipv4Net::new(start.into(), length).ok()?);
    }
    Some(prefixes)
}

/// The first aligned block of `size` addresses from `from` on that is not reserved.
fn free(from: u32, size: u64, reserved: &BTreeMap<u32, u32>) -> Option<u32> {
    let mut start = u64::from(from).next_multiple_of(size);
    loop {
        let end = start + size - 1;
        if end > u64::from(POOL.1) {
            return None;
        }
        let (first, last) = (start as u32, end as u32);
        // Reserved networks do not overlap each other: the last one that begins in or before
        // the block is the only one that can reach into it from below.
        match reserved.range(..=last).next_back() {
            Some((_, &taken)) if taken >= first => {
                start = (u64::from(taken) + 1).next_multiple_of(size);
            }
            _ => return Some(first),
        }
    }
}

/// Numbers the interfaces of a segment: given ones first, routers low, then hosts.
fn number(
    plan: &Plan,
    members: &[Member],
    prefix: Ipv4Net,
    all: &mut [Vec<(InterfaceId, Ipv4Net)>],
) {
    let taken: BTreeSet<u32> =
        members.iter().filter_map(|member| Some(member.given?.addr().into())).collect();
    let mut next: u32 = prefix.network().into();
    if prefix.prefix_len() < 31 {
        next += 1;
    }
    let router =
        |member: &&Member| matches!(plan.nodes[member.node.index()].kind, NodeKind::Router(_));
    let (routers, hosts): (Vec<&Member>, Vec<&Member>) = members.iter().partition(router);
    for member in routers.into_iter().chain(hosts) {
        let address = member.given.unwrap_or_else(|| {
            while taken.contains(&next) {
                next += 1;
            }
            next += 1;
            Ipv4Net::new(Ipv4Addr::from(next - 1), prefix.prefix_len())
                .expect("the length of a network is a length")
        });
        all[member.node.index()].push((member.interface, address));
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
