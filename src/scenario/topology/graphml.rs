//! `import`: networks in GraphML, as the Internet Topology Zoo publishes them.
//!
//! Labels become names, coordinates delays (great-circle distance at two thirds of the speed of
//! light), link speeds rates. Nodes become routers. `[topology.link]` says what the file does not.

use std::collections::BTreeMap;

use roxmltree::{Document, Node as Element};
use schemars::JsonSchema;
use serde::Deserialize;

use super::sketch::{Class, Drawn, Role, Sketch};
use super::{SETTINGS, fits};
use crate::scenario::context::{Context, unreadable};
use crate::scenario::decode::{Form, decode};
use crate::scenario::fault::{Fault, MAX_TEXT, Span};
use crate::scenario::value::{Node, Table};
use crate::scenario::words;
use crate::units::Time;

/// Parameters of an import.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Import {
    /// A GraphML file, relative to the scenario's place.
    import: String,
    /// Hosts at each node: h0, h1, ...
    #[serde(default)]
    hosts: u32,
    /// Delay of links that have an end without coordinates; 1ms unless said.
    #[serde(default = "one_ms")]
    default_delay: Time,
}

const fn one_ms() -> Time {
    Time::from_ms(1)
}

/// Mean radius of the Earth [km].
const EARTH: f64 = 6371.0;
/// Light in fibre: two thirds of its speed in vacuum [km/s].
const FIBRE: f64 = 299_792.458 * 2.0 / 3.0;

/// Reads the file that the topology names.
pub(super) fn import(cx: &mut Context<'_>, table: &Table, key: Span) -> Option<Sketch> {
    let form = Form { place: "topology", anchor: key, without: SETTINGS, required: &Vec::new };
    let config: Import = decode(table, form, &mut cx.faults)?;
    let span = table.get("import").map_or(key, |entry| entry.node.span);
    let refuse = |cx: &mut Context<'_>, why: String, help: &str| {
        let message = format!("topology.import: `{}` {why}", words::short(&config.import));
        cx.faults.push(Fault::new(span, message).help(help));
    };
    let bytes = match (cx.reader)(&config.import) {
        Ok(bytes) => bytes,
        Err(error) => {
            let help = "give the path of a GraphML file, relative to the scenario's place";
            refuse(cx, format!("cannot be read: {}", unreadable(&error)), help);
            return None;
        }
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) if text.len() <= MAX_TEXT => text,
        _ => {
            refuse(cx, "is no text, or longer than 64 MiB".into(), "give a GraphML file in UTF-8");
            return None;
        }
    };
    let document = match Document::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            let help = "give a GraphML file, as from the Internet Topology Zoo";
            refuse(cx, format!("is not valid XML: {error}"), help);
            return None;
        }
    };
    let mut reading = Reading {
        config: &config,
        span,
        sketch: Sketch::default(),
        places: Vec::new(),
        notices: Vec::new(),
    };
    if let Err(why) = reading.graph(&document) {
        refuse(cx, why, "give a GraphML file with a <graph> of <node>s and <edge>s");
        return None;
    }
    cx.notices.append(&mut reading.notices);
    let mut sketch = reading.sketch;
    let hosts = (sketch.nodes.len() as u64).saturating_mul(u64::from(config.hosts));
    let (nodes, links) = (sketch.nodes.len() as u64, sketch.links.len() as u64);
    if !fits(cx, nodes.saturating_add(hosts), links.saturating_add(hosts), span) {
        return None;
    }
    sketch.hosts(config.hosts);
    Some(sketch)
}

struct Reading<'a> {
    config: &'a Import,
    span: Span,
    sketch: Sketch,
    /// Latitude and longitude of each node [degrees].
    places: Vec<Option<(f64, f64)>>,
    notices: Vec<String>,
}

/// The data of a node or edge by attribute name.
type Data<'a> = BTreeMap<&'a str, &'a str>;

fn data<'a>(element: Element<'a, '_>, names: &BTreeMap<&'a str, &'a str>) -> Data<'a> {
    let entries = element.children().filter(|child| child.has_tag_name_local("data"));
    entries
        .filter_map(|entry| {
            let name = names.get(entry.attribute("key")?)?;
            Some((*name, entry.text()?.trim()))
        })
        .collect()
}

/// Tag names whatever their namespace.
trait Local {
    fn has_tag_name_local(&self, name: &str) -> bool;
}
impl Local for Element<'_, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

impl Reading<'_> {
    fn graph(&mut self, document: &Document<'_>) -> Result<(), String> {
        let root = document.root_element();
        let graph = root.children().find(|child| child.has_tag_name_local("graph"));
        let graph = graph.ok_or("has no <graph>")?;
        let names: BTreeMap<&str, &str> = root
            .children()
            .filter(|child| child.has_tag_name_local("key"))
            .filter_map(|key| Some((key.attribute("id")?, key.attribute("attr.name")?)))
            .collect();
        let mut ids = BTreeMap::new();
        let mut taken = BTreeMap::new();
        for node in graph.children().filter(|child| child.has_tag_name_local("node")) {
            let id = node.attribute("id").ok_or("has a <node> without id")?;
            let data = data(node, &names);
            let name = unique(&clean(data.get("label").copied().unwrap_or(id)), &mut taken);
            if ids.insert(id, self.sketch.node(name, Role::Router)).is_some() {
                return Err(format!("has two nodes with the id {}", words::short(id)));
            }
            let degrees = |key| data.get(key).and_then(|text| text.parse::<f64>().ok());
            let place = degrees("Latitude").zip(degrees("Longitude"));
            self.places.push(place.filter(|(latitude, longitude)| {
                latitude.abs() <= 90.0 && longitude.abs() <= 360.0
            }));
        }
        if self.sketch.nodes.is_empty() {
            return Err("has no <node>".into());
        }
        self.edges(graph, &names, &ids)
    }

    fn edges<'d>(
        &mut self,
        graph: Element<'d, '_>,
        names: &BTreeMap<&'d str, &'d str>,
        ids: &BTreeMap<&str, u32>,
    ) -> Result<(), String> {
        let (mut taken, mut guessed) = (BTreeMap::new(), 0);
        for edge in graph.children().filter(|child| child.has_tag_name_local("edge")) {
            let end = |which: &str| {
                let id = edge.attribute(which).ok_or(format!("has an <edge> without {which}"))?;
                let node = ids.get(id).copied();
                node.ok_or(format!("has an <edge> to an unknown node {}", words::short(id)))
            };
            let ends = [end("source")?, end("target")?];
            let [a, b] = ends.map(|end| self.sketch.nodes[end as usize].0.clone());
            if ends[0] == ends[1] {
                self.notices.push(format!(
                    "{}: the link of `{a}` to itself is left out",
                    self.config.import
                ));
                continue;
            }
            let delay = self.delay(ends).unwrap_or_else(|| {
                guessed += 1;
                self.config.default_delay
            });
            let table = self.table(delay, rate(&data(edge, names)));
            let name = Some(unique(&format!("{a}--{b}"), &mut taken));
            self.sketch.links.push(Drawn { ends, class: Class::Link, name, table: Some(table) });
        }
        if guessed > 0 {
            let (file, delay) = (&self.config.import, self.config.default_delay);
            self.notices.push(format!(
                "{file}: {guessed} links have an end without coordinates; their delay is {delay}"
            ));
        }
        Ok(())
    }

    fn table(&self, delay: Time, rate: Option<u64>) -> Table {
        let mut table = Table::default();
        let mut put = |key: &str, text: String| {
            table.insert(key, self.span, Node::string(self.span, text));
        };
        put("delay", delay.to_string());
        if let Some(rate) = rate {
            put("rate", format!("{rate}bps"));
        }
        table
    }

    /// How long light takes between two nodes, if both have coordinates.
    fn delay(&self, ends: [u32; 2]) -> Option<Time> {
        let [a, b] = ends.map(|end| self.places[end as usize]);
        let kilometres = distance(a?, b?);
        // Whole nanoseconds: finer than any coordinate.
        Some(Time::from_ns(libm::round(kilometres / FIBRE * 1e9) as u64))
    }
}

/// The great-circle distance between two places [km], by the haversine formula.
fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    let radians = |degrees: f64| degrees * std::f64::consts::PI / 180.0;
    let half_sine = |difference: f64| libm::sin(radians(difference) / 2.0);
    let (latitude, longitude) = (half_sine(b.0 - a.0), half_sine(b.1 - a.1));
    let cosines = libm::cos(radians(a.0)) * libm::cos(radians(b.0));
    let haversine = latitude * latitude + cosines * longitude * longitude;
    2.0 * EARTH * libm::asin(haversine.clamp(0.0, 1.0).sqrt())
}

/// The speed of a link \[bit/s\]: `LinkSpeedRaw`, or `LinkSpeed` with its units.
fn rate(data: &Data<'_>) -> Option<u64> {
    let number = |key| data.get(key).and_then(|text| text.parse::<f64>().ok());
    let factor = match data.get("LinkSpeedUnits").copied().unwrap_or("") {
        "G" => 1e9,
        "M" => 1e6,
        "K" | "k" => 1e3,
        _ => 1.0,
    };
    let rate = number("LinkSpeedRaw").or_else(|| Some(number("LinkSpeed")? * factor))?;
    (1.0..=1e16).contains(&rate).then(|| libm::round(rate) as u64)
}

/// A label as a name: letters, digits and single dashes.
fn clean(label: &str) -> String {
    let mut name = String::new();
    for c in label.chars().take(50) {
        if c.is_alphanumeric() || c == '_' {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    let like_host = name.strip_prefix('h').is_some_and(|rest| rest.parse::<u64>().is_ok());
    match name {
        "" => "node".into(),
        _ if like_host => format!("{name}_"),
        _ => name.into(),
    }
}

/// The name, or with a number behind if it is taken.
fn unique(name: &str, taken: &mut BTreeMap<String, u64>) -> String {
    let mut tried = name.to_owned();
    while taken.contains_key(&tried) {
        let number = taken.entry(name.to_owned()).or_insert(1);
        *number += 1;
        tried = format!("{name}_{number}");
    }
    taken.insert(tried.clone(), 1);
    tried
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_atlas() {
        // London to New York, 5570 km.
        let kilometres = distance((51.5074, -0.1278), (40.7128, -74.0060));
        assert!((kilometres - 5570.0).abs() < 5.0, "{kilometres}");
        assert_eq!(distance((10.0, 20.0), (10.0, 20.0)), 0.0);
    }

    #[test]
    fn labels_become_names() {
        let mut taken = BTreeMap::new();
        let names: Vec<_> = ["St. Gallen", "St. Gallen", "???", "h1", "Zürich--Kloten"]
            .into_iter()
            .map(|label| unique(&clean(label), &mut taken))
            .collect();
        assert_eq!(names, ["St-Gallen", "St-Gallen_2", "node", "h1_", "Zürich-Kloten"]);
    }
}
