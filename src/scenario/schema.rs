//! The published JSON Schema of the format (`portolan schema`), for completion in editors.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::raw::{AppHead, Change, Direction, Expect, Head, LinkHead, NodeHead, Record, Routing};
use super::topology::{Import, TopologySpec};
use crate::app::AppSpec;
use crate::kinds::{resolved, with_kind};
use crate::node::config::{IpConfig, SwitchConfig};

/// The JSON Schema of scenario files.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let generator = &mut generator;
    let mut root = body::<Head>(generator);
    let sections = [
        ("nodes", table_of(node(generator), "The nodes, by name or range of names (h[1..100]).")),
        ("links", table_of(link(generator), "The links; the name gives the ends (alice--r1).")),
        ("apps", table_of(app(generator), "The processes, by name.")),
        ("topology", topology(generator)),
        ("changes", list_of(change(generator), "What changes while the simulation runs.")),
        ("expect", list_of(body::<Expect>(generator), "What the results are expected to be.")),
        ("record", body::<Record>(generator)),
        ("routing", body::<Routing>(generator)),
    ];
    for (name, section) in sections {
        put(&mut root, name, section);
    }
    let definitions = generator.take_definitions(true);
    if let Some(object) = root.as_object_mut() {
        object.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
        object.insert("title".into(), json!("Portolan scenario"));
        object.insert("definitions".into(), Value::Object(definitions));
    }
    root
}

/// The schema of a table, in place.
fn body<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    let schema = generator.subschema_for::<T>();
    resolved(generator, schema).to_value()
}

/// Adds a property.
fn put(table: &mut Value, name: &str, schema: Value) {
    if let Some(object) = table.as_object_mut() {
        let properties = object.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            properties.insert(name.into(), schema);
        }
    }
}

/// One table with the properties of two; both forbid others.
fn joined(mut first: Value, second: &Value) -> Value {
    for (name, schema) in second.get("properties").and_then(Value::as_object).into_iter().flatten()
    {
        put(&mut first, name, schema.clone());
    }
    let more = second.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(object) = first.as_object_mut() {
        let list = object.entry("required").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.extend(more);
        }
        object.insert("additionalProperties".into(), json!(false));
    }
    first
}

/// The same table without one of its properties.
fn without(mut table: Value, name: &str) -> Value {
    if let Some(properties) = table.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove(name);
    }
    if let Some(required) = table.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|key| key != name);
    }
    table
}

fn table_of(member: Value, description: &str) -> Value {
    json!({ "type": "object", "description": description, "additionalProperties": member })
}

fn list_of(item: Value, description: &str) -> Value {
    json!({ "type": "array", "description": description, "items": item })
}

/// A choice by `kind` among tables, each with what all have.
fn choice(common: &Value, kinds: Vec<(&str, Value)>) -> Value {
    let forms: Vec<Value> = kinds
        .into_iter()
        .map(|(kind, table)| {
            let table = joined(table, common);
            Schema::try_from(table).map_or(json!(true), |schema| with_kind(kind, schema).to_value())
        })
        .collect();
    json!({ "oneOf": forms })
}

fn node(generator: &mut SchemaGenerator) -> Value {
    let head = without(body::<NodeHead>(generator), "kind");
    let ip = body::<IpConfig>(generator);
    let addressed = choice(&head, vec![("host", ip.clone()), ("router", ip)]);
    let plain = json!({ "type": "object", "properties": {} });
    let others = vec![("switch", body::<SwitchConfig>(generator)), ("hub", plain.clone())];
    let others = choice(&plain, others);
    let words = json!({ "enum": ["host", "router", "switch", "hub"] });
    let mut forms = vec![words];
    for choice in [addressed, others] {
        forms.extend(choice["oneOf"].as_array().cloned().unwrap_or_default());
    }
    json!({ "description": "A node: its kind, or a table with its kind and settings.", "oneOf": forms })
}

fn link(generator: &mut SchemaGenerator) -> Value {
    let both = body::<Direction>(generator);
    joined(body::<LinkHead>(generator), &both)
}

fn app(generator: &mut SchemaGenerator) -> Value {
    let common = body::<AppHead>(generator);
    let kinds = AppSpec::schemas(generator);
    let kinds =
        kinds.into_iter().map(|(kind, schema)| (kind, resolved(generator, schema).to_value()));
    choice(&common, kinds.collect())
}

fn topology(generator: &mut SchemaGenerator) -> Value {
    let mut common = json!({ "type": "object", "properties": {} });
    let (link, ip) = (link(generator), body::<IpConfig>(generator));
    let switch = body::<SwitchConfig>(generator);
    for (name, schema) in [
        ("link", without(link.clone(), "between")),
        ("access", without(link, "between")),
        ("host", ip.clone()),
        ("router", ip),
        ("switch", switch),
    ] {
        put(&mut common, name, schema);
    }
    let kinds = TopologySpec::schemas(generator);
    let kinds: Vec<_> = kinds
        .into_iter()
        .map(|(kind, schema)| {
            let mut table = resolved(generator, schema).to_value();
            if kind == "dumbbell" {
                let link = common["properties"]["link"].clone();
                put(&mut table, "bottleneck", link);
            }
            (kind, table)
        })
        .collect();
    let mut choice = choice(&common, kinds);
    let import = joined(body::<Import>(generator), &common);
    if let Some(forms) = choice.get_mut("oneOf").and_then(Value::as_array_mut) {
        forms.push(import);
    }
    if let Some(object) = choice.as_object_mut() {
        object.insert("description".into(), json!("A network that is generated or imported."));
    }
    choice
}

fn change(generator: &mut SchemaGenerator) -> Value {
    let mut change = body::<Change>(generator);
    let description = "Paths and their new values, such as { \"links.r1--bob.loss\" = \"100%\" }.";
    put(&mut change, "set", json!({ "type": "object", "description": description }));
    if let Some(required) = change.get_mut("required").and_then(Value::as_array_mut) {
        required.push(json!("set"));
    }
    change
}

/// All properties that a schema names, for those who check that documents speak of each.
#[must_use]
pub fn properties(schema: &Value) -> Vec<String> {
    let mut names = Vec::new();
    gather(schema, &mut names);
    names.sort();
    names.dedup();
    names
}

fn gather(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            let properties: Option<&Map<String, Value>> =
                object.get("properties").and_then(Value::as_object);
            names.extend(properties.into_iter().flat_map(|map| map.keys().cloned()));
            object.values().for_each(|value| gather(value, names));
        }
        Value::Array(list) => list.iter().for_each(|value| gather(value, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_section_kind_and_key() {
        let schema = schema();
        let text = schema.to_string();
        for section in super::super::raw::TOP {
            assert!(schema["properties"].get(section).is_some(), "{section}");
        }
        for kind in AppSpec::KINDS.iter().chain(TopologySpec::KINDS) {
            assert!(text.contains(&format!("{{\"const\":\"{kind}\"}}")), "{kind}");
        }
        let names = properties(&schema);
        for key in
            ["reorder-delay", "between", "privileged-below", "start", "limit", "spines", "at"]
        {
            assert!(names.iter().any(|name| name == key), "{key}");
        }
    }

    #[test]
    fn refers_only_to_what_it_defines() {
        let schema = schema();
        let text = schema.to_string();
        for reference in text.split("\"$ref\":\"").skip(1) {
            let path = reference.split('"').next().unwrap_or_default();
            let name = path.strip_prefix("#/definitions/").expect(path);
            assert!(schema["definitions"].get(name).is_some(), "{name}");
        }
    }
}
