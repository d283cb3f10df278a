//! Every packet is the one that was simulated, and nothing is wrong with its bytes.

use portolan::packet::ipv4::Transport;
use portolan::packet::{Packet, Payload};

use crate::tools::Row;
use crate::truth::Seen;
use crate::{Faults, Reading};

const GOOD: &str = "1";

pub(crate) fn judge(reading: &Reading<'_>, faults: &mut Faults) {
    let (rows, seen) = (reading.rows, reading.seen);
    faults.unless(rows.len() == seen.len(), "not all packets are there", || {
        format!("{} of {}", rows.len(), seen.len())
    });
    for (row, seen) in rows.iter().zip(seen) {
        let packet = &seen.packet;
        let about = || format!("#{}: {row:?}", packet.label.number);
        faults.unless(row.number == packet.label.number, "another packet is expected", about);
        faults.unless(row.time == seen.at.as_ns(), "another time is expected", about);
        let length = packet.length() + row.link_header;
        faults.unless(row.length == length, "another length is expected", about);
        faults.unless(!row.malformed, "malformed", about);
        faults.unless(checksums_are_right(row, packet), "a checksum is wrong", about);
        if let Some(error) = &row.error {
            // The one error that there may be is told of packets that the wire has damaged.
            faults.unless(packet.label.damaged && error.contains("Bad checksum"), error, about);
        }
        let told = row.comment.contains("damaged, checksum failed");
        faults.unless(told == is_refused(seen), "damage is told wrongly", about);
    }
}

/// Whether the node that has received the packet finds that it is damaged.
const fn is_refused(seen: &Seen) -> bool {
    !seen.outgoing && seen.packet.label.damaged
}

/// Those of headers always; those over data unless the wire has damaged them, of which none is right.
fn checksums_are_right(row: &Row, packet: &Packet) -> bool {
    let [ip, tcp, udp, icmp] = &row.checksums;
    let Payload::Ipv4(header) = &packet.payload else { return true };
    if !ip.split(',').all(|status| status == GOOD) {
        return false;
    }
    if header.is_fragment() {
        // Verified where tshark has put the whole datagram together.
        return [tcp, udp, icmp].iter().all(|status| !status.contains('0'));
    }
    let own = match header.transport {
        Transport::Tcp(_) => tcp,
        Transport::Udp(_) => udp,
        Transport::Icmp(_) => icmp,
    };
    let expected = if packet.label.damaged { "0" } else { GOOD };
    own.split(',').next() == Some(expected)
}
