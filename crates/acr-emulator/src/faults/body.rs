//! Bodies that are slow, cut short or changed on their way.

use std::{io, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

/// What a body is made of.
pub(super) type Chunk = Result<Bytes, axum::Error>;

/// A request's body that breaks off after so many bytes, if it has as many.
pub(crate) fn cut_request(body: Body, after: u64) -> Body {
    let broken = || io::Error::new(io::ErrorKind::ConnectionReset, "cut on purpose");
    let end = async move { Some(Err(axum::Error::new(broken()))) };
    Body::from_stream(first(body.into_data_stream().boxed(), after, end))
}

/// A request's body that is taken slowly.
pub(crate) fn slow_request(body: Body, bytes: u64, every: Duration) -> Body {
    Body::from_stream(trickling(body.into_data_stream().boxed(), bytes, every))
}

/// The chunks up to so many bytes, if there are as many, and then `end` and no more.
pub(super) fn first(
    chunks: impl Stream<Item = Chunk> + Send + Unpin + 'static,
    bytes: u64,
    end: impl Future<Output = Option<Chunk>> + Send + 'static,
) -> impl Stream<Item = Chunk> + Send + 'static {
    stream::unfold(
        (chunks, bytes, Some(end)),
        |(mut chunks, left, end)| async move {
            if left == 0 {
                return Some((end?.await?, (chunks, 0, None)));
            }
            let mut chunk = match chunks.next().await? {
                Ok(chunk) => chunk,
                Err(error) => return Some((Err(error), (chunks, 0, None))),
            };
            chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            let left = left - chunk.len() as u64;
            Some((Ok(chunk), (chunks, left, end)))
        },
    )
}

/// The chunks with one bit of one byte changed.
pub(super) fn flipped(
    chunks: impl Stream<Item = Chunk> + Send + 'static,
    at: u64,
) -> impl Stream<Item = Chunk> + Send + 'static {
    let mut position = 0;
    chunks.map(move |chunk| {
        let chunk = chunk?;
        let begin = position;
        position += chunk.len() as u64;
        let index = at.checked_sub(begin).and_then(|i| usize::try_from(i).ok());
        let Some(index) = index.filter(|index| *index < chunk.len()) else {
            return Ok(chunk);
        };
        let mut bytes = Vec::from(chunk);
        bytes[index] ^= 1;
        Ok(bytes.into())
    })
}

/// The chunks with a pause before each piece of so many bytes, which may span several of them.
pub(super) fn trickling(
    chunks: impl Stream<Item = Chunk> + Send + Unpin + 'static,
    bytes: u64,
    every: Duration,
) -> impl Stream<Item = Chunk> + Send + 'static {
    stream::unfold(
        (chunks, Bytes::new(), 0),
        move |(mut chunks, mut rest, mut left)| async move {
            while rest.is_empty() {
                match chunks.next().await? {
                    Ok(chunk) => rest = chunk,
                    Err(error) => return Some((Err(error), (chunks, rest, left))),
                }
            }
            if left == 0 {
                tokio::time::sleep(every).await;
                left = bytes;
            }
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let piece = rest.split_to(most.min(rest.len()));
            let left = left - piece.len() as u64;
            Some((Ok(piece), (chunks, rest, left)))
        },
    )
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pause_comes_before_so_many_bytes_however_they_are_chunked() {
        for (chunk, bytes, pauses) in [(10, 100, 1), (10, 25, 4), (100, 25, 4), (30, 40, 3)] {
            let every = Duration::from_secs(1);
            let chunks = vec![Bytes::from(vec![b'x'; chunk]); 100_usize.div_ceil(chunk)];
            let whole = first(stream::iter(chunks.into_iter().map(Ok)), 100, async {
                None
            });
            let began = Instant::now();
            let pieces: Vec<_> = trickling(whole.boxed(), bytes, every).collect().await;
            let length: usize = pieces.into_iter().map(|piece| piece.unwrap().len()).sum();
            assert_eq!(length, 100);
            assert_eq!(began.elapsed(), every * pauses, "{bytes} of {chunk}");
        }
    }
}
