//! Downloads of one process to one target. Of the same blob, as where a set names it twice, the second
//! waits for the first and takes its result.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use acr_core::Digest;
use tokio::{sync::watch, time::timeout};

use crate::Downloaded;

/// Nobody waits for one that does nothing for so long: its future may be held and not polled. Longer than
/// any silence and any wait of a retry, by default.
pub(super) const STILL: Duration = Duration::from_secs(300);

static UNDER_WAY: Mutex<BTreeMap<PathBuf, Running>> = Mutex::new(BTreeMap::new());

struct Running {
    digest: Digest,
    outcome: watch::Receiver<Option<Downloaded>>,
}

/// Whose turn it is to download to a target.
pub(super) enum Claim {
    /// One's own.
    Ours(Turn),
    /// Another download of the same blob is under way.
    Same(Other),
    /// One of another blob is.
    Taken,
}

/// As long as it is there, it is nobody else's in this process.
#[derive(Debug)]
pub(super) struct Turn {
    target: PathBuf,
    done: Option<Downloaded>,
    told: watch::Sender<Option<Downloaded>>,
}

/// The download that is under way already.
pub(super) struct Other(watch::Receiver<Option<Downloaded>>);

/// It does nothing any more.
pub(super) struct Still;

impl Claim {
    /// Where two paths lead to one file by links, the lock of the file tells them apart.
    pub(super) fn of(target: &Path, digest: &Digest) -> Self {
        let target = std::path::absolute(target).unwrap_or_else(|_| target.to_owned());
        let mut all = under_way();
        match all.get(&target) {
            Some(running) if running.digest == *digest => {
                Self::Same(Other(running.outcome.clone()))
            }
            Some(_) => Self::Taken,
            None => {
                let (told, outcome) = watch::channel(None);
                let digest = digest.clone();
                all.insert(target.clone(), Running { digest, outcome });
                Self::Ours(Turn {
                    target,
                    done: None,
                    told,
                })
            }
        }
    }
}

impl Turn {
    /// It goes on.
    pub(super) fn moves(&self) {
        self.told.send_modify(|_| ());
    }

    /// The file is there: who waits takes this.
    pub(super) fn done(mut self, downloaded: Downloaded) {
        self.done = Some(downloaded);
    }
}

impl Drop for Turn {
    /// First nobody finds it any more, then those who wait are told.
    fn drop(&mut self) {
        under_way().remove(&self.target);
        if let Some(done) = self.done.take() {
            self.told.send_replace(Some(done));
        }
    }
}

impl Other {
    /// What came of it; `None` where there is no file. An error where nothing moves for so long.
    pub(super) async fn outcome(mut self, still: Duration) -> Result<Option<Downloaded>, Still> {
        loop {
            let ended = match timeout(still, self.0.changed()).await {
                Ok(moved) => moved.is_err(),
                Err(_) => return Err(Still),
            };
            let outcome = self.0.borrow_and_update().clone();
            if ended || outcome.is_some() {
                return Ok(outcome);
            }
        }
    }
}

/// Nothing is behind the lock that a panic could leave half done.
fn under_way() -> MutexGuard<'static, BTreeMap<PathBuf, Running>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(target: &Path, digest: &Digest) -> Turn {
        match Claim::of(target, digest) {
            Claim::Ours(turn) => turn,
            Claim::Same(_) | Claim::Taken => panic!("it is another's turn"),
        }
    }

    fn same(target: &Path, digest: &Digest) -> Other {
        match Claim::of(target, digest) {
            Claim::Same(other) => other,
            Claim::Ours(_) | Claim::Taken => panic!("none of the same blob is under way"),
        }
    }

    #[tokio::test]
    async fn who_waits_takes_the_result_or_the_turn() {
        let (target, digest) = (Path::new("turns/one"), Digest::of(b"one"));
        let turn = ours(target, &digest);
        assert!(matches!(
            Claim::of(target, &Digest::of(b"two")),
            Claim::Taken
        ));
        let done = Downloaded::new(digest.clone(), 3);
        let other = same(&std::path::absolute(target).unwrap(), &digest);
        turn.moves();
        turn.done(done.clone());
        assert!(other.outcome(STILL).await.is_ok_and(|it| it == Some(done)));

        let turn = ours(target, &digest);
        let other = same(target, &digest);
        drop(turn);
        assert!(other.outcome(STILL).await.is_ok_and(|it| it.is_none()));
        ours(target, &digest);
    }

    #[tokio::test]
    async fn one_that_does_nothing_is_not_waited_for() {
        let (target, digest) = (Path::new("turns/two"), Digest::of(b"two"));
        let turn = ours(target, &digest);
        turn.moves();
        let other = same(target, &digest).outcome(Duration::from_millis(1));
        assert!(other.await.is_err());
    }
}
