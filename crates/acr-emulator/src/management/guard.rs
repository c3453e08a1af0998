//! Who may use the management API: programs of this machine, and its own page.
//!
//! It asks for no password, so a page from elsewhere, open in a browser of this machine, must not
//! reach it: neither by a form or script (`Origin` tells), nor under a name of its own that leads
//! here (`Host` tells).

use std::net::IpAddr;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header, uri::Authority};

use super::body::Refusal;

/// Lets requests through that come from this machine.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    if is_ours(request.headers()) {
        return next.run(request).await;
    }
    let reason = "the management API answers programs of this machine, under a loopback name, and no other site's pages";
    Refusal::new(StatusCode::FORBIDDEN, reason).into_response()
}

fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let Some(host) = text(header::HOST) else {
        return headers.get(header::ORIGIN).is_none();
    };
    let own = |origin: &str| origin.strip_prefix("http://") == Some(host);
    is_loopback(host) && text(header::ORIGIN).is_none_or(own)
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        is_ours(&headers)
    }

    #[test]
    fn only_this_machine_and_no_foreign_page() {
        assert!(ours("127.0.0.1:4000", None));
        assert!(ours("localhost:4000", None));
        assert!(ours("[::1]:4000", Some("http://[::1]:4000")));
        assert!(!ours("evil.example:4000", None), "a name that leads here");
        assert!(!ours("localhost.evil.example", None));
        assert!(!ours("127.0.0.1:4000", Some("https://evil.example")));
        assert!(!ours("127.0.0.1:4000", Some("http://127.0.0.1:5000")));
        assert!(!ours("127.0.0.1:4000", Some("null")));
        assert!(!ours("", None));
    }
}
