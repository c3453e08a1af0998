//! Uploads: counted, and thrown away.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::{Answer, decoded, parameter, status, with};

#[derive(Default)]
pub(super) struct Uploads {
    /// How many bytes each session has.
    sessions: Mutex<HashMap<String, u64>>,
    made: AtomicU64,
}

impl Uploads {
    pub(super) async fn answer(&self, path: &str, request: Request<Incoming>) -> Answer {
        let Some((repository, session)) = path
            .strip_prefix("/v2/")
            .and_then(|path| path.split_once("/blobs/uploads"))
        else {
            return status(StatusCode::NOT_FOUND);
        };
        let (repository, session) = (repository.to_owned(), session.trim_matches('/').to_owned());
        let query = request.uri().query().unwrap_or("").to_owned();
        let digest = parameter(&query, "digest").map(|digest| decoded(&digest));
        let method = request.method().clone();
        if method == Method::POST {
            return match digest {
                Some(digest) if parameter(&query, "mount").is_none() => {
                    finished(drain(request).await.is_some(), &repository, digest)
                }
                _ => self.begin(&repository),
            };
        }
        let Some(before) = self.bytes(&session) else {
            return status(StatusCode::NOT_FOUND);
        };
        match (method, digest) {
            (Method::PATCH, _) if !continues(&request, before) => self.at(
                StatusCode::RANGE_NOT_SATISFIABLE,
                &repository,
                &session,
                before,
            ),
            (Method::PATCH, _) => match drain(request).await {
                Some(bytes) => {
                    let bytes = before.saturating_add(bytes);
                    self.set(&session, Some(bytes));
                    self.at(StatusCode::ACCEPTED, &repository, &session, bytes)
                }
                None => status(StatusCode::BAD_REQUEST),
            },
            (Method::PUT, Some(digest)) => {
                self.set(&session, None);
                finished(drain(request).await.is_some(), &repository, digest)
            }
            (Method::GET, _) => self.at(StatusCode::NO_CONTENT, &repository, &session, before),
            (Method::DELETE, _) => {
                self.set(&session, None);
                status(StatusCode::NO_CONTENT)
            }
            _ => status(StatusCode::BAD_REQUEST),
        }
    }

    fn begin(&self, repository: &str) -> Answer {
        let session = format!("session-{}", self.made.fetch_add(1, Ordering::Relaxed));
        self.set(&session, Some(0));
        self.at(StatusCode::ACCEPTED, repository, &session, 0)
    }

    /// Where a session is and goes on. The address changes with each chunk, as the service's does.
    fn at(&self, code: StatusCode, repository: &str, session: &str, bytes: u64) -> Answer {
        let location =
            format!("/v2/{repository}/blobs/uploads/{session}?_nouploadcache=false&_state={bytes}");
        let headers = [
            ("location", location),
            ("range", format!("0-{}", bytes.saturating_sub(1))),
            ("docker-upload-uuid", session.to_owned()),
        ];
        with(code, headers)
    }

    fn bytes(&self, session: &str) -> Option<u64> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(session).copied()
    }

    fn set(&self, session: &str, bytes: Option<u64>) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        match bytes {
            Some(bytes) => sessions.insert(session.to_owned(), bytes),
            None => sessions.remove(session),
        };
    }
}

/// Whether the chunk begins where the last one ended, as far as it says.
fn continues(request: &Request<Incoming>, before: u64) -> bool {
    let range = request.headers().get(http::header::CONTENT_RANGE);
    range.is_none_or(|range| {
        let start = range.to_str().ok().and_then(|range| range.split_once('-'));
        start.and_then(|(start, _)| start.parse().ok()) == Some(before)
    })
}

fn finished(whole: bool, repository: &str, digest: String) -> Answer {
    if !whole {
        return status(StatusCode::BAD_REQUEST);
    }
    let location = format!("/v2/{repository}/blobs/{digest}");
    let headers = [("location", location), ("docker-content-digest", digest)];
    with(StatusCode::CREATED, headers)
}

/// Reads the body to its end: its length, or `None` where it broke off.
async fn drain(request: Request<Incoming>) -> Option<u64> {
    let (mut body, mut bytes) = (request.into_body(), 0_u64);
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame.ok()?.data_ref() {
            bytes = bytes.saturating_add(data.len() as u64);
        }
    }
    Some(bytes)
}
