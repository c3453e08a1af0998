//! From the raw bindings' types to this crate's: the one place where what the wire says is judged.

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
    let flags = from.changeable_attributes;
    Ok(RepositoryProperties {
        registry: from.registry,
        name: name(&from.image_name)?,
        created_at: time(from.created_time)?,
        last_updated_at: time(from.last_update_time)?,
        manifest_count: count(from.manifest_count)?,
        tag_count: count(from.tag_count)?,
        can_delete: allowed(flags.delete_enabled),
        can_write: allowed(flags.write_enabled),
        can_list: allowed(flags.list_enabled),
        can_read: allowed(flags.read_enabled),
        teleport_enabled: flags.teleport_enabled,
    })
}

pub(crate) fn tag(
    repository: &RepositoryName,
    from: types::TagAttributesBase,
) -> Converted<TagProperties> {
    let flags = from.changeable_attributes;
    Ok(TagProperties {
        repository: repository.clone(),
        name: tag_name(&from.name)?,
        digest: digest(&from.digest)?,
        created_at: time(from.created_time)?,
        last_updated_at: time(from.last_update_time)?,
        signed: from.signed,
        can_delete: allowed(flags.delete_enabled),
        can_write: allowed(flags.write_enabled),
        can_list: allowed(flags.list_enabled),
        can_read: allowed(flags.read_enabled),
    })
}

pub(crate) fn manifest(
    repository: &RepositoryName,
    from: types::ManifestAttributesBase,
) -> Converted<ManifestProperties> {
    let flags = from.changeable_attributes.unwrap_or_default();
    Ok(ManifestProperties {
        repository: repository.clone(),
        digest: digest(&from.digest)?,
        size: from.image_size.map(count).transpose()?,
        created_at: time(from.created_time)?,
        last_updated_at: time(from.last_update_time)?,
        architecture: from.architecture,
        operating_system: from.os,
        media_type: media_type(from.media_type),
        config_media_type: media_type(from.config_media_type),
        tags: from
            .tags
            .unwrap_or_default()
            .iter()
            .map(|tag| tag_name(tag))
            .collect::<Converted<_>>()?,
        related_artifacts: from
            .references
            .unwrap_or_default()
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
        digest: digest(&from.digest)?,
        architecture: from.architecture,
        operating_system: from.os,
    })
}

pub(crate) fn name(text: &str) -> Converted<RepositoryName> {
    text.parse()
        .map_err(|error: acr_core::NameError| error.to_string())
}

pub(crate) fn tag_name(text: &str) -> Converted<Tag> {
    text.parse()
        .map_err(|error: acr_core::NameError| error.to_string())
}

pub(crate) fn digest(text: &str) -> Converted<Digest> {
    text.parse()
        .map_err(|error: acr_core::DigestError| error.to_string())
}

/// A media type that is none says as little as a missing one, and must not cost the whole list.
fn media_type(text: Option<String>) -> Option<MediaType> {
    MediaType::new(text?).ok()
}

fn time(from: jiff::Timestamp) -> Converted<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(from.as_nanosecond())
        .map_err(|_| format!("`{from}` is not a time"))
}

fn count(from: i64) -> Converted<u64> {
    from.try_into()
        .map_err(|_| format!("{from} is not a number of things"))
}

/// What is not said to be forbidden is allowed.
fn allowed(flag: Option<bool>) -> bool {
    flag.unwrap_or(true)
}
