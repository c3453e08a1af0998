//! A manifest as it came.

use acr_core::{Digest, MediaType};
use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};

use super::{ImageIndex, ImageManifest};
use crate::{Descriptor, Error, Result};

/// A manifest as the registry holds it: the bytes that were pushed, verified against the digest.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
/// use acr_client::ManifestKind;
///
/// let manifest = repo.get_manifest("v1").await?;
/// println!("{} of {} bytes", manifest.media_type, manifest.bytes.len());
/// match manifest.kind()? {
///     ManifestKind::Image(image) => println!("an image with {} layers", image.layers.len()),
///     ManifestKind::Index(index) => println!("an index of {} images", index.manifests.len()),
///     other => println!("something else: {other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestContent {
    /// The bytes; the digest is over exactly these.
    pub bytes: Bytes,
    /// The digest.
    pub digest: Digest,
    /// The media type.
    pub media_type: MediaType,
}

/// A manifest, read by what its media type says that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it at a time, and it is taken apart at once"
)]
pub enum ManifestKind {
    /// An image or another artifact with a configuration and layers: OCI, or Docker version 2.
    Image(ImageManifest),
    /// An index (OCI) or a manifest list (Docker).
    Index(ImageIndex),
    /// Of any other type, such as Docker's schema 1. Its bytes are in
    /// [`ManifestContent::bytes`].
    Unknown(MediaType),
}

impl ManifestContent {
    /// These bytes, with their SHA-256 digest.
    #[must_use]
    pub fn new(media_type: MediaType, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            digest: Digest::of(&bytes),
            bytes,
            media_type,
        }
    }

    /// As what its media type says.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// println!("{:?}", repo.get_manifest("latest").await?.kind()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer) when its bytes are not
    /// of that type.
    pub fn kind(&self) -> Result<ManifestKind> {
        if self.media_type.is_index() {
            self.as_index().map(ManifestKind::Index)
        } else if is_image(&self.media_type) {
            self.as_image().map(ManifestKind::Image)
        } else {
            Ok(ManifestKind::Unknown(self.media_type.clone()))
        }
    }

    /// As the manifest of an image or artifact (OCI, or Docker version 2).
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let image = repo.get_manifest("v1").await?.as_image()?;
    /// println!("{} layers", image.layers.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer) when it is none, or when
    /// its content says that it is something else than its media type.
    pub fn as_image(&self) -> Result<ImageManifest> {
        self.parse("an image manifest", is_image(&self.media_type))
    }

    /// As an index (OCI) or manifest list (Docker).
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// for image in repo.get_manifest("latest").await?.as_index()?.manifests {
    ///     println!("{} {:?}", image.digest, image.platform);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`as_image`](Self::as_image).
    pub fn as_index(&self) -> Result<ImageIndex> {
        self.parse("an index", self.media_type.is_index())
    }

    /// As a type of your own, or of another crate, that reads JSON.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer) when it cannot be read so.
    pub fn as_json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.bytes).map_err(|error| self.refuse("JSON", error.to_string()))
    }

    /// Media type, digest and size: what an index, or a manifest about this one, names it by.
    #[must_use]
    pub fn descriptor(&self) -> Descriptor {
        let (media_type, digest) = (self.media_type.clone(), self.digest.clone());
        Descriptor::new(media_type, digest, self.bytes.len() as u64)
    }

    fn parse<T: DeserializeOwned>(&self, what: &str, of_the_type: bool) -> Result<T> {
        if !of_the_type {
            return Err(self.refuse(what, format!("its type is {}", self.media_type)));
        }
        let read = |bytes| -> Result<T, serde_json::Error> {
            // Image and index in one: what it is would depend on who reads it (CVE-2021-41190).
            let shape: Shape = serde_json::from_slice(bytes)?;
            shape.check(&self.media_type)?;
            serde_json::from_slice(bytes)
        };
        read(&self.bytes).map_err(|error| self.refuse(what, error.to_string()))
    }

    fn refuse(&self, what: &str, why: String) -> Error {
        Error::unexpected(format!("read the manifest {} as {what}", self.digest), why)
    }
}

fn is_image(media_type: &MediaType) -> bool {
    *media_type == MediaType::OCI_MANIFEST || *media_type == MediaType::DOCKER_MANIFEST
}

/// What a manifest says that it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    media_type: Option<MediaType>,
    config: Option<serde::de::IgnoredAny>,
    layers: Option<serde::de::IgnoredAny>,
    manifests: Option<serde::de::IgnoredAny>,
}

impl Shape {
    fn check(&self, media_type: &MediaType) -> Result<(), serde_json::Error> {
        use serde::de::Error;
        if let Some(own) = self.media_type.as_ref().filter(|own| *own != media_type) {
            let told = format!("it is said to be {media_type} and says itself to be {own}");
            return Err(Error::custom(told));
        }
        let as_image = self.config.is_some() || self.layers.is_some();
        match as_image && self.manifests.is_some() {
            true => Err(Error::custom("it is an image and an index at once")),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: &str = r#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;

    fn content(media_type: MediaType, text: &str) -> ManifestContent {
        ManifestContent::new(media_type, text.to_owned())
    }

    #[test]
    fn it_is_read_as_its_type_says() {
        for media_type in [MediaType::OCI_MANIFEST, MediaType::DOCKER_MANIFEST] {
            let image = content(media_type, IMAGE);
            assert!(matches!(image.kind().unwrap(), ManifestKind::Image(_)));
            assert_eq!(image.descriptor().size, IMAGE.len() as u64);
            let error = image.as_index().unwrap_err().to_string();
            assert!(error.contains("as an index"), "{error}");
        }
        let index = content(
            MediaType::DOCKER_MANIFEST_LIST,
            r#"{"schemaVersion":2,"manifests":[]}"#,
        );
        assert!(matches!(index.kind().unwrap(), ManifestKind::Index(_)));
        let old = content(MediaType::DOCKER_MANIFEST_V1, "no JSON");
        assert_eq!(
            old.kind().unwrap(),
            ManifestKind::Unknown(MediaType::DOCKER_MANIFEST_V1)
        );
        let error = old.as_image().unwrap_err().to_string();
        assert!(
            error.contains("its type is application/vnd.docker"),
            "{error}"
        );
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let both = IMAGE.replace(r#""layers""#, r#""manifests":[],"layers""#);
        let docker = IMAGE.replace(
            r#""layers""#,
            r#""mediaType":"application/vnd.docker.distribution.manifest.v2+json","layers""#,
        );
        for (text, why) in [(both, "at once"), (docker, "says itself to be")] {
            let error = content(MediaType::OCI_MANIFEST, &text)
                .as_image()
                .unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn json_of_any_kind() {
        #[derive(Deserialize)]
        struct Own {
            answer: u32,
        }
        let own: Own = content(MediaType::OCI_MANIFEST, r#"{"answer":42}"#)
            .as_json()
            .unwrap();
        assert_eq!(own.answer, 42);
    }
}
