//! How much of what is in flight has arrived, is lost, or was sent again: sums over the marks of
//! its segments, kept as they change.

use crate::tcp::send_queue::Sent;

/// Bytes in flight by their marks; no window is larger than 2^30. Data that arrived are neither lost
/// nor sent again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Marks {
    pub(super) sacked: u32,
    pub(super) sacked_segments: u32,
    pub(super) lost: u32,
    pub(super) resent: u32,
}

impl Marks {
    pub(super) const fn add(&mut self, sent: &Sent) {
        let bytes = sent.length() as u32;
        if sent.sacked {
            self.sacked += bytes;
            self.sacked_segments += 1;
        } else {
            self.lost += bytes * sent.lost as u32;
            self.resent += bytes * sent.resent as u32;
        }
    }
    pub(super) const fn remove(&mut self, sent: &Sent) {
        let bytes = sent.length() as u32;
        if sent.sacked {
            self.sacked -= bytes;
            self.sacked_segments -= 1;
        } else {
            self.lost -= bytes * sent.lost as u32;
            self.resent -= bytes * sent.resent as u32;
        }
    }
}
