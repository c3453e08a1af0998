//! The requests of an upload: one to begin, any number of chunks, one to end it or to give it up.

use acr_core::{Algorithm, Digest, DigestMismatch, DigestVerifier, ErrorCode, ServerPath};
use acr_rest::ResponseValue;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::LOCATION};

use crate::{
    Deleted, Error, ErrorKind, Repository, Result,
    call::Context,
    headers::{is_first_byte, received, received_of, same_digest},
    shared::answered,
};

/// An upload that the registry has opened. It is not safe to use after one of its calls failed or
/// was dropped: whether the registry has taken bytes of it is unknown until it is asked.
pub(crate) struct Session {
    pub(crate) repository: Repository,
    /// The registry's name for it; no secret.
    pub(crate) id: String,
    /// Where the next request goes, without the slash in front; another one after each. Its query
    /// is as good as a password.
    pub(super) location: String,
    /// How many bytes the registry has.
    pub(crate) bytes: u64,
    /// Over those bytes; `None` when some of them were not seen here.
    pub(super) verifier: Option<DigestVerifier>,
}

impl Session {
    pub(crate) async fn start(
        call: &Context,
        repository: Repository,
        algorithm: Algorithm,
    ) -> Result<Self> {
        let name = repository.name.as_str();
        let answer = call
            .rest
            .start_upload(name, None, None, None, Bytes::new())
            .await;
        let answer = answered(&repository.attempt(UPLOAD), answer).await?;
        Self::opened(repository, answer.headers(), algorithm)
    }

    /// One that the registry has just opened, by this answer.
    pub(crate) fn opened(
        repository: Repository,
        headers: &HeaderMap,
        algorithm: Algorithm,
    ) -> Result<Self> {
        let mut session = Self {
            repository,
            id: String::new(),
            location: String::new(),
            bytes: 0,
            verifier: Some(DigestVerifier::new(algorithm)),
        };
        session.moved(&session.attempt(), headers)?;
        session.id = match headers.get("docker-upload-uuid").map(|id| id.to_str()) {
            Some(Ok(id)) => id.to_owned(),
            // The last part of the path is the same.
            _ => {
                let path = session.location.split('?').next().unwrap_or_default();
                path.rsplit('/').next().unwrap_or_default().to_owned()
            }
        };
        Ok(session)
    }

    pub(crate) fn attempt(&self) -> String {
        self.repository.attempt(UPLOAD)
    }

    /// Sends more bytes.
    pub(crate) async fn chunk(&mut self, call: &Context, piece: Bytes) -> Result<()> {
        let end = self.end(piece.len() as u64)?;
        self.hash(&piece);
        self.append(call, piece.into(), end).await?;
        match self.bytes == end {
            true => Ok(()),
            false => Err(self.miscounted(end)),
        }
    }

    /// Sends the bytes up to this one, which are this body. How many of them the registry has taken
    /// then is what it says.
    pub(crate) async fn append(
        &mut self,
        call: &Context,
        body: reqwest::Body,
        end: u64,
    ) -> Result<()> {
        // With it the service refuses what is out of order, instead of storing it.
        let range = format!("{}-{}", self.bytes, end.saturating_sub(1));
        let answer = call
            .rest
            .upload_chunk(&self.location, Some(&range), body)
            .await;
        let answer = self.went_on(&self.attempt(), answer).await?;
        self.bytes = received_of(answer.headers(), end);
        Ok(())
    }

    /// That the registry counts otherwise.
    pub(crate) fn miscounted(&self, sent: u64) -> Error {
        let taken = self.bytes;
        let what = format!("it says to have {taken} bytes of the {sent} that were sent");
        Error::unexpected(self.attempt(), what)
    }

    /// Goes on where a refusal says: that of a chunk which the registry has already taken names both
    /// its place and its address.
    pub(crate) fn corrected_by(&mut self, refusal: &Error) -> bool {
        let Some(headers) = refusal.headers() else {
            return false;
        };
        // Of nothing it would not say that it is taken: `0-0` is one byte.
        let is_one = || is_first_byte(headers).then_some(1);
        let taken = received(headers).or_else(is_one);
        let headers = headers.clone();
        match taken {
            Some(taken) if self.moved(&self.attempt(), &headers).is_ok() => {
                self.bytes = taken;
                true
            }
            _ => false,
        }
    }

    /// Asks how many bytes the registry has.
    pub(crate) async fn status(&mut self, call: &Context) -> Result<()> {
        let answer = call.rest.get_upload_status(&self.location).await;
        let answer = self.went_on(&call.attempt, answer).await?;
        let taken = match received(answer.headers()) {
            Some(taken) => taken,
            // `0-0`, said of nothing and of one byte.
            None if self.bytes == 1 => 1,
            None => 0,
        };
        let seen = self.verifier.as_ref().map(DigestVerifier::bytes);
        if seen.is_some_and(|seen| seen != taken) {
            self.verifier = None;
        }
        self.bytes = taken;
        Ok(())
    }

    /// Where the upload stands when these bytes have arrived: the registry may say to have any number.
    fn end(&self, length: u64) -> Result<u64> {
        let end = self.bytes.checked_add(length);
        end.ok_or_else(|| {
            let held = self.bytes;
            Error::unexpected(self.attempt(), format!("it says to have {held} bytes"))
        })
    }

    /// Takes bytes into the digest.
    fn hash(&mut self, piece: &[u8]) {
        if let Some(verifier) = &mut self.verifier {
            verifier.update(piece);
        }
    }

    /// The digest of all that was sent and of this last piece; `None` when that is not known here.
    pub(crate) fn digest_with(&self, last: &[u8]) -> Option<Digest> {
        let mut verifier = self.verifier.clone()?;
        verifier.update(last);
        Some(verifier.finish())
    }

    /// Ends the upload: with the last bytes, if there are any, the blob is there. It gives its size.
    pub(crate) async fn complete(
        &mut self,
        call: &Context,
        last: Bytes,
        digest: &Digest,
    ) -> Result<u64> {
        let size = self.end(last.len() as u64)?;
        self.complete_with(call, last.into(), size, digest).await
    }

    /// The same with a body of any kind, which leads up to this size.
    pub(crate) async fn complete_with(
        &mut self,
        call: &Context,
        body: reqwest::Body,
        size: u64,
        digest: &Digest,
    ) -> Result<u64> {
        let answer = call
            .rest
            .complete_upload(&self.location, digest.as_str(), body)
            .await;
        let answer = answered(&self.attempt(), answer).await?;
        same_digest(answer.headers(), digest, size)
            .map_err(|kind| Error::new(self.attempt(), kind))?;
        self.bytes = size;
        Ok(size)
    }

    /// Gives the upload up: the registry discards what was sent.
    pub(crate) async fn cancel(&self, call: &Context) -> Result<Deleted> {
        let answer = call.rest.cancel_upload(&self.location).await;
        let attempt = format!("cancel an upload to {}", self.repository.full_name());
        match answered(&attempt, answer).await {
            Ok(_) => Ok(Deleted::Deleted),
            Err(error) => match error.code() {
                Some(ErrorCode::BlobUploadUnknown | ErrorCode::BlobUploadInvalid) => {
                    Ok(Deleted::NotFound)
                }
                _ => Err(error),
            },
        }
    }

    /// Refuses to end it under another digest than that of the bytes, whose last are these.
    pub(crate) fn must_match(&self, expected: &Digest, sent: &Digest, last: &[u8]) -> Result<()> {
        if expected == sent {
            return Ok(());
        }
        let size = self.end(last.len() as u64)?;
        let mismatch = DigestMismatch::new(expected.clone(), sent.clone(), size);
        Err(Error::new(self.attempt(), mismatch))
    }

    async fn went_on(
        &mut self,
        attempt: &str,
        answer: Result<ResponseValue<()>, acr_rest::Error<()>>,
    ) -> Result<ResponseValue<()>> {
        let answer = answered(attempt, answer).await?;
        self.moved(attempt, answer.headers())?;
        Ok(answer)
    }

    /// Takes the session's new address out of an answer.
    fn moved(&mut self, attempt: &str, headers: &HeaderMap) -> Result<()> {
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.ok_or_else(|| {
            Error::unexpected(attempt, "it does not say where the upload goes on")
        })?;
        let path = ServerPath::resolve(&self.repository.shared.endpoint, location)
            .map_err(|error| Error::new(attempt, ErrorKind::Link(error)))?;
        self.location = path.as_str().trim_start_matches('/').to_owned();
        Ok(())
    }
}

/// Whether the registry no longer knows the session that it was asked about. A registry that has
/// forgotten one may say so without a code.
pub(super) fn is_gone(error: &Error) -> bool {
    error.status() == Some(StatusCode::NOT_FOUND) || error.is_upload_lost()
}

pub(super) const UPLOAD: &str = "upload a blob to";
