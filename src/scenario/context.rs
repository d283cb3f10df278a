//! What all parts of the reading share: the texts, the faults so far, the limits.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::apps::Destination;
use super::fault::{Fault, Faults, Source, Span};
use super::names::Wrong;
use super::value::{Node, Table};
use crate::units::Time;

/// Reads a file that a scenario names, relative to the scenario's own place.
pub type Reader<'a> = dyn Fn(&str) -> std::io::Result<Vec<u8>> + 'a;

/// Why a file cannot be read, in the same words on every system where the reason is a usual one.
pub(crate) fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}

/// The state of a reading.
pub(super) struct Context<'a> {
    pub(super) sources: Vec<Source>,
    pub(super) faults: Faults,
    pub(super) notices: Vec<String>,
    pub(super) limit: usize,
    pub(super) reader: &'a Reader<'a>,
    /// Whether addresses have been assigned; if not, nobody need complain that they lack.
    pub(super) assigned: bool,
    /// Whether the topology could not be made; see [`Context::lacking`].
    pub(super) no_topology: bool,
    /// How long the run is; the longest time there is until that has been read.
    pub(super) end: Time,
    /// Where destinations lead: by their place, their text and the number of processes.
    pub(super) destinations: BTreeMap<(Span, String, usize), Rc<Destination>>,
}

impl Context<'_> {
    /// Records that a node or link lacks, unless it may have been one of a topology that could
    /// not be made: that fault has been told.
    pub(super) fn lacking(&mut self, fault: Fault) {
        if !self.no_topology {
            self.faults.push(fault);
        }
    }

    /// Records what is wrong with a pattern that stands for nodes.
    pub(super) fn wrong_nodes(&mut self, span: Span, pattern: &str, wrong: Wrong) {
        if !(self.no_topology && pattern.contains('*')) {
            self.wrong(span, wrong);
        }
    }

    /// Records what is wrong with a name or pattern.
    pub(super) fn wrong(&mut self, span: Span, (message, help): Wrong) {
        self.faults.push(Fault::new(span, message).help(help));
    }

    /// The place of `part` within a key or text written at `span`, if it stands there literally.
    pub(super) fn within(&self, span: Span, part: &str) -> Span {
        let text = self.sources.get(usize::from(span.source)).map(|source| source.text.as_str());
        let written = text.and_then(|text| text.get(span.start as usize..span.end as usize));
        match written.and_then(|written| written.find(part)) {
            Some(at) if !part.is_empty() => {
                let start = span.start as usize + at;
                Span::new(span.source, start..start + part.len())
            }
            _ => span,
        }
    }

    /// The table at `key` of the root; another type there is a fault.
    pub(super) fn section<'t>(&mut self, root: &'t Table, key: &str) -> Option<&'t Table> {
        let entry = root.get(key)?;
        match entry.node.as_table() {
            Some(table) => Some(table),
            None => {
                self.not_a_table(&entry.node, key);
                None
            }
        }
    }

    /// Records that a node of the tree should have been a table.
    pub(super) fn not_a_table(&mut self, node: &Node, place: &str) {
        let help = match place.split_once('.') {
            Some(("nodes", name)) => format!("write {name} = \"host\", or a table [nodes.{name}]"),
            None if matches!(place, "nodes" | "links" | "apps") => {
                let name = if place == "links" { "a--b" } else { "NAME" };
                format!("write a table for each, called by its name: [{place}.{name}]")
            }
            _ if place.ends_with(']') => {
                let list = place.split('[').next().unwrap_or(place);
                format!("write each as a table: [[{list}]] and its keys below")
            }
            _ => format!("write a table: [{place}] and its keys below"),
        };
        self.faults.push(
            Fault::new(node.span, format!("{place}: expected a table, found {}", node.what()))
                .help(help),
        );
    }
}
