//! What names a blob or manifest inside a manifest.

use std::collections::BTreeMap;

use acr_core::{Digest, MediaType};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Platform;

/// Media type, digest and size of a blob or manifest (OCI image specification, "Descriptors").
///
/// Its keys are written in one order, and annotations sorted, so that the same descriptor always
/// has the same bytes.
///
/// ```
/// use acr_client::{Descriptor, MediaType};
///
/// let readme = Descriptor::of(MediaType::new("text/markdown")?, "# Read me")
///     .annotation("org.opencontainers.image.title", "README.md");
/// assert_eq!(readme.size, 9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Descriptor {
    /// What it is.
    pub media_type: MediaType,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Where else it may be had.
    #[serde(
        default,
        deserialize_with = "null_is_missing",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub urls: Vec<String>,
    /// Notes of any kind.
    #[serde(
        default,
        deserialize_with = "null_is_missing",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub annotations: BTreeMap<String, String>,
    /// The content itself, in base64, where it is small and was put in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// What it runs on, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// What kind of artifact a manifest is, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
}

impl Descriptor {
    /// A descriptor with nothing beside the required.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{Descriptor, Digest, MediaType};
    ///
    /// let config = Descriptor::new(MediaType::IMAGE_CONFIG, Digest::of(b"{}"), 2);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            urls: Vec::new(),
            annotations: BTreeMap::new(),
            data: None,
            platform: None,
            artifact_type: None,
        }
    }

    /// The descriptor of these bytes, by their SHA-256 digest.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{Descriptor, MediaType};
    ///
    /// let config = Descriptor::of(MediaType::IMAGE_CONFIG, "{}");
    /// assert_eq!(config.size, 2);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn of(media_type: MediaType, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        Self::new(media_type, Digest::of(bytes), bytes.len() as u64)
    }

    /// The descriptor of the empty configuration, or layer, of an artifact that has none: the two
    /// bytes `{}` (OCI image specification, "Guidance for an Empty Descriptor"). A manifest that
    /// names it needs the blob: [`EMPTY`](Self::EMPTY) are its bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self::of(MediaType::EMPTY, Self::EMPTY)
    }

    /// The bytes of [`empty`](Self::empty).
    pub const EMPTY: Bytes = Bytes::from_static(b"{}");

    /// With a note.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let layer = repo.upload_blob("text").await?;
    /// let layer = layer.annotation("org.opencontainers.image.title", "a.txt");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// With what it runs on.
    #[must_use]
    pub fn platform(mut self, platform: Platform) -> Self {
        self.platform = Some(platform);
        self
    }

    /// With what kind of artifact it is.
    #[must_use]
    pub fn artifact_type(mut self, artifact_type: MediaType) -> Self {
        self.artifact_type = Some(artifact_type);
        self
    }
}

impl From<&Descriptor> for Digest {
    /// Wherever a digest is wanted, what it describes can be named by the descriptor.
    fn from(descriptor: &Descriptor) -> Self {
        descriptor.digest.clone()
    }
}

impl From<&Descriptor> for acr_core::Reference {
    fn from(descriptor: &Descriptor) -> Self {
        Self::Digest(descriptor.digest.clone())
    }
}

/// Some tools write `null` for a list that is empty.
pub(crate) fn null_is_missing<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_descriptor_is_that_of_the_specification() {
        let text = serde_json::to_string(&Descriptor::empty()).unwrap();
        let expected = concat!(
            r#"{"mediaType":"application/vnd.oci.empty.v1+json","#,
            r#""digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","#,
            r#""size":2}"#
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn null_is_as_good_as_missing() {
        let text = r#"{"mediaType":"a/b","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"urls":null,"annotations":null,"platform":null}"#;
        let read: Descriptor = serde_json::from_str(text).unwrap();
        assert_eq!(
            read,
            Descriptor::of(MediaType::new("a/b").unwrap(), Descriptor::EMPTY)
        );
    }
}
