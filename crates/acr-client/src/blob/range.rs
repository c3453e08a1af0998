//! A range of a blob: bytes that nothing verifies.

use std::{
    fmt, io,
    ops::{Bound, Range, RangeBounds},
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use acr_core::Digest;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{StreamExt, stream::BoxStream};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::io::StreamReader;

use crate::{
    Call, Error, Repository, Result,
    blob::{
        download::body::Body,
        redirect::{Opens, Origin},
    },
    call::Context,
};

/// The download of a range of a blob. As with [`DownloadBlob`](crate::DownloadBlob), one says where
/// the bytes go.
///
/// The digest is over the whole blob: nothing tells whether a part of it is right, other than that
/// it has the right length. So the types are other ones than those of a whole blob.
#[must_use = "nothing is sent before one says where the bytes go"]
#[derive(Debug)]
pub struct DownloadRange {
    repository: Repository,
    digest: Result<Digest>,
    /// First and last byte, both included.
    range: Result<(u64, Option<u64>)>,
}

impl DownloadRange {
    pub(crate) fn new(
        repository: Repository,
        digest: Result<Digest>,
        range: impl RangeBounds<u64>,
        told_of_whole: bool,
    ) -> Self {
        let attempt = repository.attempt("download a range of a blob of");
        let range = match told_of_whole {
            true => Err("its size, progress, and parts at once, are for a whole blob"),
            false => included(&range),
        };
        let range = range.map_err(|why| Error::invalid(attempt, why));
        Self {
            repository,
            digest,
            range,
        }
    }

    /// As a stream of pieces.
    ///
    /// # Errors
    /// Status 416 when the range begins behind the blob's end; it may end there.
    pub fn stream(self) -> Call<UnverifiedStream> {
        self.call(Ok)
    }

    /// As an [`AsyncRead`](tokio::io::AsyncRead).
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn reader(self) -> Call<UnverifiedReader> {
        self.call(|stream| Ok(stream.into_reader()))
    }

    fn call<T: 'static>(self, finish: fn(UnverifiedStream) -> Result<T>) -> Call<T> {
        let verb = super::verb("download a range of", &self.digest);
        let repository = self.repository.clone();
        repository.call(&verb, (), move |call, ()| async move {
            finish(self.open(&call).await?)
        })
    }

    async fn open(self, call: &Context) -> Result<UnverifiedStream> {
        let (digest, (first, last)) = (self.digest?, self.range?);
        let origin = Origin::new(call, &self.repository, digest);
        let origin: Arc<dyn Opens> = Arc::new(origin);
        let mut body = Body::new(&origin, first, last).or_beginning();
        body.begin().await?;
        Ok(UnverifiedStream::new(body))
    }
}

/// First and last byte, both included, as HTTP counts.
fn included(range: &impl RangeBounds<u64>) -> Result<(u64, Option<u64>), &'static str> {
    const EMPTY: &str = "the range is empty";
    let first = match range.start_bound() {
        Bound::Included(first) => *first,
        Bound::Excluded(before) => before.checked_add(1).ok_or(EMPTY)?,
        Bound::Unbounded => 0,
    };
    let last = match range.end_bound() {
        Bound::Included(last) => Some(*last),
        Bound::Excluded(behind) => Some(behind.checked_sub(1).ok_or(EMPTY)?),
        Bound::Unbounded => None,
    };
    match last {
        // One byte more could not be counted.
        Some(u64::MAX) | None if first == u64::MAX => Err("no blob is as long"),
        Some(u64::MAX) => Ok((first, None)),
        Some(last) if last < first => Err(EMPTY),
        last => Ok((first, last)),
    }
}

/// A range of a blob: a [`Stream`] of pieces that nothing verifies. Its end without an error means
/// that as many bytes came as were announced.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
/// let mut stream = repo.download_blob(&digest).range(1024..).stream().await?;
/// println!("bytes {:?} of {:?}", stream.range(), stream.total());
/// while let Some(piece) = stream.try_next().await? {
///     println!("{} bytes", piece.len());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing before it is read"]
pub struct UnverifiedStream {
    pieces: BoxStream<'static, Result<Bytes>>,
    range: Range<u64>,
    total: Option<u64>,
}

impl UnverifiedStream {
    /// Of a body that has begun.
    fn new(body: Body) -> Self {
        let first = body.at();
        Self {
            // A part says which bytes it has.
            range: first..body.end().unwrap_or(first),
            total: body.total(),
            pieces: body.into_stream(),
        }
    }

    /// Which bytes of the blob these are: fewer than were asked for where the blob ends before.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// How many bytes the whole blob has, as the server says; `None` where it does not.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// Whatever broke off the connection, or that the server sends more or less than it announced.
    /// The stream is then over.
    pub async fn try_next(&mut self) -> Result<Option<Bytes>> {
        self.next().await.transpose()
    }

    /// It as a reader.
    pub fn into_reader(self) -> UnverifiedReader {
        UnverifiedReader {
            range: self.range(),
            total: self.total,
            reader: StreamReader::new(self.map(|piece| piece.map_err(io::Error::from)).boxed()),
        }
    }
}

impl Stream for UnverifiedStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        self.pieces.poll_next_unpin(cx)
    }
}

impl fmt::Debug for UnverifiedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedStream")
            .field("range", &self.range)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

/// A range of a blob, to be read: an [`AsyncRead`] whose bytes nothing verifies.
pub struct UnverifiedReader {
    range: Range<u64>,
    total: Option<u64>,
    reader: StreamReader<BoxStream<'static, io::Result<Bytes>>, Bytes>,
}

impl UnverifiedReader {
    /// Which bytes of the blob these are: fewer than were asked for where the blob ends before.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// How many bytes the whole blob has, as the server says; `None` where it does not.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }
}

#[cfg(feature = "blocking")]
impl UnverifiedReader {
    /// The same without async: as a [`std::io::Read`]. See [`blocking`](crate::blocking).
    #[must_use]
    pub fn blocking(self) -> crate::blocking::UnverifiedReader {
        crate::blocking::UnverifiedReader::new(self)
    }
}

impl AsyncRead for UnverifiedReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, buf)
    }
}

impl fmt::Debug for UnverifiedReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedReader")
            .field("range", &self.range)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_http_counts_them() {
        assert_eq!(included(&(..)), Ok((0, None)));
        assert_eq!(included(&(5..)), Ok((5, None)));
        assert_eq!(included(&(..5)), Ok((0, Some(4))));
        assert_eq!(included(&(5..=5)), Ok((5, Some(5))));
        assert_eq!(included(&(5..6)), Ok((5, Some(5))));
        assert_eq!(included(&(5..=u64::MAX)), Ok((5, None)));
        let behind = (Bound::Excluded(4), Bound::Unbounded);
        assert_eq!(included(&behind), Ok((5, None)));
        assert!(included(&(5..5)).is_err());
        assert!(included(&(..0)).is_err());
        assert!(included(&(u64::MAX..)).is_err());
        assert!(included(&(u64::MAX..=u64::MAX)).is_err());
        assert!(included(&(Bound::Excluded(u64::MAX), Bound::Unbounded)).is_err());
        assert!(included(&Range { start: 6, end: 5 }).is_err());
    }
}
