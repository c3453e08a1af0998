//! From the raw bindings' types to this crate's: the one place where what the wire says is judged.
//!
//! Without a name or a digest an item is none. All else it may lack, and a value that cannot be, such
//! as a negative size, says as little as a missing one.

use acr_core::{Digest, MediaType, RepositoryName, Tag};
use acr_rest::types;
use azure_core::time::OffsetDateTime;

use crate::{ManifestProperties, RelatedArtifact, RepositoryProperties, TagProperties};

pub(crate) mod deleted;
pub(crate) mod metadata;
pub(crate) mod streaming;

/// What is wrong with the server's answer, in words.
pub(crate) type Converted<T> = Result<T, String>;

pub(crate) fn repository(from: types::RepositoryAttributes) -> Converted<RepositoryProperties> {
    let flags = from.changeable_attributes.unwrap_or_default();
    Ok(RepositoryProperties {
        registry: from.registry.unwrap_or_default(),
        name: name(told(from.image_name, "name")?)?,
        created_at: time(from.created_time),
        last_updated_at: time(from.last_update_time),
        manifest_count: count(from.manifest_count),
        tag_count: count(from.tag_count),
        can_delete: allowed(flags.delete_enabled),
        can_write: allowed(flags.write_enabled),
        can_list: allowed(flags.list_enabled),
        can_read: allowed(flags.read_enabled),
        teleport_enabled: flags.teleport_enabled,
    })
}

pub(crate) fn tag(
    registry: String,
    repository: &RepositoryName,
    from: types::TagAttributesBase,
) -> Converted<TagProperties> {
    let flags = from.changeable_attributes.unwrap_or_default();
    Ok(TagProperties {
        registry,
        repository: repository.clone(),
        name: tag_name(told(from.name, "name")?)?,
        digest: digest(told(from.digest, "digest")?)?,
        created_at: time(from.created_time),
        last_updated_at: time(from.last_update_time),
        signed: from.signed,
        can_delete: allowed(flags.delete_enabled),
        can_write: allowed(flags.write_enabled),
        can_list: allowed(flags.list_enabled),
        can_read: allowed(flags.read_enabled),
    })
}

pub(crate) fn manifest(
    registry: String,
    repository: &RepositoryName,
    from: types::ManifestAttributesBase,
) -> Converted<ManifestProperties> {
    let flags = from.changeable_attributes.unwrap_or_default();
    let tags = from.tags.unwrap_or_default();
    let references = from.references.unwrap_or_default();
    Ok(ManifestProperties {
        registry,
        repository: repository.clone(),
        digest: digest(told(from.digest, "digest")?)?,
        size: count(from.image_size),
        created_at: time(from.created_time),
        last_updated_at: time(from.last_update_time),
        architecture: from.architecture,
        operating_system: from.os,
        media_type: media_type(from.media_type),
        config_media_type: media_type(from.config_media_type),
        tags: tags.into_iter().map(tag_name).collect::<Converted<_>>()?,
        related_artifacts: references
            .into_iter()
            .map(related)
            .collect::<Converted<_>>()?,
        quarantine_state: flags.quarantine_state,
        can_delete: allowed(flags.delete_enabled),
        can_write: allowed(flags.write_enabled),
        can_list: allowed(flags.list_enabled),
        can_read: allowed(flags.read_enabled),
    })
}

fn related(from: types::ManifestAttributesManifestReferences) -> Converted<RelatedArtifact> {
    Ok(RelatedArtifact {
        digest: digest(told(from.digest, "digest")?)?,
        architecture: from.architecture,
        operating_system: from.os,
    })
}

pub(crate) fn name(text: impl Into<String>) -> Converted<RepositoryName> {
    text.into()
        .try_into()
        .map_err(|error: acr_core::NameError| error.to_string())
}

pub(crate) fn tag_name(text: impl Into<String>) -> Converted<Tag> {
    text.into()
        .try_into()
        .map_err(|error: acr_core::NameError| error.to_string())
}

pub(crate) fn digest(text: impl Into<String>) -> Converted<Digest> {
    text.into()
        .try_into()
        .map_err(|error: acr_core::DigestError| error.to_string())
}

/// What an item is nothing without.
pub(crate) fn told<T>(value: Option<T>, what: &str) -> Converted<T> {
    value.ok_or_else(|| format!("something in it has no {what}"))
}

/// A media type that is none says as little as a missing one.
pub(crate) fn media_type(text: Option<String>) -> Option<MediaType> {
    MediaType::new(text?).ok()
}

pub(crate) fn time(from: Option<jiff::Timestamp>) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(from?.as_nanosecond()).ok()
}

pub(crate) fn count(from: Option<i64>) -> Option<u64> {
    from?.try_into().ok()
}

/// What is not said to be forbidden is allowed.
fn allowed(flag: Option<bool>) -> bool {
    flag.unwrap_or(true)
}

#[cfg(test)]
mod tests;
