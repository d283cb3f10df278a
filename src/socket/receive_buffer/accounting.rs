//! What an item counts for against the limit of a receive buffer: its data, or the memory that Linux
//! holds for it.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a datagram counts for in a receive buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Accounting {
    /// Its data.
    Payload,
    /// The memory that Linux allocates for it, several times a small datagram's data.
    Linux,
}

impl Accounting {
    /// What an item with so much data counts for \[bytes\].
    #[must_use]
    pub const fn charge(self, data: u64) -> u64 {
        match self {
            Self::Payload if data == 0 => 1,
            Self::Payload => data,
            Self::Linux => linux_memory(data),
        }
    }
}

/// The memory that Linux 6.18 (x86-64) holds for a datagram with so much data \[bytes\], its
/// `skb->truesize`. Measured by filling buffers over the whole range of sizes; the parts are named
/// after the kernel's source.
#[must_use]
pub const fn linux_memory(data: u64) -> u64 {
    /// `struct sk_buff`.
    const DESCRIPTOR: u64 = 256;
    /// `struct skb_shared_info`, behind the data.
    const TRAILER: u64 = 320;
    /// The smallest buffer there is (`SKB_SMALL_HEAD_CACHE_SIZE`); others are powers of two.
    const SMALL: u64 = 576;
    /// Room for the Ethernet header and its alignment, and the IP and UDP headers.
    const HEADERS: u64 = 31 + 28;
    /// From this length on the data is kept in pages of its own (`SKB_MAX_ALLOC`).
    const PAGED: u64 = 16_064;

    if data + HEADERS >= PAGED {
        return DESCRIPTOR + SMALL + data;
    }
    let buffer = (data + HEADERS).next_multiple_of(64) + TRAILER;
    DESCRIPTOR + if buffer <= SMALL { SMALL } else { buffer.next_power_of_two() }
}
