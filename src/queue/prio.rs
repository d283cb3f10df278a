//! `prio`: bands of strict priority, as in Linux. A band sends only while those before it have nothing to send.
//!
//! A packet goes into the band of the first of `classes` whose `match` it fits: the first class is band 0, which goes first.
//! Others go by their priority, which Linux takes from the type of service of RFC 1349, and `priomap`; with its default, packets that
//! ask for little delay (TOS 0x10) go into band 0, bulk (0x08) into band 2, all others into band 1.
//!
//! Not modelled: priorities that a process sets for its socket (`SO_PRIORITY`); each band's queue is a `fifo` of 1000 packets
//! unless its class has another.

use schemars::JsonSchema;
use serde::Deserialize;

use super::child::Child;
use super::classify::{Filter, check_classes, class, priority};
use super::{Backlog, Configuration, Drops, QueueDiscipline, QueueSpec, Queued, Site};
use crate::kinds::Fault;
use crate::packet::Packet;
use crate::units::Time;

/// The most bands that Linux allows (`TCQ_PRIO_BANDS`).
const MOST: u8 = 16;

/// Parameters of `prio`, with the defaults of tc-prio(8).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many bands there are, from 2 to 16.
    #[schemars(range(min = 2, max = 16))]
    pub bands: u8,
    /// The band for each priority from 0 to 15.
    pub priomap: [u8; 16],
    /// What goes into the bands beside, and where it waits; the first class is band 0.
    pub classes: Vec<Class>,
}

/// One band.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Class {
    /// Which packets it takes whatever their priority.
    #[serde(rename = "match")]
    pub filter: Option<Filter>,
    /// Where they wait; 1000 packets, drop-tail, unless said.
    pub queue: QueueSpec,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bands: 3,
            priomap: [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1],
            classes: Vec::new(),
        }
    }
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        let own = QueueSpec::default();
        let queue = |band| self.classes.get(band).map_or(&own, |class: &Class| &class.queue);
        let bands = (0..usize::from(self.bands)).map(|band| Child::new(queue(band), site));
        Box::new(Prio { config: self.clone(), bands: bands.collect() })
    }
    fn holds_back(&self) -> bool {
        self.classes.iter().any(|class| class.queue.config().holds_back())
    }
    fn has_classes(&self) -> bool {
        true
    }
    fn check(&self) -> Vec<Fault> {
        let classes = self.classes.iter().map(|class| (class.filter.as_ref(), Some(&class.queue)));
        let mut faults = check_classes(classes, usize::from(self.bands));
        if !(2..=MOST).contains(&self.bands) {
            faults.push(Fault {
                field: "bands",
                message: format!("there cannot be {} bands", self.bands),
                help: "write a number from 2 to 16".into(),
            });
        }
        if self.priomap.iter().any(|band| *band >= self.bands) {
            faults.push(Fault {
                field: "priomap",
                message: "names a band that does not exist".into(),
                help: format!("write 16 numbers from 0 to {}", self.bands.saturating_sub(1)),
            });
        }
        faults
    }
}

#[derive(Debug)]
struct Prio {
    config: Config,
    bands: Vec<Child>,
}

impl QueueDiscipline for Prio {
    fn enqueue(&mut self, now: Time, arriving: Queued, drops: &mut Drops) {
        let last = self.bands.len() - 1;
        self.bands[usize::from(arriving.class).min(last)].queue.enqueue(now, arriving, drops);
    }

    fn dequeue(&mut self, now: Time, drops: &mut Drops) -> Option<Queued> {
        self.bands.iter_mut().find_map(|band| band.take(now, drops))
    }

    fn backlog(&self) -> Backlog {
        self.bands.iter().map(Child::backlog).fold(Backlog::default(), |sum, band| Backlog {
            packets: sum.packets + band.packets,
            bytes: sum.bytes + band.bytes,
        })
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.bands.iter_mut().flat_map(Child::take_all).collect()
    }

    fn ready_at(&self, now: Time) -> Option<Time> {
        self.bands.iter().filter_map(|band| band.ready_at(now)).min()
    }

    fn classifies(&self) -> bool {
        true
    }

    fn classify(&self, packet: &Packet, arriving: &mut Queued) {
        let filters = self.config.classes.iter().map(|class| class.filter.as_ref());
        let by_priority = || self.config.priomap[usize::from(priority(packet))];
        arriving.class = class(filters, packet, false).unwrap_or_else(by_priority);
        self.bands[usize::from(arriving.class)].queue.classify(packet, arriving);
    }

    fn site_changed(&mut self, site: &Site<'_>) {
        self.bands.iter_mut().for_each(|band| band.queue.site_changed(site));
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::lab::{Lab, faults};
    use crate::observe::DropReason;

    #[test]
    fn a_band_waits_for_all_before_it() {
        let mut lab = Lab::of("prio", "");
        for class in [2, 1, 2, 0, 1] {
            lab.offer(class, 1000);
        }
        assert_eq!(lab.send(), Some(3));
        assert_eq!(lab.send(), Some(1));
        let urgent = lab.offer(0, 1000);
        assert_eq!(lab.send_all(), [urgent, 4, 0, 2]);
    }

    #[test]
    fn bands_have_queues_of_their_own() {
        let mut lab = Lab::of("prio", "classes = [{}, { queue = '1p' }]");
        for class in [1, 1, 0, 0] {
            lab.offer(class, 1000);
        }
        assert_eq!(lab.dropped(), [(1, DropReason::QueueFull)]);
        assert_eq!(lab.send_all(), [2, 3, 0]);
    }

    /// Band 0 is shaped; while it has no tokens the next one sends.
    #[test]
    fn a_band_that_holds_back_lets_others_go() {
        let shaped = "{ kind = 'tbf', rate = '1Mbps', burst = '1kB' }";
        let mut lab = Lab::of("prio", &format!("classes = [{{ queue = {shaped} }}]"));
        for class in [0, 0, 1] {
            lab.offer(class, 1000);
        }
        assert_eq!(lab.send_all(), [0, 2]);
        // The bucket was emptied at 0, and two packets have taken 2 ms.
        assert_eq!(lab.queue.ready_at(lab.now), Some(crate::units::Time::from_ms(8)));
        lab.wait(6);
        assert_eq!(lab.send_all(), [1]);
    }

    #[test]
    fn faults_are_told() {
        assert_eq!(faults("prio", "bands = 2"), ["priomap"]);
        assert_eq!(faults("prio", "bands = 17"), ["bands"]);
        assert_eq!(faults("prio", "classes = [{}, {}, {}, {}]"), ["classes"]);
        assert_eq!(faults("prio", "classes = [{ queue = { kind = 'prio' } }]"), ["classes"]);
        assert_eq!(faults("prio", "classes = [{ match = { ports = [2, 1] } }]"), ["classes"]);
    }
}
