//! What the description must hold to, so that no answer of the service can break the generated code.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::{Map, Value};

use crate::document::{
    self,
    schemas::{each_schema, references},
};

/// Checks every rule.
pub(super) fn check(document: &mut Value) -> Result<()> {
    lists_accept_null(document)?;
    values_have_no_limits(document)?;
    replaced_values_have_no_extensions(document)?;
    responses_have_no_closed_enums(document)
}

/// The service writes an empty list as `[]`, as `null` or not at all, and not always the same way in
/// the same place; the generator's types for other lists refuse `null`.
fn lists_accept_null(document: &mut Value) -> Result<()> {
    let mut strict = Vec::new();
    each_schema(document, &mut |schema| {
        for (name, property) in properties(schema).filter(|(_, p)| p["type"] == "array") {
            if property["nullable"] != true || is_required(schema, name) {
                strict.push(name.clone());
            }
        }
    });
    ensure!(
        strict.is_empty(),
        "lists must be nullable and not required: {}",
        strict.join(", ")
    );
    Ok(())
}

/// The generator makes a type of its own for each limited value, a regular expression engine behind
/// it, and refuses values by a limit that the service may have moved since.
fn values_have_no_limits(document: &mut Value) -> Result<()> {
    const LIMITS: [&str; 7] = [
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
    ];
    let mut limited = Vec::new();
    each_schema(document, &mut |schema| {
        if LIMITS.iter().any(|limit| schema.contains_key(*limit)) {
            limited.push(Value::Object(schema.clone()).to_string());
        }
    });
    ensure!(
        limited.is_empty(),
        "limits belong into descriptions: {}",
        limited.join(", ")
    );
    Ok(())
}

/// The generator puts a type of ours (times, secrets) only where a schema is equal to it to the last
/// key. With an extension of ours a secret would be a plain string.
fn replaced_values_have_no_extensions(document: &mut Value) -> Result<()> {
    let mut extended = Vec::new();
    each_schema(document, &mut |schema| {
        let replaced = schema
            .get("format")
            .is_some_and(|format| format == "date-time" || format == "password");
        if replaced && schema.keys().any(|key| key.starts_with("x-")) {
            extended.push(Value::Object(schema.clone()).to_string());
        }
    });
    ensure!(
        extended.is_empty(),
        "times and secrets take no extensions: {}",
        extended.join(", ")
    );
    Ok(())
}

/// A value that the service adds later would fail the whole response. Known values are documented
/// by `x-acr-known-values`.
fn responses_have_no_closed_enums(document: &Value) -> Result<()> {
    let mut pending: Vec<(String, &Value)> = document::operations(document)
        .map(|(path, method, operation)| (format!("{method} {path}"), &operation["responses"]))
        .collect();
    let mut seen = BTreeSet::new();
    while let Some((place, value)) = pending.pop() {
        ensure!(
            !has_enum(value),
            "closed enum in a response, {place}: use x-acr-known-values"
        );
        for name in references(value) {
            if seen.insert(name.clone()) {
                let schema = &document["components"]["schemas"][&name];
                pending.push((name, schema));
            }
        }
    }
    Ok(())
}

fn properties(schema: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn is_required(schema: &Map<String, Value>, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|required| required.iter().any(|entry| entry == name))
}

fn has_enum(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            map.get("enum").is_some_and(Value::is_array) || map.values().any(has_enum)
        }
        Value::Array(items) => items.iter().any(has_enum),
        _ => false,
    }
}
