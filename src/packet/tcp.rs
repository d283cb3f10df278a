//! TCP segments (RFC 9293 section 3.1): ports, sequence numbers, flags, options and a length of data.

use std::fmt;

/// Length of the header without options \[bytes\].
pub const HEADER: u16 = 20;
/// The most SACK blocks one segment can carry (RFC 2018).
pub const MAX_SACK_BLOCKS: usize = 4;

/// A sequence number: a place on the circle of 2^32 (RFC 9293 section 3.4).
///
/// It has no order: before and after mean something only for two numbers less than half the
/// circle apart.
///
/// ```
/// use portolan::packet::tcp::SeqNum;
///
/// let last = SeqNum::new(u32::MAX);
/// let first = last.wrapping_add(1);
/// assert_eq!(first, SeqNum::new(0));
/// assert!(last.before(first) && first.after(last));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SeqNum(u32);

impl SeqNum {
    /// From its value in the header.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self(value)
    }
    /// Its value in the header.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }
    /// The number `bytes` further on.
    #[must_use]
    pub const fn wrapping_add(self, bytes: u32) -> Self {
        Self(self.0.wrapping_add(bytes))
    }
    /// How far this is ahead of `other` \[bytes\], negative if behind, by the shorter way round.
    #[must_use]
    pub const fn distance_from(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }
    /// Whether this comes earlier than `other`.
    #[must_use]
    pub const fn before(self, other: Self) -> bool {
        self.distance_from(other) < 0
    }
    /// Whether this comes later than `other`.
    #[must_use]
    pub const fn after(self, other: Self) -> bool {
        other.before(self)
    }
}

impl fmt::Display for SeqNum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The control bits that matter to this simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// SYN: the first of a connection.
    pub syn: bool,
    /// ACK: the acknowledgment field counts.
    pub ack: bool,
    /// FIN: no more data will come.
    pub fin: bool,
    /// RST: the connection does not exist.
    pub rst: bool,
    /// PSH: the sender has nothing more at hand.
    pub psh: bool,
    /// URG: the urgent pointer counts; accepted and ignored.
    pub urg: bool,
    /// ECE: congestion was experienced on the way here (RFC 3168 section 6.1).
    pub ece: bool,
    /// CWR: the sender has reduced its congestion window.
    pub cwr: bool,
}

impl Flags {
    /// No flag at all.
    pub const NONE: Self = Self {
        syn: false,
        ack: false,
        fin: false,
        rst: false,
        psh: false,
        urg: false,
        ece: false,
        cwr: false,
    };
    /// SYN alone.
    pub const SYN: Self = Self { syn: true, ..Self::NONE };
    /// ACK alone.
    pub const ACK: Self = Self { ack: true, ..Self::NONE };
    /// SYN and ACK.
    pub const SYN_ACK: Self = Self { syn: true, ack: true, ..Self::NONE };
    /// FIN and ACK.
    pub const FIN_ACK: Self = Self { fin: true, ack: true, ..Self::NONE };
    /// RST alone.
    pub const RST: Self = Self { rst: true, ..Self::NONE };
    /// RST and ACK.
    pub const RST_ACK: Self = Self { rst: true, ack: true, ..Self::NONE };
}

impl fmt::Display for Flags {
    /// The letters of `tcpdump`: `S`, `F`, `R`, `P`, `U`, `E`, `W` and `.` for ACK.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = [
            (self.fin, "F"),
            (self.syn, "S"),
            (self.rst, "R"),
            (self.psh, "P"),
            (self.ack, "."),
            (self.urg, "U"),
            (self.ece, "E"),
            (self.cwr, "W"),
        ];
        letters.iter().filter(|(set, _)| *set).try_for_each(|(_, letter)| f.write_str(letter))
    }
}

/// The timestamps option (RFC 7323 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamps {
    /// TSval: the sender's clock.
    pub value: u32,
    /// TSecr: the latest value seen from the other end; meaningful with ACK only.
    pub echo: u32,
}

/// One SACK block: data from `start` up to and without `end` have arrived (RFC 2018).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SackBlock {
    /// The first sequence number in it.
    pub start: SeqNum,
    /// The first one after it.
    pub end: SeqNum,
}

/// Up to four SACK blocks, in the order of the option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SackBlocks {
    count: u8,
    blocks: [SackBlock; MAX_SACK_BLOCKS],
}

impl SackBlocks {
    /// No block.
    pub const NONE: Self = Self {
        count: 0,
        blocks: [SackBlock { start: SeqNum::new(0), end: SeqNum::new(0) }; MAX_SACK_BLOCKS],
    };

    /// Adds a block and says whether there was room for it.
    pub fn push(&mut self, block: SackBlock) -> bool {
        let room = self.blocks.get_mut(usize::from(self.count));
        let has_room = room.is_some();
        if let Some(place) = room {
            *place = block;
            self.count += 1;
        }
        has_room
    }
    /// The blocks.
    #[must_use]
    pub fn as_slice(&self) -> &[SackBlock] {
        &self.blocks[..usize::from(self.count)]
    }
}

/// The options of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Maximum segment size the sender can receive \[bytes\]; SYN only.
    pub mss: Option<u16>,
    /// Window scale: the sender's window fields are to be shifted left by this; SYN only.
    pub window_scale: Option<u8>,
    /// SACK permitted; SYN only.
    pub sack_permitted: bool,
    /// Timestamps.
    pub timestamps: Option<Timestamps>,
    /// Selective acknowledgments.
    pub sack: SackBlocks,
}

impl Options {
    /// No option at all.
    pub const NONE: Self = Self {
        mss: None,
        window_scale: None,
        sack_permitted: false,
        timestamps: None,
        sack: SackBlocks::NONE,
    };

    /// Length with padding, laid out as Linux does: timestamps and SACK on four-byte borders.
    #[must_use]
    pub const fn length(&self) -> u16 {
        let mut bytes = 0;
        if self.mss.is_some() {
            bytes += 4;
        }
        if self.window_scale.is_some() {
            bytes += 3;
        }
        if self.sack_permitted {
            bytes += 2;
        }
        if self.timestamps.is_some() {
            bytes += 10;
        }
        let sack = if self.sack.count == 0 { 0 } else { 4 + 8 * self.sack.count as u16 };
        (bytes as u16).next_multiple_of(4) + sack
    }
}

/// A TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Port of the sender.
    pub source_port: u16,
    /// Port it is for.
    pub destination_port: u16,
    /// Sequence number of the first byte, or of SYN.
    pub seq: SeqNum,
    /// The next sequence number expected from the other end; counts with [`Flags::ack`] only.
    pub ack: SeqNum,
    /// Control bits.
    pub flags: Flags,
    /// The window field as sent, not scaled.
    pub window: u16,
    /// Options.
    pub options: Options,
    /// Data after the header \[bytes\].
    pub data_length: u16,
}

impl Segment {
    /// Nothing but zeros.
    pub const EMPTY: Self = Self {
        source_port: 0,
        destination_port: 0,
        seq: SeqNum::new(0),
        ack: SeqNum::new(0),
        flags: Flags::NONE,
        window: 0,
        options: Options::NONE,
        data_length: 0,
    };
    /// Length of the header with options \[bytes\].
    #[must_use]
    pub const fn header_length(&self) -> u16 {
        HEADER + self.options.length()
    }
    /// Length of header and data \[bytes\].
    #[must_use]
    pub const fn length(&self) -> u16 {
        self.header_length() + self.data_length
    }
    /// SEG.LEN: the sequence numbers it takes up, SYN and FIN included (RFC 9293 section 3.4).
    #[must_use]
    pub const fn sequence_length(&self) -> u32 {
        self.data_length as u32 + self.flags.syn as u32 + self.flags.fin as u32
    }
    /// The sequence number after its last.
    #[must_use]
    pub const fn end(&self) -> SeqNum {
        self.seq.wrapping_add(self.sequence_length())
    }
}

/// Why a segment was sent. The words are the same in every output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// For the first time, in the ordinary course of things.
    #[default]
    Ordinary,
    /// Again, because later segments have arrived (RFC 5681 section 3.2, RFC 8985).
    FastRetransmit,
    /// Again, because the retransmission timer has expired (RFC 6298 section 5).
    TimeoutRetransmit,
    /// To learn whether the last segments have arrived (RFC 8985 section 7).
    TailLossProbe,
    /// To learn whether a shut window has opened (RFC 9293 section 3.8.6.1).
    WindowProbe,
    /// To learn whether the other end is still there (RFC 9293 section 3.8.4).
    KeepAlive,
}

impl Purpose {
    /// The purpose in words; none for ordinary segments.
    #[must_use]
    pub const fn words(self) -> Option<&'static str> {
        match self {
            Self::Ordinary => None,
            Self::FastRetransmit => Some("fast retransmission"),
            Self::TimeoutRetransmit => Some("retransmission after timeout"),
            Self::TailLossProbe => Some("tail loss probe"),
            Self::WindowProbe => Some("window probe"),
            Self::KeepAlive => Some("keep-alive"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn options(sack_blocks: usize) -> Options {
        let timestamps = Some(Timestamps { value: 1, echo: 2 });
        let mut options = Options { timestamps, ..Options::default() };
        for _ in 0..sack_blocks {
            assert!(options.sack.push(SackBlock::default()));
        }
        options
    }

    #[test]
    fn lengths_are_those_that_linux_sends() {
        let syn =
            Options { mss: Some(1460), window_scale: Some(7), sack_permitted: true, ..options(0) };
        assert_eq!(syn.length(), 20);
        assert_eq!(Options { timestamps: None, ..syn }.length(), 12);
        assert_eq!(Options { sack_permitted: false, ..syn }.length(), 20);
        assert_eq!(Options { window_scale: None, ..syn }.length(), 16);
        assert_eq!(options(0).length(), 12);
        assert_eq!(options(3).length(), 40);
        assert_eq!(Options::default().length(), 0);
    }

    #[test]
    fn a_fifth_block_is_refused() {
        let mut options = options(4);
        assert!(!options.sack.push(SackBlock { start: SeqNum::new(1), end: SeqNum::new(2) }));
        assert_eq!(options.sack.as_slice(), [SackBlock::default(); 4]);
    }

    #[test]
    fn flags_print_like_tcpdump() {
        assert_eq!(Flags::SYN_ACK.to_string(), "S.");
        assert_eq!(Flags { psh: true, ..Flags::FIN_ACK }.to_string(), "FP.");
    }

    proptest! {
        #[test]
        fn adding_is_the_distance(start: u32, step in 0..=i32::MAX.cast_unsigned()) {
            let start = SeqNum::new(start);
            let end = start.wrapping_add(step);
            prop_assert_eq!(end.distance_from(start).cast_unsigned(), step);
            prop_assert_eq!(start.before(end), step != 0);
            prop_assert_eq!(end.after(start), step != 0);
            prop_assert!(!end.before(start));
        }

        #[test]
        fn before_does_not_depend_on_where_the_circle_starts(a: u32, b: u32, turn: u32) {
            let turned = |number: u32| SeqNum::new(number).wrapping_add(turn);
            prop_assert_eq!(turned(a).before(turned(b)), SeqNum::new(a).before(SeqNum::new(b)));
        }
    }
}
