//! A download whose arguments are checked, and how it begins.

use std::sync::Arc;

use acr_core::{Digest, DigestMismatch, DigestVerifier};

use super::{
    DownloadBlob,
    parts::{Pieces, Window},
};
use crate::{
    BlobStream, Error, Repository, Result,
    blob::{
        OnProgress,
        hashing::{Hashing, Place},
        redirect::{Opens, Origin},
    },
    call::Context,
};

/// Bytes of a part, where several are fetched at once and nothing else is said: at 20 MB/s it takes
/// eight times as long as a round trip of 50 ms.
pub(super) const PART_SIZE: u64 = 8 * 1024 * 1024;

/// Shorter parts take longer to ask for than to come.
const LEAST_PART: u64 = 64 * 1024;

/// A host closes the door on many more connections than this.
const MOST_PARTS: usize = 64;

/// A download that can be.
pub(crate) struct Plan {
    repository: Repository,
    digest: Digest,
    size: Option<u64>,
    on_progress: Option<OnProgress>,
    window: Option<Window>,
}

impl Plan {
    pub(super) fn of(download: DownloadBlob, call: &Context) -> Result<Self> {
        let DownloadBlob {
            repository,
            digest,
            size,
            on_progress,
            concurrency,
            part_size,
        } = download;
        let digest = digest?;
        let invalid = |why: String| Err(Error::invalid(&call.attempt, why));
        if !(1..=MOST_PARTS).contains(&concurrency) {
            return invalid(format!(
                "{concurrency} parts at once cannot be: 1 to {MOST_PARTS} can"
            ));
        }
        if part_size < LEAST_PART {
            return invalid(format!(
                "a part of {part_size} bytes is too short: it has {LEAST_PART} bytes or more"
            ));
        }
        Ok(Self {
            repository,
            digest,
            size,
            on_progress,
            window: (concurrency > 1).then_some(Window {
                concurrency,
                part_size,
            }),
        })
    }

    pub(crate) fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How many bytes there must be, where the caller says so.
    pub(crate) fn expected_size(&self) -> Option<u64> {
        self.size
    }

    /// What the bytes are held to.
    pub(crate) fn verifier(&self) -> DigestVerifier {
        DigestVerifier::expecting(self.digest.clone(), self.size)
    }

    /// So many bytes are there.
    pub(crate) fn tell(&self, bytes: u64) {
        if let Some(on_progress) = &self.on_progress {
            on_progress.tell(bytes);
        }
    }

    /// Asks for the bytes that come behind those that are hashed already.
    pub(crate) async fn open(&self, call: &Context, begun: DigestVerifier) -> Result<BlobStream> {
        let origin = Origin::new(call, &self.repository, self.digest.clone());
        let origin: Arc<dyn Opens> = Arc::new(origin);
        let first = begun.bytes();
        let pieces = Pieces::open(&origin, first, self.size, self.window).await?;
        let announced = pieces.total();
        let wrong = announced.filter(|announced| {
            // It may be shorter than what is there already: then that is not of this blob.
            self.size.is_some_and(|expected| expected != *announced) || *announced < first
        });
        if let Some(announced) = wrong {
            let (wanted, got) = (self.digest.clone(), self.digest.clone());
            let mut mismatch = DigestMismatch::new(wanted, got, announced);
            mismatch.expected_size = self.size.or(Some(first));
            return Err(Error::new(&call.attempt, mismatch));
        }
        if first > 0 {
            self.tell(first);
        }
        Ok(BlobStream::new(
            pieces,
            Hashing::new(begun, Place::OF_DOWNLOADS),
            (self.digest.clone(), self.size),
            &call.attempt,
            self.on_progress.clone(),
        ))
    }
}
