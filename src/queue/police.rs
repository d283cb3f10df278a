//! `police`: drops what comes faster than a rate (Linux's tc-police(8)).
//!
//! Tokens come at `rate` and up to `burst`; an arriving packet for which there are not enough is dropped. Those that conform
//! go into an ordinary `queue`. Nothing waits for tokens: that is the difference to `tbf`.
//!
//! Not modelled: actions on packets that exceed the rate other than to drop them, `peakrate`, `avrate`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bucket::Bucket;
use super::child::faults_within;
use super::{Backlog, Configuration, Drops, QueueDiscipline, QueueSpec, Queued, Site};
use crate::kinds::Fault;
use crate::observe::DropReason;
use crate::packet::Packet;
use crate::units::{Bytes, Limit, Rate, Time};

/// Parameters of `police`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How fast packets may come in the long run.
    pub rate: Rate,
    /// How much may come at once after a pause.
    pub burst: Bytes,
    /// Where those wait that conform; 1000 packets, drop-tail, unless said.
    #[serde(default)]
    pub queue: Box<QueueSpec>,
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        let child = self.queue.config().build(site);
        Box::new(Police { config: self.clone(), bucket: Bucket::new(self.rate, self.burst), child })
    }
    fn limit(&self) -> Option<Limit> {
        self.queue.config().limit()
    }
    fn holds_back(&self) -> bool {
        self.queue.config().holds_back()
    }
    fn has_classes(&self) -> bool {
        self.queue.config().has_classes()
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = faults_within("queue", &self.queue);
        if self.burst.get() == 0 {
            faults.push(Fault {
                field: "burst",
                message: "nothing would ever conform".into(),
                help: "write at least a frame".into(),
            });
        }
        faults
    }
}

#[derive(Debug)]
struct Police {
    config: Config,
    bucket: Bucket,
    child: Box<dyn QueueDiscipline>,
}

impl QueueDiscipline for Police {
    fn enqueue(&mut self, now: Time, arriving: Queued, drops: &mut Drops) {
        if self.bucket.lacks(now, arriving.bytes).is_zero() {
            self.bucket.pays(now, arriving.bytes);
            self.child.enqueue(now, arriving, drops);
        } else {
            drops.push(arriving, DropReason::Policed);
        }
    }

    fn dequeue(&mut self, now: Time, drops: &mut Drops) -> Option<Queued> {
        self.child.dequeue(now, drops)
    }

    fn backlog(&self) -> Backlog {
        self.child.backlog()
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.bucket = Bucket::new(self.config.rate, self.config.burst);
        self.child.take_all()
    }

    fn front(&self) -> Option<&Queued> {
        self.child.front()
    }

    fn ready_at(&self, now: Time) -> Option<Time> {
        self.child.ready_at(now)
    }

    fn classifies(&self) -> bool {
        self.child.classifies()
    }

    fn classify(&self, packet: &Packet, arriving: &mut Queued) {
        self.child.classify(packet, arriving);
    }

    fn site_changed(&mut self, site: &Site<'_>) {
        self.child.site_changed(site);
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::lab::{Lab, faults};
    use super::*;

    #[test]
    fn drops_what_exceeds_the_rate_and_holds_nothing_back() {
        // A byte each 8 us, 2000 at once; a packet of 1000 bytes comes each 4 ms.
        let mut lab = Lab::of("police", "rate = '1Mbps'; burst = '2kB'");
        let mut passed = Vec::new();
        for _ in 0..10 {
            lab.offer(0, 1000);
            passed.extend(lab.send());
            lab.wait(4);
        }
        // Half of them in the long run, and one more thrice while the first 2000 bytes last.
        assert_eq!(passed, [0, 1, 2, 4, 6, 8]);
        let dropped: Vec<_> = [3, 5, 7, 9].map(|n| (n, DropReason::Policed)).into();
        assert_eq!(lab.dropped(), dropped);
    }

    #[test]
    fn faults_are_told() {
        let queue = "{ kind = 'codel', interval = '0s' }";
        let text = format!("rate = '1Mbps'; burst = '0B'; queue = {queue}");
        assert_eq!(faults("police", &text), ["queue", "burst"]);
    }
}
