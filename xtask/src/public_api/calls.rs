//! What of a public API sends requests: found in its text, so that nobody keeps a list.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    item::{Function, base, paths},
    text::Api,
};

/// Traits of what is awaited or read item by item.
const AWAITED: [&str; 3] = [
    "core::future::into_future::IntoFuture",
    "core::future::future::Future",
    "futures_core::stream::Stream",
];

/// The calls of a library, and what can be chained on them.
pub(super) struct Calls {
    /// `Type__method`, and what it returns, with aliases replaced by what they stand for.
    pub(super) calls: BTreeMap<String, String>,
    pub(super) options: BTreeSet<ChainedOption>,
}

/// A method that changes a call before it is awaited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChainedOption {
    pub(super) owner: String,
    pub(super) name: String,
    /// Types of the library that its owner is about, such as `TagProperties` for a list of tags.
    pub(super) about: BTreeSet<String>,
}

impl Calls {
    pub(super) fn of(api: &Api) -> Self {
        let krate = api.crate_name();
        let aliases = aliases(api);
        let expand = |text: &str| expanded(text, &aliases);
        let awaited = awaited(api);
        let functions = api.functions();
        let is_awaited = |text: &str| own(&krate, text).any(|name| awaited.contains(name));
        let is_call = |function: &Function<'_>| {
            !is_option(function)
                && (function.is_async
                    || is_awaited(&expand(function.returns))
                    || (awaited.contains(function.owner_name())
                        && ["self", "&mut self"].contains(&function.receiver)))
        };
        let calls: Vec<_> = functions.iter().filter(|it| is_call(it)).collect();
        // What a call is made of by value is a call with something left to say.
        let carriers: BTreeSet<_> = calls
            .iter()
            .filter(|it| it.receiver == "self")
            .map(|it| it.owner_name())
            .chain(awaited.iter().map(String::as_str))
            .collect();
        let options = functions
            .iter()
            .filter(|it| is_option(it) && carriers.contains(it.owner_name()))
            .map(|it| ChainedOption {
                owner: it.owner_name().to_owned(),
                name: it.name.to_owned(),
                about: own(&krate, generics(it.owner)).map(str::to_owned).collect(),
            });
        Self {
            options: options.collect(),
            calls: calls
                .iter()
                .map(|it| (snapshot(it), expand(it.returns)))
                .collect(),
        }
    }
}

/// The name of the snapshots of a call.
fn snapshot(function: &Function<'_>) -> String {
    format!("{}__{}", function.owner_name(), function.name)
}

/// Takes a call and gives it back.
fn is_option(function: &Function<'_>) -> bool {
    function.receiver == "self" && ["Self", function.owner].contains(&function.returns)
}

fn generics(owner: &str) -> &str {
    owner.split_once('<').map_or("", |(_, generics)| generics)
}

/// The types of the library that a text names.
fn own<'a>(krate: &'a str, text: &'a str) -> impl Iterator<Item = &'a str> {
    paths(text)
        .filter(move |path| path.split("::").next() == Some(krate))
        .map(base)
}

/// The types that are awaited or read item by item.
fn awaited(api: &Api) -> BTreeSet<String> {
    let impls = api.lines().iter().filter_map(|line| {
        let (trait_, type_) = line.strip_prefix("impl")?.split_once(" for ")?;
        AWAITED
            .iter()
            .any(|name| trait_.ends_with(name))
            .then(|| base(type_).to_owned())
    });
    impls.collect()
}

/// `pub type` items of the library, by name: what they stand for.
fn aliases(api: &Api) -> BTreeMap<String, String> {
    let module = format!("pub type {}::", api.crate_name());
    let lines = api.lines().iter().filter_map(|line| {
        let (name, meaning) = line.strip_prefix("pub type ")?.split_once(" = ")?;
        // Not what a trait asks a type to name.
        line.starts_with(&module).then(|| {
            (
                name.split('<').next().unwrap_or(name).to_owned(),
                meaning.to_owned(),
            )
        })
    });
    lines.collect()
}

/// The text, followed by what the aliases in it stand for.
fn expanded(text: &str, aliases: &BTreeMap<String, String>) -> String {
    let meanings = paths(text).filter_map(|path| aliases.get(path));
    meanings.fold(text.to_owned(), |text, meaning| text + " = " + meaning)
}
