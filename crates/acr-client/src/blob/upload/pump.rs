//! One request's body: pieces are read, hashed and handed to the connection.

use std::{io, pin::pin};

use bytes::Bytes;
use futures_util::{
    future::{Either, select},
    stream::poll_fn,
};
use tokio::sync::mpsc;

use super::{digesting::Digesting, supply::Feed, told::Told};
use crate::{Error, ErrorKind, Result};

/// So many pieces wait for the connection.
const WAITING: usize = 2;

/// A body of exactly so many bytes, and where its pieces go in.
pub(super) fn body(length: u64) -> (mpsc::Sender<Bytes>, reqwest::Body) {
    let (pieces, mut receiver) = mpsc::channel(WAITING);
    let stream = poll_fn(move |cx| receiver.poll_recv(cx).map(|piece| piece.map(Ok)));
    (pieces, acr_rest::exact_body(length, stream))
}

/// Hands on the bytes of a part that begins here. It ends early when nobody takes them any more.
pub(super) async fn pump(
    mut feed: Feed,
    mut at: u64,
    digest: &mut Digesting,
    body: mpsc::Sender<Bytes>,
    told: &Told,
) -> io::Result<()> {
    while let Some(piece) = feed.next().await {
        let piece = piece?;
        digest.take(at, &piece).await;
        at = at.saturating_add(piece.len() as u64);
        if body.send(piece).await.is_err() {
            break;
        }
        told.progress(at);
    }
    Ok(())
}

/// Sends a request while its body is pumped and what comes behind it is read.
pub(super) async fn both<T>(
    attempt: &str,
    sending: impl Future<Output = Result<T>>,
    pumping: impl Future<Output = io::Result<()>>,
    meanwhile: impl Future<Output = ()>,
) -> Result<T> {
    let sent = async {
        match select(pin!(sending), pin!(pumping)).await {
            Either::Left((answer, _)) => answer,
            Either::Right((Ok(()), sending)) => sending.await,
            // The request is broken off.
            Either::Right((Err(error), _)) => Err(Error::new(attempt, ErrorKind::Io(error))),
        }
    };
    let meanwhile = async {
        meanwhile.await;
        std::future::pending().await
    };
    match select(pin!(sent), pin!(meanwhile)).await {
        Either::Left((answer, _)) | Either::Right((answer, _)) => answer,
    }
}
