//! What an exchange tells of the registry: what its answer shows, and what its request changed.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    bytes::{Bytes, Known, bytes},
    exchange::Exchange,
    json::Json,
    target::{Target, parameter},
};

/// A thing in a registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Item {
    Repository(String),
    Tag(String, String),
    Manifest(String, String),
    Blob(String, String),
}

/// The values of an item's fields. Those of an object's own fields have the object's name before
/// theirs, with a point.
pub(crate) type Fields = Vec<(String, Json)>;

/// What an answer shows to have been so when it was given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sight {
    /// This is there, with these values.
    Here(Item, Fields),
    /// This is not.
    Gone(Item),
    /// A part of a list.
    Listed(Listed),
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed {
    pub(crate) items: Vec<Item>,
    /// The name behind which the page begins.
    pub(crate) last: Option<String>,
    /// How it is ordered; empty where it is by name.
    pub(crate) order: String,
    /// Whether there is another page.
    pub(crate) more: bool,
    /// Which items there are in it: all repositories, or the tags or manifests of one.
    pub(crate) of: Of,
}

impl Listed {
    /// Whether this shows that an item is not there: it would stand on this page.
    pub(crate) fn lacks(&self, item: &Item) -> bool {
        let by_name = self.order.is_empty() || self.order == "none";
        let Some(name) = item.name_in(&self.of).filter(|_| by_name) else {
            return false;
        };
        let end = self.items.last().and_then(|item| item.name_in(&self.of));
        let behind = self.last.as_deref().is_none_or(|last| name > last);
        let before = !self.more || end.is_some_and(|end| name <= end);
        behind && before && !self.items.contains(item)
    }

    /// Whether an item stands behind this page, so that there must be another.
    pub(crate) fn is_before(&self, item: &Item) -> bool {
        let by_name = self.order.is_empty() || self.order == "none";
        let end = self.items.last().and_then(|item| item.name_in(&self.of));
        by_name && item.name_in(&self.of) > end && !self.items.contains(item)
    }
}

impl Item {
    /// The name under which this stands in a list, if it is one of these.
    pub(crate) fn name_in(&self, of: &Of) -> Option<&str> {
        match (self, of) {
            (Self::Repository(name), Of::Repositories) => Some(name),
            (Self::Tag(own, tag), Of::Tags(name)) if own == name => Some(tag),
            (Self::Manifest(own, digest), Of::Manifests(name)) if own == name => Some(digest),
            _ => None,
        }
    }
}

/// What a list is a list of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Of {
    Repositories,
    Tags(String),
    Manifests(String),
}

/// What a request changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Made(Item, Fields),
    Removed(Item),
    Set(Item, Fields),
    /// This field has another value now, which is not known.
    Stirred(Item, &'static str),
}

/// What the answer shows.
pub(crate) fn sights(exchange: &Exchange) -> Vec<Sight> {
    let target = Target::of(exchange);
    match exchange.status {
        200..=299 | 307 => shown(exchange, &target),
        404 => gone(exchange, target)
            .into_iter()
            .map(Sight::Gone)
            .collect(),
        _ => Vec::new(),
    }
}

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
fn asked_attributes(exchange: &Exchange) -> Fields {
    let body = match &exchange.req_body {
        Some(Json::Text(text)) => Json::parse(text.as_bytes()),
        other => other.clone(),
    };
    let entries = body.as_ref().map(Json::entries).unwrap_or_default();
    let named =
        |(key, value): &(String, Json)| (format!("changeableAttributes.{key}"), value.clone());
    entries.iter().map(named).collect()
}

fn gone(exchange: &Exchange, target: Target) -> Option<Item> {
    // A path that fits no route tells nothing of what is there.
    exchange
        .answer_json()
        .filter(|_| exchange.method != "HEAD")
        .map_or(exchange.method == "HEAD", |json| {
            json.get("errors").is_some()
        })
        .then_some(())?;
    Some(match target {
        Target::Repository(name)
        | Target::Tags(name)
        | Target::Manifests(name)
        | Target::TagNames(name) => Item::Repository(name),
        Target::Tag(name, tag) => Item::Tag(name, tag),
        Target::ManifestProperties(name, digest) => Item::Manifest(name, digest),
        Target::Manifest(name, of) if of.contains(':') => Item::Manifest(name, of),
        Target::Manifest(name, tag) => Item::Tag(name, tag),
        Target::Blob(name, digest) => Item::Blob(name, digest),
        _ => return None,
    })
}

fn shown(exchange: &Exchange, target: &Target) -> Vec<Sight> {
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
        Target::Manifest(name, reference) => manifest(exchange, name, reference),
        Target::Blob(name, digest) => vec![blob(exchange, name, digest)],
        Target::Uploads(name) => mounted(exchange, name),
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
        order: parameter(exchange, "orderby").unwrap_or_default(),
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
fn with_digest(name: &str, tag: &str, digest: Option<&str>) -> Vec<Sight> {
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
    let fields = attributes(exchange, manifest, &["digest", "tags"]);
    let item = Item::Manifest(name.to_owned(), digest.to_owned());
    let tags = manifest.list("tags").iter().filter_map(Json::as_text);
    let tags = tags.flat_map(|tag| with_digest(name, tag, Some(digest)));
    [Sight::Here(item, fields)]
        .into_iter()
        .chain(tags)
        .collect()
}

fn manifest(exchange: &Exchange, name: &str, reference: &str) -> Vec<Sight> {
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

fn blob(exchange: &Exchange, name: &str, digest: &str) -> Sight {
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

fn mounted(exchange: &Exchange, name: &str) -> Vec<Sight> {
    let from = parameter(exchange, "from").unwrap_or_else(|| name.to_owned());
    let mount = parameter(exchange, "mount").filter(|_| exchange.status == 201);
    let blob = mount.map(|digest| Sight::Here(Item::Blob(from, digest), Vec::new()));
    blob.into_iter().collect()
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
