//! The form in which the emulator takes what was there.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::Before;
use crate::{contents::Contents, json::Json, sight::Item};

impl Before {
    /// What came before this exchange.
    pub(super) fn seed(&self, contents: &Contents, at: usize) -> Value {
        let mut repositories: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        let since = |item: &Item| self.since.get(item).copied().unwrap_or_default();
        for (item, fields) in self.items.iter().filter(|(item, _)| since(item) == at) {
            let (Item::Repository(name)
            | Item::Tag(name, _)
            | Item::Manifest(name, _)
            | Item::Blob(name, _)) = item;
            let repository = repositories.entry(name).or_default();
            match item {
                Item::Repository(_) => repository.extend(pick(fields, &TIMES)),
                Item::Tag(_, tag) => {
                    let mut value = pick(fields, &TIMES);
                    value.extend(pick(fields, &["digest", "signed"]));
                    let tags = repository.entry("tags").or_insert_with(|| json!({}));
                    tags[tag] = value.into();
                    // A manifest that a request removed may be needed again.
                    let digest = fields.get("digest").and_then(Json::as_text);
                    let home = digest.map(|digest| (name.clone(), digest.to_owned()));
                    if let Some((name, digest)) = home
                        && at > 0
                        && self.made.contains(&Item::Manifest(name, digest.clone()))
                    {
                        let fields = BTreeMap::new();
                        push(
                            repository,
                            "manifests",
                            manifest(&digest, &fields, contents),
                        );
                    }
                }
                Item::Manifest(_, digest) => {
                    let manifest = manifest(digest, fields, contents);
                    push(repository, "manifests", manifest);
                }
                Item::Blob(_, digest) => push(repository, "blobs", blob(digest, fields, contents)),
            }
        }
        json!({"repositories": repositories})
    }
}

fn push(repository: &mut Map<String, Value>, key: &str, value: Value) {
    let list = repository.entry(key).or_insert_with(|| json!([]));
    if let Value::Array(list) = list {
        list.push(value);
    }
}

/// What most things have.
pub(super) const TIMES: [&str; 2] = ["createdTime", "lastUpdateTime"];

/// What a manifest has besides.
const OF_MANIFESTS: [&str; 12] = [
    "mediaType",
    "imageSize",
    "architecture",
    "os",
    "configMediaType",
    "references",
    "quarantineState",
    "subject",
    "artifactType",
    "annotations",
    "createdTime",
    "lastUpdateTime",
];

/// The wanted fields and the attributes, in the form of a seed.
fn pick(fields: &BTreeMap<String, Json>, wanted: &[&str]) -> Map<String, Value> {
    let mut picked = Map::new();
    for (name, value) in fields {
        if let Some(attribute) = name.strip_prefix("changeableAttributes.") {
            if attribute != "quarantineState" {
                let attributes = picked.entry("changeableAttributes");
                attributes.or_insert_with(|| json!({}))[attribute] = value.unordered();
            }
        } else if wanted.contains(&name.as_str()) {
            picked.insert(name.clone(), value.unordered());
        }
    }
    let locked = fields.get("locked").and_then(Json::as_text);
    let shown = picked.contains_key("changeableAttributes");
    if let Some(attribute) = locked.filter(|_| !shown) {
        let mut attributes = Map::new();
        attributes.insert(attribute.to_owned(), false.into());
        picked.insert("changeableAttributes".to_owned(), attributes.into());
    }
    if let Some(value) = fields.get("teleport") {
        let attributes = picked.entry("changeableAttributes");
        let attributes = attributes.or_insert_with(|| json!({}));
        if attributes.get("teleportEnabled").is_none() {
            attributes["teleportEnabled"] = value.unordered();
        }
    }
    picked
}

fn manifest(digest: &str, fields: &BTreeMap<String, Json>, contents: &Contents) -> Value {
    let mut value = pick(fields, &OF_MANIFESTS);
    value.insert("digest".to_owned(), digest.into());
    if let Some(rank) = fields.get("rank").and_then(Json::as_text) {
        let time = format!("2000-01-01T00:00:00.{rank}Z");
        value.entry("createdTime").or_insert_with(|| time.into());
    }
    // Where nothing tells the type, nothing shows it either.
    let docker = "application/vnd.docker.distribution.manifest.v2+json";
    value.entry("mediaType").or_insert_with(|| docker.into());
    if let Some(state) = fields.get("changeableAttributes.quarantineState") {
        value.insert("quarantineState".to_owned(), state.unordered());
    }
    let own = fields.get("content").and_then(Json::as_text);
    let own = own.and_then(|text| STANDARD.decode(text).ok());
    let content = own.or_else(|| contents.get(digest).map(<[u8]>::to_vec));
    if let Some(text) = content.and_then(|bytes| String::from_utf8(bytes).ok()) {
        value.insert("content".to_owned(), text.into());
    } else if let Some(size) = fields.get("size") {
        value.insert("size".to_owned(), size.unordered());
    }
    value.into()
}

fn blob(digest: &str, fields: &BTreeMap<String, Json>, contents: &Contents) -> Value {
    if let Some(bytes) = contents.get(digest) {
        return json!({"digest": digest, "content": STANDARD.encode(bytes)});
    }
    let size = fields.get("size").map(Json::unordered);
    let size = size.unwrap_or_else(|| contents.size(digest).unwrap_or_default().into());
    json!({"digest": digest, "size": size})
}
