//! Makes a recording of the emulator, as a test suite's recorder does of the service: with another
//! host's name and without secrets.

use acr_emulator::Emulator;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::client::{Answer, Sent, send};

const HOST: &str = "registry.azurecr.io";
pub(super) const BLOB: &[u8] = b"some bytes \xff";

pub(super) struct Recorder {
    emulator: Emulator,
    refresh: String,
    access: String,
    pub(super) exchanges: Vec<Value>,
}

/// A recording in which a registry is listed, a tag looked at, and a blob pushed, pulled and
/// deleted.
pub(super) async fn recording() -> Vec<Value> {
    let mut recorder = Recorder::start().await;
    recorder.get_a_list_and_a_tag().await;
    recorder.push_pull_and_delete().await;
    recorder.exchanges
}

impl Recorder {
    async fn start() -> Self {
        let docker = "application/vnd.docker.distribution.manifest.v2+json";
        let manifest = |digit: &str| {
            json!({"digest": format!("sha256:{}", digit.repeat(64)), "mediaType": docker,
                "size": 528, "tags": ["v1", "v2"], "createdTime": "2021-05-01T12:00:00.1234567Z"})
        };
        Self::of(json!({"repositories": {
            "app": {"manifests": [manifest("a")]}, "lib/other": {"manifests": [manifest("b")]},
        }}))
        .await
    }

    /// Records a registry that holds this.
    pub(super) async fn of(seed: Value) -> Self {
        let emulator = Emulator::builder().service(HOST).start().await.unwrap();
        emulator
            .seed(serde_json::from_value(seed).unwrap())
            .unwrap();
        Self {
            emulator,
            refresh: String::new(),
            access: String::new(),
            exchanges: Vec::new(),
        }
    }

    /// Goes the way to a token for this scope.
    pub(super) async fn sign_in(&mut self, scope: &str) {
        let form = format!("grant_type=access_token&service={HOST}&access_token=secret");
        let answer = self.post("/oauth2/exchange", &form, &form).await;
        self.refresh = token(&answer, "refresh_token");
        self.get_token(scope).await;
    }

    async fn get_a_list_and_a_tag(&mut self) {
        self.ask("GET", "/acr/v1/_catalog?n=1", &[]).await;
        self.sign_in("registry:catalog:*").await;
        self.ask_with_token("GET", "/acr/v1/_catalog?n=1", &[])
            .await;
        let tag = "/acr/v1/lib%2Fother/_tags/v1";
        self.ask_with_token("GET", tag, &[]).await;
        self.get_token("repository:lib/other:metadata_read").await;
        self.ask_with_token("GET", tag, &[]).await;
        self.ask_with_token("GET", tag, &[]).await;
    }

    async fn push_pull_and_delete(&mut self) {
        self.get_token("repository:app:pull,push,delete").await;
        let started = self
            .ask_with_token("POST", "/v2/app/blobs/uploads/", &[])
            .await;
        let sent = self.ask_with_token("PATCH", location(&started), BLOB).await;
        let digest = crate::bytes::digest_of(BLOB);
        let end = format!("{}&digest={}", location(&sent), digest.replace(':', "%3A"));
        self.ask_with_token("PUT", &end, &[]).await;
        let blob = format!("/v2/app/blobs/{digest}");
        self.ask_with_token("HEAD", &blob, &[]).await;
        let redirect = self.ask_with_token("GET", &blob, &[]).await;
        self.ask("GET", location(&redirect), &[]).await;
        self.ask_with_token("DELETE", &blob, &[]).await;
        self.ask_with_token("GET", &blob, &[]).await;
    }

    async fn get_token(&mut self, scope: &str) {
        let form = |refresh: &str| {
            format!("grant_type=refresh_token&service={HOST}&scope={scope}&refresh_token={refresh}")
        };
        let (sent, kept) = (form(&self.refresh), form("sanitized"));
        let answer = self.post("/oauth2/token", &sent, &kept).await;
        self.access = token(&answer, "access_token");
    }

    async fn post(&mut self, path: &str, form: &str, kept: &str) -> Answer {
        let answer = self.send("POST", path, &[], form.as_bytes()).await;
        let mut exchange = recorded("POST", path, &answer);
        exchange["req_body"] = kept.into();
        for secret in [
            &self.refresh,
            &self.access,
            &token(&answer, "refresh_token"),
        ] {
            let text = exchange["resp_body"].as_str().unwrap_or_default();
            if !secret.is_empty() {
                exchange["resp_body"] = text.replace(secret.as_str(), "sanitized").into();
            }
        }
        if let Some((start, _)) = exchange["resp_body"].as_str().unwrap().split_once("ey") {
            exchange["resp_body"] = format!("{start}sanitized\"}}").into();
        }
        self.exchanges
            .push(numbered(exchange, self.exchanges.len()));
        answer
    }

    async fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Answer {
        let answer = self.send(method, path, &[], body).await;
        self.keep(method, path, body, &answer, json!({}));
        answer
    }

    pub(super) async fn ask_with_token(&mut self, method: &str, path: &str, body: &[u8]) -> Answer {
        let authorization = format!("Bearer {}", self.access);
        let header = [("authorization".to_owned(), authorization)];
        let answer = self.send(method, path, &header, body).await;
        self.keep(
            method,
            path,
            body,
            &answer,
            json!({"authorization": ["Sanitized"]}),
        );
        answer
    }

    fn keep(&mut self, method: &str, path: &str, body: &[u8], answer: &Answer, headers: Value) {
        let mut exchange = recorded(method, path, answer);
        exchange["req_headers"] = headers;
        if method == "PATCH" && path.starts_with("/acr/") {
            exchange["req_body"] = String::from_utf8_lossy(body).into();
        } else if !body.is_empty() {
            exchange["req_headers"]["content-type"] = json!(["application/octet-stream"]);
            exchange["req_body"] = STANDARD.encode(body).into();
        }
        self.exchanges
            .push(numbered(exchange, self.exchanges.len()));
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Answer {
        let (host, path) = match path.strip_prefix("http://") {
            Some(url) => url.split_at(url.find('/').unwrap()),
            None => (self.emulator.endpoint(), path),
        };
        let sent = Sent {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers.to_vec(),
            body: body.to_vec(),
        };
        send(host, &sent).await.unwrap()
    }
}

fn recorded(method: &str, path: &str, answer: &Answer) -> Value {
    let storage = |text: &str| match text.split_once("http://localhost:") {
        Some((start, rest)) => {
            let rest = &rest[rest.find('/').unwrap_or_default()..];
            format!("{start}https://account.blob.core.windows.net{rest}")
        }
        None => text.to_owned(),
    };
    let url = match path.starts_with('/') {
        true => format!("https://{HOST}{path}"),
        false => storage(path),
    };
    let mut headers = Map::new();
    for (name, value) in &answer.headers {
        let value = match name.as_str() {
            // What is the emulator's own, as the service would write it.
            "www-authenticate" => {
                let (start, rest) = value.split_once("http://").unwrap();
                let rest = &rest[rest.find('/').unwrap()..];
                format!("{start}https://{HOST}{rest}")
            }
            "location" => redacted(&storage(value)),
            _ => value.clone(),
        };
        let lines = headers.entry(name.clone()).or_insert_with(|| json!([]));
        lines.as_array_mut().unwrap().push(value.into());
    }
    let binary = answer.header("content-type") == Some("application/octet-stream");
    let text = redacted(&storage(&String::from_utf8_lossy(&answer.body)));
    let body = if binary {
        STANDARD.encode(&answer.body)
    } else {
        text
    };
    json!({
        "method": method, "url": redacted(&url), "req_headers": {}, "req_body": null,
        "status": answer.status, "resp_headers": headers, "resp_body": body,
    })
}

/// Without the signature.
fn redacted(url: &str) -> String {
    let Some((start, rest)) = url.split_once("sig=") else {
        return url.to_owned();
    };
    let end = rest.find('&').unwrap_or(rest.len());
    format!("{start}sig=REDACTED{}", &rest[end..])
}

fn numbered(mut exchange: Value, at: usize) -> Value {
    exchange["i"] = at.into();
    exchange
}

fn location(answer: &Answer) -> &str {
    answer.header("location").unwrap()
}

fn token(answer: &Answer, name: &str) -> String {
    let json: Value = serde_json::from_slice(&answer.body).unwrap();
    json[name].as_str().unwrap_or_default().to_owned()
}
