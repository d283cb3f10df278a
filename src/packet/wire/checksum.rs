//! The Internet checksum (RFC 1071): a sum in ones' complement, which pieces can be added to in any order.

/// A sum that goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum(u64);

impl Sum {
    /// Adds bytes that begin at an even place of what is summed up.
    #[inline]
    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        let mut words = bytes.chunks_exact(2);
        let mut sum = self.0;
        for word in &mut words {
            sum += u64::from(u16::from_be_bytes([word[0], word[1]]));
        }
        if let [last] = words.remainder() {
            sum += u64::from(*last) << 8;
        }
        Self(sum)
    }

    /// Adds one word.
    #[inline]
    pub(super) const fn word(self, word: u16) -> Self {
        Self(self.0 + word as u64)
    }

    /// Adds another sum.
    #[inline]
    pub(super) const fn sum(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    /// A sum known from elsewhere.
    #[inline]
    pub(super) const fn known(sum: u64) -> Self {
        Self(sum)
    }

    /// The same bytes moved by one place: in ones' complement that swaps the halves (RFC 1071
    /// section 2 (B)).
    #[inline]
    pub(super) const fn shifted(self) -> Self {
        Self(self.folded().swap_bytes() as u64)
    }

    /// What goes into a header's checksum field.
    #[inline]
    pub(super) const fn checksum(self) -> u16 {
        !self.folded()
    }

    #[inline]
    const fn folded(self) -> u16 {
        let mut sum = self.0;
        while sum >> 16 != 0 {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sums_up_as_in_the_rfc() {
        // RFC 1071 section 3: 0001 f203 f4f5 f6f7 give ddf2.
        let sum = Sum::default().bytes(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
        assert_eq!(sum.checksum(), !0xddf2);
        assert_eq!(Sum::default().bytes(&[7]), Sum::default().word(0x0700));
    }

    proptest! {
        #[test]
        fn pieces_add_up(bytes: Vec<u8>, cut: prop::sample::Index) {
            let (a, b) = bytes.split_at(cut.index(bytes.len() + 1));
            let second = Sum::default().bytes(b);
            let second = if a.len() % 2 == 0 { second } else { second.shifted() };
            let whole = Sum::default().bytes(&bytes).folded();
            let pieces = Sum::default().bytes(a).sum(second).folded();
            // 0 and 0xffff are the same number.
            prop_assert_eq!(whole % 0xffff, pieces % 0xffff);
        }
    }
}
