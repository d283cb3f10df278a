//! Loss models: which packets a link takes away.

use std::num::NonZero;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rng::Stream;
use crate::units::Ratio;

/// Which packets are lost.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum LossSpec {
    /// None.
    #[default]
    None,
    /// Each packet with the same probability, independently.
    Bernoulli(Ratio),
    /// In bursts.
    GilbertElliott(GilbertElliott),
    /// The packets of a list, whatever the dice say.
    List(List),
}

/// The Gilbert–Elliott model: a two-state Markov chain that moves once per packet, with a
/// loss probability in each state (Gilbert 1960, Elliott 1963; parameters named as in `tc netem`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GilbertElliott {
    /// Probability to go from the good to the bad state, per packet.
    pub p: Ratio,
    /// Probability to go from the bad to the good state, per packet.
    pub r: Ratio,
    /// Loss probability in the bad state; 100% unless said.
    #[serde(default = "certain")]
    pub bad: Ratio,
    /// Loss probability in the good state; 0% unless said.
    #[serde(default)]
    pub good: Ratio,
}

const fn certain() -> Ratio {
    Ratio::ONE
}

/// Losses by number: the n-th IPv4 packet that goes onto the link in this direction, counted from 1,
/// is lost. ARP does not count, so that the numbers are those of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The numbers of the packets, in any order.
    #[schemars(inner(range(min = 1)))]
    pub packets: Vec<NonZero<u64>>,
}

/// A loss model at work.
#[derive(Debug, Clone)]
pub struct Loss {
    spec: LossSpec,
    in_bad_state: bool,
    /// IPv4 packets seen; counted for a list only.
    seen: u64,
}

impl Loss {
    /// A model in its good state.
    #[must_use]
    pub const fn new(spec: LossSpec) -> Self {
        Self { spec, in_bad_state: false, seen: 0 }
    }

    /// Whether [`Loss::takes_listed`] decides, which needs to know what a packet carries.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self.spec, LossSpec::List(_))
    }

    /// Whether a list takes the next IPv4 packet.
    pub fn takes_listed(&mut self) -> bool {
        let LossSpec::List(list) = &self.spec else { return false };
        self.seen += 1;
        list.packets.iter().any(|number| number.get() == self.seen)
    }

    /// Whether the next packet is lost.
    pub fn takes(&mut self, dice: &mut Stream) -> bool {
        match &self.spec {
            LossSpec::None | LossSpec::List(_) => false,
            LossSpec::Bernoulli(chance) => dice.chance(*chance),
            LossSpec::GilbertElliott(model) => {
                let (leave, loss) =
                    if self.in_bad_state { (model.r, model.bad) } else { (model.p, model.good) };
                let lost = dice.chance(loss);
                self.in_bad_state ^= dice.chance(leave);
                lost
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(spec: LossSpec, packets: usize) -> Vec<bool> {
        let (mut loss, mut dice) = (Loss::new(spec), Stream::new(1, "loss"));
        (0..packets).map(|_| loss.takes(&mut dice)).collect()
    }

    #[test]
    fn bernoulli_loses_its_share() {
        let lost = losses(LossSpec::Bernoulli("1%".parse().expect("a ratio")), 100_000);
        let share = lost.iter().filter(|&&lost| lost).count();
        assert!((900..1100).contains(&share), "{share}");
    }

    #[test]
    fn a_list_loses_its_packets_and_no_other() {
        let packets = [5, 2].map(|number| NonZero::new(number).expect("not 0")).to_vec();
        let mut loss = Loss::new(LossSpec::List(List { packets }));
        let lost: Vec<bool> = (0..6).map(|_| loss.takes_listed()).collect();
        assert_eq!(lost, [false, true, false, false, true, false]);
        assert!(loss.is_list() && !loss.takes(&mut Stream::new(1, "loss")));
    }

    #[test]
    fn gilbert_elliott_loses_in_bursts_of_the_right_length() {
        // Stationary share of the bad state p/(p+r) = 1/11; mean burst 1/r = 5 packets.
        let model = GilbertElliott {
            p: "2%".parse().expect("a ratio"),
            r: "20%".parse().expect("a ratio"),
            bad: Ratio::ONE,
            good: Ratio::ZERO,
        };
        let lost = losses(LossSpec::GilbertElliott(model), 200_000);
        let count = lost.iter().filter(|&&lost| lost).count() as f64;
        let bursts = lost.windows(2).filter(|pair| !pair[0] && pair[1]).count() as f64;
        assert!((count / 200_000.0 - 1.0 / 11.0).abs() < 0.01, "{count}");
        assert!((count / bursts - 5.0).abs() < 0.3, "{}", count / bursts);
    }
}
