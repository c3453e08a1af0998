//! What a 401 asks for.

use crate::{ScopeSet, limits};

/// One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1).
///
/// The service sends
/// `Bearer realm="https://REG/oauth2/token",service="REG",scope="repository:app:pull,push"`:
/// commas stand inside the quotes, `scope` is missing for `/v2/`, and `error` is there only when a
/// token was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenge {
    /// A token of the named service for the named scopes is wanted.
    Bearer {
        /// The URL of the token endpoint, as sent: it is not checked here, and must be before
        /// anything goes to it.
        realm: String,
        /// The registry's name for itself.
        service: Option<String>,
        /// What the token must cover; `None` where nothing, or nothing that can be read, was said.
        scope: Option<ScopeSet>,
        /// Why the token that was sent is not enough: `insufficient_scope` or `invalid_token`.
        error: Option<String>,
    },
    /// A user name and password are wanted.
    Basic {
        /// What they are for, in words.
        realm: Option<String>,
    },
}

impl Challenge {
    /// The challenges in the values of the `WWW-Authenticate` headers of one answer. Schemes that
    /// a registry has no use for, and values that cannot be read, are left out.
    pub fn parse_all<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        values
            .into_iter()
            .filter(|value| value.len() <= limits::HEADER_VALUE)
            .filter_map(|value| http_auth::parse_challenges(value).ok())
            .flatten()
            .filter_map(|challenge| Self::read(&challenge))
            .collect()
    }

    fn read(challenge: &http_auth::ChallengeRef<'_>) -> Option<Self> {
        let param = |name: &str| {
            let named = challenge
                .params
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.to_unescaped())
        };
        if challenge.scheme.eq_ignore_ascii_case("bearer") {
            Some(Self::Bearer {
                realm: param("realm")?,
                service: param("service"),
                scope: param("scope")
                    .and_then(|s| s.parse().ok())
                    .filter(|s: &ScopeSet| !s.is_empty()),
                error: param("error"),
            })
        } else if challenge.scheme.eq_ignore_ascii_case("basic") {
            Some(Self::Basic {
                realm: param("realm"),
            })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bearer(text: &str) -> (String, Option<String>, Option<String>, Option<String>) {
        match Challenge::parse_all([text]).remove(0) {
            Challenge::Bearer {
                realm,
                service,
                scope,
                error,
            } => (realm, service, scope.map(|s| s.to_string()), error),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn commas_inside_quotes_do_not_split() {
        let (realm, service, scope, error) = bearer(
            r#"Bearer realm="https://r.azurecr.io/oauth2/token",service="r.azurecr.io",scope="repository:a/b:push,pull",error="insufficient_scope""#,
        );
        assert_eq!(realm, "https://r.azurecr.io/oauth2/token");
        assert_eq!(service.as_deref(), Some("r.azurecr.io"));
        assert_eq!(scope.as_deref(), Some("repository:a/b:pull,push"));
        assert_eq!(error.as_deref(), Some("insufficient_scope"));
    }

    #[test]
    fn the_scope_may_be_missing_or_hold_two() {
        assert_eq!(
            bearer(r#"Bearer realm="https://r/oauth2/token",service="r""#).2,
            None
        );
        let (.., scope, _) = bearer(
            r#"Bearer realm="x",service="r",scope="repository:to:pull,push repository:from:pull""#,
        );
        assert_eq!(
            scope.as_deref(),
            Some("repository:from:pull repository:to:pull,push")
        );
    }

    #[test]
    fn several_challenges_in_one_header_and_in_two() {
        let both = r#"Basic realm="admin", Bearer realm="x",service="r""#;
        assert_eq!(Challenge::parse_all([both]).len(), 2);
        assert_eq!(
            Challenge::parse_all([r#"Basic realm="a""#, r#"Bearer realm="x""#]).len(),
            2
        );
        assert!(Challenge::parse_all(["Negotiate", "", "Bearer", "\"", "Bearer realm"]).is_empty());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Challenge::parse_all([text.as_str()]);
        }

        #[test]
        fn no_near_miss_panics(text in "(Bearer|Basic|,| |=|\"|\\\\|realm|scope|:|a){0,40}") {
            let _ = Challenge::parse_all([text.as_str()]);
        }
    }
}
