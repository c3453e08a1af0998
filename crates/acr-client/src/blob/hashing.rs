//! Where the bytes of a transfer are hashed: the one place that decides it.
//!
//! An upload over plain HTTP waits for the processor, and the hash has most of that: on a thread of its
//! own it takes place while bytes are read and sent, and 1 GiB took a third less time. A download was
//! slower so: its bytes are at hand for the hash when they have just come in, and a third of the
//! processor's time went into handing them over. Over TLS, where the other side is as busy as ours, a
//! thread was slower on one machine and faster on another. There, and for the beginning of every blob, it
//! is done in between.

use std::{io, sync::Arc, thread};

use acr_core::DigestVerifier;
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::shared::Shared;

/// So much waits to be hashed at most, of all transfers of a client together. Twice as much was not
/// measurably faster.
const QUEUE: usize = 4 * 1024 * 1024;

/// What the queue is counted in.
const UNIT: usize = 1024;

/// A thread costs more than it gains for a blob that is not longer.
const SMALL: u64 = 4 * 1024 * 1024;

/// Room for what waits to be hashed, which a client's transfers share.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(QUEUE / UNIT)))
    }
}

/// Where bytes are hashed.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// On a thread of its own, once the blob is seen not to be small.
    Thread(Room),
    /// Between sending and receiving.
    Inline,
}

impl Place {
    /// For uploads to this registry.
    pub(crate) fn of_uploads(shared: &Shared) -> Self {
        match shared.endpoint.as_str().starts_with("http:") {
            true => Self::Thread(shared.room_to_hash.clone()),
            false => Self::Inline,
        }
    }

    /// For downloads, from wherever.
    pub(crate) const OF_DOWNLOADS: Self = Self::Inline;
}

/// The hash of a transfer's bytes.
pub(crate) struct Hashing {
    place: Place,
    bytes: u64,
    state: State,
}

enum State {
    Here(Box<DigestVerifier>),
    There(Worker),
    /// Only while it is taken from one into the other.
    Moving,
}

struct Worker {
    room: Room,
    jobs: mpsc::UnboundedSender<Job>,
}

enum Job {
    /// With the room that it takes in the queue.
    Hash(Bytes, OwnedSemaphorePermit),
    Tell(oneshot::Sender<DigestVerifier>),
}

impl Hashing {
    /// Goes on from this state.
    pub(crate) fn new(verifier: DigestVerifier, place: Place) -> Self {
        Self {
            place,
            bytes: verifier.bytes(),
            state: State::Here(Box::new(verifier)),
        }
    }

    /// How many bytes were handed in.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the next bytes; waits while the queue is full. Dropped meanwhile, it has taken nothing.
    pub(crate) async fn update(&mut self, piece: Bytes) {
        let bytes = self.bytes.saturating_add(piece.len() as u64);
        if bytes > SMALL {
            self.move_out();
        }
        match &mut self.state {
            State::Here(verifier) => verifier.update(&piece),
            State::There(worker) => worker.hash(piece).await,
            State::Moving => {}
        }
        self.bytes = bytes;
    }

    /// The state when all that was handed in is hashed.
    ///
    /// # Errors
    /// When the thread is gone.
    pub(crate) async fn settled(&mut self) -> io::Result<DigestVerifier> {
        let gone = || io::Error::other("the thread that hashes is gone");
        match &self.state {
            State::Here(verifier) => Ok((**verifier).clone()),
            State::There(worker) => {
                let (tell, told) = oneshot::channel();
                worker.jobs.send(Job::Tell(tell)).map_err(|_| gone())?;
                told.await.map_err(|_| gone())
            }
            State::Moving => Err(gone()),
        }
    }

    /// Goes on on a thread of its own. Where there can be none it goes on here.
    fn move_out(&mut self) {
        let Place::Thread(room) = &self.place else {
            return;
        };
        let state = std::mem::replace(&mut self.state, State::Moving);
        self.state = match state {
            State::Here(verifier) => {
                let again = verifier.clone();
                Worker::start(*verifier, room).map_or(State::Here(again), State::There)
            }
            other => other,
        };
    }
}

impl Worker {
    /// It ends with whoever holds the other end of its queue.
    fn start(mut verifier: DigestVerifier, room: &Room) -> io::Result<Self> {
        let (jobs, mut queue) = mpsc::unbounded_channel();
        // Not one of the runtime's threads for what blocks: those are limited, and when all of them
        // waited for others to hash, nobody would.
        thread::Builder::new()
            .name("acr-hash".to_owned())
            .spawn(move || {
                while let Some(job) = queue.blocking_recv() {
                    match job {
                        Job::Hash(piece, _room) => verifier.update(&piece),
                        // Nobody waits for it any more: that is well.
                        Job::Tell(tell) => drop(tell.send(verifier.clone())),
                    }
                }
            })?;
        Ok(Self {
            room: room.clone(),
            jobs,
        })
    }

    async fn hash(&self, piece: Bytes) {
        let units = piece.len().div_ceil(UNIT).clamp(1, QUEUE / UNIT);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        // The semaphore is never closed; if the thread is gone, `settled` tells.
        if let Ok(room) = Arc::clone(&self.room.0).acquire_many_owned(units).await {
            drop(self.jobs.send(Job::Hash(piece, room)));
        }
    }
}

#[cfg(test)]
mod tests {
    use acr_core::{Algorithm, Digest};

    use super::*;

    fn thread() -> Place {
        Place::Thread(Room::default())
    }

    async fn digest(place: Place, pieces: usize, size: usize) -> (Digest, bool) {
        let mut hashing = Hashing::new(DigestVerifier::new(Algorithm::Sha256), place);
        for piece in 0..pieces {
            let byte = u8::try_from(piece % 251).unwrap();
            hashing.update(Bytes::from(vec![byte; size])).await;
        }
        assert_eq!(hashing.bytes(), (pieces * size) as u64);
        let moved = matches!(hashing.state, State::There(_));
        (hashing.settled().await.unwrap().finish(), moved)
    }

    #[tokio::test]
    async fn the_digest_is_the_same_wherever_it_is_made() {
        for (pieces, size) in [(0, 0), (1, 10), (70, 1024 * 1024), (3, 9 * 1024 * 1024)] {
            let (inline, moved) = digest(Place::Inline, pieces, size).await;
            assert!(!moved);
            let (thread, moved) = digest(thread(), pieces, size).await;
            assert_eq!(moved, (pieces * size) as u64 > SMALL);
            assert_eq!(inline, thread);
        }
    }

    #[tokio::test]
    async fn it_can_be_asked_on_the_way() {
        let mut hashing = Hashing::new(DigestVerifier::new(Algorithm::Sha256), thread());
        let mut whole = DigestVerifier::new(Algorithm::Sha256);
        for _ in 0..6 {
            let piece = Bytes::from(vec![7; 1024 * 1024]);
            whole.update(&piece);
            hashing.update(piece).await;
            let so_far = hashing.settled().await.unwrap();
            assert_eq!(so_far.finish(), whole.clone().finish());
        }
    }

    #[tokio::test]
    async fn the_queue_is_bounded_for_all_together() {
        let room = Room::default();
        let verifier = || DigestVerifier::new(Algorithm::Sha256);
        let one = Worker::start(verifier(), &room).unwrap();
        let other = Worker::start(verifier(), &room).unwrap();
        // All of its room is taken: nothing more goes in, however large.
        let taken = everything(&room).await;
        let more = async {
            one.hash(Bytes::from(vec![0; 2 * QUEUE])).await;
            other.hash(Bytes::from(vec![0; 2 * QUEUE])).await;
        };
        let mut more = std::pin::pin!(more);
        assert!(futures_util::poll!(more.as_mut()).is_pending());
        drop(taken);
        more.await;
    }

    async fn everything(room: &Room) -> OwnedSemaphorePermit {
        let all = u32::try_from(QUEUE / UNIT).unwrap();
        let room = Arc::clone(&room.0);
        room.acquire_many_owned(all).await.unwrap()
    }

    /// A request that failed while the queue was full is sent again, with the same piece.
    #[tokio::test]
    async fn a_piece_that_was_given_up_is_not_counted() {
        let room = Room::default();
        let place = Place::Thread(room.clone());
        let mut hashing = Hashing::new(DigestVerifier::new(Algorithm::Sha256), place);
        hashing.update(Bytes::from(vec![7; 5 * 1024 * 1024])).await;
        assert!(matches!(hashing.state, State::There(_)));
        let taken = everything(&room).await;
        let piece = Bytes::from(vec![8; 1024]);
        {
            let mut update = std::pin::pin!(hashing.update(piece.clone()));
            assert!(futures_util::poll!(update.as_mut()).is_pending());
        }
        assert_eq!(hashing.bytes(), 5 * 1024 * 1024);
        drop(taken);
        hashing.update(piece).await;
        let hashed = hashing.settled().await.unwrap();
        assert_eq!(hashed.bytes(), hashing.bytes());
    }

    #[test]
    fn only_uploads_over_plain_http_are_worth_a_thread() {
        let of = |endpoint: &str| {
            let client = crate::ContainerRegistryClient::anonymous(endpoint).unwrap();
            Place::of_uploads(&client.shared)
        };
        assert!(matches!(of("http://127.0.0.1:5000"), Place::Thread(_)));
        assert!(matches!(of("reg.azurecr.io"), Place::Inline));
    }
}
