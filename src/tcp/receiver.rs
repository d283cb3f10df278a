//! The receiving half: what arrived, what was read, and the window offered (RFC 9293 sections
//! 3.3.1 and 3.8.6).
//! How large the buffer is, is found in `autotune`.

use super::autotune::Reading;
use super::reassembly::Reassembly;
use super::{NOWHERE, Offset, number, offset};
use crate::packet::tcp::{SackBlock, SackBlocks, SeqNum};

/// The receiving half of a connection.
#[derive(Debug, Clone)]
pub(super) struct Receiver {
    /// IRS: the other end's first sequence number.
    isn: SeqNum,
    /// RCV.NXT.
    pub(super) next: Offset,
    /// Arrived in order and not read \[bytes\].
    pub(super) unread: u64,
    /// RCV.NXT as the other end was last told.
    pub(super) acknowledged: Offset,
    /// The right edge of the window as the other end was last told; it never moves back.
    pub(super) edge: Offset,
    /// Where the other end's FIN is; nowhere before it has come.
    pub(super) fin: Offset,
    pub(super) held: Reassembly,
    /// What the application's reading tells; absent while the size is fixed or nothing has come.
    pub(super) reading: Option<Box<Reading>>,
    /// How much may wait here now \[bytes\].
    capacity: u64,
    /// How much may be offered (`rcv_ssthresh`) \[bytes\].
    limit: u64,
    mss: u16,
    scale: u8,
}

impl Receiver {
    /// Before the other end's SYN has come.
    pub(super) fn new(capacity: u64, mss: u16) -> Self {
        Self {
            isn: SeqNum::default(),
            next: 0,
            unread: 0,
            acknowledged: 0,
            edge: 0,
            fin: NOWHERE,
            held: Reassembly::default(),
            reading: None,
            capacity,
            limit: capacity,
            mss,
            scale: 0,
        }
    }

    /// IRS.
    pub(super) const fn isn(&self) -> SeqNum {
        self.isn
    }

    /// The other end's SYN has come.
    pub(super) fn synchronize(&mut self, isn: SeqNum, scale: u8) {
        self.isn = isn;
        self.scale = scale;
        self.next = 1;
        self.acknowledged = 1;
        self.edge = 1;
    }

    /// Where `seq` is in the other end's stream.
    pub(super) fn offset(&self, seq: SeqNum) -> Offset {
        offset(self.isn, self.next, seq)
    }
    /// RCV.NXT as it is in a header.
    pub(super) fn ack_number(&self) -> SeqNum {
        number(self.isn, self.next)
    }
    /// Whether all up to and with the FIN has arrived.
    pub(super) const fn finished(&self) -> bool {
        self.fin < self.next
    }

    /// How much the application has read, as a place in the stream.
    pub(super) const fn read_offset(&self) -> Offset {
        self.next - self.unread.cast_signed()
    }

    /// The window of a SYN or SYN-ACK, which is never scaled (RFC 7323 section 2.2): as many
    /// segments of `size` as fit, as in Linux. From there a buffer that `grows` opens its window.
    pub(super) fn syn_window(&mut self, most: u16, size: u64, grows: bool) -> u16 {
        let space = self.capacity.min(u64::from(most));
        let whole = if space < size { space } else { space / size * size };
        if grows {
            self.limit = whole;
        }
        self.edge = self.edge.max(self.next + whole.cast_signed());
        u16::try_from(whole).unwrap_or(u16::MAX)
    }

    /// The window may open by `step`, if there is room.
    pub(super) fn raise_limit(&mut self, step: u64) {
        let room = self.free().saturating_sub(self.limit);
        self.limit += room.min(step);
    }

    /// The buffer should hold `wanted`; it never shrinks.
    pub(super) fn enlarge(&mut self, wanted: u64) {
        self.capacity = self.capacity.max(wanted);
    }

    const fn free(&self) -> u64 {
        self.capacity.saturating_sub(self.unread)
    }

    /// The window field of a segment that is sent now; moves the edge.
    pub(super) fn take_window(&mut self) -> u16 {
        let unit = 1 << self.scale;
        let target = self.new_edge();
        let offered = (target - self.next).max(0);
        // Linux rounds up what it chooses to offer; what just fits is rounded down.
        let fits = self.free() >= offered.cast_unsigned() + unit;
        let wanted = (offered + if fits { unit.cast_signed() - 1 } else { 0 }) >> self.scale;
        // Never take back what was offered: round up if rounding down would.
        let promised = (self.edge - self.next).max(0);
        let least = (promised + unit.cast_signed() - 1) >> self.scale;
        let field = u16::try_from(wanted.max(least)).unwrap_or(u16::MAX);
        self.edge = self.edge.max(self.next + (Offset::from(field) << self.scale));
        self.acknowledged = self.next;
        field
    }

    /// Whether reading has opened the window so far that the other end should hear of it, as
    /// Linux decides: it has doubled, and by no silly amount.
    pub(super) fn is_update_worthwhile(&self) -> bool {
        let now = (self.edge - self.next).max(0);
        let new = self.new_edge() - self.next;
        new > now && new >= 2 * now
    }

    /// The right edge after silly window avoidance (RFC 9293 section 3.8.6.2.2). Like Linux
    /// (`__tcp_select_window`), a buffer that is nearly full opens no window at all.
    fn new_edge(&self) -> Offset {
        let free = self.free();
        if free < self.capacity / 2 && free < (self.capacity / 16).max(u64::from(self.mss)) {
            return self.edge;
        }
        let candidate = self.next + free.min(self.limit).cast_signed();
        let step = (self.capacity / 2).min(u64::from(self.mss)).cast_signed();
        if candidate - self.edge >= step { candidate } else { self.edge }
    }

    /// The SACK option's blocks, at most `limit` of them.
    pub(super) fn sack_blocks(&mut self, limit: usize) -> SackBlocks {
        let mut blocks = SackBlocks::default();
        let isn = self.isn;
        if limit == 0 {
            return blocks;
        }
        for (start, end) in self.held.report().take(limit) {
            blocks.push(SackBlock { start: number(isn, start), end: number(isn, end) });
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receiver() -> Receiver {
        let mut receiver = Receiver::new(10_000, 1000);
        receiver.synchronize(SeqNum::new(u32::MAX), 0);
        receiver
    }

    fn arrive(receiver: &mut Receiver, bytes: u64) {
        receiver.next += bytes.cast_signed();
        receiver.unread += bytes;
    }

    #[test]
    fn the_window_shuts_and_opens_without_silly_steps() {
        let mut receiver = receiver();
        assert_eq!(receiver.take_window(), 10_000);
        arrive(&mut receiver, 10_000);
        assert_eq!(receiver.take_window(), 0);
        receiver.unread -= 999;
        assert!(!receiver.is_update_worthwhile());
        assert_eq!(receiver.take_window(), 0);
        receiver.unread -= 1;
        assert!(receiver.is_update_worthwhile());
        assert_eq!(receiver.take_window(), 1000);
    }

    #[test]
    fn rounding_never_takes_the_window_back() {
        let mut receiver = receiver();
        receiver.scale = 7;
        assert_eq!(receiver.take_window(), 78);
        let edge = receiver.edge;
        arrive(&mut receiver, 100);
        assert_eq!(receiver.take_window(), 78);
        assert!(receiver.edge >= edge);
    }

    #[test]
    fn numbers_wrap() {
        let mut receiver = receiver();
        assert_eq!(receiver.ack_number(), SeqNum::new(0));
        arrive(&mut receiver, 5);
        assert_eq!(receiver.offset(SeqNum::new(2)), 3);
        assert_eq!(receiver.offset(SeqNum::new(u32::MAX - 1)), -1);
    }
}
