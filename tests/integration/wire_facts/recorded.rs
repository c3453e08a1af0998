//! What the service itself sent, where its recordings are at hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::{Path, PathBuf},
};

use acr_auth::{Authenticator, Credential, Error};
use acr_client::{RetryOptions, ScopeSet};
use acr_core::Challenge;
use acr_tests::{FakeEntra, recordings, secret};
use httpmock::MockServer;
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;

#[derive(Deserialize)]
struct Exchange {
    method: String,
    url: String,
    req_headers: Option<BTreeMap<String, Vec<String>>>,
    req_body: Option<Value>,
    status: u16,
    resp_headers: Option<BTreeMap<String, Vec<String>>>,
    resp_body: Option<Value>,
}

impl Exchange {
    fn header(&self, name: &str) -> Option<&str> {
        let values = self.resp_headers.as_ref()?.get(name)?;
        Some(&values[0])
    }

    fn had_a_token(&self) -> bool {
        let headers = self.req_headers.as_ref();
        headers.is_some_and(|headers| headers.contains_key("authorization"))
    }

    fn path(&self) -> &str {
        let path = self.url.split('?').next().unwrap();
        path.split_once("://").map_or(path, |(_, rest)| {
            &rest[rest.find('/').unwrap_or(rest.len())..]
        })
    }

    /// The answer's body, which some recorders kept as text.
    fn answer(&self) -> Option<Value> {
        match self.resp_body.as_ref()? {
            Value::String(text) => Some(serde_json::from_str(text).unwrap()),
            json => Some(json.clone()),
        }
    }

    /// The fields of a form, in their order.
    fn form(&self) -> Vec<(String, String)> {
        let body = self.req_body.as_ref().and_then(Value::as_str);
        let body = body.unwrap_or_default().as_bytes();
        form_urlencoded::parse(body).into_owned().collect()
    }
}

/// All exchanges that this holds for, with their files; none, with a word, where there are no
/// recordings.
fn recorded(which: impl Fn(&Exchange) -> bool) -> Option<Vec<(PathBuf, Exchange)>> {
    let Some(folder) = env::var_os(recordings::FOLDER) else {
        eprintln!(
            "{} is not set: no recording was looked at",
            recordings::FOLDER
        );
        return None;
    };
    let files = recordings::read::<Exchange>(Path::new(&folder)).unwrap();
    let all = files.into_iter().flat_map(|(file, exchanges)| {
        exchanges
            .into_iter()
            .map(move |exchange| (file.clone(), exchange))
    });
    let found: Vec<_> = all.filter(|(_, exchange)| which(exchange)).collect();
    assert!(!found.is_empty(), "nothing of this kind was recorded");
    Some(found)
}

/// Bearer alone, realm and service always, then the scope if there is one, then the error; and
/// that only where a token was sent.
#[test]
fn every_challenge_has_the_one_form() {
    let Some(exchanges) = recorded(|e| e.header("www-authenticate").is_some()) else {
        return;
    };
    let (mut orders, mut errors) = (BTreeSet::new(), 0);
    for (file, exchange) in &exchanges {
        let text = exchange.header("www-authenticate").unwrap();
        let challenges = Challenge::parse_all([text]);
        let [
            Challenge::Bearer {
                realm,
                service,
                scope,
                error,
            },
        ] = &challenges[..]
        else {
            panic!("{}: {text}", file.display());
        };
        let service = service.as_deref().unwrap();
        let said = text
            .split_once(r#"scope=""#)
            .map(|(_, rest)| rest.split('"').next().unwrap());
        assert_eq!(*scope, said.map(|scope| scope.parse().unwrap()), "{text}");
        let optional = |name: &str, value: Option<&str>| {
            value.map_or_else(String::new, |value| format!(r#",{name}="{value}""#))
        };
        let again = format!(
            r#"Bearer realm="{realm}",service="{service}"{}{}"#,
            optional("scope", said),
            optional("error", error.as_deref())
        );
        assert_eq!(text, again, "{}", file.display());
        assert!(
            realm.starts_with("https://") && realm.ends_with("/oauth2/token"),
            "{realm}"
        );
        assert_eq!(exchange.status, 401);
        let expected = exchange.had_a_token().then_some("insufficient_scope");
        assert_eq!(error.as_deref(), expected, "{}", file.display());
        errors += usize::from(error.is_some());
        for scope in said.into_iter().flat_map(|said| said.split(' ')) {
            let (thing, actions) = scope.rsplit_once(':').unwrap();
            if actions.contains("push") {
                orders.insert(actions.to_owned());
                let set: ScopeSet = scope.parse().unwrap();
                assert_eq!(set.to_string(), format!("{thing}:pull,push"));
            }
        }
    }
    assert!(
        orders.is_subset(&["pull,push", "push,pull"].map(str::to_owned).into()),
        "{orders:?}"
    );
    eprintln!(
        "{} challenges, {errors} of them of a token without the scope; push as {orders:?}",
        exchanges.len()
    );
}

/// Each action has an entry, those that read first, whatever the order in the header.
#[test]
fn every_refusal_lists_the_actions() {
    let Some(exchanges) = recorded(|e| e.header("www-authenticate").is_some()) else {
        return;
    };
    for (file, exchange) in &exchanges {
        let Some(body) = exchange.answer() else {
            assert_eq!(exchange.method, "HEAD", "{}", file.display());
            continue;
        };
        assert_eq!(
            body["errors"][0]["code"],
            "UNAUTHORIZED",
            "{}",
            file.display()
        );
        let text = exchange.header("www-authenticate").unwrap();
        let Some((_, scope)) = text.split_once(r#"scope=""#) else {
            assert_eq!(
                body["errors"][0]["detail"],
                Value::Null,
                "{}",
                file.display()
            );
            continue;
        };
        let mut entries = Vec::new();
        for scope in scope.split('"').next().unwrap().split(' ') {
            let (kind, rest) = scope.split_once(':').unwrap();
            let (name, actions) = rest.rsplit_once(':').unwrap();
            let mut actions: Vec<_> = actions.split(',').collect();
            actions.sort_unstable();
            let entry = |action| json!({"Type": kind, "Name": name, "Action": action});
            entries.extend(actions.into_iter().map(entry));
        }
        assert_eq!(
            body["errors"][0]["detail"],
            json!(entries),
            "{}",
            file.display()
        );
    }
}

/// The fields that clients of the service sent, for each kind of grant; the service took them all.
#[test]
fn every_form_that_was_taken_is_one_that_is_known() {
    let Some(exchanges) = recorded(|e| e.method == "POST" && e.path().starts_with("/oauth2/"))
    else {
        return;
    };
    let mut orders = BTreeSet::new();
    for (file, exchange) in &exchanges {
        assert_eq!(exchange.status, 200, "{}", file.display());
        let form = exchange.form();
        orders.insert(
            form.iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>(),
        );
        let fields: BTreeMap<_, _> = form
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let names: Vec<_> = fields.keys().copied().collect();
        let known: &[&[&str]] = match (exchange.path(), fields["grant_type"]) {
            ("/oauth2/exchange", "access_token") => &[
                &["access_token", "grant_type", "service"],
                &["access_token", "grant_type", "service", "tenant"],
            ],
            ("/oauth2/token", "refresh_token") => {
                &[&["grant_type", "refresh_token", "scope", "service"]]
            }
            // Of nobody: with an empty refresh token; and of somebody.
            ("/oauth2/token", "password") => &[
                &["grant_type", "refresh_token", "scope", "service"],
                &["grant_type", "password", "scope", "service", "username"],
            ],
            other => panic!("{}: {other:?}", file.display()),
        };
        assert!(known.contains(&&*names), "{}: {names:?}", file.display());
        assert!(
            fields["grant_type"] != "password"
                || fields.contains_key("username")
                || fields["refresh_token"].is_empty()
        );
    }
    assert!(
        orders.len() > 3,
        "the order of the fields varies: {orders:?}"
    );
}

/// One key, no expiry beside it; a refresh token comes back to who sent one in docker's way.
#[test]
fn every_answer_of_a_token_endpoint_is_a_token_and_nothing_else() {
    let Some(exchanges) = recorded(|e| e.path().starts_with("/oauth2/")) else {
        return;
    };
    for (file, exchange) in &exchanges {
        assert_eq!(
            exchange.header("content-type"),
            Some("application/json; charset=utf-8")
        );
        let answer = exchange.answer().unwrap();
        let keys: Vec<_> = answer
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let expected: &[&[&str]] = match (&*exchange.method, exchange.path()) {
            ("POST", "/oauth2/exchange") => &[&["refresh_token"]],
            ("GET", _) => &[&["access_token"], &["access_token", "refresh_token"]],
            _ => &[&["access_token"]],
        };
        assert!(expected.contains(&&*keys), "{}: {keys:?}", file.display());
    }
}

/// The recorders blotted the tokens out, so what the engine makes of each differs: a refresh token
/// must say when it ends, an access token need not.
#[tokio::test]
async fn every_answer_of_a_token_endpoint_is_read_by_the_engine() {
    let Some(exchanges) = recorded(|e| e.path().starts_with("/oauth2/")) else {
        return;
    };
    let bodies: BTreeSet<_> = exchanges
        .iter()
        .map(|(_, exchange)| {
            (
                exchange.path().to_owned(),
                exchange.answer().unwrap().to_string(),
            )
        })
        .collect();
    for (path, body) in bodies {
        let server = MockServer::start_async().await;
        let answered = body.clone();
        server
            .mock_async(|when, then| {
                when.path(path.clone());
                then.status(200)
                    .header("content-type", "application/json; charset=utf-8")
                    .body(answered);
            })
            .await;
        let credential = match &*path {
            "/oauth2/exchange" => FakeEntra::credential(secret("Entra-t0ken-of-somebody")),
            _ => Credential::anonymous(),
        };
        let endpoint = server.base_url().parse().unwrap();
        let engine = Authenticator::builder(&endpoint, credential).retry(RetryOptions::none());
        let engine = engine.build().unwrap();
        let answer: Value = serde_json::from_str(&body).unwrap();
        if path == "/oauth2/exchange" {
            let token = answer["refresh_token"].as_str().unwrap();
            match engine.refresh_token().await {
                Ok(read) => assert_eq!(read.unwrap().secret().expose(), token),
                Err(error) => {
                    assert!(matches!(error, Error::Unusable { .. }), "{error}");
                    assert!(!token.contains('.'), "{token}");
                }
            }
        } else {
            let read = engine
                .access_token(&"repository:a:pull".parse().unwrap())
                .await
                .unwrap();
            assert_eq!(
                read.secret().expose(),
                answer["access_token"].as_str().unwrap()
            );
        }
    }
}
