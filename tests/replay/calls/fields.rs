//! Fields: those of our models under the names of the wire, and how two sets of them are compared.

use acr_client::{
    DeletedRepository, ManifestProperties, RelatedArtifact, RepositoryName, RepositoryProperties,
    TagProperties,
};
use azure_core::time::OffsetDateTime;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::compare::{Differences, Kind};

/// Everything in which two values differ, key by key. A `null` says as much as nothing; a time is an
/// instant, however it is written.
pub(super) fn compare(path: &str, recorded: &Value, came: &Value, found: &mut Differences) {
    match (recorded, came) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (key, our) in said(ours) {
                let path = format!("{path}.{key}");
                match theirs.get(key).filter(|value| !value.is_null()) {
                    Some(their) => compare(&path, our, their, found),
                    None => found.add(&path, Kind::Missing, &shown(our), ""),
                }
            }
            for (key, their) in said(theirs).filter(|(key, value)| !is_default(key, value)) {
                if ours.get(key).is_none_or(Value::is_null) {
                    found.add(&format!("{path}.{key}"), Kind::Extra, "", &shown(their));
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            if ours.len() != theirs.len() {
                let lengths = [ours, theirs].map(|list| format!("{} items", list.len()));
                found.add(path, Kind::Length, &lengths[0], &lengths[1]);
            }
            for (at, (our, their)) in ours.iter().zip(theirs).enumerate() {
                compare(&format!("{path}[{at}]"), our, their, found);
            }
        }
        _ if recorded == came => {}
        _ => match (instant(recorded), instant(came)) {
            (Some(our), Some(their)) if our == their => {}
            _ => found.value(path, &shown(recorded), &shown(came)),
        },
    }
}

/// What is not said to be forbidden is allowed, and our models say so.
fn is_default(key: &str, value: &Value) -> bool {
    let flags = [
        "deleteEnabled",
        "writeEnabled",
        "listEnabled",
        "readEnabled",
    ];
    let all_allowed = || match value {
        Value::Object(entries) => said(entries).all(|(key, value)| is_default(key, value)),
        _ => false,
    };
    flags.contains(&key) && *value == Value::Bool(true)
        || key == "changeableAttributes" && all_allowed()
}

/// The entries that say something.
fn said(object: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    object.iter().filter(|(_, value)| !value.is_null())
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// As the wire has a time.
pub(super) fn time(at: Option<OffsetDateTime>) -> Value {
    let Some(at) = at else {
        return Value::Null;
    };
    match Timestamp::from_nanosecond(at.unix_timestamp_nanos()) {
        Ok(at) => at.to_string().into(),
        Err(_) => Value::Null,
    }
}

/// `None` where there is nothing in the list, which the wire leaves out.
pub(super) fn list(items: Vec<Value>) -> Option<Vec<Value>> {
    Some(items).filter(|items| !items.is_empty())
}

/// `{registry, imageName, key: value}`.
pub(super) fn wrapped(
    registry: &str,
    repository: &RepositoryName,
    key: &str,
    value: impl Into<Value>,
) -> Value {
    json!({"registry": registry, "imageName": repository.to_string(), key: value.into()})
}

/// The names of things.
pub(super) fn names<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

pub(super) fn repository(from: &RepositoryProperties) -> Value {
    json!({
        "registry": from.registry,
        "imageName": from.name.to_string(),
        "createdTime": time(from.created_at),
        "lastUpdateTime": time(from.last_updated_at),
        "manifestCount": from.manifest_count,
        "tagCount": from.tag_count,
        "changeableAttributes": {
            "deleteEnabled": from.can_delete,
            "writeEnabled": from.can_write,
            "listEnabled": from.can_list,
            "readEnabled": from.can_read,
            "teleportEnabled": from.teleport_enabled,
        },
    })
}

pub(super) fn deleted_repository(from: &DeletedRepository) -> Value {
    json!({
        "manifestsDeleted": list(from.manifests.iter().map(|digest| digest.to_string().into()).collect()),
        "tagsDeleted": list(from.tags.iter().map(|tag| tag.to_string().into()).collect()),
    })
}

pub(super) fn tag(from: &TagProperties) -> Value {
    json!({
        "name": from.name.to_string(),
        "digest": from.digest.to_string(),
        "createdTime": time(from.created_at),
        "lastUpdateTime": time(from.last_updated_at),
        "signed": from.signed,
        "changeableAttributes": {
            "deleteEnabled": from.can_delete,
            "writeEnabled": from.can_write,
            "listEnabled": from.can_list,
            "readEnabled": from.can_read,
        },
    })
}

pub(super) fn tags(items: &[TagProperties]) -> Value {
    match items.first() {
        Some(first) => {
            let all: Vec<Value> = items.iter().map(tag).collect();
            wrapped(&first.registry, &first.repository, "tags", all)
        }
        None => json!({}),
    }
}

pub(super) fn manifest(from: &ManifestProperties) -> Value {
    let related = from.related_artifacts.iter().map(related).collect();
    json!({
        "digest": from.digest.to_string(),
        "imageSize": from.size,
        "createdTime": time(from.created_at),
        "lastUpdateTime": time(from.last_updated_at),
        "architecture": from.architecture,
        "os": from.operating_system,
        "mediaType": from.media_type.as_ref().map(ToString::to_string),
        "configMediaType": from.config_media_type.as_ref().map(ToString::to_string),
        "tags": list(from.tags.iter().map(|tag| tag.to_string().into()).collect()),
        "references": list(related),
        "changeableAttributes": {
            "deleteEnabled": from.can_delete,
            "writeEnabled": from.can_write,
            "listEnabled": from.can_list,
            "readEnabled": from.can_read,
            "quarantineState": from.quarantine_state,
        },
    })
}

pub(super) fn manifests(items: &[ManifestProperties]) -> Value {
    match items.first() {
        Some(first) => {
            let all: Vec<Value> = items.iter().map(manifest).collect();
            wrapped(&first.registry, &first.repository, "manifests", all)
        }
        None => json!({}),
    }
}

fn related(from: &RelatedArtifact) -> Value {
    json!({
        "digest": from.digest.to_string(),
        "architecture": from.architecture,
        "os": from.operating_system,
    })
}
