//! Walks over the schemas of a document.

use serde_json::{Map, Value};

use super::{operations_mut, reference_name};

/// The names of the schemas that a value refers to.
pub(crate) fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => reference_name(value)
            .map(str::to_owned)
            .into_iter()
            .chain(map.values().flat_map(references))
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Calls `change` for every schema of the document, those inside of others too.
pub(crate) fn each_schema(document: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    if let Some(components) = document
        .get_mut("components")
        .and_then(Value::as_object_mut)
    {
        for (kind, entries) in components.iter_mut() {
            for entry in entries
                .as_object_mut()
                .into_iter()
                .flat_map(Map::values_mut)
            {
                if kind == "schemas" {
                    visit_schema(entry, change);
                } else {
                    visit_holder(entry, change);
                }
            }
        }
    }
    for operation in operations_mut(document) {
        operation
            .values_mut()
            .for_each(|part| visit_holder(part, change));
    }
    let items = document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten();
    for parameters in items.filter_map(|(_, item)| item.get_mut("parameters")) {
        visit_holder(parameters, change);
    }
}

/// Walks what is no schema itself (parameters, bodies, responses) down to the schemas in it.
fn visit_holder(value: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match key.as_str() {
                    "schema" => visit_schema(inner, change),
                    "example" | "examples" => {}
                    _ => visit_holder(inner, change),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit_holder(item, change)),
        _ => {}
    }
}

fn visit_schema(schema: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    let Value::Object(map) = schema else { return };
    change(map);
    for (key, inner) in map.iter_mut() {
        match (key.as_str(), inner) {
            ("properties", Value::Object(properties)) => {
                properties
                    .values_mut()
                    .for_each(|property| visit_schema(property, change));
            }
            ("items" | "additionalProperties" | "not", inner) => visit_schema(inner, change),
            ("allOf" | "oneOf" | "anyOf", Value::Array(parts)) => {
                parts.iter_mut().for_each(|part| visit_schema(part, change));
            }
            _ => {}
        }
    }
}
