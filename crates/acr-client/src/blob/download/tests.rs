//! Bodies that break, and servers that do not do as they should, by a script.

mod parts;

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use acr_rest::{RetryOptions, SystemClock, retry::Patience};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use http::{
    Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE},
};

use super::body::Body;
use crate::{
    Error, ErrorKind, Result,
    blob::redirect::{Opened, Opens},
};

type Answer = Box<dyn Fn(u64, Option<u64>) -> Result<Opened> + Send + Sync>;

/// A server, and what it was asked for.
struct Script {
    answer: Answer,
    asked: Mutex<Vec<String>>,
    attempts: u32,
}

impl Opens for Script {
    fn open<'a>(
        &'a self,
        range: Option<&'a str>,
        _patience: &'a mut Patience,
    ) -> BoxFuture<'a, Result<Opened>> {
        self.asked
            .lock()
            .unwrap()
            .push(range.unwrap_or("all").to_owned());
        let (first, last) = range.map_or(("0", ""), |range| {
            range
                .strip_prefix("bytes=")
                .unwrap()
                .split_once('-')
                .unwrap()
        });
        let answer = (self.answer)(first.parse().unwrap(), last.parse().ok());
        Box::pin(async { answer })
    }

    fn patience(&self) -> Patience {
        let options = RetryOptions::default()
            .max_attempts(self.attempts)
            .initial_delay(Duration::ZERO)
            .max_delay(Duration::ZERO);
        Patience::new(options, Arc::new(SystemClock))
    }

    fn attempt(&self) -> &str {
        "download it"
    }
}

fn script(
    attempts: u32,
    answer: impl Fn(u64, Option<u64>) -> Result<Opened> + Send + Sync + 'static,
) -> (Arc<dyn Opens>, Arc<Script>) {
    let script = Arc::new(Script {
        answer: Box::new(answer),
        asked: Mutex::default(),
        attempts,
    });
    (Arc::clone(&script) as Arc<dyn Opens>, script)
}

/// Bytes in pieces, with the connection broken at their end where they are `cut`.
fn answer(range: Option<String>, length: u64, bytes: &[u8], cut: bool) -> Opened {
    let mut pieces: Vec<_> = bytes
        .chunks(7)
        .map(|it| Ok(Bytes::copy_from_slice(it)))
        .collect();
    if cut {
        pieces.push(Err(io::Error::from(io::ErrorKind::ConnectionReset)));
    }
    let mut response = Response::builder().header(CONTENT_LENGTH, length.to_string());
    if let Some(range) = range {
        response = response
            .status(StatusCode::PARTIAL_CONTENT)
            .header(CONTENT_RANGE, range);
    }
    let body = reqwest::Body::wrap_stream(stream::iter(pieces));
    let response = response.body(body).unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = reqwest::Response::from(response).bytes_stream();
    Opened::new(status, &headers, body.boxed())
}

/// As a server that knows ranges answers, and breaks off after `cut` bytes.
fn ranged(blob: &[u8], first: u64, last: Option<u64>, cut: Option<usize>) -> Result<Opened> {
    let size = blob.len() as u64;
    if first >= size && (first > 0 || last.is_some()) {
        let answer = Error::builder(StatusCode::RANGE_NOT_SATISFIABLE);
        let range = format!("bytes */{size}").parse().unwrap();
        return Err(answer.header(CONTENT_RANGE, range).build());
    }
    let end = last.map_or(size, |last| size.min(last + 1));
    let all = &blob[usize::try_from(first).unwrap()..usize::try_from(end).unwrap()];
    let range = (first > 0 || last.is_some()).then(|| format!("bytes {first}-{}/{size}", end - 1));
    let cut = cut.filter(|cut| *cut <= all.len());
    let sent = cut.map_or(all, |cut| &all[..cut]);
    Ok(answer(range, end - first, sent, cut.is_some()))
}

fn blob(size: usize) -> Vec<u8> {
    (0..size)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect()
}

async fn all(body: Body) -> Result<Vec<u8>> {
    let pieces: Vec<_> = body.into_stream().try_collect().await?;
    Ok(pieces.concat())
}

#[tokio::test]
async fn a_body_goes_on_where_it_broke() {
    let bytes = blob(100);
    let sent = bytes.clone();
    let (origin, script) = script(3, move |first, last| {
        ranged(
            &sent,
            first,
            last,
            (first < 90).then_some(if first == 0 { 10 } else { 80 }),
        )
    });
    assert_eq!(
        all(Body::new(&origin, 0, None).or_whole()).await.unwrap(),
        bytes
    );
    assert_eq!(
        *script.asked.lock().unwrap(),
        ["all", "bytes=10-", "bytes=90-"]
    );
}

#[tokio::test]
async fn it_gives_up_where_nothing_more_comes() {
    let sent = blob(100);
    let (origin, script) = script(3, move |first, last| ranged(&sent, first, last, Some(0)));
    let error = all(Body::new(&origin, 0, None).or_whole())
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Transport(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains("broke off behind byte 0, 3 times"), "{text}");
    assert!(text.contains("connection reset"), "{text}");
    assert_eq!(script.asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn the_rest_of_a_part_is_asked_for_and_no_more() {
    let bytes = blob(100);
    let sent = bytes.clone();
    let (origin, script) = script(2, move |first, last| {
        ranged(&sent, first, last, (first == 20).then_some(5))
    });
    let part = all(Body::new(&origin, 20, Some(39))).await.unwrap();
    assert_eq!(part, bytes[20..40]);
    assert_eq!(
        *script.asked.lock().unwrap(),
        ["bytes=20-39", "bytes=25-39"]
    );
}

/// A cut behind the last byte loses nothing.
#[tokio::test]
async fn what_is_all_there_is_not_asked_for_again() {
    let bytes = blob(100);
    let sent = bytes.clone();
    let (origin, script) = script(1, move |first, last| ranged(&sent, first, last, Some(100)));
    assert_eq!(
        all(Body::new(&origin, 0, None).or_whole()).await.unwrap(),
        bytes
    );
    assert_eq!(script.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_that_ignores_ranges_gives_what_is_known_once_more() {
    let bytes = blob(100);
    let sent = bytes.clone();
    let (origin, _) = script(2, move |first, _| {
        ranged(&sent, 0, None, (first == 0).then_some(33))
    });
    let body = Body::new(&origin, 0, None).or_whole();
    assert_eq!(all(body).await.unwrap(), bytes);

    // A range that begins with the blob ends where it should, also after a break.
    for (last, expected) in [
        (Some(9), &bytes[..10]),
        (Some(49), &bytes[..50]),
        (Some(500), &bytes),
        (None, &bytes),
    ] {
        let sent = bytes.clone();
        let (origin, _) = script(2, move |first, _| {
            ranged(&sent, 0, None, (first == 0).then_some(33))
        });
        let mut body = Body::new(&origin, 0, last).or_beginning();
        body.begin().await.unwrap();
        assert_eq!(body.end(), Some(expected.len() as u64));
        assert_eq!(body.total(), Some(100));
        assert_eq!(all(body).await.unwrap(), expected);
    }

    // Of any other range, which nothing verifies, it is refused.
    let error = all(Body::new(&origin, 10, None).or_beginning())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("does not say which bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn another_range_and_another_size_are_errors() {
    let wrong: [(&str, Option<String>, &str); 5] = [
        (
            "of any size",
            Some("bytes 10-50/*".into()),
            "it ends at 51 now, and did at 100 before",
        ),
        (
            "behind",
            Some("bytes 11-99/100".into()),
            "it sends the bytes 11-99",
        ),
        (
            "before",
            Some("bytes 9-99/100".into()),
            "it sends the bytes 9-99",
        ),
        (
            "longer",
            Some("bytes 10-100/101".into()),
            "it has 101 bytes now, and had 100 before",
        ),
        (
            "shorter",
            Some("bytes 10-50/100".into()),
            "it sends the bytes 10-50",
        ),
    ];
    for (name, range, expected) in wrong {
        let sent = blob(100);
        let (origin, _) = script(2, move |first, last| match first {
            0 => ranged(&sent, 0, last, Some(10)),
            _ => Ok(answer(range.clone(), 90, &sent[10..], false)),
        });
        let error = all(Body::new(&origin, 0, None).or_whole())
            .await
            .unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::UnexpectedAnswer(_)),
            "{name}: {error}"
        );
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
}

/// It announces more than it has: then it is asked for what it does not have.
#[tokio::test]
async fn an_announced_size_that_is_wrong() {
    let sent = blob(100);
    let (origin, _) = script(2, move |first, last| match first {
        0 => Ok(answer(None, 103, &sent, true)),
        _ => ranged(&sent, first, last, None),
    });
    let error = all(Body::new(&origin, 0, None).or_whole())
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it has 100 bytes now, and had 103"),
        "{error}"
    );
    let sent = blob(100);
    let (origin, _) = script(2, move |_, _| Ok(answer(None, 97, &sent, false)));
    let error = all(Body::new(&origin, 0, None).or_whole())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("more bytes than it announced"),
        "{error}"
    );
}

/// A whole blob of a length that nobody told, and then one that is shorter than what came.
#[tokio::test]
async fn a_blob_that_shrinks() {
    let sent = blob(100);
    let (origin, _) = script(3, move |first, _| match first {
        0 => {
            let mut opened = ranged(&sent, 0, None, Some(60))?;
            opened.size = None;
            Ok(opened)
        }
        _ => Ok(answer(None, 50, &sent[..50], false)),
    });
    let error = all(Body::new(&origin, 0, None).or_whole())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("more bytes than it announced"),
        "{error}"
    );
}
