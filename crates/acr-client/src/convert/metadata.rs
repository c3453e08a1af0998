//! What a metadata query found.

use acr_rest::types;

use super::{Converted, count, digest, media_type, name, time};
use crate::{AnnotationIndex, ManifestMetadata, QueryInfo};

pub(crate) fn manifest(from: types::MetadataRecord) -> Converted<ManifestMetadata> {
    let index = from.annotation_index_properties;
    Ok(ManifestMetadata {
        repository: from.repository.as_deref().map(name).transpose()?,
        digest: from.digest.as_deref().map(digest).transpose()?,
        size: count(from.size),
        image_size: count(from.image_size),
        created_at: time(from.created_at),
        architecture: from.architecture,
        operating_system: from.os,
        media_type: media_type(from.media_type),
        annotation_index: index.map(annotation_index).transpose()?,
        other: from.extra.into_iter().collect(),
    })
}

fn annotation_index(from: types::MetadataAnnotationIndex) -> Converted<AnnotationIndex> {
    Ok(AnnotationIndex {
        state: from.state,
        count: count(from.count),
    })
}

pub(crate) fn info(from: &types::MetadataQueryResult) -> QueryInfo {
    QueryInfo {
        count: from.count.and_then(|count| count.try_into().ok()),
        region: from.region.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read<T: serde::de::DeserializeOwned>(json: serde_json::Value) -> T {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_manifest_as_the_service_tells_it() {
        let digest = "sha256:57a94fc99816c6aa225678b738ac40d85422e75dbb96115f1bb9b6ed77176166";
        let found = manifest(read(json!({
            "size": 1153, "imageSize": 7_737_579, "architecture": "amd64", "os": "linux",
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "createdAt": "2023-04-12T20:44:45.2078994Z", "repository": "nginx", "digest": digest,
            "annotationIndexProperties": {"state": "none", "count": 0},
        })));
        let found = found.unwrap();
        assert_eq!(
            (found.size, found.image_size),
            (Some(1153), Some(7_737_579))
        );
        assert_eq!(found.repository.unwrap().as_str(), "nginx");
        assert_eq!(found.digest.unwrap().as_str(), digest);
        assert_eq!(found.created_at.unwrap().nanosecond(), 207_899_400);
        let index = found.annotation_index.unwrap();
        assert_eq!(
            (index.state.as_deref(), index.count),
            (Some("none"), Some(0))
        );
    }

    #[test]
    fn which_members_there_are_is_up_to_the_query() {
        let none = ManifestMetadata::default();
        assert_eq!(manifest(read(json!({}))).unwrap(), none);
        let more = manifest(read(json!({"subject": "sha256:ab", "os": null}))).unwrap();
        assert_eq!(more.other["subject"], json!("sha256:ab"));
        assert!(more.operating_system.is_none() && more.other.len() == 1);
        assert!(manifest(read(json!({"repository": "Upper"}))).is_err());
        assert!(manifest(read(json!({"digest": "none"}))).is_err());
        let body = read(json!({"count": 14, "region": "eastus2euap", "$skipToken": ""}));
        let told = info(&body);
        assert_eq!(
            (told.count, told.region.as_deref()),
            (Some(14), Some("eastus2euap"))
        );
        assert_eq!(info(&read(json!({"count": -1}))).count, None);
    }
}
