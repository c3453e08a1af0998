//! The ways to move a blob.

use std::{
    io::{self, Cursor},
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex},
};

use acr_client::{
    Descriptor, Digest, Error, ErrorKind, Repository, Resumption, SavedUpload, Source, UploadBlob,
};
use bytes::Bytes;
use futures_util::stream;

/// A blob's size, but for small ones.
pub(super) const SIZE: usize = 2_560 * 1024;
const SMALL: usize = 256 * 1024;
/// One whose last request is longer than what is held in memory, as it may be where nobody hashes.
const GIVEN: usize = 9_728 * 1024;
const GIVEN_PATCH: usize = 5 * 1024 * 1024;
/// What is sent by one PATCH.
pub(super) const PATCH: usize = 1024 * 1024;
/// What is fetched by one request, of several at once.
pub(super) const RANGE: usize = 512 * 1024;
const RANGES: usize = 4;

/// What is there under the final name before a download.
pub(super) const OLD: &[u8] = b"what was there before";

/// No two places of it are alike.
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut bytes = vec![0; GIVEN];
    for (n, word) in bytes.chunks_exact_mut(8).enumerate() {
        word.copy_from_slice(&(n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    }
    bytes
});

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    UploadFile,
    UploadReader,
    UploadSmall,
    /// A file whose digest is said, so that its last bytes are read while they are sent.
    UploadGiven,
    Stream,
    ToFile,
    Parallel,
}

impl Transfer {
    pub(super) const ALL: [Self; 7] = [
        Self::UploadFile,
        Self::UploadReader,
        Self::UploadSmall,
        Self::UploadGiven,
        Self::Stream,
        Self::ToFile,
        Self::Parallel,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::UploadFile => "upload file",
            Self::UploadReader => "upload reader",
            Self::UploadSmall => "upload small",
            Self::UploadGiven => "file, digest given",
            Self::Stream => "stream",
            Self::ToFile => "to file",
            Self::Parallel => "parallel to file",
        }
    }

    pub(super) fn is_upload(self) -> bool {
        matches!(
            self,
            Self::UploadFile | Self::UploadReader | Self::UploadSmall | Self::UploadGiven
        )
    }

    /// Of as many requests that carry bytes as there are without trouble.
    pub(super) fn is_in_parts(self) -> bool {
        matches!(self, Self::UploadFile | Self::UploadReader | Self::Parallel)
    }

    pub(super) fn size(self) -> usize {
        match self {
            Self::UploadSmall => SMALL,
            Self::UploadGiven => GIVEN,
            _ => SIZE,
        }
    }

    /// The bytes of the first request that carries any; of the last one, where that is meant.
    pub(super) fn part(self) -> usize {
        match self {
            Self::UploadFile | Self::UploadReader => PATCH,
            Self::UploadGiven => GIVEN - GIVEN_PATCH,
            Self::Parallel => RANGE,
            Self::UploadSmall | Self::Stream | Self::ToFile => self.size(),
        }
    }

    /// The operation that carries them.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::UploadFile | Self::UploadReader => "upload_chunk",
            Self::UploadSmall => "start_upload",
            Self::UploadGiven => "complete_upload",
            Self::Stream | Self::ToFile | Self::Parallel => "download_blob",
        }
    }

    pub(super) fn content(self) -> &'static [u8] {
        &BYTES[..self.size()]
    }

    pub(super) fn digest(self) -> Digest {
        Digest::of(self.content())
    }
}

/// Told of each checkpoint.
pub(super) type OnCheckpoint = Arc<dyn Fn(SavedUpload) + Send + Sync>;

/// What is moved where, and what is heard of it.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) repository: Repository,
    pub(super) transfer: Transfer,
    pub(super) folder: PathBuf,
    /// What an earlier process left.
    pub(super) saved: Option<SavedUpload>,
    /// Told of what another process needs. An upload of which it was told is not cancelled where
    /// another process may have better luck.
    pub(super) on_checkpoint: Option<OnCheckpoint>,
    /// The digest that is said to be that of what is uploaded.
    pub(super) digest: Option<Digest>,
    /// A reader fails after so many bytes.
    pub(super) fails_after: Option<usize>,
}

/// What came of it.
pub(super) struct Ended {
    pub(super) result: Result<(), Error>,
    /// How an upload went on, each time that it did.
    pub(super) resumptions: Vec<Resumption>,
    /// How many bytes a stream delivered.
    pub(super) delivered: usize,
    /// How many an earlier process had left in the file.
    pub(super) found: u64,
}

impl Work {
    pub(super) fn new(repository: Repository, transfer: Transfer, folder: &Path) -> Self {
        Self {
            repository,
            transfer,
            folder: folder.to_owned(),
            saved: None,
            on_checkpoint: None,
            digest: (transfer == Transfer::UploadGiven).then(|| transfer.digest()),
            fails_after: None,
        }
    }

    /// The file that is uploaded.
    pub(super) fn source(&self) -> PathBuf {
        self.folder.join("source")
    }

    /// The final name of what is downloaded.
    pub(super) fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    pub(super) async fn run(self) -> Ended {
        match self.transfer {
            Transfer::UploadFile | Transfer::UploadGiven => {
                self.upload(Source::file(self.source())).await
            }
            Transfer::UploadReader => self.upload(self.reader()).await,
            Transfer::UploadSmall => self.upload(self.transfer.content()).await,
            Transfer::Stream => self.stream().await,
            Transfer::ToFile | Transfer::Parallel => self.to_file().await,
        }
    }

    fn reader(&self) -> Source {
        let content = self.transfer.content();
        match self.fails_after {
            Some(bytes) => {
                let begin = Bytes::from_static(&content[..bytes]);
                let end = io::Error::other("the reader fails on purpose");
                Source::stream(stream::iter([Ok(begin), Err(end)]))
            }
            None => Source::reader(Cursor::new(content)),
        }
    }

    async fn upload(&self, source: impl Into<Source>) -> Ended {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hear = Arc::clone(&heard);
        let upload: UploadBlob = self.repository.upload_blob(source);
        let part = match self.transfer {
            Transfer::UploadGiven => GIVEN_PATCH,
            _ => PATCH,
        };
        let mut upload = upload
            .part_size(part as u64)
            .on_resume(move |how| hear.lock().unwrap().push(how));
        if let Some(tell) = self.on_checkpoint.clone() {
            upload = upload.on_checkpoint(move |saved| tell(saved));
        }
        if let Some(digest) = &self.digest {
            upload = upload.digest(digest);
        }
        if let Some(saved) = &self.saved {
            upload = upload.resume(saved.clone());
        }
        let result = upload.await.map(|descriptor: Descriptor| {
            assert_eq!(descriptor.size, self.transfer.size() as u64);
        });
        let resumptions = heard.lock().unwrap().clone();
        Ended {
            result,
            resumptions,
            delivered: 0,
            found: 0,
        }
    }

    async fn stream(&self) -> Ended {
        let mut delivered = Vec::new();
        let result = self.read(&mut delivered).await;
        let content = self.transfer.content();
        assert!(
            content[..delivered.len()] == delivered || result.is_err(),
            "other bytes"
        );
        Ended {
            result,
            resumptions: Vec::new(),
            delivered: delivered.len(),
            found: 0,
        }
    }

    async fn read(&self, delivered: &mut Vec<u8>) -> Result<(), Error> {
        let digest = self.transfer.digest();
        let mut stream = self.repository.download_blob(&digest).stream().await?;
        while let Some(piece) = stream.try_next().await? {
            delivered.extend_from_slice(&piece);
        }
        Ok(())
    }

    async fn to_file(&self) -> Ended {
        let digest = self.transfer.digest();
        let mut download = self.repository.download_blob(&digest);
        if self.transfer == Transfer::Parallel {
            download = download.concurrency(RANGES).part_size(RANGE as u64);
        }
        let done = download.to_file(self.target()).await;
        let found = done.as_ref().map_or(0, |done| done.resumed);
        Ended {
            result: done.map(|_| ()),
            resumptions: Vec::new(),
            delivered: 0,
            found,
        }
    }
}

impl Ended {
    /// In a word. `again` says whether a download took more requests than it has to.
    pub(super) fn word(&self, again: bool) -> &'static str {
        match &self.result {
            Err(error) => word(error),
            Ok(()) => self.how().unwrap_or(match again || self.found > 0 {
                true => "resumed",
                false => "ok",
            }),
        }
    }

    /// The worst that happened to an upload that came to its end.
    fn how(&self) -> Option<&'static str> {
        let is = |one: fn(&Resumption) -> bool| self.resumptions.iter().any(one);
        if is(|how| matches!(how, Resumption::Restarted)) {
            Some("restarted")
        } else if is(|how| matches!(how, Resumption::ContinuedAfterCut { .. })) {
            Some("after cut")
        } else {
            (!self.resumptions.is_empty()).then_some("resumed")
        }
    }
}

/// What kind of error it is.
pub(super) fn word(error: &Error) -> &'static str {
    match error.kind() {
        _ if error.is_upload_lost() => "lost",
        _ if error.is_digest_mismatch() => "digest",
        ErrorKind::Auth(_) => "auth",
        ErrorKind::Io(_) => "io",
        ErrorKind::Response(_) if error.is_throttled() => "throttled",
        ErrorKind::Response(_) => "refused",
        ErrorKind::UnexpectedAnswer(_) => "unexpected",
        ErrorKind::Transport(_) => "broken",
        _ => "another error",
    }
}
