//! The registry's tokens: signed claims with an expiry.
//!
//! Their form is the service's: three parts, the header says RS256, the signature has the length
//! of an RSA one. Only the emulator can check it: it is an HMAC, stretched, since nobody else ever
//! verifies a registry's token.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError, RwLock},
};

use acr_core::Secret;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::identity::Identity;
use crate::clock::Clock;

/// The `iss` of every token.
pub(crate) const ISSUER: &str = "Azure Container Registry";
/// `iat` lies this far in the past, so that clients with slow clocks accept the token.
const BACKDATED: i64 = 900;
/// `exp − iat` of refresh tokens: three hours, and what they are backdated by.
const REFRESH_SECONDS: i64 = 11_700;
/// `exp − iat` of access tokens: one hour, and what they are backdated by.
const ACCESS_SECONDS: i64 = 4_500;
const HEADER: &str = r#"{"alg":"RS256","typ":"JWT","kid":"EMUL:ATOR:EMUL:ATOR:EMUL:ATOR:EMUL:ATOR:EMUL:ATOR:EMUL:ATOR"}"#;

/// What an access token allows on one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Access {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) actions: Vec<String>,
}

/// The two kinds of tokens that a registry makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenKind {
    RefreshToken,
    AccessToken,
}

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    jti: String,
    pub(crate) sub: String,
    nbf: i64,
    pub(crate) exp: i64,
    iat: i64,
    iss: String,
    aud: String,
    version: String,
    rid: String,
    pub(crate) grant_type: TokenKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    appid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permissions: Option<Permissions>,
    /// Only of a registry that gives permissions by attributes of repositories: clients ask there
    /// for one repository at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aad_identity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) access: Option<Vec<Access>>,
    roles: Vec<String>,
}

/// What a refresh token claims to permit; the capitals are the service's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Permissions {
    actions: Vec<String>,
    not_actions: Option<Vec<String>>,
}

/// Makes and checks tokens.
#[derive(Debug)]
pub(crate) struct TokenAuthority {
    key: RwLock<Secret>,
    audience: String,
    registry_id: String,
    clock: Clock,
    /// Hashes of tokens that were revoked one by one, whoever made them.
    revoked: Mutex<HashSet<[u8; 32]>>,
}

impl TokenAuthority {
    pub(crate) fn new(key: Secret, audience: String, registry_id: String, clock: Clock) -> Self {
        Self {
            key: RwLock::new(key),
            audience,
            registry_id,
            clock,
            revoked: Mutex::default(),
        }
    }

    /// Signs with another key from now on: tokens signed with the one before are refused.
    pub(crate) fn sign_with(&self, key: Secret) {
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = key;
    }

    /// Refuses this token from now on, until the emulator ends.
    pub(crate) fn revoke(&self, token: &str) {
        self.revoked().insert(Sha256::digest(token).into());
    }

    /// Whether this token was revoked by itself.
    pub(crate) fn is_revoked(&self, token: &str) -> bool {
        let revoked = self.revoked();
        let hash = || -> [u8; 32] { Sha256::digest(token).into() };
        !revoked.is_empty() && revoked.contains(&hash())
    }

    fn revoked(&self) -> MutexGuard<'_, HashSet<[u8; 32]>> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A refresh token for an Entra principal.
    pub(crate) fn refresh_token(&self, identity: &Identity, abac: bool) -> String {
        let mut claims = self.claims(identity, TokenKind::RefreshToken, REFRESH_SECONDS);
        if let Identity::Principal(oid, role) = identity {
            claims.appid = Some(oid.clone());
            claims.aad_identity = abac.then(|| oid.clone());
            let actions = role.permissions().iter().map(|&s| s.to_owned()).collect();
            claims.permissions = Some(Permissions {
                actions,
                not_actions: None,
            });
        }
        self.sign(&claims)
    }

    /// An access token that allows `access`, for the usual time or until `exp` if that is given.
    pub(crate) fn access_token(
        &self,
        identity: &Identity,
        access: Vec<Access>,
        exp: Option<i64>,
    ) -> String {
        let mut claims = self.claims(identity, TokenKind::AccessToken, ACCESS_SECONDS);
        claims.exp = exp.unwrap_or(claims.exp);
        claims.access = Some(access);
        claims.roles = identity.roles().iter().map(|&s| s.to_owned()).collect();
        self.sign(&claims)
    }

    /// What a token says, if this registry made it and it has neither expired nor been revoked.
    pub(crate) fn verify(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if signature != self.signature(signed) {
            return None;
        }
        let payload = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        let valid = claims.aud == self.audience && self.clock.unix() < claims.exp;
        (valid && !self.is_revoked(token)).then_some(claims)
    }

    fn claims(&self, identity: &Identity, grant_type: TokenKind, lifetime: i64) -> Claims {
        let iat = self.clock.unix() - BACKDATED;
        Claims {
            jti: Uuid::new_v4().to_string(),
            sub: identity.subject().to_owned(),
            nbf: iat,
            exp: iat + lifetime,
            iat,
            iss: ISSUER.to_owned(),
            aud: self.audience.clone(),
            version: "1.0".to_owned(),
            rid: self.registry_id.clone(),
            grant_type,
            appid: None,
            permissions: None,
            aad_identity: None,
            access: None,
            roles: Vec::new(),
        }
    }

    fn sign(&self, claims: &Claims) -> String {
        // Claims are strings, numbers and lists of them: they always serialise.
        let json = serde_json::to_string(claims).unwrap_or_default();
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(HEADER),
            URL_SAFE_NO_PAD.encode(plain(&json))
        );
        let signature = URL_SAFE_NO_PAD.encode(self.signature(&signed));
        format!("{signed}.{signature}")
    }

    /// 256 bytes, like an RSA-2048 signature: eight MACs, each over its number and the text.
    fn signature(&self, signed: &str) -> Vec<u8> {
        let key = self.key.read().unwrap_or_else(PoisonError::into_inner);
        let key = key.expose().as_bytes();
        (0_u8..8)
            .flat_map(|number| mac(key, &[&[number], signed.as_bytes()]))
            .collect()
    }
}

/// HMAC-SHA-256 over the parts, one after the other.
pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Some clients decode a payload with the standard base64 alphabet. In ASCII text only `>`, `~`
/// and `?` lead to the two characters that differ: those, and what is not ASCII, are escaped. They
/// can occur inside strings only.
fn plain(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        if c.is_ascii() && !matches!(c, '>' | '~' | '?' | '\u{7f}') {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::auth::rights::Role;

    fn authority(clock: &Clock) -> TokenAuthority {
        let (audience, id) = ("localhost:5000".to_owned(), "abc".to_owned());
        TokenAuthority::new("key".into(), audience, id, clock.clone())
    }

    #[test]
    fn tokens_expire_and_cannot_be_forged() {
        let clock = Clock::default();
        let authority = authority(&clock);
        let who = Identity::Principal("oid".to_owned(), Role::AcrPull);
        let refresh = authority.refresh_token(&who, false);
        let access = authority.access_token(&who, Vec::new(), None);
        assert_eq!(refresh.split('.').count(), 3);
        let claims = authority.verify(&refresh).unwrap();
        assert_eq!(claims.grant_type, TokenKind::RefreshToken);
        assert_eq!(claims.exp - claims.iat, 11_700);
        assert!(authority.verify(&access).is_some());
        assert!(authority.verify(&format!("{access}x")).is_none());
        assert!(authority.verify("a.b.c").is_none());
        clock.advance(Duration::from_secs(3600));
        assert!(authority.verify(&access).is_none(), "usable for one hour");
        assert!(authority.verify(&refresh).is_some());
        clock.advance(Duration::from_secs(7200));
        assert!(
            authority.verify(&refresh).is_none(),
            "usable for three hours"
        );
    }

    proptest! {
        #[test]
        fn payloads_need_neither_dash_nor_underscore(subject in "\\PC{0,30}") {
            let clock = Clock::default();
            let authority = authority(&clock);
            let token = authority.access_token(&Identity::Admin(subject.clone()), vec![], None);
            let payload = token.split('.').nth(1).unwrap();
            prop_assert!(!payload.contains(['-', '_']));
            prop_assert_eq!(authority.verify(&token).unwrap().sub, subject);
        }
    }
}
