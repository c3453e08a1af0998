//! What can be read of a token of the registry. Its signature is the registry's business: nothing
//! is trusted because of what stands here, it only saves requests and explains refusals.

use std::time::{Duration, SystemTime};

use acr_core::{Scope, ScopeSet};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

/// The claims that are of use.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Claims {
    exp: Option<u64>,
    grant_type: Option<String>,
    #[serde(default)]
    access: Option<Vec<Access>>,
}

#[derive(Debug, Deserialize)]
struct Access {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    actions: Option<Vec<String>>,
}

impl Claims {
    /// Reads the payload of a JWT; `None` for a text that is none.
    pub(crate) fn of(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    /// When it ends. The service backdates the beginning, so only the end can be used.
    pub(crate) fn expires_at(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.exp?))
    }

    /// Whether it lets requests through by itself, as against a refresh token.
    pub(crate) fn is_access_token(&self) -> bool {
        self.grant_type.as_deref() == Some("access_token")
    }

    /// What it allows.
    pub(crate) fn granted(&self) -> ScopeSet {
        let entries = self.access.iter().flatten();
        entries.filter_map(Access::scope).collect()
    }
}

impl Access {
    fn scope(&self) -> Option<Scope> {
        let actions = self.actions.as_deref().unwrap_or_default();
        match actions {
            [] => None,
            actions => format!("{}:{}:{}", self.kind, self.name, actions.join(","))
                .parse()
                .ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn expiry_and_grants() {
        let claims = Claims::of(&token(
            r#"{"exp":1700000000,"access":[{"type":"repository","name":"a/b","actions":["push","pull"]},{"type":"repository","name":"c","actions":[]}]}"#,
        ))
        .unwrap();
        assert_eq!(
            claims.expires_at(),
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000))
        );
        assert_eq!(claims.granted().to_string(), "repository:a/b:pull,push");
    }

    #[test]
    fn null_and_missing_access() {
        assert!(
            Claims::of(&token(r#"{"access":null}"#))
                .unwrap()
                .granted()
                .is_empty()
        );
        assert!(Claims::of(&token("{}")).unwrap().expires_at().is_none());
    }

    #[test]
    fn no_token() {
        for text in [
            "",
            "a",
            "a.b",
            "a.b.c",
            "a.b.c.d",
            &token("[]"),
            &token("no json"),
            "..",
            &token(r#"{"exp":-1}"#),
        ] {
            assert!(Claims::of(text).is_none(), "{text}");
        }
        assert_eq!(
            Claims::of(&token(r#"{"exp":18446744073709551615}"#))
                .unwrap()
                .expires_at(),
            None
        );
    }
}
