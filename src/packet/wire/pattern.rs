//! Data that says nothing: lines of text that tell their place.
//!
//! Byte `n` of the pattern depends on `n` alone, and the pattern repeats after a power of two: data of a stream taken
//! at its sequence number is the same whenever it is sent. Sums over the pattern are looked up, so that a checksum
//! costs the same for any length.

use super::checksum::Sum;

/// After so many bytes it begins again.
const PERIOD: usize = 4096;
const LINE: usize = 64;
/// The most data that one packet can carry.
const LONGEST: usize = u16::MAX as usize;

/// The pattern.
pub(super) struct Pattern {
    /// One period and the longest data: every stretch lies in one piece.
    bytes: Box<[u8]>,
    /// By place: the sum of all words before it. What lies on an odd place is the low half of a word.
    sums: Box<[u32]>,
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pattern")
    }
}

impl Pattern {
    pub(super) fn new() -> Self {
        let line = |start: usize| {
            let text =
                format!("[portolan data {start:04x}] 0123456789 abcdefghijklmnopqrstuvwxyz ----");
            text.bytes().take(LINE - 1).chain([b'\n']).collect::<Vec<_>>()
        };
        let period: Vec<u8> = (0..PERIOD).step_by(LINE).flat_map(line).collect();
        let mut sums = vec![0; PERIOD + 1];
        for (place, &byte) in period.iter().enumerate() {
            let word = u32::from(byte) << if place % 2 == 0 { 8 } else { 0 };
            sums[place + 1] = sums[place] + word;
        }
        let bytes = period.iter().copied().cycle().take(PERIOD + LONGEST).collect();
        Self { bytes, sums: sums.into() }
    }

    /// `length` bytes from place `first` on.
    #[inline]
    pub(super) fn bytes(&self, first: u32, length: usize) -> &[u8] {
        let start = first as usize % PERIOD;
        &self.bytes[start..start + length.min(LONGEST)]
    }

    /// The sum of those bytes, the first of them at an even place of what is summed up.
    #[inline]
    pub(super) fn sum(&self, first: u32, length: usize) -> Sum {
        let start = first as usize % PERIOD;
        let end = start + length;
        let before = |place: usize| {
            let periods = (place / PERIOD) as u64;
            periods * u64::from(self.sums[PERIOD]) + u64::from(self.sums[place % PERIOD])
        };
        let sum = Sum::known(before(end) - before(start));
        if start.is_multiple_of(2) { sum } else { sum.shifted() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_printable_and_tells_its_place() {
        let pattern = Pattern::new();
        let text = String::from_utf8(pattern.bytes(128, 128).to_vec()).expect("text");
        assert_eq!(
            text,
            "[portolan data 0080] 0123456789 abcdefghijklmnopqrstuvwxyz ----\n\
             [portolan data 00c0] 0123456789 abcdefghijklmnopqrstuvwxyz ----\n"
        );
        assert_eq!(pattern.bytes(u32::MAX, 2), [b'\n', b'['], "it goes on where numbers wrap");
    }

    proptest! {
        #[test]
        fn sums_need_no_look_at_the_bytes(first: u32, length in 0..=LONGEST) {
            let pattern = Pattern::new();
            let bytes = pattern.bytes(first, length);
            let looked_at = Sum::default().bytes(bytes);
            prop_assert_eq!(pattern.sum(first, length).checksum(), looked_at.checksum());
        }
    }
}
