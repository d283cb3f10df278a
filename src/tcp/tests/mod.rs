//! The connection as a whole: two ends on a wire, and segments by hand.

mod bottleneck;
mod close;
mod congestion;
mod ecn;
mod half_open;
mod handshake;
mod linux_recovery;
mod loss;
mod needless;
mod pair;
mod path_mtu;
mod properties;
mod proportional;
mod strays;
mod tail_probe;
mod time_wait;
mod window;

impl super::Connection {
    /// SND.NXT as it is in a header.
    fn next_number(&self) -> super::SeqNum {
        super::number(self.opening.isn, self.queue.next)
    }
}
