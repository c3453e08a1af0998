//! POST, one long PATCH, PUT.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt as _, stream};
use http::{
    StatusCode,
    header::{CONTENT_LENGTH, LOCATION},
};
use reqwest::Body;
use tokio::{io::AsyncReadExt as _, sync::Mutex};

use super::{Loops, hash::Hash};
use crate::work::ITEM;

/// What is read of a file at once: the fastest of those tried, from 64 KiB to 2 MiB.
const PIECE: usize = 256 * 1024;

pub(super) async fn file(loops: &Loops<'_>) -> Result<()> {
    let file = tokio::fs::File::open(loops.job.file()?).await?;
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await?;
        anyhow::Ok((read > 0).then(|| (piece.freeze(), file)))
    });
    send(loops, pieces).await
}

pub(super) async fn stream(loops: &Loops<'_>) -> Result<()> {
    let piece = Bytes::from(vec![7; ITEM]);
    let pieces = (0..loops.job.size / ITEM as u64).map(move |_| anyhow::Ok(piece.clone()));
    send(loops, stream::iter(pieces)).await
}

async fn send(
    loops: &Loops<'_>,
    pieces: impl Stream<Item = Result<Bytes>> + Send + 'static,
) -> Result<()> {
    let location = loops.begin().await?;
    // With a length the end of the stream is never asked for: the hash stays here, and is lent.
    let hash = Arc::new(Mutex::new(Some(Hash::new(loops.client))));
    let lent = Arc::clone(&hash);
    let body = pieces.and_then(move |piece| {
        let lent = Arc::clone(&lent);
        async move {
            let mut hash = lent.lock().await;
            hash.as_mut()
                .context("the hash is gone")?
                .update(&piece)
                .await?;
            Ok(piece)
        }
    });
    let request = loops
        .http
        .patch(location)
        .header(CONTENT_LENGTH, loops.job.size);
    let answer = request
        .body(Body::wrap_stream(body))
        .send()
        .await?
        .error_for_status()?;
    let location = loops.location(&answer)?;
    let hash = hash.lock().await.take();
    let digest = match hash.context("the hash is gone")?.finish()? {
        Some(digest) => digest,
        None => loops.job.digest()?.to_string(),
    };
    loops.finish(&location, &digest, Bytes::new()).await
}

impl Loops<'_> {
    /// Begins an upload: where it goes on.
    pub(super) async fn begin(&self) -> Result<String> {
        let request = self
            .http
            .post(self.url("blobs/uploads/"))
            .header(CONTENT_LENGTH, 0);
        self.location(&request.send().await?.error_for_status()?)
    }

    pub(super) fn location(&self, answer: &reqwest::Response) -> Result<String> {
        let location = answer.headers().get(LOCATION).context("no Location")?;
        Ok(format!("{}{}", self.job.endpoint, location.to_str()?))
    }

    pub(super) async fn finish(&self, location: &str, digest: &str, rest: Bytes) -> Result<()> {
        let request = self.http.put(format!("{location}&digest={digest}"));
        let request = request.header(CONTENT_LENGTH, rest.len()).body(rest);
        let answer = request.send().await?.error_for_status()?;
        anyhow::ensure!(
            answer.status() == StatusCode::CREATED,
            "{}",
            answer.status()
        );
        Ok(())
    }
}
