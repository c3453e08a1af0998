//! Tokens that the player gives, and those that recorders blotted out.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::player::Asked;
use crate::{client::Answer, target::field};

/// A token that ends in an hour, and allows this.
pub(crate) fn token(access: &Value) -> String {
    let hour = SystemTime::now() + Duration::from_secs(3600);
    let end = hour.duration_since(SystemTime::UNIX_EPOCH);
    let end = end.map_or(0, |end| end.as_secs());
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let claims = part(json!({"exp": end, "access": access}));
    format!("{}.{claims}.cGxheWVk", part(json!({"alg": "none"})))
}

/// The answer to a request for a token: one that allows what was asked for.
pub(super) fn answer(asked: &Asked) -> Answer {
    let form = String::from_utf8_lossy(&asked.body).into_owned();
    let query = asked.target.split_once('?').map_or("", |(_, query)| query);
    let scope = field(&form, "scope").or_else(|| field(query, "scope"));
    let access = scope.unwrap_or_default();
    let access: Vec<Value> = access.split(' ').filter_map(entry).collect();
    let name = match asked.target.starts_with("/oauth2/exchange") {
        true => "refresh_token",
        false => "access_token",
    };
    Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: json!({name: token(&access.into())})
            .to_string()
            .into_bytes(),
    }
}

fn entry(scope: &str) -> Option<Value> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    let actions: Vec<&str> = actions.split(',').collect();
    Some(json!({"type": kind, "name": name, "actions": actions}))
}

/// Whether a recorder kept what makes a refresh token one: an end.
pub(super) fn ends(token: &str) -> bool {
    let claims = token.split('.').nth(1).and_then(|claims| {
        let bytes = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    });
    claims.is_some_and(|claims| claims.get("exp").is_some())
}
