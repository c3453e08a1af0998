//! Media types of manifests and blobs.

use std::{borrow::Cow, fmt, str::FromStr};

use crate::name::shown;

/// The media type of a manifest, configuration or layer, such as
/// `application/vnd.oci.image.manifest.v1+json`.
///
/// The constants name what registries commonly hold; any other type can be made from a text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaType(Cow<'static, str>);

/// The text is no media type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a media type: it must look like `type/subtype`")]
pub struct MediaTypeError(String);

macro_rules! known {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)+) => {
        impl MediaType {
            $($(#[doc = $doc])+ pub const $name: Self = Self(Cow::Borrowed($text));)+
        }
    };
}

known! {
    /// An OCI image or artifact manifest.
    OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    /// An OCI index: several manifests, one for each platform.
    OCI_INDEX = "application/vnd.oci.image.index.v1+json";
    /// A Docker image manifest, version 2, schema 2.
    DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
    /// A Docker manifest list.
    DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// A signed Docker manifest of schema 1: old, and not the same bytes on every download.
    DOCKER_MANIFEST_V1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    /// An ORAS artifact manifest, which OCI manifests with `subject` have replaced.
    ORAS_ARTIFACT_MANIFEST = "application/vnd.cncf.oras.artifact.manifest.v1+json";
    /// The configuration of an OCI image.
    IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json";
    /// The configuration of a Docker image.
    DOCKER_IMAGE_CONFIG = "application/vnd.docker.container.image.v1+json";
    /// The configuration of an artifact that has none: the two bytes `{}`.
    EMPTY = "application/vnd.oci.empty.v1+json";
    /// A layer: a tar archive.
    IMAGE_LAYER = "application/vnd.oci.image.layer.v1.tar";
    /// A layer: a tar archive, compressed with gzip.
    IMAGE_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// A layer: a tar archive, compressed with zstd.
    IMAGE_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";
    /// A Docker layer: a tar archive, compressed with gzip.
    DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    /// Bytes of which nothing more is known.
    OCTET_STREAM = "application/octet-stream";
}

impl MediaType {
    /// Every type of manifest that a client asks for, the most common first.
    ///
    /// All of them are always sent in `Accept`: asked for none that it holds, the service converts
    /// a Docker image to schema 1, which has other bytes and another digest.
    pub const MANIFESTS: [Self; 5] = [
        Self::OCI_MANIFEST,
        Self::OCI_INDEX,
        Self::DOCKER_MANIFEST,
        Self::DOCKER_MANIFEST_LIST,
        Self::ORAS_ARTIFACT_MANIFEST,
    ];

    /// A media type from its text; what follows a `;` is not kept.
    ///
    /// # Errors
    /// [`MediaTypeError`] when it does not look like `type/subtype`.
    pub fn new(text: impl AsRef<str>) -> Result<Self, MediaTypeError> {
        text.as_ref().parse()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a manifest of this type lists other manifests.
    #[must_use]
    pub fn is_index(&self) -> bool {
        *self == Self::OCI_INDEX || *self == Self::DOCKER_MANIFEST_LIST
    }
}

impl FromStr for MediaType {
    type Err = MediaTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const MOST: usize = 255;
        let essence = text.split(';').next().unwrap_or_default().trim();
        let token = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        match essence.split_once('/') {
            Some((kind, subtype)) if token(kind) && token(subtype) && essence.len() <= MOST => {
                Ok(Self(Cow::Owned(essence.to_ascii_lowercase())))
            }
            _ => Err(MediaTypeError(shown(text))),
        }
    }
}

impl TryFrom<&str> for MediaType {
    type Error = MediaTypeError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl AsRef<str> for MediaType {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl serde::Serialize for MediaType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for MediaType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_are_dropped_and_case_is_folded() {
        assert_eq!(
            MediaType::new("Application/JSON; charset=utf-8")
                .unwrap()
                .as_str(),
            "application/json"
        );
        assert_eq!(
            MediaType::new("application/vnd.oci.image.index.v1+json").unwrap(),
            MediaType::OCI_INDEX
        );
    }

    #[test]
    fn refused() {
        for bad in ["", "json", "/", "a/", "/b", "a b/c", "a/b/c", "a/b,c/d"] {
            assert!(MediaType::new(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            if let Ok(media_type) = MediaType::new(&text) {
                prop_assert_eq!(MediaType::new(media_type.as_str()).unwrap(), media_type);
            }
        }
    }
}
