//! A recorded answer as the player gives it: with its own address in place of the service's.

use super::tokens;
use crate::{
    bytes::{Bytes, Known, bytes},
    client::Answer,
    contents::Contents,
    exchange::Exchange,
    json::Json,
    target::Target,
};

/// Of the connection and of how bytes went over it: the player's own, or undone by the recorder.
const NOT_PLAYED: [&str; 5] = [
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "transfer-encoding",
];

/// What the player at `authority` answers; `None` where the bytes of the body are not known.
pub(super) fn answer(exchange: &Exchange, contents: &Contents, authority: &str) -> Option<Answer> {
    let mut headers = Vec::new();
    for (name, lines) in &exchange.resp_headers {
        if NOT_PLAYED.contains(&name.as_str()) {
            continue;
        }
        for line in lines {
            headers.push((name.clone(), moved(exchange, name, line, authority)));
        }
    }
    let is_head = exchange.method == "HEAD";
    if let Some(length) = exchange.answered("content-length").filter(|_| is_head) {
        headers.push(("content-length".to_owned(), length.to_owned()));
    }
    // A redirect's page is for people.
    let body = match is_head || exchange.status == 307 {
        true => Vec::new(),
        false => body(exchange, contents)?,
    };
    Some(Answer {
        status: exchange.status,
        headers,
        body,
    })
}

/// The bytes of the body.
fn body(exchange: &Exchange, contents: &Contents) -> Option<Vec<u8>> {
    let digest = digest(exchange);
    let known = Known {
        length: exchange
            .answered("content-length")
            .and_then(|n| n.parse().ok()),
        digest: digest.as_deref(),
        media_type: exchange.answered("content-type"),
    };
    if let Bytes::Are(bytes) = bytes(exchange.resp_body.as_ref(), known) {
        return Some(with_tokens(exchange, bytes));
    }
    let content = digest.as_deref().and_then(|digest| contents.get(digest));
    if let Some(content) = content {
        return Some(content.to_vec());
    }
    // Schema 1 has a digest that is not over its bytes; the client is to see that.
    let without = Known {
        digest: None,
        ..known
    };
    match bytes(exchange.resp_body.as_ref(), without) {
        Bytes::Are(bytes) if !bytes.is_empty() => Some(bytes),
        _ => None,
    }
}

/// The digest of the body, where it is content.
fn digest(exchange: &Exchange) -> Option<String> {
    if exchange.method != "GET" || exchange.status != 200 {
        return None;
    }
    let told = exchange
        .answered("docker-content-digest")
        .map(str::to_owned);
    match Target::of(exchange) {
        Target::Manifest(_, of) | Target::Blob(_, of) if of.contains(':') => Some(of),
        Target::Manifest(..) => told,
        _ => storage_digest(exchange.path_and_query()),
    }
}

/// The digest in the address of a storage host.
pub(super) fn storage_digest(path: &str) -> Option<String> {
    let (_, rest) = path.split_once("/docker/registry/v2/blobs/")?;
    let mut segments = rest.split(['/', '?']);
    let (algorithm, _, hex) = (segments.next()?, segments.next()?, segments.next()?);
    Some(format!("{algorithm}:{hex}"))
}

/// A refresh token without an end is none: what a recorder blotted out is one again.
fn with_tokens(exchange: &Exchange, bytes: Vec<u8>) -> Vec<u8> {
    if !matches!(Target::of(exchange), Target::Exchange) {
        return bytes;
    }
    let json = Json::parse(&bytes);
    let blotted = json.as_ref().and_then(|json| json.text("refresh_token"));
    match blotted.filter(|token| !tokens::ends(token)) {
        Some(blotted) => {
            let quoted = |token: &str| format!("\"{token}\"");
            let text = String::from_utf8_lossy(&bytes);
            let token = quoted(&tokens::token(&serde_json::json!([])));
            text.replacen(&quoted(blotted), &token, 1).into_bytes()
        }
        None => bytes,
    }
}

/// A line of a header, leading to the player where it led to the service.
fn moved(exchange: &Exchange, name: &str, line: &str, authority: &str) -> String {
    match name {
        "location" | "operation-location" | "link" => match line.split_once("://") {
            Some((start, rest)) => {
                let start = start.trim_end_matches("https").trim_end_matches("http");
                let path = rest.find('/').map_or("", |at| &rest[at..]);
                let host = rest.split('/').next().unwrap_or_default();
                match leads_here(exchange, host) {
                    true => format!("{start}http://{authority}{path}"),
                    false => line.to_owned(),
                }
            }
            None => line.to_owned(),
        },
        "www-authenticate" => {
            let hosts = [service(line), exchange.host()];
            let mut line = line.to_owned();
            for host in hosts.into_iter().flatten() {
                let (from, to) = (format!("https://{host}/"), format!("http://{authority}/"));
                line = line.replace(&from, &to);
            }
            line
        }
        _ => line.to_owned(),
    }
}

/// Whether a host in an answer is the registry's own, or the one where it keeps its blobs.
fn leads_here(exchange: &Exchange, host: &str) -> bool {
    exchange.status == 307 || exchange.host().is_none_or(|own| own == host) || is_registry(host)
}

/// Recorders give the registry one name in addresses and leave it another one in headers.
fn is_registry(host: &str) -> bool {
    host.contains(".azurecr.")
}

fn service(challenge: &str) -> Option<&str> {
    let (_, rest) = challenge.split_once("service=\"")?;
    rest.split('"').next()
}
