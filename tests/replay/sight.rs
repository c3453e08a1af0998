//! What an exchange tells of the registry: what its answer shows, and what its request changed.

mod content;
mod effects;
mod shown;

use crate::{exchange::Exchange, json::Json, target::Target};

pub(crate) use effects::effects;

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
        200..=299 | 307 => {
            let mut sights = shown::shown(exchange, &target);
            // A list is one of a repository, even an empty one.
            if let Target::Tags(name) | Target::Manifests(name) | Target::TagNames(name) = target {
                sights.push(Sight::Here(Item::Repository(name), Vec::new()));
            }
            sights
        }
        405 => locked(exchange, target).into_iter().collect(),
        404 => gone(exchange, target)
            .into_iter()
            .map(Sight::Gone)
            .collect(),
        _ => Vec::new(),
    }
}

/// The thing that a lock holds. By which of its attributes is told by the request alone, so that
/// this yields to any answer that shows them.
fn locked(exchange: &Exchange, target: Target) -> Option<Sight> {
    let json = exchange.answer_json()?;
    let code = json.list("errors").first()?.text("code")?.to_owned();
    let item = named(target).filter(|_| code == "REGISTRY_DISALLOWED_OPERATION")?;
    let attribute = match exchange.method.as_str() {
        "DELETE" => "deleteEnabled",
        "GET" | "HEAD" => "readEnabled",
        _ => "writeEnabled",
    };
    let fields = vec![("locked".to_owned(), Json::Text(attribute.to_owned()))];
    Some(Sight::Here(item, fields))
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
    named(target)
}

/// What a path names.
fn named(target: Target) -> Option<Item> {
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
