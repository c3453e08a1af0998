//! The draft of what ours lacks.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::facts::{operation_key, own_name};
use crate::document::{
    self, inline, operations,
    schemas::{each_schema, references},
};

const NOTE: &str = "\
# A draft of what openapi/acr.yaml lacks, to be edited into it: words of our own, the statuses and
# headers of the wire, and the shared parameters and responses in place of those written out here.
";

pub(super) fn text(ours: &Value, published: &Value) -> Result<String> {
    Ok(format!(
        "{NOTE}{}",
        serde_yaml_ng::to_string(&draft(ours, published)?)?
    ))
}

/// The missing operations, with those of their schemas that ours lacks too.
pub(super) fn draft(ours: &Value, published: &Value) -> Result<Value> {
    let mut published = published.clone();
    inline(&mut published)?;
    let present: BTreeSet<String> = operations(ours)
        .map(|(path, method, _)| operation_key(method, path))
        .collect();

    let mut paths = Map::new();
    for (path, method, operation) in operations(&published) {
        if present.contains(&operation_key(method, path)) {
            continue;
        }
        let shared = &published["paths"][path]["parameters"];
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[method] = self::operation(shared, operation);
    }
    let schemas = missing_schemas(ours, &published, &paths);
    let mut draft = json!({
        "openapi": "3.0.3",
        "info": published["info"],
        "paths": paths,
        "components": {"schemas": schemas},
    });
    keep_to_the_rules(&mut draft);
    Ok(draft)
}

fn operation(shared: &Value, operation: &Value) -> Value {
    let mut draft = operation.clone();
    if let Some(id) = operation["operationId"].as_str() {
        draft["operationId"] = own_name(id).into();
    }
    let lists = [shared, &operation["parameters"]];
    let parameters: Vec<Value> = lists
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .cloned()
        .collect();
    if !parameters.is_empty() {
        draft["parameters"] = parameters.into();
    }
    draft
}

fn missing_schemas(
    ours: &Value,
    published: &Value,
    paths: &Map<String, Value>,
) -> Map<String, Value> {
    let mut missing = Map::new();
    let mut pending: Vec<String> = paths.values().flat_map(references).collect();
    while let Some(name) = pending.pop() {
        let schema = &published["components"]["schemas"][&name];
        let ours_has = ours["components"]["schemas"].get(&name).is_some();
        if ours_has || schema.is_null() || missing.contains_key(&name) {
            continue;
        }
        pending.extend(references(schema));
        missing.insert(name, schema.clone());
    }
    missing
}

/// What the generator's rules ask of schemas: open enums, lists that may be null, no foreign words.
fn keep_to_the_rules(draft: &mut Value) {
    each_schema(draft, &mut |schema| {
        if let Some(values) = schema.remove("enum") {
            schema.insert("x-acr-known-values".to_owned(), values);
        }
        schema.retain(|key, _| {
            !key.starts_with("x-ms-") && key != "x-accessibility" && key != "example"
        });
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        let mut lists = Vec::new();
        for (name, property) in properties.into_iter().flatten() {
            if property["type"] == "array" {
                property["nullable"] = true.into();
                lists.push(json!(name));
            }
        }
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| !lists.contains(name));
        }
    });
    for operation in document::operations_mut(draft) {
        operation.retain(|key, _| !key.starts_with("x-ms-"));
    }
}
