//! Two ends, one clock, a latency, and a say in what the network does to each segment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bottleneck::{Bottleneck, Passage};
use crate::packet::ipv4::Ecn;
use crate::packet::tcp::{Segment, SeqNum};
use crate::tcp::config::Config;
use crate::tcp::no_connection::{self, ListenVerdict};
use crate::tcp::state::State;
use crate::tcp::{Connection, Envelope, Event, Opening, Outgoing};
use crate::units::Time;

/// One way of the wire.
pub(super) const LATENCY: Time = Time::from_ms(20);
pub(super) const CLIENT: usize = 0;
pub(super) const SERVER: usize = 1;

/// A segment that an end has sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) at: Time,
    pub(super) from: usize,
    pub(super) segment: Segment,
    pub(super) ecn: Ecn,
}

impl Record {
    pub(super) fn carries(&self) -> bool {
        self.segment.data_length > 0
    }
}

/// What becomes of a segment: a copy after each extra delay; none means a loss.
pub(super) type Network = Box<dyn FnMut(&Record) -> Vec<Time>>;

/// Whether a queue marks a segment.
pub(super) type Marker = Box<dyn FnMut(&Record) -> bool>;

/// What an application does by itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Behaviour {
    /// Bytes still to be written.
    pub(super) to_write: u64,
    /// Shuts its direction down once all is written.
    pub(super) ends: bool,
    /// Does not read.
    pub(super) deaf: bool,
    /// What it has read, and whether it saw the end of the stream.
    pub(super) has_read: u64,
    pub(super) saw_end: bool,
}

pub(super) struct Pair {
    pub(super) now: Time,
    pub(super) ends: [Option<Connection>; 2],
    pub(super) apps: [Behaviour; 2],
    pub(super) log: Vec<Record>,
    pub(super) events: Vec<(usize, Event)>,
    configs: [Arc<Config>; 2],
    network: Network,
    /// What the client's segments have to pass.
    pub(super) bottleneck: Option<Bottleneck>,
    /// Whether a queue marks a segment that allows it.
    pub(super) marks: Marker,
    wire: BTreeMap<(Time, usize), (usize, Outgoing)>,
    copies: usize,
}

pub(super) fn opening(end: usize) -> Opening {
    let ports = [40_000, 80];
    Opening {
        local_port: ports[end],
        remote_port: ports[1 - end],
        mss: 1460,
        // They wrap round soon.
        isn: SeqNum::new([u32::MAX - 5000, u32::MAX - 20_000][end]),
        timestamp_offset: [u32::MAX - 300, 4_000_000_000][end],
    }
}

impl Pair {
    /// A client that is about to connect and a server that listens.
    pub(super) fn new(config: &Config, network: Network) -> Self {
        let client = Connection::connect(Arc::new(config.clone()), opening(CLIENT));
        Self::of([Some(client), None], config, network)
    }

    /// The same, if the client and the server differ.
    pub(super) fn differing(configs: [&Config; 2], network: Network) -> Self {
        let mut pair = Self::new(configs[CLIENT], network);
        pair.configs[SERVER] = Arc::new(configs[SERVER].clone());
        pair
    }

    /// Two ends that both are about to connect.
    pub(super) fn simultaneous(config: &Config, network: Network) -> Self {
        let shared = Arc::new(config.clone());
        let ends = [CLIENT, SERVER]
            .map(|end| Some(Connection::connect(Arc::clone(&shared), opening(end))));
        Self::of(ends, config, network)
    }

    fn of(ends: [Option<Connection>; 2], config: &Config, network: Network) -> Self {
        Self {
            now: Time::ZERO,
            ends,
            apps: [Behaviour::default(); 2],
            log: Vec::new(),
            events: Vec::new(),
            configs: [Arc::new(config.clone()), Arc::new(config.clone())],
            network,
            bottleneck: None,
            marks: Box::new(|_| false),
            wire: BTreeMap::new(),
            copies: 0,
        }
    }

    pub(super) fn perfect(config: &Config) -> Self {
        Self::new(config, Box::new(|_| vec![Time::ZERO]))
    }

    /// An established pair; the log and the events start empty, and all idle.
    pub(super) fn established(config: &Config, network: Network) -> Self {
        let mut pair = Self::perfect(config);
        pair.run_for(Time::from_ms(200));
        assert_eq!(pair.states(), [State::Established; 2]);
        pair.log.clear();
        pair.events.clear();
        pair.network = network;
        pair
    }

    /// From now on, what happens to segments.
    pub(super) fn disturb(&mut self, network: Network) {
        self.network = network;
    }

    pub(super) fn end(&mut self, end: usize) -> &mut Connection {
        self.ends[end].as_mut().expect("this end has a connection")
    }

    pub(super) fn states(&self) -> [State; 2] {
        [CLIENT, SERVER].map(|end| self.ends[end].as_ref().map_or(State::Listen, Connection::state))
    }

    /// Does all that has to be done at this instant.
    pub(super) fn settle(&mut self) {
        for end in [CLIENT, SERVER] {
            self.behave(end);
            self.transmit(end);
            // Reading may have opened the window; writing waits for room.
            self.behave(end);
            self.transmit(end);
            while let Some(event) = self.ends[end].as_mut().and_then(Connection::poll_event) {
                self.events.push((end, event));
            }
        }
    }

    fn behave(&mut self, end: usize) {
        let (app, Some(connection)) = (&mut self.apps[end], self.ends[end].as_mut()) else {
            return;
        };
        while !app.deaf && !app.saw_end {
            match connection.recv(1_000_000) {
                Ok(0) => app.saw_end = true,
                Ok(bytes) => app.has_read += bytes,
                Err(_) => break,
            }
        }
        if app.to_write > 0
            && let Ok(written) = connection.send(app.to_write)
        {
            app.to_write -= written;
        }
        if app.to_write == 0 && app.ends && connection.state() != State::SynSent {
            connection.shutdown();
        }
    }

    fn transmit(&mut self, end: usize) {
        let now = self.now;
        while let Some(outgoing) = self.ends[end].as_mut().and_then(|c| c.poll_transmit(now)) {
            self.put_on_wire(end, outgoing);
        }
    }

    fn put_on_wire(&mut self, from: usize, outgoing: Outgoing) {
        let Outgoing { segment, envelope: Envelope { ecn, .. } } = outgoing;
        let record = Record { at: self.now, from, segment, ecn };
        self.log.push(record);
        let bottleneck = self.bottleneck.as_mut().filter(|_| from == CLIENT);
        let passage = bottleneck.map_or(Some(Passage::default()), |queue| queue.pass(&record));
        let Some(Passage { wait, over_threshold }) = passage else { return };
        let marks = ecn.is_capable() && (over_threshold || (self.marks)(&record));
        let ecn = if marks { Ecn::Ce } else { ecn };
        let marked = Outgoing { envelope: Envelope { ecn, ..outgoing.envelope }, ..outgoing };
        for extra in (self.network)(&record) {
            self.copies += 1;
            self.wire.insert((self.now + LATENCY + wait + extra, self.copies), (1 - from, marked));
        }
    }

    fn next_time(&self) -> Option<Time> {
        let timers = self.ends.iter().flatten().filter_map(Connection::poll_timeout);
        timers.chain(self.wire.keys().next().map(|(at, _)| *at)).min()
    }

    /// Goes on to the next thing that happens; false if nothing ever will.
    pub(super) fn step(&mut self) -> bool {
        self.settle();
        let Some(next) = self.next_time() else { return false };
        self.now = self.now.max(next);
        while let Some(entry) = self.wire.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let (to, outgoing) = entry.remove();
            self.deliver(to, &outgoing.segment, outgoing.envelope.ecn);
            self.settle();
        }
        for connection in self.ends.iter_mut().flatten() {
            connection.handle_timeout(self.now);
        }
        self.settle();
        true
    }

    fn deliver(&mut self, to: usize, segment: &Segment, ecn: Ecn) {
        let now = self.now;
        let answer = match self.ends[to].as_mut() {
            Some(connection) if connection.state() != State::Closed => {
                connection.handle_segment(now, segment, ecn);
                None
            }
            Some(_) => no_connection::reset_for(segment),
            None => match no_connection::listen(segment) {
                ListenVerdict::Accept => {
                    let config = Arc::clone(&self.configs[to]);
                    self.ends[to] = Some(Connection::accept(config, opening(to), now, segment));
                    None
                }
                ListenVerdict::Reset(reset) => Some(reset),
                ListenVerdict::Ignore => None,
            },
        };
        if let Some(reset) = answer {
            self.put_on_wire(to, Outgoing { segment: reset, envelope: Envelope::PLAIN });
        }
    }

    pub(super) fn run_for(&mut self, span: Time) {
        let end = self.now + span;
        self.settle();
        while self.next_time().is_some_and(|next| next <= end) {
            self.step();
        }
        self.now = end;
    }

    /// Until nothing will ever happen again.
    pub(super) fn run(&mut self) {
        let mut steps = 0;
        while self.step() {
            steps += 1;
            assert!(steps < 200_000, "no end in sight: {:?} at {}", self.states(), self.now);
        }
    }

    /// Writes so many full segments at the client and lets all happen. Returns what was sent again:
    /// the number of the segment, and the time since the first was sent.
    pub(super) fn write_segments(&mut self, segments: u64) -> Vec<(i64, Time)> {
        let start = self.now;
        self.log.clear();
        self.apps[CLIENT].to_write = segments * 1448;
        let before = self.apps[SERVER].has_read;
        self.run();
        assert_eq!(self.apps[SERVER].has_read - before, segments * 1448);
        let mut records = self.sent(CLIENT);
        records.retain(Record::carries);
        let first = records[0].segment.seq;
        let is_repeated = |(index, record): &(usize, &Record)| {
            records[..*index].iter().any(|earlier| earlier.segment.seq == record.segment.seq)
        };
        let told = |(_, record): (usize, &Record)| {
            let number = i64::from(record.segment.seq.distance_from(first)) / 1448 + 1;
            (number, record.at.saturating_sub(start))
        };
        records.iter().enumerate().filter(is_repeated).map(told).collect()
    }

    /// What an end has sent.
    pub(super) fn sent(&self, from: usize) -> Vec<Record> {
        self.log.iter().filter(|record| record.from == from).copied().collect()
    }
}

/// A network that loses what `lost` says.
pub(super) fn losing(mut lost: impl FnMut(&Record) -> bool + 'static) -> Network {
    Box::new(move |record| if lost(record) { Vec::new() } else { vec![Time::ZERO] })
}

/// A network that loses the data segments of the client with these numbers, counted from 1,
/// retransmissions included.
pub(super) fn losing_data(numbers: &[usize]) -> Network {
    let numbers = numbers.to_vec();
    let mut count = 0;
    losing(move |record| {
        if record.from != CLIENT || !record.carries() {
            return false;
        }
        count += 1;
        numbers.contains(&count)
    })
}
