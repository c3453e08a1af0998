//! Things that must have been there though no answer names them: those that a count counts, and
//! those behind the last page that was asked for.

use std::collections::BTreeMap;

use super::Before;
use crate::{
    json::Json,
    sight::{Item, Listed, Of},
};

/// The digest of a manifest that nobody asks for, behind all others in a list by name.
pub(super) fn digest(number: u64) -> String {
    format!("sha256:{}{number:08x}", "f".repeat(56))
}

/// Adds what is missing.
pub(super) fn fill(before: &mut Before) {
    let repositories: Vec<_> = before.items.keys().filter_map(repository).collect();
    for name in &repositories {
        date_the_undated(before, name);
    }
    for listed in before.unfinished.clone() {
        if !goes_on(before, &listed) {
            add(before, &listed.of, &listed.order);
        }
    }
    for name in repositories {
        count_up(before, &name);
    }
}

fn repository(item: &Item) -> Option<String> {
    match item {
        Item::Repository(name) => Some(name.clone()),
        _ => None,
    }
}

/// Adds manifests and tags up to the numbers that the repository says it has.
fn count_up(before: &mut Before, name: &str) {
    let lists = [
        ("manifestCount", Of::Manifests(name.to_owned())),
        ("tagCount", Of::Tags(name.to_owned())),
    ];
    for (field, of) in lists {
        let repository = &before.items[&Item::Repository(name.to_owned())];
        let wanted = repository.get(field).map(ToString::to_string);
        let wanted: usize = wanted.and_then(|n| n.parse().ok()).unwrap_or_default();
        let known = before.items.keys().filter(|item| is_of(item, &of)).count();
        for _ in known..wanted {
            add(before, &of, &order_of(before, &of));
        }
    }
    // A repository is listed for what is in it.
    let of = Of::Manifests(name.to_owned());
    let needed = before.manifests(name).next().is_none();
    let field = |field: &str| {
        before.items[&Item::Repository(name.to_owned())]
            .get(field)
            .cloned()
    };
    let empty = field("manifestCount").is_some_and(|n| n.to_string() == "0");
    if needed && !empty {
        add(before, &of, "");
    }
}

/// How the pages of this list were ordered.
fn order_of(before: &Before, of: &Of) -> String {
    let list = before
        .lists
        .iter()
        .find(|l| l.of == *of && !l.order.is_empty());
    list.map(|l| l.order.clone()).unwrap_or_default()
}

/// Whether something is known that stands behind this page.
fn goes_on(before: &Before, listed: &Listed) -> bool {
    let Some(last) = listed.items.last() else {
        return true;
    };
    let time = |item: &Item| before.items.get(item)?.get("lastUpdateTime")?.as_text();
    let all = before.items.keys();
    let mut others = all.filter(|item| is_of(item, &listed.of) && !listed.items.contains(item));
    match listed.order.as_str() {
        "timedesc" => others.any(|item| time(item) < time(last)),
        "timeasc" => others.any(|item| time(item) > time(last)),
        _ => others.any(|item| listed.is_before(item)),
    }
}

fn is_of(item: &Item, of: &Of) -> bool {
    item.name_in(of).is_some()
}

fn add(before: &mut Before, of: &Of, order: &str) {
    let mut fields = BTreeMap::new();
    if let Of::Tags(name) = of {
        let home = before.any_home(name);
        fields.insert("digest".to_owned(), Json::Text(home));
    }
    for field in super::seed::TIMES {
        fields.insert(field.to_owned(), Json::Text(behind_all(order).to_owned()));
    }
    let number = before.items.len() as u64;
    // Behind all others if that can be, else before them all, else right behind a page, else where
    // no list shows it.
    let mut places = vec![unnamed(of, number, false), unnamed(of, number, true)];
    let pages = before.unfinished.iter().filter(|page| page.of == *of);
    places.extend(pages.filter_map(|page| behind(page.items.last()?)));
    let shown = |item: &&Item| !before.lists.iter().any(|list| list.lacks(item));
    let item = places.iter().find(shown).cloned().unwrap_or_else(|| {
        let hidden = Json::Plain("false".to_owned());
        fields.insert("changeableAttributes.listEnabled".to_owned(), hidden);
        places[0].clone()
    });
    if let Item::Repository(name) = &item {
        let manifest = Item::Manifest(name.clone(), digest(number));
        before.put(manifest, BTreeMap::new());
    }
    before.put(item, fields);
}

/// Something that nobody asks for, the last or first in a list by name.
fn unnamed(of: &Of, number: u64, first: bool) -> Item {
    let name = if first {
        format!("0000{number}")
    } else {
        format!("zzzz{number}")
    };
    match of {
        Of::Repositories => Item::Repository(name),
        Of::Tags(repository) => Item::Tag(repository.clone(), name),
        Of::Manifests(repository) => {
            let last = digest(number);
            let digest = if first { last.replace('f', "0") } else { last };
            Item::Manifest(repository.clone(), digest)
        }
    }
}

/// The next possible name.
fn behind(item: &Item) -> Option<Item> {
    Some(match item {
        Item::Repository(name) => Item::Repository(format!("{name}0")),
        Item::Tag(repository, tag) => Item::Tag(repository.clone(), format!("{tag}0")),
        Item::Manifest(..) | Item::Blob(..) => return None,
    })
}

/// What is shown without its times by no answer must not come before what is.
fn date_the_undated(before: &mut Before, name: &str) {
    let lists = [Of::Manifests(name.to_owned()), Of::Tags(name.to_owned())];
    for of in lists {
        let order = order_of(before, &of);
        for (item, fields) in &mut before.items {
            if is_of(item, &of) && !order.is_empty() && !fields.contains_key("lastUpdateTime") {
                let time = Json::Text(behind_all(&order).to_owned());
                fields.insert("lastUpdateTime".to_owned(), time);
            }
        }
    }
}

/// The time of what comes last in this order.
fn behind_all(order: &str) -> &'static str {
    match order {
        "timeasc" => "2100-01-01T00:00:00Z",
        _ => "2000-01-01T00:00:00Z",
    }
}
