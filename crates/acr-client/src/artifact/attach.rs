//! Putting something about a manifest beside it.

use std::collections::BTreeMap;

use acr_core::MediaType;

use crate::{
    Artifact, Descriptor, ImageManifest, Manifest, PushedManifest, Repository, Result, Source,
    blob::upload::UploadBlobOptions,
    call::Context,
    manifest::PutManifestOptions,
    names::{IntoMediaType, checked},
};

/// Something to be attached to a manifest: a signature, a list of components, a scan's result.
///
/// ```no_run
/// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
/// use acr_client::{Attachment, Source};
///
/// let sbom = Attachment::new("application/spdx+json")
///     .blob(Source::file("sbom.spdx.json"), "application/spdx+json")
///     .annotation("org.opencontainers.image.created", "2026-01-31T12:00:00Z");
/// let pushed = image.attach(sbom).await?;
/// println!("attached as {}", pushed.descriptor.digest);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "it is attached by `Artifact::attach`"]
pub struct Attachment {
    artifact_type: Result<MediaType>,
    parts: Vec<Part>,
    annotations: BTreeMap<String, String>,
}

#[derive(Debug)]
enum Part {
    Blob(Source, Result<MediaType>, BTreeMap<String, String>),
    There(Descriptor),
}

impl Attachment {
    /// Of this kind: a media type, by which it is found among the [referrers](Artifact::referrers).
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::Attachment;
    ///
    /// image.attach(Attachment::new("application/vnd.contoso.approval")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(artifact_type: impl IntoMediaType) -> Self {
        Self {
            artifact_type: checked("attach something", artifact_type),
            parts: Vec::new(),
            annotations: BTreeMap::new(),
        }
    }

    /// With these bytes, uploaded as a blob of this type.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::Attachment;
    ///
    /// let scan = Attachment::new("application/vnd.contoso.scan").blob("{}", "application/json");
    /// image.attach(scan).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn blob(self, source: impl Into<Source>, media_type: impl IntoMediaType) -> Self {
        self.part(source.into(), media_type, BTreeMap::new())
    }

    /// As [`blob`](Self::blob), with the name of a file, under which other tools store it when they
    /// pull the attachment (annotation `org.opencontainers.image.title`).
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::Attachment;
    ///
    /// let scan = Attachment::new("application/vnd.contoso.scan").file("scan.json", "{}", "application/json");
    /// image.attach(scan).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn file(
        self,
        name: impl Into<String>,
        source: impl Into<Source>,
        media_type: impl IntoMediaType,
    ) -> Self {
        let title = ("org.opencontainers.image.title".to_owned(), name.into());
        self.part(source.into(), media_type, BTreeMap::from([title]))
    }

    /// With a blob that the repository has already.
    pub fn uploaded(mut self, blob: Descriptor) -> Self {
        self.parts.push(Part::There(blob));
        self
    }

    /// With a note, which the list of referrers shows.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::Attachment;
    ///
    /// let scan = Attachment::new("application/vnd.contoso.scan").annotation("org.opencontainers.image.created", "2026-01-31T12:00:00Z");
    /// image.attach(scan).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    fn part(
        mut self,
        source: Source,
        media_type: impl IntoMediaType,
        annotations: BTreeMap<String, String>,
    ) -> Self {
        let media_type = checked("attach a blob", media_type);
        self.parts.push(Part::Blob(source, media_type, annotations));
        self
    }
}

/// Uploads what there is to upload, then the manifest that names its subject.
pub(crate) async fn attach(
    call: &Context,
    artifact: &Artifact,
    attachment: Attachment,
) -> Result<PushedManifest> {
    let repository = artifact.repository();
    let artifact_type = attachment.artifact_type?;
    let parts = attachment.parts.into_iter().map(Part::checked);
    let parts = parts.collect::<Result<Vec<_>>>()?;
    let subject = artifact.descriptor(call).await?;

    let mut blobs = Vec::with_capacity(parts.len());
    for part in parts {
        blobs.push(part.upload(call, repository).await?);
    }
    UploadBlobOptions::new(repository, Descriptor::EMPTY.into())
        .skipping()
        .send(call)
        .await?;
    let mut manifest = ImageManifest::artifact(artifact_type, blobs).subject(subject);
    manifest.annotations = attachment.annotations;
    PutManifestOptions::new(repository, Manifest::from(manifest))
        .send(call)
        .await
}

/// A part of which nothing is wrong.
enum Checked {
    Blob(Source, MediaType, BTreeMap<String, String>),
    There(Descriptor),
}

impl Part {
    fn checked(self) -> Result<Checked> {
        Ok(match self {
            Self::Blob(source, media_type, notes) => Checked::Blob(source, media_type?, notes),
            Self::There(descriptor) => Checked::There(descriptor),
        })
    }
}

impl Checked {
    async fn upload(self, call: &Context, repository: &Repository) -> Result<Descriptor> {
        match self {
            Self::There(descriptor) => Ok(descriptor),
            Self::Blob(source, media_type, notes) => {
                let upload = UploadBlobOptions::new(repository, source);
                upload.typed(media_type, notes).send(call).await
            }
        }
    }
}
