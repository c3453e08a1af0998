//! Images made by hand, as OCI layouts: every byte is known.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(super) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A layout with what it refers to under one name.
pub(super) struct Layout {
    pub(super) folder: PathBuf,
    /// Of the manifest or index that its name stands for.
    pub(super) digest: String,
    /// Its bytes.
    pub(super) content: Vec<u8>,
}

pub(super) fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// Bytes that do not compress, others for each seed.
pub(super) fn noise(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

impl Layout {
    /// An image of as many layers as there are sizes.
    pub(super) fn image(folder: &Path, layers: &[usize]) -> Result<Self> {
        let layout = Blobs::create(folder)?;
        let manifest = layout.image("amd64", layers)?;
        layout.named("v1", &manifest)
    }

    /// An index of images for several architectures.
    pub(super) fn index(folder: &Path, architectures: &[&str]) -> Result<Self> {
        let layout = Blobs::create(folder)?;
        let mut manifests = Vec::new();
        for (position, architecture) in architectures.iter().enumerate() {
            let mut manifest = layout.image(architecture, &[1000 + position])?;
            manifest["platform"] = json!({"architecture": architecture, "os": "linux"});
            manifests.push(manifest);
        }
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests});
        let index = layout.add(OCI_INDEX, &serde_json::to_vec(&index)?)?;
        layout.named("v1", &index)
    }

    /// A layout that somebody else wrote.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let index = fs::read(folder.join("index.json"))?;
        let index: Value = serde_json::from_slice(&index)?;
        let digest = index["manifests"][0]["digest"].as_str();
        let digest = digest.context("an empty layout")?.to_owned();
        let content = fs::read(blob(folder, &digest))?;
        let folder = folder.to_owned();
        Ok(Self {
            folder,
            digest,
            content,
        })
    }

    pub(super) fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.content)?)
    }

    /// As skopeo and others name it.
    pub(super) fn reference(&self) -> String {
        format!("oci:{}:v1", self.folder.display())
    }

    pub(super) fn blob(&self, digest: &str) -> Result<Vec<u8>> {
        Ok(fs::read(blob(&self.folder, digest))?)
    }

    /// The digests of all blobs, manifests included, after having looked at the bytes of each.
    pub(super) fn blobs(&self) -> Result<Vec<String>> {
        let mut digests = Vec::new();
        for entry in fs::read_dir(self.folder.join("blobs/sha256"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let digest = format!("sha256:{name}");
            ensure!(
                digest_of(&self.blob(&digest)?) == digest,
                "{digest} is damaged"
            );
            digests.push(digest);
        }
        digests.sort();
        Ok(digests)
    }

    /// That another layout has the same name for the same blobs.
    pub(super) fn same_as(&self, other: &Self) -> Result<()> {
        ensure!(
            self.digest == other.digest,
            "{} is {}",
            self.digest,
            other.digest
        );
        let (ours, theirs) = (self.blobs()?, other.blobs()?);
        ensure!(ours == theirs, "{ours:?} are {theirs:?}");
        Ok(())
    }
}

fn blob(folder: &Path, digest: &str) -> PathBuf {
    folder.join("blobs").join(digest.replace(':', "/"))
}

/// A layout that is being made.
struct Blobs<'a> {
    folder: &'a Path,
}

impl<'a> Blobs<'a> {
    fn create(folder: &'a Path) -> Result<Self> {
        fs::create_dir_all(folder.join("blobs/sha256"))?;
        fs::write(
            folder.join("oci-layout"),
            r#"{"imageLayoutVersion":"1.0.0"}"#,
        )?;
        Ok(Self { folder })
    }

    fn add(&self, media_type: &str, bytes: &[u8]) -> Result<Value> {
        let digest = digest_of(bytes);
        fs::write(blob(self.folder, &digest), bytes)?;
        Ok(json!({"mediaType": media_type, "digest": digest, "size": bytes.len()}))
    }

    fn image(&self, architecture: &str, layers: &[usize]) -> Result<Value> {
        let (mut descriptors, mut diff_ids) = (Vec::new(), Vec::new());
        for (position, len) in layers.iter().enumerate() {
            let archive = archive(&format!("{architecture}-{position}"), *len)?;
            diff_ids.push(digest_of(&archive));
            descriptors.push(self.add(OCI_LAYER, &gzip(&archive)?)?);
        }
        let config = json!({
            "architecture": architecture, "os": "linux", "created": "2024-01-01T00:00:00Z",
            "config": {"Cmd": ["/bin/sh"], "Labels": {"made": "by hand"}},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let config = self.add(OCI_CONFIG, &serde_json::to_vec(&config)?)?;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": descriptors,
        });
        self.add(OCI_MANIFEST, &serde_json::to_vec(&manifest)?)
    }

    fn named(self, name: &str, descriptor: &Value) -> Result<Layout> {
        let mut named = descriptor.clone();
        named["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        let index = json!({"schemaVersion": 2, "manifests": [named]});
        fs::write(self.folder.join("index.json"), serde_json::to_vec(&index)?)?;
        Layout::read(self.folder)
    }
}

/// A tar archive of one file.
fn archive(name: &str, len: usize) -> Result<Vec<u8>> {
    let seed = u32::from(name.as_bytes().first().copied().unwrap_or_default());
    let mut header = tar::Header::new_gnu();
    header.set_size(len as u64);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    let content = noise(len, seed + u32::try_from(len)?);
    archive.append_data(&mut header, name, &*content)?;
    Ok(archive.into_inner()?)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
