//! What a registry held before the first of some exchanges, as a seed.
//!
//! What an answer shows, and no earlier request made or changed, was there before.

mod filler;
mod seed;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::{
    contents::Contents,
    exchange::Exchange,
    json::Json,
    sight::{Effect, Item, Listed, Sight, effects, sights},
};

/// Seeds for exchanges in the order in which they were made, each with the number of the exchange
/// before which it is needed: 0 for all that was there from the start. What an answer shows though
/// an earlier one had shown that it is not there was put there by somebody else in between.
pub(crate) fn seeds(exchanges: &[&Exchange], contents: &Contents) -> BTreeMap<usize, Value> {
    let mut before = Before::default();
    for (at, exchange) in exchanges.iter().enumerate() {
        for sight in sights(exchange) {
            before.see(sight, at);
        }
        for effect in effects(exchange) {
            before.change(effect);
        }
    }
    before.find_homes();
    before.find_locks();
    filler::fill(&mut before);
    let mut times: BTreeSet<usize> = before.since.values().copied().collect();
    times.insert(0);
    let seed = |at| (at, before.seed(contents, at));
    times.into_iter().map(seed).collect()
}

/// What an exchange made, as a seed: for those whose request cannot be sent.
pub(crate) fn made_by(exchange: &Exchange, contents: &Contents) -> Option<Value> {
    let mut made = Before::default();
    for effect in effects(exchange) {
        if let Effect::Made(item, fields) = effect {
            made.items.insert(item, fields.into_iter().collect());
        }
    }
    (!made.items.is_empty()).then(|| made.seed(contents, 0))
}

#[derive(Debug, Default)]
struct Before {
    items: BTreeMap<Item, BTreeMap<String, Json>>,
    /// Before which exchange an item came, unless it was there from the start.
    since: HashMap<Item, usize>,
    /// Pages of which something must stand behind that no request made.
    unfinished: Vec<Listed>,
    lists: Vec<Listed>,
    gone: HashSet<Item>,
    /// What requests made, so that it is no news when an answer shows it.
    made: HashSet<Item>,
    /// Repositories that requests put something into, or took something out of.
    pushed_to: HashSet<Item>,
    removed_from: HashSet<Item>,
    set: HashSet<(Item, String)>,
}

impl Before {
    fn see(&mut self, sight: Sight, at: usize) {
        match sight {
            Sight::Here(item, fields) => {
                let nothing_new = fields.is_empty() && self.pushed_to.contains(&item);
                if nothing_new || self.made.contains(&item) || self.within_made(&item) {
                    return;
                }
                if let Some(repository) = home(&item) {
                    self.enter(&repository, at);
                }
                self.enter(&item, at);
                let set = &self.set;
                let news = fields.into_iter();
                let news = news.filter(|(name, _)| !set.contains(&(item.clone(), name.clone())));
                let known = self.items.entry(item.clone()).or_default();
                for (name, value) in news {
                    known.entry(name).or_insert(value);
                }
            }
            Sight::Listed(listed) => {
                if listed.more && !self.made.iter().any(|item| listed.is_before(item)) {
                    self.unfinished.push(listed.clone());
                }
                self.hide(&listed);
                self.lists.push(listed);
            }
            Sight::Gone(item) => {
                self.gone.insert(item);
            }
        }
    }

    /// What is there and yet is not listed is hidden, unless it went with something else.
    fn hide(&mut self, listed: &Listed) {
        let known = self.items.iter_mut();
        for (item, fields) in known.filter(|(item, _)| listed.lacks(item)) {
            let field = "changeableAttributes.listEnabled".to_owned();
            let removed = self
                .removed_from
                .contains(&home(item).unwrap_or_else(|| item.clone()));
            if !removed && !self.set.contains(&(item.clone(), field.clone())) {
                fields
                    .entry(field)
                    .or_insert(Json::Plain("false".to_owned()));
            }
        }
    }

    /// Notes that an item is there, and since when.
    fn enter(&mut self, item: &Item, at: usize) {
        if self.items.contains_key(item) {
            return;
        }
        let denied = self.gone.contains(item) || self.lists.iter().any(|list| list.lacks(item));
        let own = if denied { at } else { 0 };
        let home = home(item).and_then(|repository| self.since.get(&repository).copied());
        let since = own.max(home.unwrap_or_default());
        if since > 0 {
            self.since.insert(item.clone(), since);
        }
        self.items.insert(item.clone(), BTreeMap::new());
    }

    fn change(&mut self, effect: Effect) {
        match effect {
            Effect::Made(item, _) => {
                self.pushed_to.extend(home(&item));
                self.made.insert(item);
            }
            Effect::Removed(item) => {
                self.removed_from
                    .insert(home(&item).unwrap_or_else(|| item.clone()));
                self.made.insert(item);
            }
            Effect::Set(item, fields) => {
                let names = fields.into_iter().map(|(name, _)| (item.clone(), name));
                self.set.extend(names);
            }
            Effect::Stirred(item, field) => {
                self.set.insert((item, field.to_owned()));
            }
        }
    }

    /// Whether the repository was removed, so that whatever is in it now was made later.
    fn within_made(&self, item: &Item) -> bool {
        home(item).is_some_and(|repository| self.made.contains(&repository))
    }

    /// Every tag stands on a manifest of its repository; on any, where no answer says on which.
    fn find_homes(&mut self) {
        let tags = self
            .items
            .iter()
            .filter(|(_, fields)| !fields.contains_key("digest"));
        let tags = tags.filter_map(|(item, _)| match item {
            Item::Tag(name, _) => Some((item.clone(), name.clone())),
            _ => None,
        });
        for (tag, name) in tags.collect::<Vec<_>>() {
            let digest = self.any_home(&name);
            let fields = self.items.entry(tag).or_default();
            fields.insert("digest".to_owned(), Json::Text(digest));
        }
    }

    /// A repository that cannot be deleted though it has no lock has something in it that has.
    fn find_locks(&mut self) {
        let open = |fields: &BTreeMap<String, Json>| {
            let lock = |name: &str| name.ends_with("Enabled") && !name.ends_with("teleportEnabled");
            let mut attributes = fields.iter().filter(|(name, _)| lock(name));
            fields.contains_key("locked")
                && fields.contains_key("changeableAttributes.deleteEnabled")
                && attributes.all(|(_, value)| value.to_string() == "true")
        };
        let open = self.items.iter().filter(|(_, fields)| open(fields));
        let names = open.filter_map(|(item, _)| match item {
            Item::Repository(name) => Some(name.clone()),
            _ => None,
        });
        for name in names.collect::<Vec<_>>() {
            let manifest = Item::Manifest(name.clone(), self.any_home(&name));
            let fields = self.items.entry(manifest).or_default();
            let lock = Json::Text("deleteEnabled".to_owned());
            fields.insert("locked".to_owned(), lock);
        }
    }

    /// A manifest that may have a tag more: one whose tags no answer shows, or a new one.
    fn any_home(&mut self, repository: &str) -> String {
        let free = |digest: &&str| {
            let item = Item::Manifest(repository.to_owned(), (*digest).to_owned());
            !self.items[&item].contains_key("tagged")
        };
        let found = self.manifests(repository).find(free).map(str::to_owned);
        found.unwrap_or_else(|| {
            let digest = filler::digest(0);
            let manifest = Item::Manifest(repository.to_owned(), digest.clone());
            self.put(manifest, BTreeMap::new());
            digest
        })
    }

    /// Adds what no answer shows, as early as its repository.
    fn put(&mut self, item: Item, fields: BTreeMap<String, Json>) {
        let since = home(&item).and_then(|repository| self.since.get(&repository).copied());
        if let Some(since) = since {
            self.since.insert(item.clone(), since);
        }
        self.items.insert(item, fields);
    }

    fn manifests<'a>(&'a self, repository: &str) -> impl Iterator<Item = &'a str> {
        self.items.keys().filter_map(move |item| match item {
            Item::Manifest(name, digest) if name == repository => Some(digest.as_str()),
            _ => None,
        })
    }
}

fn home(item: &Item) -> Option<Item> {
    match item {
        Item::Tag(name, _) | Item::Manifest(name, _) => Some(Item::Repository(name.clone())),
        Item::Repository(_) | Item::Blob(..) => None,
    }
}
