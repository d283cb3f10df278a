//! The study: one cell for each size of the queue.

use std::ops::Range;

use super::place::{Place, Setting};
use super::target::Quantity;
use crate::scenario::fault::Span;
use crate::scenario::{LoadError, Scenario};
use crate::sweep::{Measure, Model, Study};
use crate::units::{Bytes, Limit, Time};

/// In what sizes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// Packets.
    Packets,
    /// Full frames of so many bytes, of which there are as many in a limit in bytes.
    Frames(u64),
}

impl Grain {
    /// The limit of a queue of this size.
    #[must_use]
    pub const fn limit(self, size: usize) -> Limit {
        match self {
            Self::Packets => Limit::Packets(size as u64),
            Self::Frames(bytes) => Limit::Bytes(Bytes::new(bytes.saturating_mul(size as u64))),
        }
    }

    /// The size of a queue with this limit, rounded up; none if it is in another unit.
    #[must_use]
    pub fn size(self, limit: Limit) -> Option<usize> {
        match (self, limit) {
            (Self::Packets, Limit::Packets(packets)) => usize::try_from(packets).ok(),
            (Self::Frames(frame), Limit::Bytes(bytes)) => {
                usize::try_from(bytes.get().div_ceil(frame.max(1))).ok()
            }
            _ => None,
        }
    }
}

/// The search for the size of a queue, as a study. The number of a cell is its size.
#[derive(Debug, Clone)]
pub struct Sizing {
    /// What the command line sets beside the queue.
    sets: Vec<String>,
    setting: Setting,
    /// In what sizes are counted.
    pub grain: Grain,
    measures: Vec<Measure>,
    warm_up: Time,
    /// The direction of the link.
    direction: String,
}

impl Sizing {
    /// The study of the queue at `place`, which `setting` sets, with `sets` for all sizes.
    #[must_use]
    pub fn new(
        place: &Place,
        setting: Setting,
        grain: Grain,
        sets: Vec<String>,
        warm_up: Time,
    ) -> Self {
        let channel = place.expression();
        let measure = |quantity: Quantity| Measure {
            name: quantity.name().to_owned(),
            label: quantity.name().to_owned(),
            expression: quantity.expression(&channel),
            unit: quantity.unit(),
            model: Model::None,
            span: Span::default(),
        };
        let measures = Quantity::ALL.map(measure).to_vec();
        let direction = format!("{} {}", place.name, place.direction);
        Self { sets, setting, grain, measures, warm_up, direction }
    }

    /// A size as people write it.
    #[must_use]
    pub fn label(&self, size: usize) -> String {
        self.grain.limit(size).to_string()
    }
}

impl Study for Sizing {
    fn cells(&self) -> Range<usize> {
        // What all sizes share is seen from one of them.
        1..2
    }

    fn settings(&self, cell: usize) -> Vec<String> {
        let own = self.setting.text(self.grain.limit(cell));
        self.sets.iter().cloned().chain([own]).collect()
    }

    fn cell_name(&self, cell: usize) -> String {
        format!("queue {}", self.label(cell))
    }

    fn axes(&self) -> Vec<String> {
        vec!["queue".into()]
    }

    fn labels(&self, cell: usize) -> Vec<String> {
        vec![self.label(cell)]
    }

    fn measures(&self) -> &[Measure] {
        &self.measures
    }

    fn warm_up(&self) -> Time {
        self.warm_up
    }

    fn notes(&self) -> Vec<(&'static str, String)> {
        vec![("size of the queue", self.direction.clone())]
    }

    fn check(&self, _: &Scenario) -> Result<(), LoadError> {
        Ok(())
    }
}
