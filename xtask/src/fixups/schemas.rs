//! Fixups of schemas.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use crate::document::schemas::references;

/// Removes the schemas that no operation reaches any more, such as the error envelope: its one
/// home is acr-core.
pub(super) fn drop_unused_schemas(document: &mut Value) -> Result<usize> {
    let mut used = BTreeSet::new();
    let mut found: Vec<String> = references(&document["paths"]);
    while let Some(name) = found.pop() {
        if used.insert(name.clone()) {
            found.extend(references(&document["components"]["schemas"][&name]));
        }
    }
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else {
        return Ok(0);
    };
    let before = schemas.len();
    schemas.retain(|name, _| used.contains(name));
    Ok(before - schemas.len())
}
