//! What a request changed, if its answer says that it did.

use super::{Effect, Fields, Item};
use crate::{exchange::Exchange, json::Json, target::Target};

/// What the request changed.
pub(crate) fn effects(exchange: &Exchange) -> Vec<Effect> {
    if !(200..300).contains(&exchange.status) {
        return Vec::new();
    }
    match (exchange.method.as_str(), Target::of(exchange)) {
        ("PATCH", Target::Repository(name)) => set(exchange, Item::Repository(name)),
        ("PATCH", Target::Tag(name, tag)) => set(exchange, Item::Tag(name, tag)),
        ("PATCH", Target::ManifestProperties(name, digest)) => {
            set(exchange, Item::Manifest(name, digest))
        }
        ("DELETE", Target::Repository(name)) => vec![Effect::Removed(Item::Repository(name))],
        ("DELETE", Target::Tag(name, tag)) => {
            let mut effects = stirred(&name);
            effects.push(Effect::Removed(Item::Tag(name, tag)));
            effects
        }
        ("DELETE", Target::Manifest(name, digest)) => {
            let mut effects = stirred(&name);
            effects.push(Effect::Removed(Item::Manifest(name, digest)));
            effects
        }
        ("DELETE", Target::Blob(name, digest)) => {
            vec![Effect::Removed(Item::Blob(name, digest))]
        }
        ("PUT", Target::Manifest(name, reference)) => put(exchange, &name, reference),
        ("PUT" | "POST", Target::Upload(name, _) | Target::Uploads(name)) => {
            let digest = exchange.answered("docker-content-digest");
            let made = digest.map(|digest| Item::Blob(name, digest.to_owned()));
            made.map(|blob| Effect::Made(blob, Vec::new()))
                .into_iter()
                .collect()
        }
        _ => Vec::new(),
    }
}

fn set(exchange: &Exchange, item: Item) -> Vec<Effect> {
    vec![Effect::Set(item, asked_attributes(exchange))]
}

fn put(exchange: &Exchange, name: &str, reference: String) -> Vec<Effect> {
    let mut effects = stirred(name);
    if let Some(digest) = exchange.answered("docker-content-digest") {
        let manifest = Item::Manifest(name.to_owned(), digest.to_owned());
        effects.push(Effect::Made(manifest, Vec::new()));
        if !reference.contains(':') {
            let fields = vec![("digest".to_owned(), Json::Text(digest.to_owned()))];
            effects.push(Effect::Made(Item::Tag(name.to_owned(), reference), fields));
        }
    }
    effects
}

fn stirred(name: &str) -> Vec<Effect> {
    let fields = ["lastUpdateTime", "manifestCount", "tagCount"];
    let repository = |field| Effect::Stirred(Item::Repository(name.to_owned()), field);
    fields.into_iter().map(repository).collect()
}

/// The attributes that a PATCH sets.
pub(super) fn asked_attributes(exchange: &Exchange) -> Fields {
    let body = match &exchange.req_body {
        Some(Json::Text(text)) => Json::parse(text.as_bytes()),
        other => other.clone(),
    };
    let entries = body.as_ref().map(Json::entries).unwrap_or_default();
    let named =
        |(key, value): &(String, Json)| (format!("changeableAttributes.{key}"), value.clone());
    entries.iter().map(named).collect()
}
