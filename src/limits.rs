//! What the model leaves out: its limits are part of its result.

/// Every simplification in force, as `run -v` prints them. The documentation repeats this list.
pub const NOT_MODELLED: &[&str] = &[
    "collisions: stations on a hub take turns, in the order of asking",
    "preamble and gap between Ethernet frames",
    "the time that hosts, routers and switches need to work on a packet",
    "IP options, broadcast and multicast above ARP, ICMP redirects",
    "routing protocols: routes are those that OSPF would settle on, known to all nodes at once, \
     a set time after a change",
    "path MTU discovery by hosts; an application that sets DF sees the error",
    "checksums as numbers: a damaged packet is known to be damaged by the next receiver",
];
