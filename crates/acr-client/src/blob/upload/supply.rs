//! What the parts of an upload are made of.

use std::{io, ops::Range};

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, future::BoxFuture};

use crate::blob::{
    buffers::Buffers,
    source::{LongFile, Pieces, Reading},
};

/// Bytes in memory are handed on in pieces of this size, so that they are hashed while others of them
/// are sent.
const PIECE: usize = 256 * 1024;

/// Where the bytes come from: most sources can give any part of theirs, as often as one likes.
pub(super) enum Supply {
    Memory(Bytes),
    File(LongFile),
    Once(Once),
}

/// A source that can be read only once: the chunk in hand is all that can be sent again. The next
/// one is read meanwhile.
pub(super) struct Once {
    buffers: Buffers,
    chunk: usize,
    ahead: Ahead,
    held: Bytes,
    held_at: u64,
    /// Whether nothing comes behind what is held.
    ended: bool,
}

enum Ahead {
    Reading(BoxFuture<'static, (Pieces, io::Result<Bytes>)>),
    Read(Pieces, io::Result<Bytes>),
    /// At the end, and behind an error.
    Over,
}

/// Bytes that go in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) range: Range<u64>,
    /// Whether they are the last.
    pub(super) is_last: bool,
}

/// How long parts are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) part: u64,
    /// Of the last part, which goes in the request that ends the upload.
    pub(super) last: u64,
}

impl Supply {
    /// Of a source that can be read only once; nothing is read yet.
    pub(super) fn once(pieces: Pieces, chunk: usize) -> Once {
        let buffers = Buffers::of(chunk);
        Once {
            ahead: Ahead::reading(pieces, &buffers),
            buffers,
            chunk,
            held: Bytes::new(),
            held_at: 0,
            ended: false,
        }
    }

    /// How much there is; `None` while that is not known.
    pub(super) fn size(&self) -> Option<u64> {
        match self {
            Self::Memory(bytes) => Some(bytes.len() as u64),
            Self::File(file) => Some(file.size),
            Self::Once(once) => once.ended.then(|| once.end()),
        }
    }

    /// Whether it can still give the bytes from here on.
    pub(super) fn can_give(&self, at: u64) -> bool {
        match self {
            Self::Memory(_) | Self::File(_) => true,
            Self::Once(once) => once.held_at <= at,
        }
    }

    /// The part that begins here.
    ///
    /// # Errors
    /// When there are not as many bytes.
    pub(super) fn part(&self, at: u64, sizes: Sizes) -> io::Result<Part> {
        let (end, is_last) = match (self, self.size()) {
            (_, Some(size)) if at > size => return Err(too_few(size, at)),
            (Self::Once(once), _) => (once.end(), once.ended),
            (_, size) => {
                let left = size.unwrap_or(at) - at;
                let length = length(left, sizes);
                (at + length, length == left)
            }
        };
        Ok(Part {
            range: at..end,
            is_last,
        })
    }

    /// Which bytes are in hand, of a source that can be read only once.
    pub(super) fn held(&self) -> Option<Range<u64>> {
        match self {
            Self::Memory(_) | Self::File(_) => None,
            Self::Once(once) => Some(once.held_at..once.end()),
        }
    }

    /// These bytes, as a part or the chunk in hand has them.
    pub(super) fn read(&self, range: Range<u64>) -> Feed {
        match self {
            Self::Memory(bytes) => Feed::Memory(slice(bytes, range)),
            Self::File(file) => Feed::File(file.read(range)),
            Self::Once(once) => {
                let from = range.start.saturating_sub(once.held_at);
                let to = range.end.saturating_sub(once.held_at);
                Feed::Memory(slice(&once.held, from..to))
            }
        }
    }

    /// Takes the next chunk in hand, when one wants what lies behind the last; gives where it begins.
    pub(super) async fn advance(&mut self, at: u64) -> io::Result<Option<Range<u64>>> {
        match self {
            Self::Memory(_) | Self::File(_) => Ok(None),
            Self::Once(once) => once.advance(at).await,
        }
    }

    /// Reads the next chunk meanwhile. It never returns.
    pub(super) async fn read_ahead(&mut self) {
        if let Self::Once(once) = self
            && let Ahead::Reading(reading) = &mut once.ahead
        {
            let (pieces, read) = reading.await;
            once.ahead = Ahead::Read(pieces, read);
        }
        std::future::pending::<()>().await;
    }
}

impl Once {
    pub(super) fn end(&self) -> u64 {
        self.held_at.saturating_add(self.held.len() as u64)
    }

    /// All of it, if the chunk in hand is the only one.
    pub(super) fn whole(&self) -> Option<Bytes> {
        (self.ended && self.held_at == 0).then(|| self.held.clone())
    }

    pub(super) async fn advance(&mut self, at: u64) -> io::Result<Option<Range<u64>>> {
        let nothing_yet = self.held.is_empty() && !self.ended;
        if self.ended || (at < self.end() && !nothing_yet) {
            return Ok(None);
        }
        let (pieces, read) = match std::mem::replace(&mut self.ahead, Ahead::Over) {
            Ahead::Reading(reading) => reading.await,
            Ahead::Read(pieces, read) => (pieces, read),
            Ahead::Over => return Err(io::Error::other("the source failed before")),
        };
        self.held_at = self.end();
        // Before the next one is read, so that its memory can be used again.
        self.held = Bytes::new();
        self.held = read?;
        self.ended = self.held.len() < self.chunk;
        if !self.ended {
            self.ahead = Ahead::reading(pieces, &self.buffers);
        }
        Ok(Some(self.held_at..self.end()))
    }
}

impl Ahead {
    fn reading(mut pieces: Pieces, buffers: &Buffers) -> Self {
        let buffers = buffers.clone();
        let reading = async move {
            let read = pieces.next(&buffers).await;
            (pieces, read)
        };
        Self::Reading(reading.boxed())
    }
}

/// How much of what is left goes in the next request. What remains for the last one is short, since
/// it is held in memory.
fn length(left: u64, sizes: Sizes) -> u64 {
    let Sizes { part, last } = sizes;
    match left {
        left if left <= last => left,
        left if left > part => part,
        left => left - ((left - 1) % last + 1),
    }
}

fn slice(bytes: &Bytes, range: Range<u64>) -> Bytes {
    let within = |at: u64| usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len()));
    let (from, to) = (within(range.start), within(range.end));
    bytes.slice(from.min(to)..to)
}

pub(super) fn too_few(size: u64, at: u64) -> io::Error {
    let why = format!(
        "the source has {size} bytes, and the registry has {at} already: it is not the one whose \
         upload was begun"
    );
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// The bytes of a part, piece by piece.
pub(super) enum Feed {
    Memory(Bytes),
    File(Reading),
}

impl Feed {
    pub(super) async fn next(&mut self) -> Option<io::Result<Bytes>> {
        match self {
            Self::Memory(bytes) if bytes.is_empty() => None,
            Self::Memory(bytes) => Some(Ok(bytes.split_to(bytes.len().min(PIECE)))),
            Self::File(reading) => reading.next().await,
        }
    }

    /// All of them.
    pub(super) async fn collect(self) -> io::Result<Bytes> {
        let mut reading = match self {
            Self::Memory(bytes) => return Ok(bytes),
            Self::File(reading) => reading,
        };
        let mut bytes = BytesMut::new();
        while let Some(piece) = reading.next().await {
            bytes.extend_from_slice(&piece?);
        }
        Ok(bytes.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(size: u64, part: u64, last: u64) -> Vec<u64> {
        let (sizes, mut left, mut parts) = (Sizes { part, last }, size, Vec::new());
        loop {
            parts.push(length(left, sizes));
            left -= parts[parts.len() - 1];
            if left == 0 {
                return parts;
            }
        }
    }

    #[test]
    fn what_goes_in_one_request() {
        assert_eq!(parts(0, 64, 4), [0]);
        assert_eq!(parts(4, 64, 4), [4]);
        assert_eq!(parts(5, 64, 4), [4, 1]);
        assert_eq!(parts(9, 64, 4), [8, 1]);
        assert_eq!(parts(64, 64, 4), [60, 4]);
        assert_eq!(parts(65, 64, 4), [64, 1]);
        assert_eq!(parts(130, 64, 4), [64, 64, 2]);
        // With the digest known ahead.
        assert_eq!(parts(64, 64, 64), [64]);
        assert_eq!(parts(65, 64, 64), [64, 1]);
        assert_eq!(parts(5, 2, 2), [2, 2, 1]);
    }

    #[tokio::test]
    async fn a_source_that_is_read_once_holds_a_chunk() {
        let content: &[u8] = &[7; 20];
        let pieces = Pieces::Blocking(Some(Box::new(content)));
        let mut supply = Supply::Once(Supply::once(pieces, 8));
        let sizes = Sizes { part: 8, last: 8 };
        assert_eq!(supply.advance(0).await.unwrap(), Some(0..8));
        assert_eq!(supply.advance(7).await.unwrap(), None);
        assert_eq!(supply.part(3, sizes).unwrap().range, 3..8);
        let feed = supply.read(3..8);
        assert_eq!(feed.collect().await.unwrap().len(), 5);
        assert!(supply.can_give(0) && supply.size().is_none());

        assert_eq!(supply.advance(8).await.unwrap(), Some(8..16));
        assert!(supply.can_give(8) && !supply.can_give(7));
        assert_eq!(supply.advance(16).await.unwrap(), Some(16..20));
        let last = supply.part(16, sizes).unwrap();
        assert!(last.is_last && last.range == (16..20));
        assert_eq!(supply.advance(20).await.unwrap(), None);
        assert_eq!(supply.size(), Some(20));
        assert!(supply.part(21, sizes).is_err());
    }

    /// A part that would be empty is still the last.
    #[tokio::test]
    async fn a_source_that_ends_with_a_chunk() {
        let content: &[u8] = &[7; 8];
        let pieces = Pieces::Blocking(Some(Box::new(content)));
        let mut once = Supply::once(pieces, 8);
        assert_eq!(once.advance(0).await.unwrap(), Some(0..8));
        assert_eq!(once.whole(), None);
        assert_eq!(once.advance(8).await.unwrap(), Some(8..8));
        let last = Supply::Once(once).part(8, Sizes { part: 8, last: 8 });
        assert!(last.unwrap().is_last);
        let mut empty = Supply::once(Pieces::Blocking(Some(Box::new(&b""[..]))), 8);
        empty.advance(0).await.unwrap();
        assert_eq!(empty.whole(), Some(Bytes::new()));
    }
}
