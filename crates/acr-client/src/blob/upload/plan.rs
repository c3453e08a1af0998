//! An upload from beginning to end: what is there already, what can be mounted, what goes in one
//! request, and what needs a session.

use std::{io, pin::pin};

use acr_core::{Algorithm, Digest, HashState, RepositoryName};
use bytes::Bytes;
use futures_util::future::{Either, select};

use super::{
    beginning::{self, Beginning},
    mend,
    small::{self, Lesson, SMALL, Sent},
    supply::Supply,
    told::Told,
    transfer::Transfer,
};
use crate::{
    Error, ErrorKind, Repository, Result, Resumption, SavedUpload, Source,
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
    /// Whether it goes on by the session of another process; nobody knows before it has been asked.
    pub(super) is_resumed: bool,
    pub(super) told: Told,
}

impl Plan<'_> {
    /// Gives the blob's digest and size.
    pub(super) async fn carry_out(mut self, source: Source) -> Result<(Digest, u64)> {
        self.check(&source)?;
        let (call, attempt) = (self.call, self.attempt());
        let mut opened = None;
        let begun =
            unless_given_up(call, &attempt, Box::pin(self.begin(source, &mut opened))).await;
        let (mut transfer, lesson) = match (begun, opened) {
            (Ok(Begun::Stored(digest, size)), _) => {
                self.told.progress(size);
                return Ok((digest, size));
            }
            (Ok(Begun::Opened(supply, lesson)), Some(session)) => {
                (self.transfer(*supply, session), lesson)
            }
            (Ok(Begun::Opened(..)), None) => {
                return Err(Error::unexpected(attempt, "no upload was begun"));
            }
            (Err(failure), opened) => {
                if let Some(session) = opened.filter(|_| !self.is_resumed) {
                    mend::discard(call, &session).await;
                }
                return Err(failure);
            }
        };
        let outcome = unless_given_up(call, &attempt, Box::pin(transfer.run())).await;
        match &outcome {
            Ok(_) => self.repository.shared.one_request.remember(lesson),
            Err(failure) => transfer.cancel(call, failure).await,
        }
        outcome
    }

    /// All that comes before the bytes go by a session, which is put where it is not lost when this
    /// ends early.
    async fn begin(&mut self, source: Source, session: &mut Option<Session>) -> Result<Begun> {
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
            return Ok(Begun::Stored(there.digest, there.size));
        }
        if opened.is_none() {
            opened = self.open(&mut source).await?;
        }
        let Some(opened) = opened else {
            return Err(Error::invalid(self.attempt(), "its source is used up"));
        };
        match self.mount(opened.size()).await? {
            Mounted::There(digest, size) => return Ok(Begun::Stored(digest, size)),
            Mounted::Opened(instead) => *session = Some(*instead),
            Mounted::No => {}
        }
        let (supply, digest) = self.supply(opened).await?;
        self.digest = self.digest.take().or(digest);
        self.send(supply, session).await
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

    /// What the parts are made of, and the digest where it was made on the way.
    async fn supply(&self, opened: Opened) -> Result<(Supply, Option<Digest>)> {
        let pieces = match opened {
            Opened::Memory(bytes, digest) => return Ok((Supply::Memory(bytes), digest)),
            Opened::File(file) => return Ok((Supply::File(file), None)),
            Opened::Once(pieces) => pieces,
        };
        let chunk = usize::try_from(self.part_size.unwrap_or(CHUNK))
            .map_err(|error| Error::invalid(self.attempt(), error))?;
        let mut once = Supply::once(pieces, chunk);
        // Before anything is sent, so that a source that fails at once leaves nothing behind.
        let read = once.advance(0).await;
        read.map_err(|error| self.failed(error))?;
        let supply = once.whole().map_or(Supply::Once(once), Supply::Memory);
        Ok((supply, None))
    }

    /// In one request, where that may be; or it gets the session that takes it.
    async fn send(&mut self, supply: Supply, session: &mut Option<Session>) -> Result<Begun> {
        let mut lesson = Lesson::Nothing;
        if let Some(saved) = self.resume.take() {
            return self.go_on(saved, supply, session).await;
        }
        if let Supply::Memory(bytes) = &supply
            && session.is_none()
            && self.goes_at_once(bytes.len() as u64)
        {
            let (digest, size) = (self.digest_of(bytes).await?, bytes.len() as u64);
            match small::send(self.call, &self.repository, &digest, bytes.clone()).await? {
                Sent::Stored => return Ok(Begun::Stored(digest, size)),
                Sent::Opened(opened) => {
                    *session = Some(*opened);
                    lesson = Lesson::Size(size);
                }
                Sent::Refused(learned) => lesson = learned,
            }
            self.digest = Some(digest);
        }
        if session.is_none() {
            *session = Some(self.start().await?);
        }
        Ok(Begun::Opened(Box::new(supply), lesson))
    }

    fn goes_at_once(&self, size: u64) -> bool {
        size <= self.small() && self.repository.shared.one_request.takes(size)
    }

    /// As it is known, or of these bytes.
    async fn digest_of(&self, bytes: &Bytes) -> Result<Digest> {
        match &self.digest {
            Some(digest) => Ok(digest.clone()),
            None => digest_of(bytes.clone())
                .await
                .map_err(|error| self.failed(error)),
        }
    }

    async fn start(&self) -> Result<Session> {
        Session::start(self.call, self.repository.clone(), Algorithm::Sha256).await
    }

    /// Goes on with what another process has begun; or begins again, where that is lost, or where the
    /// source is another one by now.
    async fn go_on(
        &mut self,
        saved: SavedUpload,
        mut supply: Supply,
        session: &mut Option<Session>,
    ) -> Result<Begun> {
        let (mut begun, mut how) = saved.go_on(self.call, self.repository.clone()).await?;
        self.is_resumed = how != Resumption::Restarted;
        let compared = saved.hash().filter(|hash| {
            hash.algorithm() == Algorithm::Sha256 && self.digest.is_none() && self.is_resumed
        });
        if let Some(hash) = compared {
            match self.beginning(&mut supply, begun.bytes, &hash).await? {
                Beginning::Same(verifier) => begun.verifier = Some(*verifier),
                Beginning::Other => {
                    mend::discard(self.call, &begun).await;
                    (begun, how) = (self.start().await?, Resumption::Restarted);
                    self.is_resumed = false;
                }
            }
        }
        *session = Some(begun);
        self.told.resumed(how);
        Ok(Begun::Opened(Box::new(supply), Lesson::Nothing))
    }

    async fn beginning(
        &self,
        supply: &mut Supply,
        at: u64,
        saved: &HashState,
    ) -> Result<Beginning> {
        // It would be read beyond where the upload goes on; nothing is lost by beginning again.
        if matches!(supply, Supply::Once(_)) && at < saved.bytes() {
            return Ok(Beginning::Other);
        }
        let compared = beginning::of(supply, at, saved).await;
        match compared.map_err(|error| self.failed(error))? {
            Beginning::Other if !supply.can_give(0) => {
                let why = "the source does not begin with what was sent before: it is not the one \
                           whose upload was begun";
                Err(Error::invalid(self.attempt(), why))
            }
            compared => Ok(compared),
        }
    }

    /// By this session, from where it stands.
    fn transfer(&mut self, supply: Supply, session: Session) -> Transfer {
        let part = self.part_size.unwrap_or(match supply {
            Supply::Once(_) => CHUNK,
            Supply::Memory(_) | Supply::File(_) => PART,
        });
        let (digest, told) = (self.digest.take(), self.told.clone());
        Transfer::new(
            self.call,
            session,
            supply,
            digest,
            part,
            self.is_resumed,
            told,
        )
    }
}

/// What has been done before the bytes go by a session.
enum Begun {
    /// All of it.
    Stored(Digest, u64),
    /// There is a session; and what was learned on the way to it, if the blob is taken then.
    Opened(Box<Supply>, Lesson),
}

/// Ends it when this is a part of what has failed.
async fn unless_given_up<T>(
    call: &Context,
    attempt: &str,
    work: impl Future<Output = Result<T>> + Unpin,
) -> Result<T> {
    let cancelled = pin!(call.cancelled().cancelled());
    match select(cancelled, work).await {
        Either::Left(_) => Err(given_up(attempt)),
        Either::Right((outcome, _)) => outcome,
    }
}

/// What became of a mount.
enum Mounted {
    There(Digest, u64),
    Opened(Box<Session>),
    No,
}

fn given_up(attempt: &str) -> Error {
    let why = "another call of the same set has failed, and this one was given up";
    let error = io::Error::new(io::ErrorKind::Interrupted, why);
    Error::new(attempt, ErrorKind::Io(error))
}
