use std::{collections::BTreeSet, time::SystemTime};

use acr_core::{Scope, ScopeSet};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::jwt::Claims;

/// A token, and the payload of one.
///
/// # Panics
/// When claims are read of what is no JSON object between two dots; when a scope comes out that no
/// entry of `access` names just so, or that is another one once it is printed; or when the end
/// is not the one that is said.
pub fn jwt(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    check(&text);
    let payload = URL_SAFE_NO_PAD.encode(data);
    check(&format!("e30.{payload}.c2ln"));
    // Further dots make it something else, as an encrypted token has them.
    assert!(Claims::of(&format!("e30.{payload}.c2ln.")).is_none());
    assert!(Claims::of(&format!("e30.{payload}")).is_none());
}

fn check(token: &str) {
    let Some(claims) = Claims::of(token) else {
        return;
    };
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('='));
    let said: Value = match payload.map(|payload| serde_json::from_slice(&payload)) {
        Ok(Ok(said @ Value::Object(_))) => said,
        other => panic!("claims of what is no JSON object: {other:?}"),
    };
    if let Some(end) = claims.expires_at() {
        let since = end.duration_since(SystemTime::UNIX_EPOCH);
        let seconds = since.map_or(-1.0, |since| since.as_secs_f64());
        let said = said["exp"].as_f64().unwrap_or(f64::INFINITY);
        assert!((said - seconds).abs() <= 1.0, "{end:?}");
    }

    let granted = claims.granted();
    assert!(granted.to_string().len() <= token.len());
    assert_eq!(
        granted.to_string().parse::<ScopeSet>().as_ref(),
        Ok(&granted)
    );
    for scope in granted.iter() {
        assert!(!scope.to_string().contains(char::is_whitespace), "{scope}");
        assert!(is_said(&scope, &said["access"]), "{scope}");
    }
}

/// Whether the entries of this resource, taken together, name just these actions.
fn is_said(scope: &Scope, access: &Value) -> bool {
    let entries = access.as_array().into_iter().flatten();
    let said: BTreeSet<_> = entries
        .filter(|entry| entry["type"] == scope.kind() && entry["name"] == scope.name())
        .filter_map(|entry| entry["actions"].as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    scope.actions().all(|action| said.contains(action.as_str()))
}
