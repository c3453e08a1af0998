//! Fixups of responses.

use anyhow::Result;
use serde_json::Value;

use crate::document::operations_mut;

/// Removes every error response, `default` included.
///
/// The generator cannot have two response types in one operation, and a typed error
/// body does harm: the empty 404 of a HEAD, or the HTML 503 of a gateway, would fail as a body that
/// does not parse, and its status would be lost. With none declared, every error arrives as the whole
/// response, and its body is read by our own bounded code.
pub(super) fn drop_error_responses(document: &mut Value) -> Result<usize> {
    let is_error =
        |status: &str| status == "default" || status.starts_with('4') || status.starts_with('5');
    let mut changed = 0;
    for operation in operations_mut(document) {
        if let Some(responses) = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
        {
            let before = responses.len();
            responses.retain(|status, _| !is_error(status));
            changed += before - responses.len();
        }
    }
    Ok(changed)
}
