//! What a 401 asks for.

use std::collections::BTreeMap;

use crate::{Scope, ScopeSet, limits, name::shown, quoted};

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
    /// Something is wanted that a registry has no use for, such as `Negotiate`.
    Other {
        /// The name of the scheme.
        scheme: String,
    },
    /// It cannot be read: it is longer than [`limits::HEADER_VALUE`], breaks the grammar, says
    /// something twice, or is a `Bearer` that names no realm.
    Unreadable {
        /// Its beginning, on one line.
        text: String,
    },
}

impl Challenge {
    /// The challenges in the values of the `WWW-Authenticate` headers of one answer, in their order.
    /// One that cannot be read does not hide the others.
    ///
    /// ```
    /// use acr_core::Challenge;
    ///
    /// let value = r#"Negotiate, Bearer realm="https://REG/oauth2/token",service="REG""#;
    /// let challenges = Challenge::parse_all([value]);
    /// assert!(matches!(&challenges[0], Challenge::Other { scheme } if scheme == "Negotiate"));
    /// assert!(matches!(&challenges[1], Challenge::Bearer { realm, .. } if realm == "https://REG/oauth2/token"));
    /// ```
    pub fn parse_all<V: AsRef<[u8]>>(values: impl IntoIterator<Item = V>) -> Vec<Self> {
        let mut challenges = Vec::new();
        for value in values {
            let value = value.as_ref();
            let most = value.len().min(limits::HEADER_VALUE);
            let text = String::from_utf8_lossy(&value[..most]);
            match value.len() <= limits::HEADER_VALUE {
                true => challenges.extend(split(&text).iter().filter_map(|one| Self::read(one))),
                false => challenges.push(Self::unreadable(&text)),
            }
        }
        challenges
    }

    /// Reads one challenge; `None` where there is none between two commas.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_matches(BETWEEN);
        if text.is_empty() {
            return None;
        }
        let (scheme, params) = text.split_once(BLANK).unwrap_or((text, ""));
        let known = if scheme.eq_ignore_ascii_case("bearer") {
            params_of(scheme, params).and_then(|params| Self::bearer(&params))
        } else if scheme.eq_ignore_ascii_case("basic") {
            params_of(scheme, params).map(|params| Self::Basic {
                realm: params.get("realm").cloned(),
            })
        } else {
            scheme.bytes().all(is_token).then(|| Self::Other {
                scheme: shown(scheme),
            })
        };
        Some(known.unwrap_or_else(|| Self::unreadable(text)))
    }

    fn bearer(params: &Params) -> Option<Self> {
        // What is no scope says nothing; it does not make those beside it useless.
        let scopes = params.get("scope").map(|text| {
            let words = text.split_ascii_whitespace();
            let scopes: ScopeSet = words
                .filter_map(|word| word.parse::<Scope>().ok())
                .collect();
            scopes
        });
        Some(Self::Bearer {
            realm: params.get("realm")?.clone(),
            service: params.get("service").cloned(),
            scope: scopes.filter(|scopes| !scopes.is_empty()),
            error: params.get("error").cloned(),
        })
    }

    fn unreadable(text: &str) -> Self {
        Self::Unreadable { text: shown(text) }
    }
}

const BLANK: [char; 2] = [' ', '\t'];
const BETWEEN: [char; 3] = [' ', '\t', ','];

/// Parameters by their name in lower case.
type Params = BTreeMap<String, String>;

/// Cuts a header value into its challenges. A comma stands between two of them as well as between two
/// parameters of one: what follows it tells which.
///
/// The parser takes a value whole or not at all, and knows no token behind a scheme
/// (`Negotiate YII=`), so it gets them one by one.
fn split(value: &str) -> Vec<String> {
    let mut challenges: Vec<String> = Vec::new();
    for element in quoted::split(value, b',') {
        match challenges.last_mut() {
            Some(last) if is_param(element) => {
                last.push(',');
                last.push_str(element);
            }
            _ => challenges.push(element.to_owned()),
        }
    }
    challenges
}

/// Whether it goes on with the challenge before: it is `name=…`, or nothing.
fn is_param(element: &str) -> bool {
    let element = element.trim_matches(BLANK);
    let name = element.bytes().take_while(|&byte| is_token(byte)).count();
    let rest = element[name..].trim_start_matches(BLANK);
    element.is_empty() || (name > 0 && rest.starts_with('='))
}

/// A character of a token (RFC 9110 §5.6.2), of which schemes and names of parameters are made.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The parameters of one challenge; `None` where they break the grammar, or name one twice: then it
/// says two things, and others would read the other one.
fn params_of(scheme: &str, params: &str) -> Option<Params> {
    // The grammar has any number of blanks behind the scheme, the parser just one.
    let text = format!("{scheme} {}", params.trim_matches(BETWEEN));
    let challenges = http_auth::parse_challenges(&text).ok()?;
    let [challenge] = challenges.as_slice() else {
        return None;
    };
    let mut params = Params::new();
    for (name, value) in &challenge.params {
        let twice = params.insert(name.to_ascii_lowercase(), value.to_unescaped());
        if twice.is_some() {
            return None;
        }
    }
    Some(params)
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
        assert!(Challenge::parse_all(["", " ", ", ,\t"]).is_empty());
    }

    /// How each challenge of a value was read.
    fn kinds(value: impl AsRef<[u8]>) -> Vec<&'static str> {
        let challenges = Challenge::parse_all([value]);
        let kind = |challenge: &Challenge| match challenge {
            Challenge::Bearer { .. } => "bearer",
            Challenge::Basic { .. } => "basic",
            Challenge::Other { .. } => "other",
            Challenge::Unreadable { .. } => "unreadable",
        };
        challenges.iter().map(kind).collect()
    }

    #[test]
    fn one_that_cannot_be_read_does_not_hide_the_others() {
        let bearer = r#"Bearer realm="x",service="r""#;
        for (beside, kind) in [
            ("Negotiate", "other"),
            ("Negotiate YIIKtQYGKwYBBQUCoIIKqTCCCqWgDTALBgkq==", "other"),
            (r#"Digest realm="a, b", nonce="c""#, "other"),
            ("Basic realm=/", "unreadable"),
            ("Bearer", "unreadable"),
            (r#"Bearer service="y""#, "unreadable"),
            ("Bearer realm", "unreadable"),
            ("@@@", "unreadable"),
        ] {
            let (behind, before) = (format!("{beside}, {bearer}"), format!("{bearer}, {beside}"));
            assert_eq!(kinds(behind), [kind, "bearer"], "{beside}");
            assert_eq!(kinds(before), ["bearer", kind], "{beside}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_spoil_their_own_challenge() {
        let value = b"Basic realm=\"f\xfcr\", Bearer realm=\"x\"";
        assert_eq!(kinds(value), ["unreadable", "bearer"]);
    }

    #[test]
    fn blanks_where_the_grammar_has_them() {
        let spaced = "bearer \t realm = \"x\" ,, service=r\t, scope=\"registry:catalog:*\" , ";
        let (realm, service, scope, _) = bearer(spaced);
        assert_eq!(
            (realm.as_str(), service.as_deref(), scope.as_deref()),
            ("x", Some("r"), Some("registry:catalog:*"))
        );
    }

    #[test]
    fn what_breaks_the_grammar_is_told() {
        for value in [
            // Unquoted, these characters are not allowed.
            "Bearer realm=https://r/oauth2/token",
            r#"Bearer realm="x",scope=repository:a:pull"#,
            // No comma.
            r#"Bearer realm="x" service="r""#,
            // Two answers to one question.
            r#"Bearer realm="x",realm="y""#,
            r#"Bearer realm="x",Realm="x""#,
            r#"Bearer realm="x"#,
            r#"realm="x""#,
            "\"",
        ] {
            assert_eq!(kinds(value), ["unreadable"], "{value}");
        }
        let long = format!(r#"Bearer realm="{}""#, "x".repeat(limits::HEADER_VALUE));
        assert_eq!(kinds(&long), ["unreadable"]);
        match &Challenge::parse_all([long])[..] {
            [Challenge::Unreadable { text }] => assert!(text.chars().count() <= 81, "{text}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_word_that_is_no_scope_is_left_out() {
        let scope = |scope: &str| bearer(&format!(r#"Bearer realm="x",scope="{scope}""#)).2;
        assert_eq!(
            scope("repository:a:pull aws").as_deref(),
            Some("repository:a:pull")
        );
        for nothing in ["", " ", "aws", "repository:a:", "repository:a:,"] {
            assert_eq!(scope(nothing), None, "{nothing}");
        }
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
