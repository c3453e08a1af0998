//! What must hold of what docker's files and programs say; see [`crate::fuzzing`].

use std::path::Path;

use acr_core::{RegistryEndpoint, limits};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    config,
    file::{File, Found, Held},
    helper, server,
};
use crate::Credential;

/// Put in the place of secrets, so that it can be looked for in what is shown.
const PLANTED: &str = "S3CR3T";

const SECRETS: [&str; 4] = ["auth", "password", "identitytoken", "registrytoken"];

/// A docker configuration.
///
/// # Panics
/// When half a login is found, a secret of another registry, or a helper's name that leads elsewhere;
/// when an entry of another registry changes what is found; or when a secret shows in what is
/// printed.
pub fn docker_config(data: &[u8]) {
    if let Ok(file) = File::parse(data) {
        for name in file.known().map(config::shown) {
            assert!(name.chars().count() <= 100 && !name.contains(char::is_control));
        }
        for registry in registries() {
            whole(&file, &registry);
        }
    }
    if let Ok(mut said) = serde_json::from_slice(data)
        && has_names(&said)
    {
        plant(&mut said);
        for registry in registries() {
            planted(&said, &registry);
        }
    }
}

/// Whether its fields are named, and those of its entries: they may also stand in a list.
fn has_names(file: &Value) -> bool {
    let mut entries = file["auths"].as_object().into_iter().flatten();
    file.is_object() && !entries.any(|(_, entry)| entry.is_array())
}

fn registries() -> Vec<RegistryEndpoint> {
    let known = ["reg.azurecr.io", "http://127.0.0.1:5000"];
    known.iter().filter_map(|text| text.parse().ok()).collect()
}

fn whole(file: &File, registry: &RegistryEndpoint) {
    match file.find(registry) {
        Ok(Found::Held(held)) => complete(&held),
        Ok(Found::Helper(name)) => {
            assert!(!name.is_empty());
            if let Some(program) = helper::program(&name) {
                assert!(program.ends_with(&name) && Path::new(&program).components().count() == 1);
                assert!(!program.contains(|c: char| c.is_whitespace() || c.is_control()));
            }
        }
        Ok(Found::Nothing) | Err(_) => {}
    }
}

fn complete(held: &Held) {
    let full = match held {
        Held::Login(login) => !login.username.is_empty() && !login.password.is_empty(),
        Held::RefreshToken(token) | Held::AccessToken(token) => !token.is_empty(),
    };
    assert!(full, "{held:?}");
}

/// Gives each entry one secret of its own, wherever it had one.
fn plant(file: &mut Value) {
    let entries = file.get_mut("auths").and_then(Value::as_object_mut);
    for (at, (_, entry)) in entries.into_iter().flatten().enumerate() {
        for name in SECRETS {
            let secret = entry.get_mut(name).filter(|secret| secret.is_string());
            if let Some(secret) = secret.filter(|secret| *secret != "") {
                *secret = match name {
                    "auth" => STANDARD.encode(format!("me:{PLANTED}-{at}")),
                    _ => format!("{PLANTED}-{at}"),
                }
                .into();
            }
        }
    }
}

fn planted(said: &Value, registry: &RegistryEndpoint) {
    let parse = |said: &Value| File::parse(said.to_string().as_bytes()).ok();
    let Some(file) = parse(said) else { return };
    let found = file.find(registry);

    // Who writes the mark himself, beside the secrets, would find it.
    let bare = STANDARD.encode(PLANTED);
    let hidden = |text: &str| !text.contains(PLANTED) && !text.contains(&bare[..6]);
    let known: Vec<_> = file.known().map(config::shown).collect();
    if hidden(&visible(said)) {
        assert!(hidden(&format!("{file:?} {known:?} {found:?}")));
        if let Err(fault) = &found {
            assert!(hidden(&fault.to_string()));
        }
    }

    let mut more = said.clone();
    let other = json!({"identitytoken": "another's"});
    match more.get_mut("auths").and_then(Value::as_object_mut) {
        Some(entries) => drop(entries.insert("other.example".to_owned(), other)),
        None => more["auths"] = json!({"other.example": other}),
    }
    let with_more = parse(&more).map(|file| file.find(registry));
    assert_eq!(with_more.as_ref(), Some(&found));

    let Ok(Found::Held(held)) = found else { return };
    let secret = match &held {
        Held::Login(login) => login.password.expose(),
        Held::RefreshToken(token) | Held::AccessToken(token) => token.expose(),
    };
    let at: Option<usize> = secret
        .strip_prefix(PLANTED)
        .and_then(|rest| rest.strip_prefix('-')?.parse().ok());
    let entries = said["auths"].as_object().into_iter().flatten();
    let of = at.and_then(|at| entries.map(|(name, _)| name).nth(at));
    assert!(
        of.is_some_and(|name| server::is_name_of(name, registry)),
        "{of:?}"
    );
    if hidden(&visible(said)) {
        assert!(hidden(&format!("{:?}", Credential::from(held))));
    }
}

/// The same without its secrets.
fn visible(said: &Value) -> String {
    let mut said = said.clone();
    let entries = said.get_mut("auths").and_then(Value::as_object_mut);
    for entry in entries
        .into_iter()
        .flatten()
        .filter_map(|(_, entry)| entry.as_object_mut())
    {
        SECRETS.iter().for_each(|name| drop(entry.remove(*name)));
    }
    said.to_string()
}

/// What a credential helper wrote; the first line is also taken for what one is asked for.
///
/// # Panics
/// When half a login is read, or a secret shows in what is printed or told of a helper that failed.
pub fn helper_answer(data: &[u8]) {
    if let Ok(held) = helper::parse(data) {
        complete(&held);
    }
    if let Ok(mut said) = serde_json::from_slice::<Value>(data)
        && said.get("Secret").is_some_and(Value::is_string)
        && !said
            .get("Username")
            .is_some_and(|user| user.to_string().contains(PLANTED))
    {
        said["Secret"] = PLANTED.into();
        let shown = format!("{:?}", helper::parse(said.to_string().as_bytes()));
        assert!(!shown.contains(PLANTED), "{shown}");
    }

    for secret in [
        "",
        " password=S3CR3T",
        " Token: S3CR3T",
        " secret = S3CR3T",
        " Authorization: Basic S3CR3T",
        r#"{"Secret":"S3CR3T"}"#,
    ] {
        let words = [data, secret.as_bytes()].concat();
        let told = helper::shown(&words);
        assert!(told.chars().count() <= limits::HELPER_WORDS);
        assert!(!told.contains(char::is_control), "{told:?}");
        let before = String::from_utf8_lossy(data).contains(PLANTED);
        assert!(before || !told.contains(PLANTED), "{told}");
    }

    let text = String::from_utf8_lossy(data);
    let asked = text.lines().next().unwrap_or_default();
    if let Some(host) = server::host(asked) {
        assert!(asked.contains(host) && !host.contains('/'));
    }
}
