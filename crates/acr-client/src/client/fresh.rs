//! Which repositories got blobs from this client lately.
//!
//! The replicas of a registry learn of a blob one after the other, and for a while one may say that it
//! does not know a blob which another has just taken. Whether that may be so, or the blob was never
//! there, only tells who knows what was uploaded.

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use acr_core::RepositoryName;
use acr_rest::{Clock, Operation};
use http::{Extensions, StatusCode};
use lru::LruCache;
use percent_encoding::percent_decode_str;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

/// Replicas are told within seconds; a large layer may take minutes to be copied.
const LATELY: Duration = Duration::from_secs(5 * 60);

/// How many repositories are remembered: at 300 bytes each at the most, 300 KiB.
const REPOSITORIES: NonZeroUsize = NonZeroUsize::new(1024).expect("it is not 0");

/// A middleware that sees uploads end, and mounts. Its memory is bounded.
pub(crate) struct Fresh {
    clock: Arc<dyn Clock>,
    since: Mutex<LruCache<String, SystemTime>>,
}

impl Fresh {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            since: Mutex::new(LruCache::new(REPOSITORIES)),
        }
    }

    /// Whether this client has uploaded or mounted a blob to it within the last minutes.
    pub(crate) fn has(&self, repository: &RepositoryName) -> bool {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(since) = since.get(repository.as_str()) else {
            return false;
        };
        // A clock may be put back.
        let ago = self.clock.now().duration_since(*since).unwrap_or_default();
        ago < LATELY
    }

    fn note(&self, repository: String) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.put(repository, self.clock.now());
    }
}

/// The repository to which this request would bring a blob, if it were answered with 201: the end of
/// an upload, a mount, or both in one.
fn target(request: &Request, operation: Option<&Operation>) -> Option<String> {
    if !matches!(operation?.0, "start_upload" | "complete_upload") {
        return None;
    }
    let path = percent_decode_str(request.url().path())
        .decode_utf8()
        .ok()?;
    let rest = path.strip_prefix("/v2/")?;
    Some(rest[..rest.rfind("/blobs/uploads/")?].to_owned())
}

#[async_trait::async_trait]
impl Middleware for Fresh {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let target = target(&request, extensions.get::<Operation>());
        let outcome = next.run(request, extensions).await;
        if let (Some(repository), Ok(answer)) = (target, &outcome)
            && answer.status() == StatusCode::CREATED
        {
            self.note(repository);
        }
        outcome
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Hands(Mutex<SystemTime>);

    impl Clock for Hands {
        fn now(&self) -> SystemTime {
            *self.0.lock().unwrap()
        }
    }

    fn name(text: &str) -> RepositoryName {
        text.parse().unwrap()
    }

    #[test]
    fn for_a_few_minutes() {
        let clock = Arc::new(Hands(Mutex::new(SystemTime::UNIX_EPOCH + LATELY)));
        let fresh = Fresh::new(clock.clone());
        assert!(!fresh.has(&name("team/app")));
        fresh.note("team/app".to_owned());
        assert!(fresh.has(&name("team/app")));
        assert!(!fresh.has(&name("team/other")));
        *clock.0.lock().unwrap() += LATELY - Duration::from_secs(1);
        assert!(fresh.has(&name("team/app")));
        *clock.0.lock().unwrap() += Duration::from_secs(1);
        assert!(!fresh.has(&name("team/app")));
        *clock.0.lock().unwrap() = SystemTime::UNIX_EPOCH;
        assert!(fresh.has(&name("team/app")), "a clock that was put back");
    }

    #[test]
    fn of_so_many_repositories() {
        let fresh = Fresh::new(Arc::new(acr_rest::SystemClock));
        for number in 0..2000 {
            fresh.note(format!("app{number}"));
        }
        assert!(!fresh.has(&name("app975")));
        assert!(fresh.has(&name("app976")));
        assert_eq!(fresh.since.lock().unwrap().len(), 1024);
    }

    #[test]
    fn what_brings_a_blob() {
        for (operation, path, repository) in [
            (
                "start_upload",
                "/v2/team%2Fapp/blobs/uploads/",
                Some("team/app"),
            ),
            (
                "start_upload",
                "/v2/app/blobs/uploads/?mount=sha256:ab&from=b",
                Some("app"),
            ),
            (
                "complete_upload",
                "/v2/team/app/blobs/uploads/1?_state=2",
                Some("team/app"),
            ),
            ("upload_chunk", "/v2/team/app/blobs/uploads/1", None),
            ("create_manifest", "/v2/app/manifests/v1", None),
            ("complete_upload", "/v2/app", None),
            ("complete_upload", "/v2/%ff/blobs/uploads/1", None),
        ] {
            let url = format!("https://reg.azurecr.io{path}").parse().unwrap();
            let request = Request::new(http::Method::PUT, url);
            let found = target(&request, Some(&Operation(operation)));
            assert_eq!(found.as_deref(), repository, "{operation} {path}");
        }
    }
}
