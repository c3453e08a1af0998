//! What a metadata query found.

use acr_rest::types;

use super::{Converted, count, digest, media_type, name, time};
use crate::{AnnotationIndex, ManifestMetadata, QueryInfo};

pub(crate) fn manifest(from: types::MetadataRecord) -> Converted<ManifestMetadata> {
    let index = from.annotation_index_properties;
    Ok(ManifestMetadata {
        repository: from.repository.as_deref().map(name).transpose()?,
        digest: from.digest.as_deref().map(digest).transpose()?,
        size: from.size.map(count).transpose()?,
        image_size: from.image_size.map(count).transpose()?,
        created_at: from.created_at.map(time).transpose()?,
        architecture: from.architecture,
        operating_system: from.os,
        media_type: media_type(from.media_type),
        annotation_index: index.map(annotation_index).transpose()?,
    })
}

fn annotation_index(from: types::MetadataAnnotationIndex) -> Converted<AnnotationIndex> {
    Ok(AnnotationIndex {
        state: from.state,
        count: from.count.map(count).transpose()?,
    })
}

pub(crate) fn info(from: &types::MetadataQueryResult) -> QueryInfo {
    QueryInfo {
        count: from.count.and_then(|count| count.try_into().ok()),
        region: from.region.clone(),
    }
}
