//! The token of an upload, from its start to its commit.

use std::{sync::Arc, time::Duration};

use acr_client::{Descriptor, Digest, SavedUpload, Source};
use acr_tests::{Session, Who};
use bytes::Bytes;
use futures_util::stream;

const CHUNK: usize = 4 * 1024 * 1024;
const CHUNKS: usize = 4;

/// Four chunks.
fn chunks() -> Source {
    let pieces = (0..CHUNKS).map(|n| Ok::<_, std::io::Error>(Bytes::from(vec![n as u8; CHUNK])));
    Source::stream(stream::iter(pieces))
}

/// `METHOD status` of the requests of an upload that takes so long in its middle.
async fn upload(who: Who, by: Duration) -> (Session, Vec<String>) {
    let session = Session::start(who).await;
    let app = session.registry.repository("app").unwrap();
    let emulator = Arc::clone(&session.emulator);
    // Behind the second chunk, with the next one at hand.
    let passes = move |saved: SavedUpload| {
        if saved.bytes() == 2 * CHUNK as u64 {
            emulator.advance_clock(by);
        }
    };
    let upload = app.upload_blob(chunks()).on_checkpoint(passes);
    let blob: Descriptor = upload.await.unwrap();
    let content: Vec<u8> = (0..CHUNKS).flat_map(|n| vec![n as u8; CHUNK]).collect();
    assert_eq!(blob.digest, Digest::of(&content));
    let lines = session.emulator.requests().into_iter().map(|request| {
        let token = request.path.strip_prefix("/oauth2/");
        let what = token.unwrap_or(&request.method);
        format!("{what} {}", request.status)
    });
    let lines = lines.collect();
    (session, lines)
}

const ALL: [&str; 6] = [
    "POST 202",
    "PATCH 202",
    "PATCH 202",
    "PATCH 202",
    "PATCH 202",
    "PUT 201",
];

#[tokio::test]
async fn one_token_from_start_to_commit() {
    for (who, tokens) in [
        (Who::Entra, vec!["exchange 200", "token 200"]),
        (Who::Password, vec!["token 200"]),
        (Who::RefreshToken, vec!["token 200"]),
    ] {
        let (_session, requests) = upload(who, Duration::from_secs(50 * 60)).await;
        let expected: Vec<_> = tokens.into_iter().chain(ALL).collect();
        assert_eq!(requests, expected, "{who:?}");
    }
}

/// Within five minutes of its end, past it, and past the refresh token's.
#[tokio::test]
async fn renewed_in_the_middle_before_the_registry_refuses_it() {
    for (who, minutes, renewal) in [
        (Who::Password, 56, vec!["token 200"]),
        (Who::Password, 61, vec!["token 200"]),
        (Who::RefreshToken, 61, vec!["token 200"]),
        (Who::Entra, 61, vec!["token 200"]),
        (Who::Entra, 176, vec!["exchange 200", "token 200"]),
        (Who::Entra, 181, vec!["exchange 200", "token 200"]),
    ] {
        let (session, requests) = upload(who, Duration::from_secs(minutes * 60)).await;
        let begins = match who {
            Who::Entra => vec!["exchange 200", "token 200"],
            _ => vec!["token 200"],
        };
        let (before, after) = ALL.split_at(3);
        let expected = [&begins[..], before, &renewal[..], after].concat();
        assert_eq!(requests, expected, "{who:?} after {minutes} minutes");
        let asked = if minutes > 175 { 2 } else { 1 };
        assert!(who != Who::Entra || session.entra_calls() == asked);
    }
}
