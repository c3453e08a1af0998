//! The log of requests, for tests that count them.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::{HeaderMap, header};
use serde::Serialize;

/// So many requests are remembered; older ones are forgotten.
const REMEMBERED: usize = 10_000;

/// Who answered a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Listener {
    /// The registry.
    Registry,
    /// The storage host, to which the registry redirects.
    Storage,
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// Who answered it.
    pub listener: Listener,
    /// What it asked for, one of [`OPERATIONS`](crate::OPERATIONS), where its path fits one.
    pub operation: Option<&'static str>,
    /// The repository that its path names.
    pub repository: Option<String>,
    /// Its method.
    pub method: String,
    /// Its path, as it was sent.
    pub path: String,
    /// Its query, as it was sent.
    pub query: Option<String>,
    /// Its `Range` or `Content-Range`, as it was sent.
    pub range: Option<String>,
    /// How many bytes of its body were taken before the answer.
    pub received: u64,
    /// The status of the answer; 0 where a fault rule let there be none.
    pub status: u16,
    /// The scopes that it needed, as a challenge names them.
    pub scope: Option<String>,
    /// When it came, by the emulator's clock.
    pub at: SystemTime,
    /// How long it took until its answer began.
    pub duration: Duration,
}

/// Of what a request says that it is about.
pub(crate) fn range(headers: &HeaderMap) -> Option<String> {
    let range = headers.get(header::RANGE);
    let range = range.or_else(|| headers.get(header::CONTENT_RANGE))?;
    Some(String::from_utf8_lossy(range.as_bytes()).into_owned())
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    records: Mutex<VecDeque<RequestRecord>>,
}

impl RequestLog {
    pub(crate) fn add(&self, record: RequestRecord) {
        tracing::info!(
            method = %record.method,
            path = %record.path,
            operation = record.operation,
            status = record.status,
            scope = record.scope,
            "answered"
        );
        let mut records = self.lock();
        if records.len() == REMEMBERED {
            records.pop_front();
        }
        records.push_back(record);
    }

    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        self.lock().iter().cloned().collect()
    }

    /// The last `count` of them, newest first.
    pub(crate) fn newest(&self, count: usize) -> Vec<RequestRecord> {
        self.lock().iter().rev().take(count).cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<RequestRecord>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
