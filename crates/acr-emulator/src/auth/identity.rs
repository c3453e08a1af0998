//! Who can prove to be whom.

use std::{collections::HashMap, sync::Arc};

use acr_core::{Login, Secret};
use base64::{Engine as _, engine::general_purpose};
use http::{HeaderMap, header};
use serde::Deserialize;

use super::rights::{Action, Role, ScopeMap};

/// The user name under which a password is an ACR token.
pub(crate) const NULL_GUID: &str = "00000000-0000-0000-0000-000000000000";

/// The principal that an Entra token stands for when it names no known one.
const DEFAULT_PRINCIPAL: &str = "11111111-2222-3333-4444-555555555555";

/// Somebody who asks for something.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    Admin(String),
    Token(String, Arc<ScopeMap>),
    Principal(String, Role),
    Anonymous,
}

impl Identity {
    /// The `sub` of this identity's tokens.
    pub(crate) fn subject(&self) -> &str {
        match self {
            Self::Admin(name) | Self::Token(name, _) | Self::Principal(name, _) => name,
            Self::Anonymous => "",
        }
    }

    /// The role of an Entra principal.
    pub(crate) fn role(&self) -> Option<Role> {
        match self {
            Self::Principal(_, role) => Some(*role),
            _ => None,
        }
    }

    /// The `roles` of this identity's access tokens.
    pub(crate) fn roles(&self) -> &'static [&'static str] {
        match self {
            Self::Admin(_) => &["Owner"],
            _ => &[],
        }
    }

    /// Whether this action is allowed in a repository; in all of them where its name is `*`.
    pub(crate) fn may(&self, repository: &str, action: Action) -> bool {
        match self {
            Self::Admin(_) => true,
            Self::Token(_, map) => map.allows(repository, action),
            Self::Principal(_, role) => role.allows(action),
            Self::Anonymous => matches!(action, Action::Pull | Action::MetadataRead),
        }
    }

    /// Whether the list of all repositories is allowed: it takes the right to read them all.
    pub(crate) fn may_list_repositories(&self) -> bool {
        self.may("*", Action::MetadataRead)
    }

    /// Whether the list of all repositories with deleted content is allowed.
    pub(crate) fn may_list_deleted(&self) -> bool {
        self.may("*", Action::DeletedRead)
    }
}

/// Why an Entra token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntraFault;

/// Everybody whom this registry knows.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) admin: Login,
    pub(crate) tokens: Vec<(String, Secret, Arc<ScopeMap>)>,
    pub(crate) principals: HashMap<String, Role>,
    pub(crate) default_role: Role,
    pub(crate) anonymous_pull: bool,
}

impl Directory {
    /// Who has this user name and password.
    pub(crate) fn login(&self, username: &str, password: &str) -> Option<Identity> {
        if username == self.admin.username {
            let right = self.admin.password.expose() == password;
            return right.then(|| Identity::Admin(username.to_owned()));
        }
        self.tokens
            .iter()
            .find(|(name, secret, _)| name == username && secret.expose() == password)
            .map(|(name, _, map)| Identity::Token(name.clone(), Arc::clone(map)))
    }

    /// Nobody in particular, where that is enough.
    pub(crate) fn anonymous(&self) -> Option<Identity> {
        self.anonymous_pull.then_some(Identity::Anonymous)
    }

    /// The principal of this object id.
    pub(crate) fn principal(&self, oid: &str) -> Identity {
        let role = self.principals.get(oid).copied();
        Identity::Principal(oid.to_owned(), role.unwrap_or(self.default_role))
    }

    /// Whom a token of the registry was made for, by its `sub`.
    pub(crate) fn subject(&self, sub: &str) -> Identity {
        if sub.is_empty() {
            return Identity::Anonymous;
        }
        if sub == self.admin.username {
            return Identity::Admin(sub.to_owned());
        }
        let token = self.tokens.iter().find(|(name, ..)| name == sub);
        token.map_or_else(
            || self.principal(sub),
            |(name, _, map)| Identity::Token(name.clone(), Arc::clone(map)),
        )
    }

    /// Whom an Entra token stands for. A token that is no JWT, or names no known principal, stands
    /// for the default one: the emulator has no Entra to ask.
    ///
    /// # Errors
    /// [`EntraFault`] for an empty token, an expired one, and one that a registry made.
    pub(crate) fn entra(&self, token: &str, now: i64) -> Result<Identity, EntraFault> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Claims {
            oid: Option<String>,
            exp: Option<i64>,
            iss: Option<String>,
        }
        if token.is_empty() {
            return Err(EntraFault);
        }
        let payload = token.split('.').nth(1).unwrap_or_default();
        let claims: Claims = general_purpose::URL_SAFE_NO_PAD
            .decode(payload.trim_end_matches('='))
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default();
        let own = claims.iss.as_deref() == Some(super::token::ISSUER);
        if own || claims.exp.is_some_and(|exp| exp <= now) {
            return Err(EntraFault);
        }
        let known = claims.oid.filter(|oid| self.principals.contains_key(oid));
        Ok(self.principal(known.as_deref().unwrap_or(DEFAULT_PRINCIPAL)))
    }
}

/// The user name and password of a `Basic` authorization.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (username, password) = text.split_once(':')?;
    Some((username.to_owned(), Secret::from(password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        Directory {
            admin: Login::new("emulator", "secret"),
            tokens: Vec::new(),
            principals: HashMap::from([("abc".to_owned(), Role::AcrPull)]),
            default_role: Role::Owner,
            anonymous_pull: false,
        }
    }

    fn jwt(claims: &str) -> String {
        format!("e30.{}.x", general_purpose::URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn entra_tokens() {
        let directory = directory();
        let role = |token: &str| match directory.entra(token, 1000) {
            Ok(Identity::Principal(_, role)) => Some(role),
            _ => None,
        };
        assert_eq!(role("opaque"), Some(Role::Owner));
        assert_eq!(role(&jwt(r#"{"oid":"abc"}"#)), Some(Role::AcrPull));
        assert_eq!(
            role(&jwt(r#"{"oid":"other","exp":1001}"#)),
            Some(Role::Owner)
        );
        assert_eq!(role(&jwt(r#"{"oid":"abc","exp":1000}"#)), None);
        assert_eq!(role(&jwt(r#"{"iss":"Azure Container Registry"}"#)), None);
        assert_eq!(role(""), None);
    }

    #[test]
    fn passwords() {
        let directory = directory();
        assert!(directory.login("emulator", "secret").is_some());
        assert!(directory.login("emulator", "wrong").is_none());
        assert!(directory.login("", "").is_none());
        assert!(directory.anonymous().is_none());
    }
}
