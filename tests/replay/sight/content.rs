//! What answers about manifests, blobs and uploads show.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Fields, Item, Sight, shown::with_digest};
use crate::{
    bytes::{Bytes, Known, bytes},
    exchange::Exchange,
    json::Json,
    target::parameter,
};

pub(super) fn manifest(exchange: &Exchange, name: &str, reference: &str) -> Vec<Sight> {
    if exchange.method == "PUT" {
        return parts(exchange, name);
    }
    let by_digest = reference.contains(':');
    let digest = exchange.answered("docker-content-digest");
    let Some(digest) = digest.or(by_digest.then_some(reference)) else {
        return Vec::new();
    };
    let mut fields = Fields::new();
    if exchange.method != "DELETE" {
        fields = content(exchange, Some(digest));
        if let Some(media_type) = exchange.answered("content-type") {
            fields.push(("mediaType".to_owned(), Json::Text(media_type.to_owned())));
        }
    }
    let mut sights = vec![Sight::Here(
        Item::Manifest(name.to_owned(), digest.to_owned()),
        fields,
    )];
    if !by_digest {
        sights.extend(with_digest(name, reference, Some(digest)));
    }
    sights
}

/// The blobs and manifests that a manifest, just taken, names: they had to be there.
fn parts(exchange: &Exchange, name: &str) -> Vec<Sight> {
    let json = match &exchange.req_body {
        Some(Json::Text(_)) => match bytes(exchange.req_body.as_ref(), Known::default()) {
            Bytes::Are(bytes) => Json::parse(&bytes),
            Bytes::Lost => None,
        },
        other => other.clone(),
    };
    let Some(json) = json else {
        return Vec::new();
    };
    let seen = |descriptor: &Json, make: fn(String, String) -> Item| {
        let size = descriptor.get("size").cloned();
        let fields = size
            .map(|size| ("size".to_owned(), size))
            .into_iter()
            .collect();
        let digest = descriptor.text("digest")?.to_owned();
        Some(Sight::Here(make(name.to_owned(), digest), fields))
    };
    let blobs = json.get("config").into_iter().chain(json.list("layers"));
    let blobs = blobs.filter_map(|descriptor| seen(descriptor, Item::Blob));
    let manifests = json.list("manifests").iter();
    let manifests = manifests.filter_map(|descriptor| seen(descriptor, Item::Manifest));
    blobs.chain(manifests).collect()
}

pub(super) fn blob(exchange: &Exchange, name: &str, digest: &str) -> Sight {
    let fields = match (exchange.method.as_str(), exchange.status) {
        ("HEAD" | "GET", 200) => content(exchange, Some(digest)),
        ("GET", 206) => whole_size(exchange).into_iter().collect(),
        _ => Fields::new(),
    };
    Sight::Here(Item::Blob(name.to_owned(), digest.to_owned()), fields)
}

/// The size behind the slash of `Content-Range`.
fn whole_size(exchange: &Exchange) -> Option<(String, Json)> {
    let (_, size) = exchange.answered("content-range")?.rsplit_once('/')?;
    Some(("size".to_owned(), Json::Plain(size.to_owned())))
}

/// The size of what was answered and, where it can be had back, the content itself in Base64.
fn content(exchange: &Exchange, digest: Option<&str>) -> Fields {
    let mut fields = Fields::new();
    let length = exchange
        .answered("content-length")
        .and_then(|n| n.parse().ok());
    if let Some(length) = length {
        fields.push(("size".to_owned(), Json::Plain(u64::to_string(&length))));
    }
    let known = Known {
        length,
        digest,
        media_type: exchange.answered("content-type"),
    };
    if exchange.method == "GET"
        && let Bytes::Are(bytes) = bytes(exchange.resp_body.as_ref(), known)
    {
        fields.push(("content".to_owned(), Json::Text(STANDARD.encode(bytes))));
    }
    fields
}

pub(super) fn mounted(exchange: &Exchange, name: &str) -> Vec<Sight> {
    let from = parameter(exchange, "from").unwrap_or_else(|| name.to_owned());
    let mount = parameter(exchange, "mount").filter(|_| exchange.status == 201);
    let blob = mount.map(|digest| Sight::Here(Item::Blob(from, digest), Vec::new()));
    blob.into_iter().collect()
}
