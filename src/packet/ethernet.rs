//! Ethernet II addresses and header (IEEE 802.3).

use std::fmt;

/// A 48-bit hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// All stations.
    pub const BROADCAST: Self = Self([0xff; 6]);
    /// The group of all spanning-tree bridges (IEEE 802.1D, table 7-10); switches never forward it.
    pub const BRIDGES: Self = Self([0x01, 0x80, 0xc2, 0, 0, 0]);

    /// The locally administered address of the `n`th interface of a network.
    #[must_use]
    pub const fn numbered(n: u32) -> Self {
        let [a, b, c, d] = n.to_be_bytes();
        Self([0x02, 0x00, a, b, c, d])
    }
    /// Broadcast or multicast: the group bit is set.
    #[must_use]
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 == 1
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// Who a frame is from and for on this link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Destination address.
    pub destination: Mac,
    /// Source address.
    pub source: Mac,
}

impl Header {
    /// No addresses yet: they are filled in when the frame leaves its node.
    pub const NONE: Self = Self { destination: Mac([0; 6]), source: Mac([0; 6]) };
}
