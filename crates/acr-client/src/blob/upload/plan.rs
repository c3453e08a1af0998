//! An upload from beginning to end: what is there already, what can be mounted, what goes in one
//! request, and what needs a session.

use std::{io, pin::pin};

use acr_core::{Algorithm, Digest, RepositoryName};
use futures_util::future::{Either, select};

use super::{
    small::{self, SMALL, Sent},
    supply::Supply,
    told::Told,
    transfer::Transfer,
};
use crate::{
    Error, ErrorKind, Repository, Result, SavedUpload, Source,
    blob::{
        mount, properties,
        session::{Session, UPLOAD},
        source::{Opened, digest_of},
    },
    call::Context,
};

/// One request takes up to 64 MiB of a source that can be read again, which is what a cut may cost at
/// most beside a restart. From 16 MiB to 1 GiB no difference in time or memory could be measured.
const PART: u64 = 64 * 1024 * 1024;

/// Of any other source a chunk has 4 MiB, as those of Azure's other SDKs: it is held in memory.
const CHUNK: u64 = 4 * 1024 * 1024;

/// Smaller parts would only be more requests.
const LEAST: u64 = 64 * 1024;

/// A chunk is held in memory, and the next one too: no more than 1 GiB.
const MOST: u64 = 1024 * 1024 * 1024;

/// What is to be done.
pub(super) struct Plan<'a> {
    pub(super) call: &'a Context,
    pub(super) repository: Repository,
    /// As it was given; or as it was made ahead, since others want to know it first.
    pub(super) digest: Option<Digest>,
    pub(super) skip_if_exists: bool,
    pub(super) mount_from: Option<RepositoryName>,
    pub(super) part_size: Option<u64>,
    pub(super) resume: Option<SavedUpload>,
    pub(super) told: Told,
}

impl Plan<'_> {
    /// Gives the blob's digest and size.
    pub(super) async fn carry_out(mut self, source: Source) -> Result<(Digest, u64)> {
        self.check(&source)?;
        let mut source = Some(source);
        let mut opened = None;
        if self.is_asked_ahead() && self.digest.is_none() {
            let (content, digest) = self.open_and_hash(&mut source).await?;
            (opened, self.digest) = (Some(content), Some(digest));
        }
        if self.skip_if_exists
            && let Some(digest) = &self.digest
            && let Some(there) = properties::head(self.call, &self.repository, digest).await?
        {
            return Ok((there.digest, there.size));
        }
        if opened.is_none() {
            opened = self.open(&mut source).await?;
        }
        let Some(opened) = opened else {
            return Err(Error::invalid(self.attempt(), "its source is used up"));
        };
        self.go_on()?;
        let session = match self.mount(opened.size()).await? {
            Mounted::There(digest, size) => return Ok((digest, size)),
            Mounted::Opened(session) => Some(*session),
            Mounted::No => None,
        };
        Box::pin(self.send(opened, session)).await
    }

    /// Before anything is sent.
    fn check(&self, source: &Source) -> Result<()> {
        let refuse = |why: String| Err(Error::invalid(self.attempt(), why));
        if self.is_asked_ahead() && self.digest.is_none() && !source.is_rereadable() {
            let what = match self.skip_if_exists {
                true => "skip what exists",
                false => "mount it",
            };
            let why = "the digest of what can be read only once has to be given: `.digest(…)`";
            return refuse(format!("to {what}, {why}"));
        }
        if self.resume.is_some() && self.mount_from.is_some() {
            return refuse(
                "an upload that is resumed cannot be a mount: it is one or the other".to_owned(),
            );
        }
        match self.part_size {
            Some(size) if size < LEAST => refuse(format!(
                "a part has at least 64 KiB, and {size} bytes are fewer"
            )),
            Some(size) if size > MOST && !source.is_rereadable() => refuse(format!(
                "{size} bytes of what can be read only once are too many to be held in memory: at most \
                 1 GiB"
            )),
            _ => Ok(()),
        }
    }

    fn is_asked_ahead(&self) -> bool {
        self.skip_if_exists || self.mount_from.is_some()
    }

    fn attempt(&self) -> String {
        self.repository.attempt(UPLOAD)
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::new(self.attempt(), ErrorKind::Io(error))
    }

    /// Refuses to when this is a part of what has failed.
    fn go_on(&self) -> Result<()> {
        match self.call.cancelled().is_cancelled() {
            true => Err(given_up(self.attempt())),
            false => Ok(()),
        }
    }

    /// What goes in one request at most.
    fn small(&self) -> u64 {
        SMALL.min(self.part_size.unwrap_or(SMALL))
    }

    async fn open(&self, source: &mut Option<Source>) -> Result<Option<Opened>> {
        let Some(source) = source.take() else {
            return Ok(None);
        };
        let hashed = self.digest.is_none() && self.resume.is_none();
        let opened = source.open(self.small(), hashed).await;
        opened.map(Some).map_err(|error| self.failed(error))
    }

    /// A digest that is made ahead counts as given: nothing is hashed twice.
    async fn open_and_hash(&self, source: &mut Option<Source>) -> Result<(Opened, Digest)> {
        let made = match self.open(source).await? {
            Some(Opened::Memory(bytes, Some(digest))) => {
                return Ok((Opened::Memory(bytes, None), digest));
            }
            Some(Opened::Memory(bytes, None)) => digest_of(bytes.clone())
                .await
                .map(|digest| (Opened::Memory(bytes, None), digest)),
            Some(Opened::File(file)) => file
                .digest()
                .await
                .map(|digest| (Opened::File(file), digest)),
            // A file that turned out to be a pipe, or empty.
            Some(Opened::Once(_)) | None => {
                let why = "its digest has to be given: `.digest(…)`. It can be read only once";
                return Err(Error::invalid(self.attempt(), why));
            }
        };
        made.map_err(|error| self.failed(error))
    }

    async fn mount(&self, size: Option<u64>) -> Result<Mounted> {
        let (Some(digest), Some(from)) = (&self.digest, &self.mount_from) else {
            return Ok(Mounted::No);
        };
        let attempt = format!("mount the blob {digest} of {from} in");
        let mut call = self.call.clone();
        call.attempt = self.repository.attempt(&attempt);
        match mount::mount(&call, self.repository.clone(), digest, from).await {
            Ok(Some(session)) => Ok(Mounted::Opened(Box::new(session))),
            Ok(None) => {
                let size = match size {
                    Some(size) => size,
                    None => {
                        let there = properties::head(&call, &self.repository, digest).await?;
                        let missing = || Error::unexpected(&call.attempt, "it is not there then");
                        there.ok_or_else(missing)?.size
                    }
                };
                Ok(Mounted::There(digest.clone(), size))
            }
            // It may be sent where it may not be mounted.
            Err(error)
                if error.is_unauthorized() || error.is_not_found() || error.is_unsupported() =>
            {
                tracing::debug!(%error, "the blob is sent, since it could not be mounted");
                Ok(Mounted::No)
            }
            Err(error) => Err(error),
        }
    }

    async fn send(mut self, opened: Opened, session: Option<Session>) -> Result<(Digest, u64)> {
        let (supply, digest) = match opened {
            Opened::Memory(bytes, digest) => (Supply::Memory(bytes), digest),
            Opened::File(file) => (Supply::File(file), None),
            Opened::Once(pieces) => {
                let chunk = self.part_size.unwrap_or(CHUNK);
                let chunk = usize::try_from(chunk)
                    .map_err(|error| Error::invalid(self.attempt(), error))?;
                let mut once = Supply::once(pieces, chunk);
                // Before anything is sent, so that a source that fails at once leaves nothing behind.
                let read = once.advance(0).await;
                read.map_err(|error| self.failed(error))?;
                (
                    once.whole().map_or(Supply::Once(once), Supply::Memory),
                    None,
                )
            }
        };
        self.digest = self.digest.take().or(digest);
        let mut refused = None;
        let mut session = session;
        if let Supply::Memory(bytes) = &supply
            && session.is_none()
            && self.resume.is_none()
            && self.goes_at_once(bytes.len() as u64)
        {
            let digest = match self.digest.take() {
                Some(digest) => digest,
                None => digest_of(bytes.clone())
                    .await
                    .map_err(|error| self.failed(error))?,
            };
            match small::send(self.call, &self.repository, &digest, bytes.clone()).await? {
                Sent::Stored => {
                    let size = bytes.len() as u64;
                    self.told.progress(size);
                    return Ok((digest, size));
                }
                Sent::Opened(opened) => session = Some(*opened),
                Sent::Refused(status) => refused = Some((status, bytes.len() as u64)),
            }
            self.digest = Some(digest);
        }
        let repository = self.repository.clone();
        let sent = Box::pin(self.transfer(supply, session)).await?;
        if let Some((status, size)) = refused {
            repository.shared.one_request.remember(status, size);
        }
        Ok(sent)
    }

    fn goes_at_once(&self, size: u64) -> bool {
        size <= self.small() && self.repository.shared.one_request.takes(size)
    }

    async fn transfer(self, supply: Supply, session: Option<Session>) -> Result<(Digest, u64)> {
        self.go_on()?;
        let session = match (self.resume, session) {
            (Some(saved), _) => {
                let (session, how) = saved.go_on(self.call, self.repository.clone()).await?;
                self.told.resumed(how);
                session
            }
            (None, Some(session)) => session,
            (None, None) => {
                Session::start(self.call, self.repository.clone(), Algorithm::Sha256).await?
            }
        };
        let part = self.part_size.unwrap_or(match supply {
            Supply::Once(_) => CHUNK,
            Supply::Memory(_) | Supply::File(_) => PART,
        });
        let call = self.call;
        let mut transfer = Transfer::new(call, session, supply, self.digest, part, self.told);
        let cancelled = pin!(call.cancelled().cancelled());
        let outcome = match select(pin!(transfer.run()), cancelled).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(given_up(self.repository.attempt(UPLOAD))),
        };
        if let Err(failure) = &outcome {
            transfer.cancel(call, failure).await;
        }
        outcome
    }
}

/// What became of a mount.
enum Mounted {
    There(Digest, u64),
    Opened(Box<Session>),
    No,
}

fn given_up(attempt: String) -> Error {
    let why = "another call of the same set has failed, and this one was given up";
    let error = io::Error::new(io::ErrorKind::Interrupted, why);
    Error::new(attempt, ErrorKind::Io(error))
}
