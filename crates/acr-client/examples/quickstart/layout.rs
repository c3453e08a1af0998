//! Images on disk: an OCI layout (OCI image specification, "Image Layout") is a folder with
//! `index.json` and one file for each blob, named by its digest.

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
};

use acr_client::{
    Artifact, Descriptor, Digest, ImageIndex, ImageManifest, Manifest, ManifestContent, MediaType,
    Repository, Source, TagName,
};
use anyhow::{Context, Result, ensure};
use serde_json::json;

/// The annotation that names an image in `index.json`.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The most that is read of a manifest on disk: what a registry takes.
const MANIFEST_LIMIT: u64 = 4 * 1024 * 1024;

/// Blobs and manifests that were pushed or pulled.
#[derive(Default)]
pub(crate) struct Moved {
    pub(crate) items: Vec<Item>,
    seen: HashSet<Digest>,
}

pub(crate) struct Item {
    pub(crate) what: &'static str,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

impl Moved {
    /// Whether this is the first time; images often have a layer in common.
    fn add(&mut self, what: &'static str, descriptor: &Descriptor) -> bool {
        let new = self.seen.insert(descriptor.digest.clone());
        if new {
            self.items.push(Item {
                what,
                digest: descriptor.digest.clone(),
                size: descriptor.size,
            });
        }
        new
    }

    pub(crate) fn digests(&self) -> BTreeSet<&Digest> {
        self.items.iter().map(|item| &item.digest).collect()
    }
}

/// The tag that the layout's image is to have: its own, or `latest`.
pub(crate) fn tag(directory: &Path) -> Result<TagName> {
    let named = top(directory)?.annotations.get(REF_NAME).cloned();
    // Some tools put the full name of the image there.
    let tag = named
        .as_deref()
        .and_then(|name| name.rsplit(['/', ':']).next())
        .filter(|tag| !tag.is_empty());
    let tag = tag.unwrap_or("latest");
    tag.parse().with_context(|| {
        format!(
            "{} cannot be pushed under its own name",
            directory.display()
        )
    })
}

/// Pushes the layout's image: its blobs, the manifests of its platforms, and at last the manifest
/// that the tag is to point to, so that whoever sees the tag can pull everything.
pub(crate) async fn push(
    repository: &Repository,
    directory: &Path,
    tag: &TagName,
) -> Result<Moved> {
    let mut moved = Moved::default();
    let top = top(directory)?;
    push_below(repository, directory, &top, &mut moved).await?;
    let pushed = repository
        .put_manifest(content(directory, &top)?)
        .tag(tag)
        .await?;
    ensure!(
        pushed.descriptor.digest == top.digest,
        "the registry calls the image {}",
        pushed.descriptor.digest
    );
    moved.add("manifest", &top);
    Ok(moved)
}

async fn push_below(
    repository: &Repository,
    directory: &Path,
    of: &Descriptor,
    moved: &mut Moved,
) -> Result<()> {
    let bytes = read(directory, of)?;
    if of.media_type.is_index() {
        for child in serde_json::from_slice::<ImageIndex>(&bytes)?.manifests {
            Box::pin(push_below(repository, directory, &child, moved)).await?;
            repository.put_manifest(content(directory, &child)?).await?;
            moved.add("manifest", &child);
        }
        return Ok(());
    }
    let manifest: ImageManifest = serde_json::from_slice(&bytes)?;
    for (what, blob) in blobs(&manifest) {
        if moved.add(what, blob) {
            let source = Source::file(path(directory, &blob.digest));
            repository
                .upload_blob(source)
                .digest(&blob.digest)
                .media_type(blob.media_type.clone())
                .await?;
        }
    }
    Ok(())
}

/// Pulls an image into a new layout.
pub(crate) async fn pull(image: &Artifact, directory: &Path, tag: &TagName) -> Result<Moved> {
    let mut moved = Moved::default();
    let content = image.content().await?;
    let top = pull_below(image.repository(), directory, content, &mut moved).await?;
    write_index(directory, &top, tag.as_str())?;
    Ok(moved)
}

async fn pull_below(
    repository: &Repository,
    directory: &Path,
    content: ManifestContent,
    moved: &mut Moved,
) -> Result<Descriptor> {
    if content.media_type.is_index() {
        for child in content.as_index()?.manifests {
            let content = repository.get_manifest(&child.digest).await?;
            Box::pin(pull_below(repository, directory, content, moved)).await?;
        }
    } else {
        for (what, blob) in blobs(&content.as_image()?) {
            if moved.add(what, blob) {
                let file = new_blob(directory, &blob.digest)?;
                repository.download_blob(&blob.digest).to_file(file).await?;
            }
        }
    }
    std::fs::write(new_blob(directory, &content.digest)?, &content.bytes)?;
    let descriptor = Descriptor::new(
        content.media_type,
        content.digest,
        content.bytes.len() as u64,
    );
    moved.add("manifest", &descriptor);
    Ok(descriptor)
}

fn blobs(manifest: &ImageManifest) -> impl Iterator<Item = (&'static str, &Descriptor)> {
    let layers = manifest.layers.iter().map(|layer| ("layer", layer));
    std::iter::once(("config", &manifest.config)).chain(layers)
}

/// What `index.json` names; of several images the first.
fn top(directory: &Path) -> Result<Descriptor> {
    let file = directory.join("index.json");
    let text = std::fs::read(&file)
        .with_context(|| format!("{} is no OCI layout", directory.display()))?;
    let told = || format!("{} is not the index of an OCI layout", file.display());
    let index: ImageIndex = serde_json::from_slice(&text).with_context(told)?;
    let first = index.manifests.into_iter().next();
    first.with_context(|| format!("{} names no image", file.display()))
}

fn content(directory: &Path, of: &Descriptor) -> Result<Manifest> {
    Ok(Manifest::raw(of.media_type.clone(), read(directory, of)?))
}

fn read(directory: &Path, of: &Descriptor) -> Result<Vec<u8>> {
    let file = path(directory, &of.digest);
    let told = || file.display().to_string();
    ensure!(
        std::fs::metadata(&file).with_context(told)?.len() <= MANIFEST_LIMIT,
        "{} is too large",
        told()
    );
    let bytes = std::fs::read(&file).with_context(told)?;
    ensure!(
        Digest::of(&bytes) == of.digest,
        "{} has other bytes than its name says",
        told()
    );
    Ok(bytes)
}

fn path(directory: &Path, digest: &Digest) -> PathBuf {
    directory
        .join("blobs")
        .join(digest.algorithm().as_str())
        .join(digest.hex())
}

/// The path of a blob to be written, in a folder that is there.
pub(crate) fn new_blob(directory: &Path, digest: &Digest) -> Result<PathBuf> {
    let folder = directory.join("blobs").join(digest.algorithm().as_str());
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder.join(digest.hex()))
}

/// Writes the two small files that make a folder of blobs an OCI layout.
pub(crate) fn write_index(directory: &Path, top: &Descriptor, tag: &str) -> Result<()> {
    let top = top.clone().annotation(REF_NAME, tag);
    let index = json!({"schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": [top]});
    std::fs::write(
        directory.join("index.json"),
        serde_json::to_vec_pretty(&index)?,
    )?;
    std::fs::write(
        directory.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )?;
    Ok(())
}
