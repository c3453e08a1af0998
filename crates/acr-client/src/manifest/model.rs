//! What stands in a manifest.

use std::collections::BTreeMap;

use acr_core::MediaType;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Descriptor, descriptor::null_is_missing};

/// The manifest of an image or of another artifact: a configuration and layers (OCI image
/// specification, "Image Manifest"; Docker image manifest, version 2).
///
/// Its keys are written in one order and annotations sorted: the same manifest has the same bytes,
/// and so the same digest.
///
/// ```
/// use acr_client::{Descriptor, ImageManifest, MediaType};
///
/// let config = Descriptor::of(MediaType::IMAGE_CONFIG, r#"{"os":"linux","architecture":"amd64"}"#);
/// let layer = Descriptor::of(MediaType::IMAGE_LAYER, "a tar archive");
/// let image = ImageManifest::new(config, [layer])
///     .annotation("org.opencontainers.image.version", "1.2.3");
/// assert_eq!(image.descriptor().digest, image.clone().descriptor().digest);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageManifest {
    /// Always 2.
    pub schema_version: u32,
    /// The media type; some tools leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// What kind of artifact it is, where it is no image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The configuration.
    pub config: Descriptor,
    /// The layers, the lowest first.
    #[serde(default, deserialize_with = "null_is_missing")]
    pub layers: Vec<Descriptor>,
    /// The manifest that this one is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Notes of any kind.
    #[serde(
        default,
        deserialize_with = "null_is_missing",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub annotations: BTreeMap<String, String>,
}

/// An index: several manifests, usually the same image for several platforms (OCI image
/// specification, "Image Index"; Docker manifest list).
///
/// It is written as deterministically as an [`ImageManifest`].
///
/// ```
/// use acr_client::{Descriptor, ImageIndex, MediaType, Platform};
///
/// let amd64 = Descriptor::of(MediaType::OCI_MANIFEST, "{}").platform(Platform::new("linux", "amd64"));
/// let arm64 = Descriptor::of(MediaType::OCI_MANIFEST, "[]").platform(Platform::new("linux", "arm64"));
/// let index = ImageIndex::new([amd64, arm64.clone()]);
/// assert_eq!(Platform::new("linux", "arm64").choose(&index.manifests), Some(&arm64));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageIndex {
    /// Always 2.
    pub schema_version: u32,
    /// The media type; some tools leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// What kind of artifact it is, where it is no image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The manifests.
    #[serde(default, deserialize_with = "null_is_missing")]
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Notes of any kind.
    #[serde(
        default,
        deserialize_with = "null_is_missing",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub annotations: BTreeMap<String, String>,
}

impl ImageManifest {
    /// The OCI manifest of an image: its configuration, and its layers, the lowest first.
    #[must_use]
    pub fn new(config: Descriptor, layers: impl IntoIterator<Item = Descriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(MediaType::OCI_MANIFEST),
            artifact_type: None,
            config,
            layers: layers.into_iter().collect(),
            subject: None,
            annotations: BTreeMap::new(),
        }
    }

    /// The OCI manifest of an artifact that is no image, such as a signature or a chart: an
    /// [empty](Descriptor::empty) configuration, and the blobs that it consists of.
    ///
    /// The repository needs the empty configuration as a blob, like any other; an
    /// [`attach`](crate::Artifact::attach) sees to that.
    #[must_use]
    pub fn artifact(artifact_type: MediaType, blobs: impl IntoIterator<Item = Descriptor>) -> Self {
        let mut manifest = Self::new(Descriptor::empty(), blobs).artifact_type(artifact_type);
        if manifest.layers.is_empty() {
            manifest.layers.push(Descriptor::empty());
        }
        manifest
    }

    /// The Docker manifest of an image, version 2. Its configuration and layers should be of
    /// Docker's types; it knows neither artifact type nor subject nor annotations.
    #[must_use]
    pub fn docker(config: Descriptor, layers: impl IntoIterator<Item = Descriptor>) -> Self {
        Self {
            media_type: Some(MediaType::DOCKER_MANIFEST),
            ..Self::new(config, layers)
        }
    }
}

impl ImageIndex {
    /// An OCI index of these manifests.
    #[must_use]
    pub fn new(manifests: impl IntoIterator<Item = Descriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(MediaType::OCI_INDEX),
            artifact_type: None,
            manifests: manifests.into_iter().collect(),
            subject: None,
            annotations: BTreeMap::new(),
        }
    }

    /// A Docker manifest list. It knows neither artifact type nor subject nor annotations.
    #[must_use]
    pub fn docker(manifests: impl IntoIterator<Item = Descriptor>) -> Self {
        Self {
            media_type: Some(MediaType::DOCKER_MANIFEST_LIST),
            ..Self::new(manifests)
        }
    }
}

/// What both have.
macro_rules! manifest {
    ($name:ident, $default:ident) => {
        impl $name {
            /// With a note.
            #[must_use]
            pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
                self.annotations.insert(key.into(), value.into());
                self
            }

            /// With what kind of artifact it is.
            #[must_use]
            pub fn artifact_type(mut self, artifact_type: MediaType) -> Self {
                self.artifact_type = Some(artifact_type);
                self
            }

            /// About this manifest, as one of its [referrers](crate::Artifact::referrers).
            #[must_use]
            pub fn subject(mut self, subject: Descriptor) -> Self {
                self.subject = Some(subject);
                self
            }

            /// It as it is stored: JSON, the same bytes for the same content.
            #[must_use]
            pub fn to_bytes(&self) -> Bytes {
                let bytes = serde_json::to_vec(self)
                    .expect("a manifest of texts and numbers can be written");
                bytes.into()
            }

            /// Media type, digest and size of what is stored: what an index names it by.
            #[must_use]
            pub fn descriptor(&self) -> Descriptor {
                let media_type = self.media_type.clone().unwrap_or(MediaType::$default);
                Descriptor::of(media_type, self.to_bytes())
            }
        }
    };
}

manifest!(ImageManifest, OCI_MANIFEST);
manifest!(ImageIndex, OCI_INDEX);

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen annotations: in no order of a hash map would they come out like this.
    #[test]
    fn the_same_manifest_has_the_same_bytes() {
        let layer = Descriptor::of(MediaType::IMAGE_LAYER, "layer");
        let build = |numbers: Vec<u32>| {
            let config = Descriptor::of(MediaType::IMAGE_CONFIG, "{}");
            let note = |image: ImageManifest, n: &u32| image.annotation(format!("k{n:02}"), "v");
            let image = ImageManifest::new(config, [layer.clone()]);
            numbers.iter().fold(image, note).subject(layer.clone())
        };
        let (up, down) = (build((0..16).collect()), build((0..16).rev().collect()));
        assert_eq!(up.to_bytes(), down.to_bytes());
        let text = String::from_utf8(up.to_bytes().to_vec()).unwrap();
        let order = [
            "schemaVersion",
            "mediaType",
            "config",
            "layers",
            "subject",
            "annotations",
            "k00",
            "k15",
        ];
        let at: Vec<_> = order
            .map(|key| text.find(&format!("\"{key}\"")).unwrap())
            .into();
        assert!(at.is_sorted(), "{text}");
        assert_eq!(
            up.descriptor(),
            Descriptor::of(MediaType::OCI_MANIFEST, &text)
        );
    }

    #[test]
    fn what_was_written_is_read() {
        let child = Descriptor::of(MediaType::DOCKER_MANIFEST, "x");
        let index = ImageIndex::docker([child.clone()]);
        let read: ImageIndex = serde_json::from_slice(&index.to_bytes()).unwrap();
        assert_eq!(read, index);
        let image = ImageManifest::artifact(MediaType::new("a/b").unwrap(), []).subject(child);
        assert_eq!(image.layers, [Descriptor::empty()]);
        let read: ImageManifest = serde_json::from_slice(&image.to_bytes()).unwrap();
        assert_eq!(read, image);
        let nulls = r#"{"schemaVersion":2,"manifests":null,"annotations":null,"subject":null}"#;
        let read: ImageIndex = serde_json::from_str(nulls).unwrap();
        assert_eq!((read.manifests.len(), read.media_type), (0, None));
    }
}
