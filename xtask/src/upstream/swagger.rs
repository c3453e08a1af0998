//! Swagger 2.0 as OpenAPI 3.0, as far as API descriptions of Azure use it.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value, json};

use crate::document::{METHODS, SCHEMAS, resolve};

/// What a parameter or header of Swagger 2.0 says about its value, beside what it is.
const VALUE_KEYS: [&str; 14] = [
    "type",
    "format",
    "items",
    "enum",
    "default",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "x-nullable",
    "x-ms-enum",
];

/// Converts a whole document. Paths of `x-ms-paths` come beside the others.
pub(super) fn convert(swagger: &Value) -> Result<Value> {
    ensure!(swagger["swagger"] == "2.0", "no Swagger 2.0 document");
    let mut paths = Map::new();
    for section in ["paths", "x-ms-paths"] {
        for (path, item) in swagger[section].as_object().into_iter().flatten() {
            let item = self::item(swagger, item).with_context(|| path.clone())?;
            paths.insert(path.clone(), item);
        }
    }
    let schemas: Map<String, Value> = swagger["definitions"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, definition)| (name.clone(), schema(definition)))
        .collect();
    Ok(json!({
        "openapi": "3.0.3",
        "info": swagger["info"],
        "security": swagger["security"],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": security_schemes(&swagger["securityDefinitions"]),
        },
    }))
}

fn security_schemes(definitions: &Value) -> Map<String, Value> {
    let definitions = definitions.as_object().into_iter().flatten();
    definitions
        .map(|(name, scheme)| {
            let scheme = match scheme["type"] == "basic" {
                true => json!({"type": "http", "scheme": "basic"}),
                false => scheme.clone(),
            };
            (name.clone(), scheme)
        })
        .collect()
}

fn item(swagger: &Value, item: &Value) -> Result<Value> {
    let shared = item["parameters"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut converted = Map::new();
    for method in METHODS {
        if let Some(operation) = item.get(method) {
            converted.insert(
                method.to_owned(),
                self::operation(swagger, shared, operation)?,
            );
        }
    }
    Ok(Value::Object(converted))
}

fn operation(swagger: &Value, shared: &[Value], operation: &Value) -> Result<Value> {
    let own = operation["parameters"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let all: Vec<&Value> = shared
        .iter()
        .chain(own)
        .map(|p| resolve(swagger, p))
        .collect::<Result<_>>()?;
    let in_body = |p: &&Value| p["in"] == "body" || p["in"] == "formData";

    let mut converted = Map::new();
    for key in ["operationId", "summary", "description", "security"] {
        if let Some(value) = operation.get(key) {
            converted.insert(key.to_owned(), value.clone());
        }
    }
    let parameters: Vec<Value> = all
        .iter()
        .filter(|p| !in_body(p))
        .map(|p| parameter(p))
        .collect();
    if !parameters.is_empty() {
        converted.insert("parameters".to_owned(), parameters.into());
    }
    let body: Vec<&Value> = all.into_iter().filter(in_body).collect();
    if !body.is_empty() {
        converted.insert(
            "requestBody".to_owned(),
            request_body(swagger, operation, &body),
        );
    }
    converted.insert("responses".to_owned(), responses(swagger, operation)?);
    Ok(Value::Object(converted))
}

fn parameter(parameter: &Value) -> Value {
    let mut converted = without_value_keys(parameter);
    converted.insert("schema".to_owned(), value_schema(parameter));
    Value::Object(converted)
}

fn request_body(swagger: &Value, operation: &Value, parameters: &[&Value]) -> Value {
    let form = parameters.iter().any(|p| p["in"] == "formData");
    let schema = if form {
        form_schema(parameters)
    } else {
        schema(&parameters[0]["schema"])
    };
    let media_types = match media_types(swagger, operation, "consumes") {
        types if !types.is_empty() => types,
        _ if form => vec!["application/x-www-form-urlencoded"],
        _ => vec!["application/json"],
    };
    let content: Map<String, Value> = media_types
        .into_iter()
        .map(|media_type| (media_type.to_owned(), json!({"schema": schema})))
        .collect();
    let required = parameters.iter().any(|p| p["required"] == true);
    json!({"required": required, "content": content})
}

fn form_schema(parameters: &[&Value]) -> Value {
    let name = |p: &Value| p["name"].as_str().unwrap_or_default().to_owned();
    let properties: Map<String, Value> = parameters
        .iter()
        .map(|p| {
            let mut schema = value_schema(p);
            if let Some(description) = p.get("description") {
                schema["description"] = description.clone();
            }
            (name(p), schema)
        })
        .collect();
    let required: Vec<String> = parameters
        .iter()
        .filter(|p| p["required"] == true)
        .map(|p| name(p))
        .collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn responses(swagger: &Value, operation: &Value) -> Result<Value> {
    let media_types = media_types(swagger, operation, "produces");
    let mut converted = Map::new();
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let response = resolve(swagger, response)?;
        let mut entry = Map::new();
        let description = response["description"].as_str().unwrap_or_default();
        entry.insert("description".to_owned(), description.into());
        if let Some(headers) = response.get("headers").and_then(Value::as_object) {
            let headers: Map<String, Value> = headers
                .iter()
                .map(|(name, header)| (name.clone(), self::header(header)))
                .collect();
            entry.insert("headers".to_owned(), headers.into());
        }
        // An empty schema is how some documents say that there is no body.
        let body = response
            .get("schema")
            .filter(|schema| **schema != json!({}));
        if let Some(body) = body {
            let content: Map<String, Value> = media_types
                .iter()
                .map(|media_type| ((*media_type).to_owned(), json!({"schema": schema(body)})))
                .collect();
            entry.insert("content".to_owned(), content.into());
        }
        converted.insert(status.clone(), entry.into());
    }
    Ok(converted.into())
}

fn header(header: &Value) -> Value {
    let mut converted = without_value_keys(header);
    converted.insert("schema".to_owned(), value_schema(header));
    Value::Object(converted)
}

fn media_types<'a>(swagger: &'a Value, operation: &'a Value, key: &str) -> Vec<&'a str> {
    let list = operation
        .get(key)
        .or_else(|| swagger.get(key))
        .and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn without_value_keys(value: &Value) -> Map<String, Value> {
    let map = value.as_object().into_iter().flatten();
    map.filter(|(key, _)| !VALUE_KEYS.contains(&key.as_str()) && !key.starts_with("x-ms-"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn value_schema(value: &Value) -> Value {
    let map = value.as_object().into_iter().flatten();
    let picked: Map<String, Value> = map
        .filter(|(key, _)| VALUE_KEYS.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    schema(&Value::Object(picked))
}

/// A schema: references lead elsewhere, files are binary strings, `x-nullable` is a word of its own,
/// and what has members is an object, which documents for Azure do not always say.
fn schema(value: &Value) -> Value {
    match value {
        Value::Object(map)
            if map.get("type") == Some(&json!("file"))
                || map.get("format") == Some(&json!("file")) =>
        {
            json!({"type": "string", "format": "binary"})
        }
        Value::Object(map) => {
            let mut converted: Map<String, Value> = Map::new();
            for (key, inner) in map {
                match (key.as_str(), inner) {
                    ("$ref", Value::String(reference)) => {
                        let reference = reference.replace("#/definitions/", SCHEMAS);
                        converted.insert(key.clone(), reference.into());
                    }
                    ("properties", Value::Object(members)) => {
                        let members = members.iter().map(|(name, v)| (name.clone(), schema(v)));
                        converted.insert(key.clone(), Value::Object(members.collect()));
                        converted.entry("type").or_insert_with(|| "object".into());
                    }
                    ("type", inner) => {
                        converted.insert(key.clone(), inner.clone());
                    }
                    ("x-nullable", inner) => {
                        converted.insert("nullable".to_owned(), inner.clone());
                    }
                    ("example" | "default" | "enum", inner) => {
                        converted.insert(key.clone(), inner.clone());
                    }
                    (_, inner) => {
                        converted.insert(key.clone(), schema(inner));
                    }
                }
            }
            converted.into()
        }
        Value::Array(items) => items.iter().map(schema).collect(),
        other => other.clone(),
    }
}
