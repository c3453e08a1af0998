//! Fixups of bodies, of requests and responses.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::document::operations_mut;

const BYTES: &str = "application/octet-stream";

/// Turns a body with several media types into bytes plus a required `Content-Type` header.
///
/// The generator takes one media type per body, and of those only a few. A manifest may have any:
/// its media type is data, which the caller names. The header parameter replaces the one that the
/// generator sets for bytes.
pub(super) fn manifests_are_bytes(document: &mut Value) -> Result<usize> {
    let mut changed = 0;
    for operation in operations_mut(document) {
        let Some(content) = request_content(operation).filter(|content| content.len() > 1) else {
            continue;
        };
        let accepted: Vec<String> = content.keys().cloned().collect();
        content.clear();
        content.insert(BYTES.to_owned(), json!({"schema": bytes()}));
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        parameters.as_array_mut().context("`parameters` is no list")?.push(json!({
            "name": "Content-Type",
            "in": "header",
            "required": true,
            "description": format!("The media type of the body, such as {}.", accepted.join(", ")),
            "schema": {"type": "string"},
        }));
        changed += 1;
    }
    Ok(changed)
}

fn request_content(operation: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    operation
        .get_mut("requestBody")?
        .get_mut("content")?
        .as_object_mut()
}

/// Gives every body that is neither JSON nor a form a schema of plain bytes.
///
/// The generator takes and gives those as streams, whatever their schema says, so another schema
/// would only leave a type behind that nothing uses. The index of referrers is one of them: typed
/// responses send `Accept: application/json`, which would ask for something that it is not.
pub(super) fn other_bodies_are_bytes(document: &mut Value) -> Result<usize> {
    let mut changed = 0;
    for operation in operations_mut(document) {
        let request = operation.get_mut("requestBody").map(bytes_unless_typed);
        changed += request.unwrap_or(0);
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        changed += responses
            .into_iter()
            .flat_map(Map::values_mut)
            .map(bytes_unless_typed)
            .sum::<usize>();
    }
    Ok(changed)
}

fn bytes_unless_typed(holder: &mut Value) -> usize {
    const TYPED: [&str; 2] = ["application/json", "application/x-www-form-urlencoded"];
    let Some(content) = holder.get_mut("content").and_then(Value::as_object_mut) else {
        return 0;
    };
    let mut changed = 0;
    for (_, body) in content
        .iter_mut()
        .filter(|(media_type, _)| !TYPED.contains(&media_type.as_str()))
    {
        if body["schema"] != bytes() {
            body["schema"] = bytes();
            changed += 1;
        }
    }
    changed
}

fn bytes() -> Value {
    json!({"type": "string", "format": "binary"})
}
