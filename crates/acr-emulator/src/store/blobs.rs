//! The blobs' bytes: one file for each digest, and one for each upload under way.
//!
//! A blob's file lives as long as somebody holds it: each repository that knows it on disk or in
//! memory, and whoever is about to make it known.

use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use acr_core::Digest;
use uuid::Uuid;

/// The directory of blobs and uploads.
#[derive(Clone, Debug)]
pub(crate) struct BlobDir {
    blobs: PathBuf,
    uploads: PathBuf,
    /// Whether a file must be on disk before anybody hears of it.
    durable: bool,
    /// How often each file is held.
    holds: Arc<Mutex<HashMap<Digest, usize>>>,
}

/// Keeps a blob's file, or the place for it, until it is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    directory: BlobDir,
    digest: Digest,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.directory.release(std::slice::from_ref(&self.digest));
    }
}

impl BlobDir {
    pub(crate) fn open(directory: &Path, durable: bool) -> io::Result<Self> {
        let this = Self {
            blobs: directory.join("blobs"),
            uploads: directory.join("uploads"),
            durable,
            holds: Arc::default(),
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

    /// Keeps the file of a blob from being deleted, also if it is not there yet.
    pub(crate) fn hold(&self, digest: &Digest) -> Hold {
        self.add([digest]);
        Hold {
            directory: self.clone(),
            digest: digest.clone(),
        }
    }

    /// Gives the bytes of an upload, which were hashed, their name. They are on disk then, if that
    /// matters, which takes its time.
    pub(crate) fn adopt(&self, upload: &Path, digest: &Digest) -> io::Result<()> {
        if self.durable {
            File::open(upload)?.sync_all()?;
        }
        let path = self.path(digest);
        let Some(parent) = path.parent() else {
            return fs::rename(upload, path);
        };
        if !parent.exists() {
            fs::create_dir_all(parent)?;
            for directory in parent.ancestors().skip(1).take(2) {
                self.sync(directory)?;
            }
        }
        fs::rename(upload, &path)?;
        self.sync(parent)
    }

    fn sync(&self, directory: &Path) -> io::Result<()> {
        if self.durable {
            sync_directory(directory)?;
        }
        Ok(())
    }

    pub(super) fn add<'a>(&self, digests: impl IntoIterator<Item = &'a Digest>) {
        let mut holds = self.lock();
        for digest in digests {
            *holds.entry(digest.clone()).or_default() += 1;
        }
    }

    /// Ends one hold on each of these, and deletes the files that nobody holds any more.
    pub(super) fn release(&self, digests: &[Digest]) {
        let mut holds = self.lock();
        let mut doomed = Vec::new();
        for digest in digests {
            let Some(count) = holds.get_mut(digest) else {
                continue;
            };
            *count -= 1;
            if *count == 0 {
                holds.remove(digest);
                // Out of the way at once, for whoever brings the same blob; gone when there is time.
                let away = self.upload_path(&Uuid::new_v4().to_string());
                if fs::rename(self.path(digest), &away).is_ok() {
                    doomed.push(away);
                }
            }
        }
        drop(holds);
        for path in doomed {
            if let Err(error) = fs::remove_file(path) {
                tracing::warn!(%error, "the bytes of a blob stay until the next start");
            }
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> io::Result<bool> {
        Ok(fs::read_dir(&self.blobs)?.next().is_none())
    }

    /// Deletes what a killed emulator left: files of blobs that nobody holds, and of uploads that
    /// nobody can go on with.
    pub(super) fn sweep(&self, uploads: &BTreeSet<String>) -> io::Result<()> {
        for upload in fs::read_dir(&self.uploads)? {
            let upload = upload?;
            let name = upload.file_name();
            if !name.to_str().is_some_and(|name| uploads.contains(name)) {
                fs::remove_file(upload.path())?;
            }
        }
        let held: BTreeSet<PathBuf> = self.lock().keys().map(|digest| self.path(digest)).collect();
        for algorithm in fs::read_dir(&self.blobs)? {
            for prefix in fs::read_dir(algorithm?.path())? {
                for blob in fs::read_dir(prefix?.path())? {
                    let path = blob?.path();
                    if !held.contains(&path) {
                        fs::remove_file(path)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Deletes the bytes of all uploads under way.
    pub(super) fn clear_uploads(&self) -> io::Result<()> {
        for upload in fs::read_dir(&self.uploads)? {
            match fs::remove_file(upload?.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, usize>> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes sure that the names in a directory are on disk. Elsewhere than on Unix a directory cannot
/// be opened, and its names are written down with the files.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}
