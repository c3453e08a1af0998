//! What a configuration of docker or podman says of a registry.

use std::collections::BTreeMap;

use acr_core::{Login, RegistryEndpoint, Secret};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{error::EntryFault, server};
use crate::Credential;

/// With padding or without: both are written.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A `config.json` or `auth.json`, less what is of no use here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    auths: Option<BTreeMap<String, Option<Entry>>>,
    creds_store: Option<String>,
    cred_helpers: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Debug, Default, Deserialize)]
struct Entry {
    auth: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
    identitytoken: Option<Secret>,
    registrytoken: Option<Secret>,
}

/// Where a file is not what it should be. What stands there is not told: it may be a password.
#[derive(Debug, PartialEq)]
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Who one is for a registry.
#[derive(Debug, PartialEq)]
pub(super) enum Held {
    Login(Login),
    RefreshToken(Secret),
    AccessToken(Secret),
}

/// Who knows.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// This file.
    Held(Held),
    /// The helper of this name.
    Helper(String),
    /// Not this file.
    Nothing,
}

impl File {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(bytes).map_err(|error| Malformed {
            line: error.line(),
            column: error.column(),
        })
    }

    /// As docker looks: the helper of the registry, else the helper of all registries, else the
    /// file itself. Where the registry's helper is the empty text, the file itself.
    pub(super) fn find(&self, registry: &RegistryEndpoint) -> Result<Found, EntryFault> {
        let own = matching(self.cred_helpers.as_ref(), registry)
            .into_iter()
            .next();
        let helper = own.or(self.creds_store.as_ref());
        if let Some(helper) = helper.filter(|helper| !helper.is_empty()) {
            return Ok(Found::Helper(helper.clone()));
        }
        let mut found = None;
        for entry in matching(self.auths.as_ref(), registry) {
            let held = entry.held()?;
            if found.is_some() && held.is_some() && found != held {
                return Err(EntryFault::TwoEntries);
            }
            found = found.or(held);
        }
        Ok(found.map_or(Found::Nothing, Found::Held))
    }

    /// The names under which something is held.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        let helpers = self.cred_helpers.iter().flatten();
        let entries = self.auths.iter().flatten();
        let holds = |entry: &Option<Entry>| entry.as_ref().is_some_and(|entry| !entry.is_empty());
        let helped = helpers.map(|(name, _)| name);
        helped
            .chain(
                entries
                    .filter(move |(_, entry)| holds(entry))
                    .map(|(name, _)| name),
            )
            .map(String::as_str)
    }
}

/// What stands under the very name of the registry, or else under any other name of it.
fn matching<'a, T>(
    map: Option<&'a BTreeMap<String, Option<T>>>,
    registry: &RegistryEndpoint,
) -> Vec<&'a T> {
    let Some(map) = map else { return Vec::new() };
    if let Some(Some(exact)) = map.get(registry.authority()) {
        return vec![exact];
    }
    map.iter()
        .filter(|(name, _)| server::is_name_of(name, registry))
        .filter_map(|(_, value)| value.as_ref())
        .collect()
}

impl Entry {
    fn is_empty(&self) -> bool {
        let secrets = [
            &self.auth,
            &self.password,
            &self.identitytoken,
            &self.registrytoken,
        ];
        secrets
            .into_iter()
            .all(|secret| present(secret.as_ref()).is_none())
    }

    /// At most one user and one secret, however often each is given.
    fn held(&self) -> Result<Option<Held>, EntryFault> {
        let auth = present(self.auth.as_ref()).map(decode).transpose()?;
        let user = self.username.as_deref().filter(|user| !user.is_empty());
        let user = agreed([auth.as_ref().map(|login| &*login.username), user])
            .ok_or(EntryFault::TwoUsers)?;
        let password = [
            auth.as_ref()
                .and_then(|login| present(Some(&login.password))),
            present(self.password.as_ref()),
        ];
        let (identity, access) = (
            present(self.identitytoken.as_ref()),
            present(self.registrytoken.as_ref()),
        );
        let secret =
            agreed([password[0], password[1], identity, access]).ok_or(EntryFault::TwoSecrets)?;
        Ok(match (secret.cloned(), user) {
            (None, None) => None,
            (None, Some(_)) => return Err(EntryFault::NoPassword),
            (Some(token), _) if access.is_some() => Some(Held::AccessToken(token)),
            (Some(token), _) if identity.is_some() => Some(Held::RefreshToken(token)),
            (Some(_), None) => return Err(EntryFault::NoUser),
            (Some(password), Some(user)) => Some(Held::Login(Login::new(user, password))),
        })
    }
}

fn present(secret: Option<&Secret>) -> Option<&Secret> {
    secret.filter(|secret| !secret.is_empty())
}

/// The one value that is given, if any; `None` where two differ.
fn agreed<T: PartialEq, const N: usize>(given: [Option<T>; N]) -> Option<Option<T>> {
    let mut given = given.into_iter().flatten();
    let first = given.next();
    given
        .all(|other| first.as_ref() == Some(&other))
        .then_some(first)
}

/// `user:password` in base64. The password may hold colons, and some write NULs behind it.
fn decode(auth: &Secret) -> Result<Login, EntryFault> {
    let bytes = BASE64.decode(auth.expose()).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| EntryFault::NotBase64)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| EntryFault::NotBase64)?;
    let (user, password) = text.split_once(':').ok_or(EntryFault::NotBase64)?;
    if user.is_empty() {
        return Err(EntryFault::NoUser);
    }
    Ok(Login::new(user, password.trim_matches('\0')))
}

impl From<Held> for Credential {
    fn from(held: Held) -> Self {
        match held {
            Held::Login(login) => login.into(),
            Held::RefreshToken(token) => Self::refresh_token(token),
            Held::AccessToken(token) => Self::access_token(token),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = "myregistry.azurecr.io";

    fn find(json: &str) -> Result<Found, EntryFault> {
        let file = File::parse(json.as_bytes()).unwrap();
        file.find(&REGISTRY.parse().unwrap())
    }

    /// What stands in the entry of the registry.
    fn entry(json: &str) -> Result<Found, EntryFault> {
        find(&format!(r#"{{"auths":{{"{REGISTRY}":{json}}}}}"#))
    }

    fn login(user: &str, password: &str) -> Found {
        Found::Held(Held::Login(Login::new(user, password)))
    }

    fn auth(text: &str) -> String {
        base64::engine::general_purpose::STANDARD.encode(text)
    }

    #[test]
    fn a_user_and_a_password() {
        for (text, user, password) in [
            ("me:pass", "me", "pass"),
            ("me:pa:ss", "me", "pa:ss"),
            ("me:pass\0\0", "me", "pass"),
            ("me: pässword ", "me", " pässword "),
        ] {
            let json = format!(r#"{{"auth":"{}"}}"#, auth(text));
            assert_eq!(entry(&json), Ok(login(user, password)), "{text:?}");
        }
        let unpadded = auth("me:passw");
        let json = format!(r#"{{"auth":"{}"}}"#, unpadded.trim_end_matches('='));
        assert!(unpadded.ends_with('='));
        assert_eq!(entry(&json), Ok(login("me", "passw")));
        let plain = r#"{"username":"me","password":"pass","email":"a@b","more":{}}"#;
        assert_eq!(entry(plain), Ok(login("me", "pass")));
        let both = format!(
            r#"{{"auth":"{}","username":"me","password":"pass"}}"#,
            auth("me:pass")
        );
        assert_eq!(entry(&both), Ok(login("me", "pass")));
    }

    #[test]
    fn tokens() {
        let refresh = Ok(Found::Held(Held::RefreshToken("token".into())));
        assert_eq!(entry(r#"{"identitytoken":"token"}"#), refresh);
        // So docker writes what `az acr login` gives it.
        let of_docker = format!(
            r#"{{"auth":"{}","identitytoken":"token"}}"#,
            auth("00000000-0000-0000-0000-000000000000:")
        );
        assert_eq!(entry(&of_docker), refresh);
        let twice = r#"{"username":"x","password":"token","identitytoken":"token"}"#;
        assert_eq!(entry(twice), refresh);
        assert_eq!(
            entry(r#"{"registrytoken":"token"}"#),
            Ok(Found::Held(Held::AccessToken("token".into())))
        );
    }

    #[test]
    fn nothing_there() {
        for json in ["{}", "null", r#"{"auth":"","username":"","password":null}"#] {
            assert_eq!(entry(json), Ok(Found::Nothing), "{json}");
        }
        for json in [
            "{}",
            r#"{"auths":null,"credHelpers":null,"credsStore":null}"#,
            r#"{"auths":{"other.azurecr.io":{"identitytoken":"x"}},"credsStore":""}"#,
            // Of a part of the registry only.
            r#"{"auths":{"myregistry.azurecr.io/team":{"identitytoken":"x"}}}"#,
        ] {
            assert_eq!(find(json), Ok(Found::Nothing), "{json}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let other = auth("you:pass");
        for (json, fault) in [
            (
                format!(r#"{{"auth":"{other}","username":"me"}}"#),
                EntryFault::TwoUsers,
            ),
            (
                format!(r#"{{"auth":"{other}","password":"other"}}"#),
                EntryFault::TwoSecrets,
            ),
            (
                format!(r#"{{"auth":"{other}","identitytoken":"other"}}"#),
                EntryFault::TwoSecrets,
            ),
            (
                r#"{"identitytoken":"a","registrytoken":"b"}"#.to_owned(),
                EntryFault::TwoSecrets,
            ),
            (r#"{"password":"x"}"#.to_owned(), EntryFault::NoUser),
            (r#"{"username":"x"}"#.to_owned(), EntryFault::NoPassword),
            (
                format!(r#"{{"auth":"{}"}}"#, auth(":pass")),
                EntryFault::NoUser,
            ),
            (
                format!(r#"{{"auth":"{}"}}"#, auth("me")),
                EntryFault::NotBase64,
            ),
            (r#"{"auth":"me:pass"}"#.to_owned(), EntryFault::NotBase64),
            (r#"{"auth":"/w=="}"#.to_owned(), EntryFault::NotBase64),
        ] {
            assert_eq!(entry(&json), Err(fault), "{json}");
        }
        let two = |first: &str, second: &str| {
            find(&format!(
                r#"{{"auths":{{"https://{REGISTRY}":{{"identitytoken":"{first}"}},"{REGISTRY}/v1/":{{"identitytoken":"{second}"}}}}}}"#
            ))
        };
        assert_eq!(two("a", "b"), Err(EntryFault::TwoEntries));
        assert!(matches!(two("a", "a"), Ok(Found::Held(_))));
    }

    #[test]
    fn the_exact_name_goes_first() {
        let json = format!(
            r#"{{"auths":{{"https://{REGISTRY}":{{"identitytoken":"a"}},"{REGISTRY}":{{"identitytoken":"b"}}}}}}"#
        );
        assert_eq!(find(&json), Ok(Found::Held(Held::RefreshToken("b".into()))));
    }

    #[test]
    fn helpers_go_before_the_file() {
        let auths = format!(r#""auths":{{"{REGISTRY}":{{"identitytoken":"a"}}}}"#);
        let helper = |name: &str| Ok(Found::Helper(name.to_owned()));
        let with = |more: &str| find(&format!("{{{auths},{more}}}"));
        assert_eq!(with(r#""credsStore":"all""#), helper("all"));
        let own = format!(r#""credsStore":"all","credHelpers":{{"https://{REGISTRY}/":"own"}}"#);
        assert_eq!(with(&own), helper("own"));
        assert_eq!(
            with(r#""credsStore":"all","credHelpers":{"other.azurecr.io":"own"}"#),
            helper("all")
        );
        let none = format!(r#""credsStore":"all","credHelpers":{{"{REGISTRY}":""}}"#);
        assert!(matches!(with(&none), Ok(Found::Held(_))));
    }

    #[test]
    fn bad_json_is_told_by_its_place() {
        for (json, line, column) in [
            ("", 1, 0),
            ("{\n  \"auths\": {\"x\": {\"auth\": S3CR3T}}}", 2, 27),
            (r#"{"auths":"S3CR3T"}"#, 1, 17),
            ("[]", 1, 2),
        ] {
            assert_eq!(
                File::parse(json.as_bytes()).unwrap_err(),
                Malformed { line, column },
                "{json}"
            );
        }
    }

    #[test]
    fn what_is_known_is_told_by_name() {
        let json = r#"{"auths":{"a.azurecr.io":{"auth":"eDp5"},"b.azurecr.io":{}},"credHelpers":{"c.azurecr.io":"x"}}"#;
        let file = File::parse(json.as_bytes()).unwrap();
        assert_eq!(
            file.known().collect::<Vec<_>>(),
            ["c.azurecr.io", "a.azurecr.io"]
        );
        assert!(!format!("{file:?}").contains("eDp5"));
    }
}
