//! What the download of a blob into a file may be told.

use std::{fmt, path::PathBuf};

use crate::{Call, DownloadBlob, Downloaded};

/// The download of a blob into a file.
pub type DownloadToFile = Call<Downloaded, DownloadToFileOptions>;

/// What [`DownloadToFile`] may be told.
pub struct DownloadToFileOptions {
    pub(super) path: PathBuf,
    pub(super) download: DownloadBlob,
}

impl DownloadToFile {
    /// How many parts of it are fetched at once: see
    /// [`DownloadBlob::concurrency`](crate::DownloadBlob::concurrency).
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// repo.download_blob(&digest).to_file("layer.tar.gz").concurrency(8).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn concurrency(mut self, parts: usize) -> Self {
        self.special().download.concurrency = parts;
        self
    }

    /// How long each part is, in bytes: see
    /// [`DownloadBlob::part_size`](crate::DownloadBlob::part_size).
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.special().download.part_size = bytes;
        self
    }
}

impl fmt::Debug for DownloadToFileOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadToFileOptions")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
