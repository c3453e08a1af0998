//! The token flow: a challenge, a refresh token for an Entra token, access tokens for either or for
//! a password. A token counts when it is one of those that were given out.

use std::{
    collections::HashSet,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::{Answer, Call, parameter, status, with};

const LIFE: Duration = Duration::from_secs(3600);

#[derive(Default)]
pub(super) struct Tokens {
    /// As an `Authorization` header has them.
    given: RwLock<HashSet<String>>,
    made: AtomicU64,
}

/// What refuses a request without a token.
pub(super) fn challenge(scheme: &str, request: &Request<Incoming>, call: &Call) -> Answer {
    let host = request.headers().get(header::HOST);
    let host = host
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    let (realm, scope) = (format!("{scheme}://{host}/oauth2/token"), call.scope());
    let challenge = format!(r#"Bearer realm="{realm}",service="{host}",scope="{scope}""#);
    with(StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)])
}

impl Tokens {
    pub(super) fn allow(&self, request: &Request<Incoming>) -> bool {
        let given = self.given.read().unwrap_or_else(PoisonError::into_inner);
        let header = request.headers().get(header::AUTHORIZATION);
        header
            .and_then(|header| header.to_str().ok())
            .is_some_and(|header| given.contains(header))
    }

    /// `/oauth2/exchange` and `/oauth2/token`, as the service has them: by POST, or by GET with Basic.
    pub(super) async fn answer(&self, path: &str, request: Request<Incoming>) -> Answer {
        let query = request.uri().query().unwrap_or("").to_owned();
        let basic = request.headers().contains_key(header::AUTHORIZATION);
        let Ok(body) = request.into_body().collect().await else {
            return status(StatusCode::BAD_REQUEST);
        };
        let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        let has = |name| parameter(&body, name).is_some_and(|value| !value.is_empty());
        let scope = parameter(&body, "scope")
            .or_else(|| parameter(&query, "scope"))
            .unwrap_or_default();
        if path == "/oauth2/exchange" && has("access_token") {
            return self.give("refresh_token", "");
        }
        match basic || has("password") || has("refresh_token") {
            true => self.give("access_token", &scope),
            false => status(StatusCode::UNAUTHORIZED),
        }
    }

    fn give(&self, kind: &str, scope: &str) -> Answer {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let claims = json!({
            "jti": number.to_string(),
            "grant_type": kind,
            "access": scope.split(' ').filter_map(access).collect::<Vec<_>>(),
            "iat": now.as_secs(),
            "nbf": now.as_secs(),
            "exp": (now + LIFE).as_secs(),
        });
        let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let head = json!({"alg": "RS256", "typ": "JWT"});
        let token = format!("{}.{}.{}", encoded(&head), encoded(&claims), "c2lnbmF0dXJl");
        if kind == "access_token" {
            let mut given = self.given.write().unwrap_or_else(PoisonError::into_inner);
            given.insert(format!("Bearer {token}"));
        }
        super::json(json!({kind: token}).to_string() + "\n")
    }
}

fn access(scope: &str) -> Option<Value> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    let actions: Vec<_> = actions.split(',').collect();
    Some(json!({"type": kind, "name": name, "actions": actions}))
}
