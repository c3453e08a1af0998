//! What the answers of the catalog, of properties and of searches show.

use super::{Fields, Item, Listed, Of, Sight, content, effects::asked_attributes};
use crate::{
    exchange::Exchange,
    json::Json,
    target::{Target, parameter},
};

pub(super) fn shown(exchange: &Exchange, target: &Target) -> Vec<Sight> {
    let json = exchange.answer_json().unwrap_or(Json::Object(Vec::new()));
    let method = exchange.method.as_str();
    match target {
        Target::Catalog => names(exchange, &json, "repositories", &Of::Repositories),
        Target::TagNames(name) => names(exchange, &json, "tags", &Of::Tags(name.clone())),
        Target::Repository(name) if method == "DELETE" => deleted(name, &json),
        Target::Repository(name) => {
            let fields = attributes(exchange, &json, &["registry", "imageName"]);
            vec![Sight::Here(Item::Repository(name.clone()), fields)]
        }
        Target::Tags(name) => {
            let list = json.list("tags");
            let items = list
                .iter()
                .filter_map(|tag| Some(tag_item(name, tag.text("name")?)));
            let page = page(exchange, items.collect(), Of::Tags(name.clone()));
            let tags = list.iter().flat_map(|tag| tag_seen(exchange, name, tag));
            tags.chain([page]).collect()
        }
        Target::Tag(name, tag) if method == "DELETE" => {
            let digest = exchange.answered("x-ms-int-docker-content-digest");
            with_digest(name, tag, digest)
        }
        Target::Tag(name, _) => json
            .get("tag")
            .map_or_else(Vec::new, |tag| tag_seen(exchange, name, tag)),
        Target::Manifests(name) => {
            let list = json.list("manifests");
            let digests = list.iter().filter_map(|m| m.text("digest"));
            let items = digests.map(|d| Item::Manifest(name.clone(), d.to_owned()));
            let page = page(exchange, items.collect(), Of::Manifests(name.clone()));
            let seen = list.iter().flat_map(|m| manifest_seen(exchange, name, m));
            seen.chain([page]).collect()
        }
        Target::ManifestProperties(name, _) => {
            let manifest = json.get("manifest");
            manifest.map_or_else(Vec::new, |m| manifest_seen(exchange, name, m))
        }
        Target::Manifest(name, reference) => content::manifest(exchange, name, reference),
        Target::Blob(name, digest) => vec![content::blob(exchange, name, digest)],
        Target::Uploads(name) => content::mounted(exchange, name),
        Target::Referrers(name, subject) => {
            let found = json.list("manifests").iter().enumerate();
            found
                .filter_map(|(at, d)| referrer(name, subject, at, d))
                .collect()
        }
        Target::StreamingOf(name, digest) => {
            let manifest = Item::Manifest(name.clone(), digest.clone());
            vec![Sight::Here(manifest, Vec::new())]
        }
        Target::Streaming(name) => vec![Sight::Here(Item::Repository(name.clone()), Vec::new())],
        Target::Metadata => json.list("data").iter().filter_map(found).collect(),
        _ => Vec::new(),
    }
}

fn names(exchange: &Exchange, json: &Json, key: &str, of: &Of) -> Vec<Sight> {
    let item = |name: &str| match of {
        Of::Tags(repository) | Of::Manifests(repository) => tag_item(repository, name),
        Of::Repositories => Item::Repository(name.to_owned()),
    };
    let names = json.list(key).iter().filter_map(Json::as_text);
    let items: Vec<_> = names.map(item).collect();
    let here = items
        .iter()
        .map(|item| Sight::Here(item.clone(), Vec::new()));
    here.chain([page(exchange, items.clone(), of.clone())])
        .collect()
}

fn page(exchange: &Exchange, items: Vec<Item>, of: Of) -> Sight {
    Sight::Listed(Listed {
        items,
        last: parameter(exchange, "last"),
        order: match parameter(exchange, "digest") {
            // What is not in it may have another digest.
            Some(_) => "filtered".to_owned(),
            None => parameter(exchange, "orderby").unwrap_or_default(),
        },
        more: exchange.answered("link").is_some(),
        of,
    })
}

fn tag_item(name: &str, tag: &str) -> Item {
    Item::Tag(name.to_owned(), tag.to_owned())
}

fn deleted(name: &str, json: &Json) -> Vec<Sight> {
    let texts = |key| json.list(key).iter().filter_map(Json::as_text);
    let manifests =
        texts("manifestsDeleted").map(|d| Item::Manifest(name.to_owned(), d.to_owned()));
    let tags = texts("tagsDeleted").map(|tag| tag_item(name, tag));
    let repository = [Item::Repository(name.to_owned())];
    let items = repository.into_iter().chain(manifests).chain(tags);
    items.map(|item| Sight::Here(item, Vec::new())).collect()
}

/// The fields of an object, but for these and those that the request has just set.
fn attributes(exchange: &Exchange, json: &Json, without: &[&str]) -> Fields {
    let just_set = match exchange.method.as_str() {
        "PATCH" => asked_attributes(exchange),
        _ => Vec::new(),
    };
    let mut fields = Fields::new();
    for (key, value) in json.entries() {
        if key == "changeableAttributes" {
            for (name, value) in value.entries() {
                let name = format!("changeableAttributes.{name}");
                if !just_set.iter().any(|(set, _)| *set == name) {
                    fields.push((name, value.clone()));
                } else if name == "changeableAttributes.teleportEnabled" {
                    // Which value it had is not told, but that it has one is: few do.
                    fields.push(("teleport".to_owned(), value.clone()));
                }
            }
        } else if !without.contains(&key.as_str()) {
            fields.push((key.clone(), value.clone()));
        }
    }
    fields
}

fn tag_seen(exchange: &Exchange, name: &str, tag: &Json) -> Vec<Sight> {
    let Some(own) = tag.text("name") else {
        return Vec::new();
    };
    let mut sights = with_digest(name, own, tag.text("digest"));
    let fields = attributes(exchange, tag, &["name", "digest"]);
    sights.push(Sight::Here(tag_item(name, own), fields));
    sights
}

/// A tag, and the manifest that it stands on.
pub(super) fn with_digest(name: &str, tag: &str, digest: Option<&str>) -> Vec<Sight> {
    let mut sights = Vec::new();
    let mut fields = Fields::new();
    if let Some(digest) = digest {
        fields.push(("digest".to_owned(), Json::Text(digest.to_owned())));
        let manifest = Item::Manifest(name.to_owned(), digest.to_owned());
        sights.push(Sight::Here(manifest, Vec::new()));
    }
    sights.push(Sight::Here(tag_item(name, tag), fields));
    sights
}

fn manifest_seen(exchange: &Exchange, name: &str, manifest: &Json) -> Vec<Sight> {
    let Some(digest) = manifest.text("digest") else {
        return Vec::new();
    };
    let mut fields = attributes(exchange, manifest, &["digest", "tags"]);
    let tagged = manifest.get("tags").is_some();
    fields.push(("tagged".to_owned(), Json::Plain(tagged.to_string())));
    let item = Item::Manifest(name.to_owned(), digest.to_owned());
    let tags = manifest.list("tags").iter().filter_map(Json::as_text);
    let tags = tags.flat_map(|tag| with_digest(name, tag, Some(digest)));
    [Sight::Here(item, fields)]
        .into_iter()
        .chain(tags)
        .collect()
}

/// A referrer; the newest comes first.
fn referrer(name: &str, subject: &str, at: usize, descriptor: &Json) -> Option<Sight> {
    let item = Item::Manifest(name.to_owned(), descriptor.text("digest")?.to_owned());
    let mut fields: Fields = descriptor.entries().to_vec();
    fields.retain(|(key, _)| key != "digest");
    fields.push(("subject".to_owned(), Json::Text(subject.to_owned())));
    let rank = format!("{:07}", 9_999_999 - at);
    fields.push(("rank".to_owned(), Json::Text(rank)));
    Some(Sight::Here(item, fields))
}

/// A manifest that a metadata query found.
fn found(data: &Json) -> Option<Sight> {
    let repository = data.text("repository")?.to_owned();
    let item = Item::Manifest(repository, data.text("digest")?.to_owned());
    let wanted = ["size", "imageSize", "architecture", "os", "mediaType"];
    let mut fields: Fields = data.entries().to_vec();
    fields.retain(|(key, _)| wanted.contains(&key.as_str()));
    if let Some(created) = data.get("createdAt") {
        fields.push(("createdTime".to_owned(), created.clone()));
    }
    Some(Sight::Here(item, fields))
}
