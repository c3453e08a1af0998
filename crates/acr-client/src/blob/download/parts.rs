//! Several parts of a blob at once, in their order.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::body::Body;
use crate::{Error, Result, blob::redirect::Opens};

/// So many bytes that wait for their turn are one piece of memory.
const TOGETHER: usize = 256 * 1024;

/// So many pieces that are taken as they come may wait, however short they are; those that follow are
/// moved together.
const AS_THEY_COME: usize = 8;

/// How many parts are fetched at once, and how long each is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) concurrency: usize,
    pub(crate) part_size: u64,
}

/// A blob's bytes from one on, in one stream or in several.
pub(crate) enum Pieces {
    One(Box<Body>),
    Many(Parts),
}

impl Pieces {
    /// Asks for all bytes from this one on. `expected` is the size of the blob, where that is known.
    pub(crate) async fn open(
        origin: &Arc<dyn Opens>,
        first: u64,
        expected: Option<u64>,
        window: Option<Window>,
    ) -> Result<Self> {
        if let Some(window) = window
            && expected.is_none_or(|size| size.saturating_sub(first) > window.part_size)
            && let Some(pieces) = Self::in_parts(origin, first, window).await?
        {
            return Ok(pieces);
        }
        let mut body = Body::new(origin, first, None).or_whole();
        body.begin().await?;
        Ok(Self::One(Box::new(body)))
    }

    /// Asks for the first part, and learns of how many bytes it is one. `None` where parts are of no
    /// use: the blob has no bytes at all, or the server does not say how many.
    async fn in_parts(origin: &Arc<dyn Opens>, first: u64, window: Window) -> Result<Option<Self>> {
        let last = first.saturating_add(window.part_size - 1);
        let mut body = Body::new(origin, first, Some(last)).or_whole();
        match body.begin().await {
            Err(error)
                if first == 0 && error.status() == Some(StatusCode::RANGE_NOT_SATISFIABLE) =>
            {
                return Ok(None);
            }
            begun => begun?,
        }
        let many = match (body.end(), body.total()) {
            (Some(end), Some(total)) => end < total,
            // It came whole, of unknown length.
            (None, _) => false,
            (Some(_), None) => return Ok(None),
        };
        Ok(Some(match many {
            true => Self::Many(Parts::new(origin, body, window)),
            false => Self::One(Box::new(body)),
        }))
    }

    /// How many bytes the whole blob has; `None` where the server does not say.
    pub(crate) fn total(&self) -> Option<u64> {
        match self {
            Self::One(body) => body.total(),
            Self::Many(parts) => Some(parts.total),
        }
    }

    /// The next piece, which is not empty; `None` at the end. After an error there is none.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        match self {
            Self::One(body) => body.next().await,
            Self::Many(parts) => parts.next().await,
        }
    }
}

/// Parts that are fetched at once. The first of them is handed on as it comes, and the others wait in
/// memory: so there are never more bytes than those of a window.
pub(crate) struct Parts {
    origin: Arc<dyn Opens>,
    window: Window,
    running: VecDeque<Part>,
    /// Where the part after those that are running begins.
    next: u64,
    total: u64,
}

struct Part {
    pieces: Receiver<Result<Bytes>>,
    left: u64,
    /// Whether it is its turn: then its pieces are taken as they come.
    is_first: Arc<AtomicBool>,
    _task: AbortOnDropHandle<()>,
}

impl Parts {
    /// The first of them has begun.
    fn new(origin: &Arc<dyn Opens>, first: Body, window: Window) -> Self {
        let (at, end) = (first.at(), first.end().unwrap_or_default());
        Self {
            origin: Arc::clone(origin),
            total: first.total().unwrap_or(end),
            running: VecDeque::from([Part::fetch(first, end - at)]),
            window,
            next: end,
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            self.fill();
            let Some(first) = self.running.front_mut() else {
                return Ok(None);
            };
            first.is_first.store(true, Ordering::Relaxed);
            match first.pieces.recv().await {
                Some(piece) => {
                    let piece = piece?;
                    first.left = first.left.saturating_sub(piece.len() as u64);
                    return Ok(Some(piece));
                }
                None if first.left == 0 => drop(self.running.pop_front()),
                None => {
                    let attempt = self.origin.attempt();
                    return Err(Error::unexpected(attempt, "a part of the blob is missing"));
                }
            }
        }
    }

    /// Begins as many as may be.
    fn fill(&mut self) {
        while self.running.len() < self.window.concurrency && self.next < self.total {
            let first = self.next;
            self.next = first.saturating_add(self.window.part_size).min(self.total);
            let part = Body::new(&self.origin, first, Some(self.next - 1)).of(self.total);
            self.running.push_back(Part::fetch(part, self.next - first));
        }
    }
}

impl Part {
    fn fetch(body: Body, size: u64) -> Self {
        // There is room for all of the part, moved together, with its last piece and an error.
        let together = usize::try_from(size / TOGETHER as u64).unwrap_or(usize::MAX / 8);
        let (sender, pieces) = channel(together + 2 + 2 * AS_THEY_COME);
        let is_first = Arc::new(AtomicBool::new(false));
        let work = Work {
            body,
            is_first: Arc::clone(&is_first),
            waiting: BytesMut::new(),
            together: together + 2,
            pieces: sender,
        };
        Self {
            pieces,
            left: size,
            is_first,
            _task: AbortOnDropHandle::new(tokio::spawn(work.run().in_current_span())),
        }
    }
}

/// Fetches a part.
struct Work {
    body: Body,
    is_first: Arc<AtomicBool>,
    waiting: BytesMut,
    /// So many pieces all of the part is, moved together.
    together: usize,
    pieces: Sender<Result<Bytes>>,
}

impl Work {
    async fn run(mut self) {
        // A failure to send is that nobody takes the blob any more.
        let outcome = loop {
            match self.body.next().await {
                Ok(Some(piece)) => {
                    if self.hand_on(piece).await.is_none() {
                        return;
                    }
                }
                outcome => break outcome,
            }
        };
        let _ = self.end_waiting().await;
        if let Err(error) = outcome {
            let _ = self.pieces.send(Err(error)).await;
        }
    }

    /// What has to wait is moved together: a piece is a slice of a buffer that may be twice as long,
    /// and keeps all of it. So is what comes faster than it is taken.
    async fn hand_on(&mut self, mut piece: Bytes) -> Option<()> {
        let has_room = || self.pieces.capacity() >= self.together + 2;
        if self.is_first.load(Ordering::Relaxed) && has_room() {
            self.end_waiting().await?;
            return self.pieces.send(Ok(piece)).await.ok();
        }
        while !piece.is_empty() {
            if self.waiting.capacity() == 0 {
                self.waiting.reserve(TOGETHER);
            }
            let room = TOGETHER - self.waiting.len();
            let fits = piece.split_to(room.min(piece.len()));
            self.waiting.extend_from_slice(&fits);
            if self.waiting.len() == TOGETHER {
                self.end_waiting().await?;
            }
        }
        Some(())
    }

    async fn end_waiting(&mut self) -> Option<()> {
        match std::mem::take(&mut self.waiting) {
            none if none.is_empty() => Some(()),
            waiting => self.pieces.send(Ok(waiting.freeze())).await.ok(),
        }
    }
}
