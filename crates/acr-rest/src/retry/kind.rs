//! Which requests leave the same state when they arrive twice.

use http::Method;
use reqwest::{Body, Request};

use crate::{guard, pipeline::Operation};

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Leaves the same state when it arrives twice.
    Repeatable,
    /// Does not, or nobody knows.
    Other,
    /// Its body is gone once it is sent.
    Stream,
}

impl Kind {
    pub(super) fn of(request: &Request) -> Self {
        if request.body().is_some_and(is_stream) {
            return Self::Stream;
        }
        match is_repeatable(request.method(), request.url().path()) {
            true => Self::Repeatable,
            false => Self::Other,
        }
    }
}

fn is_stream(body: &Body) -> bool {
    body.as_bytes().is_none()
}

/// No component of a repository's name begins with `_`, so that these paths are nobody's name.
fn is_repeatable(method: &Method, path: &str) -> bool {
    let is_any_of = |ends: [&str; 3]| ends.iter().any(|end| path.ends_with(end));
    match *method {
        Method::POST => {
            let ends = ["/blobs/uploads/", "/_metadata/_query", "/_streaming"];
            path.starts_with("/oauth2/") || is_any_of(ends)
        }
        Method::PATCH => path.starts_with("/acr/v1/"),
        Method::PUT => !path.contains("/blobs/uploads/"),
        _ => true,
    }
}

/// Whether the answer's body is read whole within a try: where nothing but its loss can come of
/// asking again, and where it has an end that can be held in memory.
pub(super) fn is_read_whole(request: &Request, operation: Option<&Operation>) -> bool {
    let path = request.url().path();
    let asks = match *request.method() {
        Method::GET => true,
        Method::POST => !path.ends_with("/blobs/uploads/"),
        Method::PATCH => path.starts_with("/acr/v1/"),
        _ => false,
    };
    asks && Kind::of(request) == Kind::Repeatable && guard::limit(operation).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, path: &str) -> Request {
        let url = format!("https://reg.azurecr.io{path}");
        Request::new(method, url.parse().unwrap())
    }

    #[test]
    fn what_is_repeatable() {
        for (method, path, repeatable) in [
            (Method::GET, "/v2/app/manifests/v1", true),
            (Method::HEAD, "/v2/app/manifests/v1", true),
            (Method::DELETE, "/v2/app/blobs/uploads/1", true),
            (Method::PUT, "/v2/app/manifests/v1", true),
            (Method::PUT, "/v2/app/blobs/uploads/1", false),
            (Method::PATCH, "/acr/v1/app", true),
            (Method::PATCH, "/v2/app/blobs/uploads/1", false),
            (Method::POST, "/oauth2/token", true),
            (Method::POST, "/v2/app/blobs/uploads/", true),
            (Method::POST, "/acr/v1/_metadata/_query", true),
            (Method::POST, "/acr/v1/app/_metadata/_query", true),
            (Method::POST, "/acr/v1/app/_streaming", true),
            (Method::POST, "/acr/v1/app/_streaming/sha256:ab", false),
            (Method::POST, "/acr/v1/app/_operations/1:cancel", false),
            (
                Method::POST,
                "/acr/v1/_deleted/app/_manifests/sha256:ab",
                false,
            ),
        ] {
            let is = Kind::of(&request(method.clone(), path)) == Kind::Repeatable;
            assert_eq!(is, repeatable, "{method} {path}");
        }
    }

    #[test]
    fn a_stream_is_of_its_own_kind() {
        let mut request = request(Method::PUT, "/v2/app/manifests/v1");
        *request.body_mut() = Some("bytes".into());
        assert_eq!(Kind::of(&request), Kind::Repeatable);
        let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>("bytes")]);
        *request.body_mut() = Some(Body::wrap_stream(pieces));
        assert_eq!(Kind::of(&request), Kind::Stream);
    }

    #[test]
    fn blobs_are_not_read_whole() {
        let get = request(Method::GET, "/v2/app/manifests/v1");
        assert!(is_read_whole(&get, Some(&Operation("get_manifest"))));
        assert!(!is_read_whole(&get, Some(&Operation("get_blob"))));
        let delete = request(Method::DELETE, "/acr/v1/app");
        assert!(!is_read_whole(
            &delete,
            Some(&Operation("delete_repository"))
        ));
        let start = request(Method::POST, "/v2/app/blobs/uploads/");
        assert!(!is_read_whole(&start, Some(&Operation("start_upload"))));
    }
}
