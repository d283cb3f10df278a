//! What formulas of TCP need to know of a connection: round trips, segments, windows.

use super::View;
use super::arrivals::at_peak;
use super::traffic::{Bulk, Feed};
use crate::id::ChannelId;
use crate::link::loss::LossSpec;
use crate::units::Bytes;

/// Headers of IPv4 and TCP \[bytes\].
const HEADERS: u64 = 40;
/// What timestamps take in each segment \[bytes\].
const TIMESTAMPS: u64 = 12;
/// The part of Linux's buffer memory that holds data: 1448 bytes take 2304.
const DATA_SHARE: f64 = 0.625;
/// The largest window without scaling \[bytes\].
const UNSCALED: f64 = 65_535.0;

/// A connection before it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outlook<'a> {
    pub(super) bulk: &'a Bulk,
    /// Data in a full segment \[bytes\].
    pub(super) mss: u64,
    /// Its length above the link layer \[bytes\].
    pub(super) length: u64,
    /// The round trip if nothing waits \[s\].
    pub(super) rtt: f64,
    /// The chance of a segment to be lost at random.
    pub(super) loss: f64,
    /// The same of an acknowledgment.
    pub(super) loss_back: f64,
    /// The most that may be under way \[segments\].
    pub(super) window: f64,
}

impl<'a> Outlook<'a> {
    /// Nothing if links do something to packets that no formula knows.
    pub(super) fn of(view: &View<'_>, bulk: &'a Bulk) -> Option<Self> {
        let stamps = bulk.sender.timestamps && bulk.receiver.timestamps;
        let options = if stamps { TIMESTAMPS } else { 0 };
        let mtu = bulk.way.iter().map(|&on| u64::from(view.settings(on).mtu)).min()?;
        let mss = mtu.checked_sub(HEADERS + options)?;
        let (length, bare) = (mtu, HEADERS + options);
        let crossed = |ways: &[ChannelId], length: u64| -> f64 {
            let one =
                |&on: &ChannelId| view.settings(on).delay.as_secs_f64() + view.sending(on, length);
            ways.iter().map(one).sum()
        };
        let memory = bulk.receiver.receive_memory_max.get() as f64 * DATA_SHARE;
        let fixed = |buffer: Option<Bytes>| buffer.map(|bytes| bytes.get() as f64);
        let scaled = bulk.sender.window_scaling && bulk.receiver.window_scaling;
        let received = fixed(bulk.receiver.receive_buffer).unwrap_or(memory);
        let received = if scaled { received } else { received.min(UNSCALED) };
        let sent = fixed(bulk.sender.send_buffer)
            .unwrap_or_else(|| bulk.sender.send_memory_max.get() as f64);
        Some(Self {
            bulk,
            mss,
            length,
            rtt: crossed(&bulk.way, length) + crossed(&bulk.back, bare),
            loss: losses(view, &bulk.way)?,
            loss_back: losses(view, &bulk.back)?,
            window: received.min(sent) / mss as f64,
        })
    }

    /// Segments \[bit/s\] of data.
    pub(super) fn goodput(&self, segments_per_second: f64) -> f64 {
        segments_per_second * self.mss as f64 * 8.0
    }
}

/// The chance of a packet to be lost on a way; nothing if losses depend on each other, or if packets are
/// delayed, repeated or swapped at random.
fn losses(view: &View<'_>, ways: &[ChannelId]) -> Option<f64> {
    let mut passes = 1.0;
    for &channel in ways {
        let settings = view.settings(channel);
        let plain =
            settings.duplicate.is_zero() && settings.reorder.is_zero() && settings.jitter.is_zero();
        let chance = match settings.loss {
            LossSpec::None => 0.0,
            LossSpec::Bernoulli(chance) => chance.as_f64(),
            LossSpec::GilbertElliott(_) | LossSpec::List(_) => return None,
        };
        if !(plain && settings.up) {
            return None;
        }
        passes *= (1.0 - chance) * (1.0 - settings.corrupt.as_f64());
    }
    Some(1.0 - passes)
}

/// The share of a link that is taken by what is neither the data nor the acknowledgments of long
/// connections; nothing if that is not known.
pub(super) fn others(view: &View<'_>, channel: ChannelId) -> Option<f64> {
    let of = |feed: &Feed| match *feed {
        Feed::Poisson(place) => {
            let stream = &view.traffic.streams[place];
            Some(view.sending(channel, stream.length) / stream.gap)
        }
        Feed::Other(app) => at_peak(view, channel, app),
        Feed::Bulk(_) | Feed::Acknowledgments(_) => Some(0.0),
    };
    view.traffic.feeds[channel.index()].iter().map(of).sum()
}
