//! The blobs' bytes: one file for each digest, and one for each upload under way.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use acr_core::Digest;

/// The directory of blobs and uploads.
#[derive(Clone, Debug)]
pub(crate) struct BlobDir {
    blobs: PathBuf,
    uploads: PathBuf,
}

impl BlobDir {
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        let this = Self {
            blobs: directory.join("blobs"),
            uploads: directory.join("uploads"),
        };
        fs::create_dir_all(&this.blobs)?;
        fs::create_dir_all(&this.uploads)?;
        Ok(this)
    }

    /// Where a blob's bytes are.
    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.blobs
            .join(digest.algorithm().as_str())
            .join(&hex[..2])
            .join(hex)
    }

    /// Where an upload's bytes gather. Upload ids are ours and hold no separators.
    pub(crate) fn upload_path(&self, uuid: &str) -> PathBuf {
        self.uploads.join(uuid)
    }

    /// Gives the bytes of an upload, which were hashed, their name.
    pub(crate) fn adopt(&self, upload: &Path, digest: &Digest) -> io::Result<()> {
        let path = self.path(digest);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::rename(upload, path)
    }

    /// Deletes a blob's bytes.
    pub(crate) fn remove(&self, digest: &Digest) {
        if let Err(error) = fs::remove_file(self.path(digest)) {
            tracing::warn!(%digest, %error, "the bytes of a deleted blob stay");
        }
    }

    /// Deletes the bytes of uploads that nobody can go on with.
    pub(crate) fn remove_uploads_except(&self, known: &BTreeSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(&self.uploads)? {
            let entry = entry?;
            let name = entry.file_name();
            if !name.to_str().is_some_and(|name| known.contains(name)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Deletes everything.
    pub(crate) fn clear(&self) -> io::Result<()> {
        for directory in [&self.blobs, &self.uploads] {
            fs::remove_dir_all(directory)?;
            fs::create_dir_all(directory)?;
        }
        Ok(())
    }
}
