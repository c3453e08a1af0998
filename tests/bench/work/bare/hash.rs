//! SHA-256 between two pieces, on a thread, or not at all.

use std::{sync::Arc, thread::JoinHandle};

use anyhow::{Result, anyhow};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::work::Client;

/// As much as acr-client holds.
const QUEUE: usize = 8 * 1024 * 1024;

pub(super) enum Hash {
    Inline(Sha256),
    Thread {
        pieces: mpsc::UnboundedSender<(Bytes, OwnedSemaphorePermit)>,
        room: Arc<Semaphore>,
        thread: JoinHandle<Sha256>,
    },
    None,
}

impl Hash {
    pub(super) fn new(client: Client) -> Self {
        match client {
            Client::BareThread => Self::thread(),
            Client::BareUnhashed => Self::None,
            _ => Self::Inline(Sha256::new()),
        }
    }

    fn thread() -> Self {
        let (pieces, mut queue) = mpsc::unbounded_channel::<(Bytes, OwnedSemaphorePermit)>();
        let thread = std::thread::spawn(move || {
            let mut hash = Sha256::new();
            while let Some((piece, room)) = queue.blocking_recv() {
                hash.update(&piece);
                drop(room);
            }
            hash
        });
        let room = Arc::new(Semaphore::new(QUEUE));
        Self::Thread {
            pieces,
            room,
            thread,
        }
    }

    pub(super) async fn update(&mut self, piece: &Bytes) -> Result<()> {
        match self {
            Self::Inline(hash) => hash.update(piece),
            Self::Thread { pieces, room, .. } => {
                let needed = u32::try_from(piece.len().min(QUEUE))?;
                let room = Arc::clone(room).acquire_many_owned(needed).await?;
                pieces
                    .send((piece.clone(), room))
                    .map_err(|_| anyhow!("the thread is gone"))?;
            }
            Self::None => (),
        }
        Ok(())
    }

    /// The digest, or `None` where nothing was hashed.
    pub(super) fn finish(self) -> Result<Option<String>> {
        let hash = match self {
            Self::Inline(hash) => hash,
            Self::Thread { pieces, thread, .. } => {
                drop(pieces);
                thread.join().map_err(|_| anyhow!("the thread panicked"))?
            }
            Self::None => return Ok(None),
        };
        Ok(Some(format!("sha256:{}", hex::encode(hash.finalize()))))
    }
}
