//! Segments that belong to no connection: to a closed port, and to a listener (RFC 9293 sections
//! 3.10.7.1 and 3.10.7.2).

use crate::packet::tcp::{Flags, Options, Segment, SeqNum};

/// What a listener does with a segment that is no part of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenVerdict {
    /// A SYN: a connection may begin, see [`Connection::accept`](super::Connection::accept).
    Accept,
    /// A reset has to be sent.
    Reset(Segment),
    /// Nothing happens.
    Ignore,
}

/// The reset that answers `segment` where there is no connection; nothing answers a reset.
#[must_use]
pub fn reset_for(segment: &Segment) -> Option<Segment> {
    if segment.flags.rst {
        return None;
    }
    let (seq, ack, flags) = if segment.flags.ack {
        (segment.ack, SeqNum::default(), Flags::RST)
    } else {
        (SeqNum::default(), segment.end(), Flags::RST_ACK)
    };
    Some(Segment {
        source_port: segment.destination_port,
        destination_port: segment.source_port,
        seq,
        ack,
        flags,
        window: 0,
        options: Options::default(),
        data_length: 0,
    })
}

/// What a listener does with `segment`. SYN with FIN is ignored, as in Linux.
#[must_use]
pub fn listen(segment: &Segment) -> ListenVerdict {
    let flags = segment.flags;
    if flags.rst {
        ListenVerdict::Ignore
    } else if flags.ack {
        reset_for(segment).map_or(ListenVerdict::Ignore, ListenVerdict::Reset)
    } else if flags.syn && !flags.fin {
        ListenVerdict::Accept
    } else {
        ListenVerdict::Ignore
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(flags: Flags, data_length: u16) -> Segment {
        Segment {
            source_port: 1,
            destination_port: 2,
            seq: SeqNum::new(1000),
            ack: SeqNum::new(5000),
            flags,
            window: 100,
            options: Options::default(),
            data_length,
        }
    }

    /// The table that a closed port of Linux was measured to answer with.
    #[test]
    fn a_closed_port_answers_as_linux_does() {
        let fin = Flags { fin: true, ..Flags::NONE };
        let syn_fin = Flags { fin: true, ..Flags::SYN };
        let by_ack = Some((Flags::RST, 5000, 0));
        let by_seq = |ack| Some((Flags::RST_ACK, 0, ack));
        let table = [
            (Flags::SYN, 0, by_seq(1001)),
            (Flags::SYN_ACK, 0, by_ack),
            (Flags::ACK, 0, by_ack),
            (fin, 0, by_seq(1001)),
            (Flags::FIN_ACK, 0, by_ack),
            (Flags::RST, 0, None),
            (Flags::RST_ACK, 0, None),
            (Flags::NONE, 0, by_seq(1000)),
            (Flags::NONE, 10, by_seq(1010)),
            (Flags::SYN, 10, by_seq(1011)),
            (syn_fin, 0, by_seq(1002)),
        ];
        for (flags, data, expected) in table {
            let reset = reset_for(&segment(flags, data));
            let told = reset.map(|reset| (reset.flags, reset.seq.value(), reset.ack.value()));
            assert_eq!(told, expected, "{flags} with {data} bytes");
            assert!(
                reset.is_none_or(|reset| (reset.source_port, reset.destination_port) == (2, 1))
            );
        }
    }

    #[test]
    fn a_listener_answers_as_linux_does() {
        let verdict = |flags| listen(&segment(flags, 0));
        assert_eq!(verdict(Flags::SYN), ListenVerdict::Accept);
        for flags in [Flags::ACK, Flags::SYN_ACK, Flags::FIN_ACK] {
            assert!(matches!(verdict(flags), ListenVerdict::Reset(_)), "{flags}");
        }
        let fin = Flags { fin: true, ..Flags::NONE };
        let syn_fin = Flags { fin: true, ..Flags::SYN };
        for flags in [fin, syn_fin, Flags::NONE, Flags::RST, Flags::RST_ACK] {
            assert_eq!(verdict(flags), ListenVerdict::Ignore, "{flags}");
        }
    }
}
