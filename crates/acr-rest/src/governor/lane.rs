//! What the service limits apart.

use std::time::SystemTime;

use http::Method;
use reqwest::Request;

/// Requests that the service counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lane {
    /// GET and HEAD, and the metadata query.
    Reads,
    /// Uploads, manifests, changes of properties.
    Writes,
    /// Of manifests, tags, repositories and blobs.
    Deletes,
    /// The calls to `/oauth2`.
    Tokens,
}

/// What is known of the limits of a registry, as of one moment: see [`governor`](crate::governor).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Throttle {
    /// GET and HEAD, and the metadata query.
    pub reads: LaneThrottle,
    /// Uploads, manifests, changes of properties.
    pub writes: LaneThrottle,
    /// Deletions.
    pub deletes: LaneThrottle,
    /// Requests for tokens.
    pub tokens: LaneThrottle,
}

/// What is known of the limits of one [`Lane`], as of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LaneThrottle {
    /// How many may be under way at once; `None` while no limit is felt and none is set.
    pub limit: Option<usize>,
    /// How many are under way.
    pub in_flight: usize,
    /// How many wait for their turn.
    pub waiting: usize,
    /// Until when nobody begins, by the client's clock.
    pub paused_until: Option<SystemTime>,
    /// How many were refused so far: 429, or 503 with `Retry-After`.
    pub throttled: u64,
    /// How many calls the service would still take within the second, as it told last; few answers
    /// do.
    pub remaining: Option<f64>,
}

impl Lane {
    pub(super) const ALL: [Self; 4] = [Self::Reads, Self::Writes, Self::Deletes, Self::Tokens];

    /// No component of a repository's name begins with `_`, so that these paths are nobody's name.
    pub(super) fn of(request: &Request) -> Self {
        let path = request.url().path();
        match *request.method() {
            _ if path.starts_with("/oauth2/") => Self::Tokens,
            Method::GET | Method::HEAD => Self::Reads,
            Method::POST if path.ends_with("/_metadata/_query") => Self::Reads,
            // To give an upload up is part of it.
            Method::DELETE if !path.contains("/blobs/uploads/") => Self::Deletes,
            _ => Self::Writes,
        }
    }

    /// In one word, for logs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Deletes => "deletes",
            Self::Tokens => "tokens",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_request_is_in_which_lane() {
        for (method, path, lane) in [
            (Method::GET, "/v2/app/manifests/v1", Lane::Reads),
            (Method::HEAD, "/v2/app/blobs/sha256:ab", Lane::Reads),
            (Method::GET, "/v2/app/blobs/uploads/1", Lane::Reads),
            (Method::POST, "/acr/v1/_metadata/_query", Lane::Reads),
            (Method::POST, "/acr/v1/app/_metadata/_query", Lane::Reads),
            (Method::POST, "/v2/app/blobs/uploads/", Lane::Writes),
            (Method::PATCH, "/v2/app/blobs/uploads/1", Lane::Writes),
            (Method::PUT, "/v2/app/manifests/v1", Lane::Writes),
            (Method::DELETE, "/v2/app/blobs/uploads/1", Lane::Writes),
            (Method::PATCH, "/acr/v1/app", Lane::Writes),
            (Method::DELETE, "/acr/v1/app", Lane::Deletes),
            (Method::DELETE, "/v2/app/manifests/sha256:ab", Lane::Deletes),
            (Method::POST, "/oauth2/token", Lane::Tokens),
            (Method::GET, "/oauth2/token", Lane::Tokens),
        ] {
            let url = format!("https://reg.azurecr.io{path}").parse().unwrap();
            let request = Request::new(method.clone(), url);
            assert_eq!(Lane::of(&request), lane, "{method} {path}");
        }
        for (at, lane) in Lane::ALL.into_iter().enumerate() {
            assert_eq!(lane as usize, at);
        }
    }
}
