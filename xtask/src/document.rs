//! Reading API descriptions: YAML or JSON in, a JSON tree out.

pub(crate) mod schemas;

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use serde_yaml_ng::Value as Yaml;

/// The methods an OpenAPI path item may hold; its other keys are not operations.
pub(crate) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Where the references to schemas lead.
pub(crate) const SCHEMAS: &str = "#/components/schemas/";

/// Reads a document; JSON is read by the YAML parser too, which contains it.
pub(crate) fn load(path: &Path) -> Result<Value> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| format!("cannot parse {}", path.display()))
}

/// Parses a document. Scalar keys such as `200:` become strings, as OpenAPI means them.
pub(crate) fn parse(text: &str) -> Result<Value> {
    if text.trim_start().starts_with('{') {
        return Ok(serde_json::from_str(text)?);
    }
    json(serde_yaml_ng::from_str(text)?)
}

/// Every operation of a document, as (path, method, operation).
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| {
            METHODS
                .iter()
                .filter_map(move |method| Some((path.as_str(), *method, item.get(*method)?)))
        })
}

/// Every operation of a document, to be changed in place.
pub(crate) fn operations_mut(
    document: &mut Value,
) -> impl Iterator<Item = &mut Map<String, Value>> {
    let items = document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten();
    items
        .filter_map(|(_, item)| item.as_object_mut())
        .flat_map(|item| {
            item.iter_mut()
                .filter(|(key, _)| METHODS.contains(&key.as_str()))
                .filter_map(|(_, operation)| operation.as_object_mut())
        })
}

/// Follows one local reference, `#/components/schemas/Name`; anything else is returned as it is.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> Result<&'a Value> {
    let mut current = value;
    // A chain of references longer than this is a loop.
    for _ in 0..16 {
        let Some(reference) = current.get("$ref").and_then(Value::as_str) else {
            return Ok(current);
        };
        let pointer = reference
            .strip_prefix('#')
            .with_context(|| format!("reference {reference} leaves the document"))?;
        current = document
            .pointer(pointer)
            .with_context(|| format!("reference {reference} leads nowhere"))?;
    }
    bail!("references run in a circle at {value}")
}

/// Puts shared parameters, bodies, responses and headers where they are referred to, and removes
/// the shared ones. References to schemas stay: those have names that matter.
pub(crate) fn inline(document: &mut Value) -> Result<()> {
    let shared = document.clone();
    replace_references(&shared, document)?;
    if let Some(components) = document
        .get_mut("components")
        .and_then(Value::as_object_mut)
    {
        components.retain(|kind, _| kind == "schemas" || kind == "securitySchemes");
    }
    Ok(())
}

fn replace_references(shared: &Value, value: &mut Value) -> Result<()> {
    if value
        .get("$ref")
        .and_then(Value::as_str)
        .is_some_and(|r| !r.starts_with(SCHEMAS))
    {
        *value = resolve(shared, value)?.clone();
    }
    match value {
        Value::Object(map) => map
            .values_mut()
            .try_for_each(|v| replace_references(shared, v)),
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|v| replace_references(shared, v)),
        _ => Ok(()),
    }
}

/// The last part of a reference: the name of what it points to.
pub(crate) fn reference_name(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.rsplit('/').next()
}

fn json(value: Yaml) -> Result<Value> {
    Ok(match value {
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(json).collect::<Result<_>>()?),
        Yaml::Mapping(mapping) => Value::Object(
            mapping
                .into_iter()
                .map(|(key, value)| Ok((key_text(key)?, json(value)?)))
                .collect::<Result<_>>()?,
        ),
        Yaml::Tagged(tagged) => bail!("the tag {} has no meaning here", tagged.tag),
        scalar => serde_json::to_value(scalar)?,
    })
}

fn key_text(key: Yaml) -> Result<String> {
    match key {
        Yaml::String(text) => Ok(text),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(flag) => Ok(flag.to_string()),
        other => bail!("{other:?} cannot be a key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numeric_keys_become_strings() {
        let document = parse("responses:\n  200: {description: ok}\n").unwrap();
        assert_eq!(
            document,
            json!({"responses": {"200": {"description": "ok"}}})
        );
    }

    #[test]
    fn circular_references_are_an_error() {
        let document = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}});
        assert!(resolve(&document, &document["a"]).is_err());
    }
}
