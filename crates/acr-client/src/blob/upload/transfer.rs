//! The transfer of a blob by a session: part after part, and the last in the request that ends it.

use std::io;

use acr_core::{Digest, DigestVerifier};
use acr_rest::{RetryOptions, retry::Patience};

use super::{
    digesting::Digesting,
    mend::Fault,
    pump,
    supply::{Part, Sizes, Supply},
    told::Told,
};
use crate::{
    Error, ErrorKind, Result, SavedUpload,
    blob::session::{Session, UPLOAD},
    call::Context,
};

/// The last part of a file is held in memory, beside what waits to be hashed: 1 MiB.
pub(super) const LAST: u64 = 1024 * 1024;

pub(super) struct Transfer {
    /// By which nothing is sent twice: what to do after a failure is decided in `mend`.
    pub(super) once: Context,
    pub(super) session: Session,
    pub(super) supply: Supply,
    pub(super) digest: Digesting,
    pub(super) sizes: Sizes,
    pub(super) told: Told,
    pub(super) patience: Patience,
    /// Until where bytes were sent by this session, as far as is known.
    pub(super) sent: u64,
    /// Whether another process has sent bytes by it too, maybe more than it saved. If not, the
    /// registry cannot have more than `sent`.
    pub(super) is_shared: bool,
    /// Whether somebody has what it takes to go on with the session.
    pub(super) is_kept: bool,
    /// Under which digest the session was asked to end, if it was.
    pub(super) ending: Option<Digest>,
    /// Whether the registry no longer knows the session.
    pub(super) is_gone: bool,
}

/// What became of a step.
enum Step {
    /// All of the blob is there.
    Stored(Digest),
    /// The bytes up to here were sent.
    Sent(u64),
}

impl Transfer {
    /// A transfer by this session, from where it stands.
    pub(super) fn new(
        call: &Context,
        mut session: Session,
        supply: Supply,
        given: Option<Digest>,
        part: u64,
        is_resumed: bool,
        told: Told,
    ) -> Self {
        let begun = session.verifier.take();
        let shared = &session.repository.shared;
        let last = match given {
            Some(_) => part,
            None => part.min(LAST),
        };
        let mut once = call.clone();
        once.rest = once.rest.with_extension(RetryOptions::none());
        Self {
            once,
            digest: given.map_or_else(|| Digesting::made(begun, shared), Digesting::Given),
            sizes: Sizes { part, last },
            sent: session.bytes,
            is_shared: is_resumed,
            is_kept: is_resumed,
            session,
            supply,
            told,
            patience: call.patience(),
            ending: None,
            is_gone: false,
        }
    }

    /// Sends everything. It gives the digest and the size.
    pub(super) async fn run(&mut self) -> Result<(Digest, u64)> {
        loop {
            let before = self.session.bytes;
            let (fault, failure) = match self.step().await {
                Ok(Step::Stored(digest)) => return Ok((digest, self.stored())),
                Ok(Step::Sent(end)) if self.session.bytes == end => {
                    self.patience.progressed(end);
                    self.checkpoint().await;
                    continue;
                }
                Ok(Step::Sent(end)) => (Fault::Corrected, self.session.miscounted(end)),
                Err(failure) => (self.fault(&failure), failure),
            };
            if let Some(digest) = self.mend(fault, failure, before).await? {
                return Ok((digest, self.stored()));
            }
        }
    }

    /// The size of the blob, told.
    fn stored(&self) -> u64 {
        let size = self.supply.size().unwrap_or(self.session.bytes);
        self.told.progress(size);
        size
    }

    async fn step(&mut self) -> Result<Step> {
        let part = self.next_part().await.map_err(failed(&self.session))?;
        self.sent = self.sent.max(part.range.end);
        match part.is_last {
            true => self.end(part).await.map(Step::Stored),
            false => {
                let end = part.range.end;
                self.send(part).await?;
                Ok(Step::Sent(end))
            }
        }
    }

    /// The part that begins where the registry stands. What lies before it and was not hashed, since
    /// another process has sent it, is.
    async fn next_part(&mut self) -> io::Result<Part> {
        let at = self.session.bytes;
        loop {
            // Before it is let go: nobody else has it.
            if let Some(held) = self.supply.held() {
                let skipped = held.start..held.end.min(at);
                let bytes = self.supply.read(skipped.clone()).collect().await?;
                self.digest.take(skipped.start, &bytes).await;
            }
            if self.supply.advance(at).await?.is_none() {
                break;
            }
        }
        let part = self.supply.part(at, self.sizes)?;
        while let Some(hashed) = self.digest.hashed().filter(|hashed| *hashed < at) {
            let mut feed = self.supply.read(hashed..at);
            let mut hashed = hashed;
            let before = hashed;
            while let Some(piece) = feed.next().await {
                let piece = piece?;
                self.digest.take(hashed, &piece).await;
                hashed = hashed.saturating_add(piece.len() as u64);
            }
            if hashed == before {
                let why = format!("the source gave nothing from byte {before} on");
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
            }
        }
        Ok(part)
    }

    /// Sends a part that is not the last.
    async fn send(&mut self, part: Part) -> Result<()> {
        let (begin, end) = (part.range.start, part.range.end);
        let feed = self.supply.read(part.range);
        let (pieces, body) = pump::body(end - begin);
        let attempt = self.session.attempt();
        let sending = self.session.append(&self.once, body, end);
        let pumping = pump::pump(feed, begin, &mut self.digest, pieces, &self.told);
        pump::both(&attempt, sending, pumping, self.supply.read_ahead()).await
    }

    /// Sends the last part, and with it the digest.
    async fn end(&mut self, part: Part) -> Result<Digest> {
        let (begin, end) = (part.range.start, part.range.end);
        let feed = self.supply.read(part.range);
        if let (Digesting::Given(digest), Supply::File(_)) = (&self.digest, &self.supply)
            && end - begin > LAST
        {
            let digest = digest.clone();
            self.ending = Some(digest.clone());
            let (pieces, body) = pump::body(end - begin);
            let attempt = self.session.attempt();
            let sending = self.session.complete_with(&self.once, body, end, &digest);
            let pumping = pump::pump(feed, begin, &mut self.digest, pieces, &self.told);
            pump::both(&attempt, sending, pumping, std::future::pending()).await?;
            return Ok(digest);
        }
        let failed = failed(&self.session);
        let last = feed.collect().await.map_err(&failed)?;
        self.digest.take(begin, &last).await;
        let digest = self.digest.finish().await.map_err(&failed)?;
        self.ending = Some(digest.clone());
        self.session.complete(&self.once, last, &digest).await?;
        Ok(digest)
    }

    /// Tells what another process needs to go on.
    async fn checkpoint(&mut self) {
        if let Some(on_checkpoint) = &self.told.on_checkpoint {
            self.session.verifier = self.digest.at(self.session.bytes).await;
            self.is_kept = true;
            on_checkpoint.tell(SavedUpload::of(&self.session));
            self.session.verifier = None::<DigestVerifier>;
        }
    }
}

/// The error of a source that failed.
fn failed(session: &Session) -> impl Fn(io::Error) -> Error + use<> {
    let attempt = session.repository.attempt(UPLOAD);
    move |error| Error::new(&attempt, ErrorKind::Io(error))
}
