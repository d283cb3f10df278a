//! What a link does to packets on the way, beside carrying them.

use super::config::Config;
use super::loss::{Loss, LossSpec};
use crate::rng::Stream;
use crate::units::{Ratio, Time};

/// What will happen to one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fate {
    /// Something is to be done about the packet itself: it is lost, damaged or duplicated.
    pub impaired: bool,
    /// It never arrives.
    pub lost: bool,
    /// Whether it arrives depends on what it carries: see `Channel::lose_listed`.
    pub listed: bool,
    /// Bits of it are damaged.
    pub damaged: bool,
    /// It arrives a second time, right behind.
    pub duplicated: bool,
}

/// The impairments of one direction of a link; absent on a clean one.
#[derive(Debug)]
pub(super) struct Impairments {
    loss: Loss,
    spec: LossSpec,
    duplicate: Ratio,
    corrupt: Ratio,
    jitter: Time,
    reorder: Ratio,
    reorder_delay: Time,
}

impl Impairments {
    /// The impairments that `config` asks for, if any. A loss model that does not change keeps
    /// its state from `before`.
    #[must_use]
    pub(super) fn from_config(config: &Config, before: Option<Box<Self>>) -> Option<Box<Self>> {
        let clean = config.loss == LossSpec::None
            && config.duplicate.is_zero()
            && config.corrupt.is_zero()
            && config.jitter.is_zero()
            && config.reorder.is_zero();
        if clean {
            return None;
        }
        let loss = match before {
            Some(before) if before.spec == config.loss => before.loss,
            _ => Loss::new(config.loss.clone()),
        };
        Some(Box::new(Self {
            loss,
            spec: config.loss.clone(),
            duplicate: config.duplicate,
            corrupt: config.corrupt,
            jitter: config.jitter,
            reorder: config.reorder,
            reorder_delay: config.reorder_delay,
        }))
    }

    /// Throws the dice for one packet: what happens to it, and by how much longer it travels.
    pub(super) fn decide(&mut self, dice: &mut Stream) -> (Fate, Time) {
        if self.loss.takes(dice) {
            return (Fate { impaired: true, lost: true, ..Fate::default() }, Time::ZERO);
        }
        let mut extra_delay = dice.time_below(self.jitter);
        if dice.chance(self.reorder) {
            extra_delay = extra_delay.saturating_add(self.reorder_delay);
        }
        let (damaged, duplicated) = (dice.chance(self.corrupt), dice.chance(self.duplicate));
        let listed = self.loss.is_list();
        let impaired = damaged || duplicated || listed;
        (Fate { impaired, lost: false, listed, damaged, duplicated }, extra_delay)
    }

    /// Whether the list of losses takes the next IPv4 packet.
    pub(super) fn takes_listed(&mut self) -> bool {
        self.loss.takes_listed()
    }
}
