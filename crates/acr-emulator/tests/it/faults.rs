//! Faults on purpose, as clients see them on the wire.

mod answers;
mod cuts;
mod limits;
mod replica;
mod rules;
mod statuses;
mod tokens;

use std::time::Duration;

use acr_core::Digest;
use acr_emulator::{Emulator, Fault, FaultId, FaultRule};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Certificate, Client, Method, StatusCode, redirect::Policy};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    management::manage,
    support::{Registry, client, header},
};

/// Puts a rule in force through the management API.
async fn inject(registry: &Registry, rule: Value) -> u64 {
    let answer = manage(registry, Method::POST, "/faults", rule.to_string()).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let answer: Value = answer.json().await.unwrap();
    answer["id"].as_u64().unwrap()
}

/// Puts a fault in force for one operation.
fn fault_on(registry: &Registry, operation: &str, fault: impl Into<Fault>) -> FaultId {
    let rule = FaultRule::new(fault).on([operation]);
    registry.emulator.inject(rule).unwrap()
}

/// How many calls the rules have hit, oldest rule first.
fn hits(registry: &Registry) -> Vec<u64> {
    let faults = registry.emulator.faults();
    faults.iter().map(|fault| fault.hits).collect()
}

/// A registry over https, with a client that trusts it.
async fn https() -> Registry {
    let http = client();
    let emulator = Emulator::builder().https().start().await.unwrap();
    drop(http);
    let ca = Certificate::from_pem(emulator.ca_pem().unwrap().as_bytes()).unwrap();
    let trusting = Client::builder()
        .tls_certs_only([ca])
        .redirect(Policy::none());
    Registry {
        http: trusting.build().unwrap(),
        emulator,
    }
}

/// A registry whose client speaks HTTP/2 and nothing else.
async fn http2() -> Registry {
    let mut registry = Registry::start().await;
    let client = Client::builder()
        .http2_prior_knowledge()
        .redirect(Policy::none());
    registry.http = client.build().unwrap();
    registry
}

/// Where the bytes of a blob are to be had.
async fn download_url(registry: &Registry, digest: &Digest) -> String {
    let redirect = registry.get(&format!("/v2/app/blobs/{digest}")).await;
    assert_eq!(redirect.status(), StatusCode::TEMPORARY_REDIRECT);
    header(&redirect, "location").to_owned()
}

/// An authorization header of the admin user.
fn authorization(registry: &Registry) -> String {
    let login = registry.emulator.login();
    let password = format!("{}:{}", login.username, login.password.expose());
    format!("Authorization: Basic {}\r\n", STANDARD.encode(password))
}

/// Sends these bytes to the registry, and gives what comes back until the connection ends, which it
/// must do within seconds.
async fn talk(registry: &Registry, request: impl AsRef<[u8]>) -> Vec<u8> {
    let address = registry
        .emulator
        .endpoint()
        .strip_prefix("http://")
        .unwrap();
    talk_to(address, request).await
}

async fn talk_to(address: &str, request: impl AsRef<[u8]>) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_ref()).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(10), socket.read_to_end(&mut answer));
    // However it ends: a client that is still sending sees its connection reset.
    let _ = read.await.expect("the connection stays open");
    answer
}

/// The head of an answer, and its body.
fn split(answer: &[u8]) -> (String, &[u8]) {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.expect("no head") + 4;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head.to_lowercase(), &answer[end..])
}

/// Bytes that do not repeat soon.
fn bytes(length: usize) -> Vec<u8> {
    (0..length)
        .map(|i| (i % 251) as u8 ^ (i / 997) as u8)
        .collect()
}
