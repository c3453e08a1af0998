//! What stands for the outcome of a conversion: a referrer of the image, without content.

use std::io;

use acr_core::{Digest, MediaType, RepositoryName};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::{
    manifest::{self, Invalid},
    store::{Blob, Content, Event, Hold, Manifest, Store},
};

/// The type by which clients look for it among the referrers of an image.
const ARTIFACT_TYPE: &str = "application/vnd.azure.artifact.streaming.v1";
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
/// The content of what has none, as the OCI's specification of images wants it.
const EMPTY: &[u8] = b"{}";

/// Puts the artifact of an image that is there; says whether it is.
pub(super) fn put(
    store: &Store,
    repository: &RepositoryName,
    image: &Digest,
    now: Timestamp,
) -> io::Result<bool> {
    let text = store.read(|state| {
        let manifest = state.repository(repository)?.manifest(image)?;
        Some(text(image, manifest))
    });
    let Some(content) = text else {
        return Ok(false);
    };
    let media_type = MediaType::OCI_MANIFEST.as_str();
    let inspection = manifest::inspect(media_type, content.as_bytes())
        .map_err(|Invalid| io::Error::other("the artifact of a conversion is no manifest"))?;
    let _hold = write_empty(store)?;
    let digest = Digest::of(content.as_bytes());
    store.commit_blocking::<_, io::Error>(|state| {
        let at = state.put_time(now);
        let manifest = Manifest::new(
            Content::Text(content),
            media_type.to_owned(),
            inspection.summary,
            at,
        );
        let events = vec![
            Event::BlobLinked {
                repository: repository.clone(),
                digest: Digest::of(EMPTY),
                blob: Blob::of_file(EMPTY.len() as u64, now),
            },
            Event::ManifestPut {
                repository: repository.clone(),
                tag: None,
                digest,
                manifest: Box::new(manifest),
            },
        ];
        Ok((events, ()))
    })?;
    Ok(true)
}

fn text(image: &Digest, manifest: &Manifest) -> String {
    let empty = json!({
        "mediaType": EMPTY_TYPE,
        "digest": Digest::of(EMPTY),
        "size": EMPTY.len(),
    });
    let mut annotations = json!({"streaming.format": "overlaybd", "streaming.version": "v1"});
    let summary = &manifest.summary;
    for (key, value) in [
        ("streaming.platform.arch", &summary.architecture),
        ("streaming.platform.os", &summary.os),
    ] {
        if let Some(value) = value {
            annotations[key] = json!(value);
        }
    }
    json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST.as_str(),
        "artifactType": ARTIFACT_TYPE,
        "config": empty,
        "layers": [empty],
        "subject": {
            "mediaType": manifest.media_type,
            "digest": image,
            "size": manifest.content.size(),
        },
        "annotations": annotations,
    })
    .to_string()
}

fn write_empty(store: &Store) -> io::Result<Hold> {
    let upload = store.blobs.upload_path(&Uuid::new_v4().to_string());
    std::fs::write(&upload, EMPTY)?;
    let digest = Digest::of(EMPTY);
    let hold = store.blobs.hold(&digest);
    store.blobs.adopt(&upload, &digest)?;
    Ok(hold)
}
