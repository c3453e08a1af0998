//! Files that are whole, or not there.
//!
//! Until they are right, the bytes are in a part file beside the target, which the next download
//! goes on with, after whatever ended this one.

mod lock;
mod names;
mod part;
mod plain;
mod turn;
mod writer;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use acr_core::{Digest, DigestVerifier};
use http::{StatusCode, header::CONTENT_RANGE};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::oneshot,
    time::sleep,
};

use self::{
    part::Part,
    turn::{Claim, Turn},
    writer::Writer,
};
use crate::{
    BlobStream, Downloaded, Error, ErrorKind, Result, blob::download::plan::Plan, call::Context,
    headers::total_of,
};

/// A download that is dropped ends when its last bytes are written, a moment later: as long as that
/// may take, the next one waits for it, and longer for nobody.
const LETS_GO: (u32, Duration) = (25, Duration::from_millis(20));

/// Downloads to the file of this name: the one download that does.
pub(crate) async fn store(plan: &Plan, call: &Context, path: &Path) -> Result<Downloaded> {
    let turn = loop {
        match Claim::of(path, plan.digest()) {
            Claim::Ours(turn) => break turn,
            Claim::Taken => return Err(busy(call, path)),
            Claim::Same(other) => match other.outcome(turn::STILL).await {
                Ok(Some(done)) if plan.expected_size().is_none_or(|size| size == done.size) => {
                    plan.tell(done.size);
                    return Ok(done);
                }
                Ok(_) => {}
                Err(_) => return Err(busy(call, path)),
            },
        }
    };
    let store = Store {
        plan,
        call,
        path,
        part: taken(call, path, plan.digest()).await?,
        turn: &turn,
    };
    let downloaded = store.run().await?;
    turn.done(downloaded.clone());
    Ok(downloaded)
}

struct Store<'a> {
    plan: &'a Plan,
    call: &'a Context,
    path: &'a Path,
    part: Arc<Part>,
    turn: &'a Turn,
}

impl Store<'_> {
    async fn run(&self) -> Result<Downloaded> {
        let fresh = self.plan.verifier();
        let found = self.found(fresh.clone()).await?;
        let mut resumed = found.bytes();
        let mut outcome = self.fill(found).await;
        let of_the_part = |error: &Error| self.is_of_what_was_there(error, resumed);
        if resumed > 0 && outcome.as_ref().is_err_and(of_the_part) {
            tracing::debug!(
                resumed,
                "what was left in the part file is damaged: the download begins anew"
            );
            self.local(Part::clear).await?;
            resumed = 0;
            outcome = self.fill(fresh).await;
        }
        if resumed == 0 && outcome.as_ref().is_err_and(Error::is_digest_mismatch) {
            // It is the mismatch that has to be told.
            if let Err(error) = self.local(Part::discard).await {
                tracing::debug!(%error, "what is wrong in the part file stays there");
            }
        }
        Ok(Downloaded {
            digest: self.plan.digest().clone(),
            size: outcome?,
            resumed,
        })
    }

    /// What an earlier download has left, hashed.
    async fn found(&self, fresh: DigestVerifier) -> Result<DigestVerifier> {
        let part = Arc::clone(&self.part);
        if part.size().is_ok_and(|size| size == 0) {
            return Ok(fresh);
        }
        let expected = self.plan.expected_size();
        let (answer, found) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let reading = || {
                if expected.is_some_and(|expected| expected < part.size().unwrap_or(0)) {
                    part.clear()?;
                }
                let mut verifier = fresh.clone();
                part.read(&mut verifier, || !answer.is_closed())?;
                // Nothing more comes that could mend it.
                if expected == Some(verifier.bytes()) && verifier.clone().verify().is_err() {
                    part.clear()?;
                    return Ok(fresh);
                }
                Ok(verifier)
            };
            let read = { reading }();
            // Nobody is there any more if it cannot be sent.
            let _ = answer.send(read);
        });
        let found = found
            .await
            .unwrap_or_else(|gone| Err(io::Error::other(gone)));
        found.map_err(|error| failed(self.call, self.path, &error))
    }

    /// Fetches what is missing, and gives the file its name; gives its size.
    async fn fill(&self, found: DigestVerifier) -> Result<u64> {
        let failed = |error| failed(self.call, self.path, &error);
        if found.bytes() > 0
            && let Ok((_, size)) = found.clone().verify()
        {
            self.plan.tell(size);
            self.local(Part::publish).await?;
            return Ok(size);
        }
        let mut stream = self.plan.open(self.call, found).await?;
        let mut writer = Writer::new(&self.part);
        loop {
            match stream.try_next().await {
                Ok(Some(piece)) => {
                    self.turn.moves();
                    writer.write(piece).await.map_err(failed)?;
                }
                Ok(None) => break,
                Err(error) => {
                    // The next download goes on with all that came. That it cannot be written is
                    // not what this one failed by.
                    let _ = writer.flush().await;
                    return Err(error);
                }
            }
        }
        writer.publish().await.map_err(failed)?;
        Ok(stream.bytes())
    }

    /// Whether the bytes that were there already are to blame: with them there are as many as there should
    /// be, and they are others; or they are all that the server has. A server that announces another size,
    /// or sends too few bytes, may be wrong once: the part stays as it is.
    fn is_of_what_was_there(&self, error: &Error, resumed: u64) -> bool {
        match error.kind() {
            ErrorKind::DigestMismatch {
                expected,
                actual,
                expected_size,
                actual_size,
            } => actual != expected && expected_size.is_none_or(|size| size == *actual_size),
            _ if error.status() == Some(StatusCode::RANGE_NOT_SATISFIABLE) => {
                let header = error.headers().and_then(|all| all.get(CONTENT_RANGE));
                // What is as long as it should be was looked at before.
                let all = header
                    .and_then(total_of)
                    .is_none_or(|total| total <= resumed);
                all && self.plan.expected_size().is_none()
            }
            _ => false,
        }
    }

    async fn local(&self, work: fn(&Part) -> io::Result<()>) -> Result<()> {
        let part = Arc::clone(&self.part);
        blocking(move || work(&part))
            .await
            .map_err(|error| failed(self.call, self.path, &error))
    }
}

/// The part of this target, for this download alone.
async fn taken(call: &Context, path: &Path, digest: &Digest) -> Result<Arc<Part>> {
    let (tries, pause) = LETS_GO;
    for attempt in 0..tries {
        if attempt > 0 {
            sleep(pause).await;
        }
        let (target, digest): (PathBuf, _) = (path.to_owned(), digest.clone());
        let part = blocking(move || Part::take(&target, &digest)).await;
        if let Some(part) = part.map_err(|error| failed(call, path, &error))? {
            return Ok(Arc::new(part));
        }
    }
    Err(busy(call, path))
}

fn busy(call: &Context, path: &Path) -> Error {
    let told = "another download to it is under way, of another blob or in another process: wait for that \
                one, or name another file";
    failed(
        call,
        path,
        &io::Error::new(io::ErrorKind::ResourceBusy, told),
    )
}

fn failed(call: &Context, path: &Path, error: &io::Error) -> Error {
    let told = format!("{}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::InvalidInput => Error::invalid(&call.attempt, told),
        kind => Error::new(&call.attempt, ErrorKind::Io(io::Error::new(kind, told))),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Writes all bytes and ends the writer.
pub(crate) async fn copy(
    stream: &mut BlobStream,
    writer: &mut (impl AsyncWrite + Unpin),
) -> Result<Downloaded> {
    while let Some(piece) = stream.try_next().await? {
        writer
            .write_all(&piece)
            .await
            .map_err(|error| Error::new(stream.attempt(), ErrorKind::Io(error)))?;
    }
    writer
        .shutdown()
        .await
        .map_err(|error| Error::new(stream.attempt(), ErrorKind::Io(error)))?;
    Ok(Downloaded::new(stream.digest().clone(), stream.bytes()))
}
