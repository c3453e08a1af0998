//! Several parts at once, and blobs verified as they come.

use std::sync::Mutex;

use acr_core::{Digest, DigestVerifier};
use futures_util::TryStreamExt;
use http::StatusCode;
use proptest::prelude::*;

use super::{blob, ranged, script};
use crate::{
    BlobStream, Result,
    blob::{
        download::parts::{Pieces, Window},
        hashing::{Hashing, Place, Room},
    },
};

/// As `DownloadBlob::stream` has them, verified.
async fn verified(pieces: Pieces, bytes: &[u8]) -> Result<Vec<u8>> {
    let digest = Digest::of(bytes);
    let hashing = Hashing::new(
        DigestVerifier::expecting(digest.clone(), None),
        Place::Inline,
    );
    let stream = BlobStream::new(pieces, hashing, (digest, None), "download it", None);
    Ok(stream.try_collect::<Vec<_>>().await?.concat())
}

const WINDOW: Window = Window {
    concurrency: 3,
    part_size: 10,
};

#[tokio::test]
async fn parts_come_in_their_order_and_never_more_than_the_window() {
    let bytes = blob(95);
    let sent = bytes.clone();
    let (origin, script) = script(2, move |first, last| {
        // Each part breaks once.
        ranged(&sent, first, last, (first % 10 == 0).then_some(4))
    });
    let mut pieces = Pieces::open(&origin, 0, None, Some(WINDOW)).await.unwrap();
    let first = pieces.next().await.unwrap().unwrap();
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    // Nobody takes the pieces: no more parts are asked for than the window has.
    let asked = script.asked.lock().unwrap().clone();
    assert!(
        asked
            .iter()
            .all(|range| range.ends_with("-9") || range.ends_with("9")),
        "{asked:?}"
    );
    assert!(asked.contains(&"bytes=20-29".to_owned()), "{asked:?}");
    assert!(!asked.contains(&"bytes=30-39".to_owned()), "{asked:?}");
    let mut all = first.to_vec();
    while let Some(piece) = pieces.next().await.unwrap() {
        all.extend_from_slice(&piece);
    }
    assert_eq!(all, bytes);
    assert!(
        script
            .asked
            .lock()
            .unwrap()
            .contains(&"bytes=90-94".to_owned())
    );
}

#[tokio::test]
async fn blobs_that_are_no_use_to_part() {
    for (size, expected, asked) in [
        (0, None, vec!["bytes=0-9", "all"]),
        (0, Some(0), vec!["all"]),
        (10, None, vec!["bytes=0-9"]),
        (10, Some(10), vec!["all"]),
        (7, None, vec!["bytes=0-9"]),
    ] {
        let bytes = blob(size);
        let sent = bytes.clone();
        let (origin, script) = script(1, move |first, last| ranged(&sent, first, last, None));
        let pieces = Pieces::open(&origin, 0, expected, Some(WINDOW))
            .await
            .unwrap();
        assert_eq!(verified(pieces, &bytes).await.unwrap(), bytes);
        assert_eq!(*script.asked.lock().unwrap(), asked);
    }
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_sends_one_stream() {
    for told in [true, false] {
        let bytes = blob(95);
        let sent = bytes.clone();
        let (origin, script) = script(1, move |_, _| {
            let mut opened = ranged(&sent, 0, None, None)?;
            opened.size = opened.size.filter(|_| told);
            Ok(opened)
        });
        let pieces = Pieces::open(&origin, 0, None, Some(WINDOW)).await.unwrap();
        assert_eq!(verified(pieces, &bytes).await.unwrap(), bytes);
        assert_eq!(script.asked.lock().unwrap().len(), 1);
    }
}

/// A part that breaks is not taken up with the whole blob, by a server that knew parts before.
#[tokio::test]
async fn a_server_that_forgets_ranges() {
    let bytes = blob(95);
    let (sent, asked) = (bytes.clone(), Mutex::new(0));
    let (origin, _) = script(3, move |first, last| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        match *asked {
            1 => ranged(&sent, first, last, Some(4)),
            _ => ranged(&sent, 0, None, None),
        }
    });
    let pieces = Pieces::open(&origin, 0, None, Some(WINDOW)).await.unwrap();
    let error = verified(pieces, &bytes).await.unwrap_err();
    assert!(
        error.to_string().contains("does not say which bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_part_that_fails_fails_the_blob() {
    let bytes = blob(95);
    let sent = bytes.clone();
    let (origin, _) = script(2, move |first, last| {
        ranged(&sent, first, last, (50..60).contains(&first).then_some(0))
    });
    let pieces = Pieces::open(&origin, 0, None, Some(WINDOW)).await.unwrap();
    let error = verified(pieces, &bytes).await.unwrap_err();
    assert!(
        error.to_string().contains("behind byte 50, 2 times"),
        "{error}"
    );
}

/// Wherever one byte is wrong, not all pieces are delivered.
#[tokio::test]
async fn a_wrong_byte_is_known_before_the_last_piece() {
    for window in [None, Some(WINDOW)] {
        for at in [0, 50, 94] {
            let bytes = blob(95);
            let mut sent = bytes.clone();
            sent[at] ^= 1;
            let (origin, _) = script(3, move |first, last| ranged(&sent, first, last, None));
            let pieces = Pieces::open(&origin, 0, None, window).await.unwrap();
            let digest = Digest::of(&bytes);
            let verifier = DigestVerifier::expecting(digest.clone(), None);
            let hashing = Hashing::new(verifier, Place::Thread(Room::default()));
            let mut stream = BlobStream::new(pieces, hashing, (digest, None), "read it", None);
            let mut delivered = 0;
            let error = loop {
                match stream.try_next().await {
                    Ok(piece) => delivered += piece.expect("an error ends it").len(),
                    Err(error) => break error,
                }
            };
            assert!(
                error.is_digest_mismatch() && delivered < 95,
                "{error} {delivered}"
            );
            assert!(stream.try_next().await.unwrap().is_none());
        }
    }
}

proptest! {
    /// However it breaks, and however it is taken apart: the same bytes.
    #[test]
    fn the_same_bytes_whatever_breaks(
        size in 0_usize..400,
        cuts in prop::collection::vec(1_usize..60, 0..8),
        concurrency in 1_usize..5,
        part_size in 1_u64..90,
        from in 0_usize..400,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (bytes, from) = (blob(size), from.min(size));
            let sent = bytes.clone();
            let cuts = Mutex::new(cuts);
            let (origin, _) = script(20, move |first, last| {
                let cut = cuts.lock().unwrap().pop();
                ranged(&sent, first, last, cut)
            });
            let window = (concurrency > 1).then_some(Window { concurrency, part_size });
            let mut verifier = DigestVerifier::expecting(Digest::of(&bytes), None);
            verifier.update(&bytes[..from]);
            match Pieces::open(&origin, from as u64, None, window).await {
                Ok(pieces) => {
                    let digest = (Digest::of(&bytes), None);
                    let hashing = Hashing::new(verifier, Place::Inline);
                    let stream = BlobStream::new(pieces, hashing, digest, "read it", None);
                    let rest: Vec<_> = stream.try_collect().await.unwrap();
                    assert_eq!(rest.concat(), bytes[from..]);
                }
                // There is nothing behind the end.
                Err(error) => {
                    assert_eq!(error.status(), Some(StatusCode::RANGE_NOT_SATISFIABLE));
                    assert!(from == size && size > 0);
                }
            }
        });
    }
}

/// Nobody takes them, and they are short: what waits is as little as their bytes.
#[tokio::test]
async fn short_pieces_are_moved_together_also_when_it_is_their_turn() {
    let bytes = blob(200_000);
    let sent = bytes.clone();
    let (origin, _) = script(1, move |first, last| ranged(&sent, first, last, None));
    let window = Window {
        concurrency: 2,
        part_size: 65_536,
    };
    let mut pieces = Pieces::open(&origin, 0, None, Some(window)).await.unwrap();
    let mut all = Vec::new();
    let mut count = 0;
    while let Some(piece) = pieces.next().await.unwrap() {
        count += 1;
        all.extend_from_slice(&piece);
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(all, bytes);
    assert!(count < 200, "{count} pieces");
}
