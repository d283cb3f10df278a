//! What the model leaves out: its limits are part of its result.

/// Every simplification in force, as `run -v` prints them, from the wire up. The documentation repeats
/// this list, and the head of the module that a line is about says more.
pub const NOT_MODELLED: &[&str] = &[
    "collisions: stations on a hub take turns, in the order of asking",
    "preamble and gap between Ethernet frames",
    "checksums as numbers: a damaged packet is known to be damaged by the next receiver",
    "rapid spanning tree (802.1w), and the rounding of ages to 1/256 s",
    "the time that hosts, routers and switches need to work on a packet",
    "ARP: confirmation by progress of TCP, the random spread of the reachable time, a limit on \
     the number of entries",
    "IP options, broadcast and multicast above ARP, ICMP redirects",
    "the limit on ICMP errors to all destinations together",
    "path MTU discovery for UDP; an application that sets DF sees the error",
    "routing protocols: routes are those that OSPF would settle on, known to all nodes at once, \
     a set time after a change",
    "receive buffers: Linux's bounds on SO_RCVBUF, and the memory of fragments",
    "ephemeral ports that rise for one destination (RFC 6056, algorithm 4), and reserved ones",
    "TCP: the small share of its own host's queue that Linux allows a connection (TSQ): a sender beside \
     the bottleneck fills that queue like any other",
    "TCP: urgent data, data on a SYN, accurate ECN, BBR's rate below a policer and its allowance for \
     bunched acknowledgments, and that Linux forgets the least round trip after five minutes",
    "DNS: records other than addresses, delegation, negative caching, EDNS, TCP; clients cache \
     nothing and ask from one socket",
    "FTP: accounts, directories, ASCII and record structure, REST, ABOR, TLS",
    "mail: extensions of SMTP, relaying, headers, TLS",
    "queues: classes within classes, filters by more than codepoint, protocol and port, offloading; \
     CAKE, HTB, HFSC",
];
