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

/// What tells of an item. The members stand in every answer that was met; yet a list is read whole or
/// not at all, and one item that lacks a member, or has null in its place, must not cost the rest.
const TOLD: [&str; 6] = [
    "ManifestAttributesBase",
    "ManifestAttributes_manifest_references",
    "RepositoryAttributes",
    "TagAttributes",
    "TagAttributesBase",
    "TagList",
];

/// What an item cannot be told without.
const WRAPPED: &str = "tag";

/// Makes members optional in what tells of an item. What one needs of it is judged where it is used,
/// item by item.
pub(super) fn answers_may_lack_members(document: &mut Value) -> Result<usize> {
    let mut changed = 0;
    for name in TOLD {
        let required = &mut document["components"]["schemas"][name]["required"];
        if let Some(members) = required.as_array_mut() {
            let before = members.len();
            members.retain(|member| member == WRAPPED);
            changed += before - members.len();
        }
    }
    Ok(changed)
}
