//! What can be read of a token of the registry. Its signature is the registry's business: nothing
//! is trusted because of what stands here, it only saves requests and explains refusals.

use std::time::{Duration, SystemTime};

use acr_core::{Scope, ScopeSet, limits};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// The claims that are of use. Each is read by itself: one that is not what it should be is as good
/// as missing, and spoils no other.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    expires_at: Option<SystemTime>,
    is_access_token: bool,
    granted: ScopeSet,
    abac: bool,
}

impl Claims {
    /// Reads the payload of a JWT, with base64's padding or without; `None` for a text that is no
    /// JWT, or longer than any token.
    pub(crate) fn of(token: &str) -> Option<Self> {
        if token.len() > limits::TOKEN {
            return None;
        }
        let mut parts = token.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        // The parser gives up at a depth of 128, and what it makes of a payload has a few times its
        // length.
        let Ok(Value::Object(claims)) = serde_json::from_slice(&payload) else {
            return None;
        };
        Some(Self {
            expires_at: claims.get("exp").and_then(instant),
            is_access_token: claims.get("grant_type") == Some(&Value::from("access_token")),
            granted: entries(claims.get("access")).filter_map(scope).collect(),
            abac: claims
                .get("aad_identity")
                .is_some_and(|claim| !claim.is_null()),
        })
    }

    /// When it ends. The service backdates the beginning, so only the end can be used.
    pub(crate) fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Whether it lets requests through by itself, as against a refresh token.
    pub(crate) fn is_access_token(&self) -> bool {
        self.is_access_token
    }

    /// What it allows.
    pub(crate) fn granted(&self) -> ScopeSet {
        self.granted.clone()
    }

    /// Whether this is the refresh token of a registry that gives its permissions repository by
    /// repository: it alone names the identity so.
    pub(crate) fn is_of_abac(&self) -> bool {
        self.abac
    }
}

/// A time in seconds since 1970; other programs write it with a fraction.
fn instant(claim: &Value) -> Option<SystemTime> {
    let since = match claim.as_u64() {
        Some(seconds) => Duration::from_secs(seconds),
        None => Duration::try_from_secs_f64(claim.as_f64()?).ok()?,
    };
    SystemTime::UNIX_EPOCH.checked_add(since)
}

fn entries(claim: Option<&Value>) -> impl Iterator<Item = &Value> {
    claim.and_then(Value::as_array).into_iter().flatten()
}

fn scope(entry: &Value) -> Option<Scope> {
    let (kind, name) = (entry["type"].as_str()?, entry["name"].as_str()?);
    let actions = entries(entry.get("actions")).filter_map(Value::as_str);
    Scope::from_parts(kind, name, actions).ok()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE;
    use proptest::prelude::*;

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
    fn what_is_no_scope_grants_nothing() {
        for entry in [
            r#"{"type":"repository","name":"a","actions":["b:pull"]}"#,
            r#"{"type":"repository:a","name":"b","actions":["pull"]}"#,
            r#"{"type":"repository","name":"a","actions":["pull push"]}"#,
            r#"{"type":"repository","name":"a repository:b:pull","actions":["pull"]}"#,
        ] {
            let claims = Claims::of(&token(&format!(r#"{{"access":[{entry}]}}"#))).unwrap();
            assert!(claims.granted().is_empty(), "{entry}");
        }
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

    /// One entry that makes no sense does not hide the others, nor when the token ends.
    #[test]
    fn each_claim_is_read_by_itself() {
        for (payload, ends, granted) in [
            (
                r#"{"exp":"soon","access":[{"type":"repository","name":"a","actions":["pull"]}]}"#,
                None,
                "repository:a:pull",
            ),
            (r#"{"exp":-1}"#, None, ""),
            (r#"{"exp":1e300}"#, None, ""),
            (r#"{"exp":18446744073709551615}"#, None, ""),
            (r#"{"exp":7.5,"access":{}}"#, Some(7.5), ""),
            (
                r#"{"exp":7,"access":[7,null,{"type":"repository"},{"type":"repository","name":"a b","actions":["pull"]},{"type":"repository","name":"c","actions":["pull",7]}]}"#,
                Some(7.0),
                "repository:c:pull",
            ),
        ] {
            let claims = Claims::of(&token(payload)).unwrap();
            let ends = ends.map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs_f64(s));
            assert_eq!(claims.expires_at(), ends, "{payload}");
            assert_eq!(claims.granted().to_string(), granted, "{payload}");
        }
    }

    #[test]
    fn who_gives_permissions_by_repository() {
        let abac = |payload| Claims::of(&token(payload)).unwrap().is_of_abac();
        assert!(abac(r#"{"aad_identity":"4f2a"}"#));
        assert!(!abac(r#"{"aad_identity":null}"#) && !abac("{}"));
    }

    #[test]
    fn with_padding_or_without() {
        let payload = r#"{"exp":17}"#;
        let padded = URL_SAFE.encode(payload);
        assert!(padded.ends_with('='));
        for payload in [padded, URL_SAFE_NO_PAD.encode(payload)] {
            let claims = Claims::of(&format!("e30.{payload}.c2ln")).unwrap();
            assert!(claims.expires_at().is_some());
        }
    }

    #[test]
    fn no_token() {
        let deep = format!("{{\"access\":{}{}}}", "[".repeat(4096), "]".repeat(4096));
        let long = format!(r#"{{"exp":17,"roles":"{}"}}"#, "r".repeat(limits::TOKEN));
        for text in [
            "",
            "a",
            "a.b",
            "a.b.c",
            "a.b.c.d",
            &token("[]"),
            &token("[1700000000]"),
            &token("no json"),
            "..",
            &token(&deep),
            &token(&long),
        ] {
            assert!(Claims::of(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Claims::of(&text);
        }

        #[test]
        fn no_payload_panics(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Claims::of(&format!("e30.{}.", URL_SAFE_NO_PAD.encode(payload)));
        }

        /// What is nearly a payload: the claims that are read, with anything in them.
        #[test]
        fn no_near_miss_panics(exp in any::<f64>(), name in "\\PC*", actions in "[a-z,:* ]{0,20}") {
            let access = serde_json::json!([{"type": name, "name": name, "actions": [actions]}]);
            let payload = serde_json::json!({"exp": exp, "access": access, "aad_identity": name});
            let claims = Claims::of(&token(&payload.to_string()));
            // What is granted can be written and read again: it goes into requests and errors.
            if let Some(claims) = claims {
                let granted = claims.granted();
                prop_assert_eq!(granted.to_string().parse::<ScopeSet>().unwrap(), granted);
            }
        }
    }
}
