//! Whose types a library shows: a new major version of theirs is a new one of ours.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};

use super::{
    item::{Function, base, paths},
    text::Api,
};

/// Crates whose types may show: the language's own, and those that everybody in this field shares,
/// all at 1.0 or promised to stay as they are.
const ALLOWED: [&str; 9] = [
    "std",
    "core",
    "alloc",
    "bytes",
    "http",
    "futures_core",
    "serde",
    // Where serde's derived implementations lead.
    "serde_core",
    "azure_core",
];

/// Single items of other crates, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "tokio::io::async_read::AsyncRead",
        "what a source reads and a reader is, in tokio 1",
    ),
    (
        "tokio::io::async_write::AsyncWrite",
        "what a download writes to, in tokio 1",
    ),
    ("tokio::io::read_buf::ReadBuf", "AsyncRead asks for it"),
    (
        "tokio::fs::file::File",
        "becomes a source by into(), in tokio 1",
    ),
    (
        "serde_json::value::Value",
        "what an error's details hold, and what else a query asked for, in serde_json 1",
    ),
    ("typespec::error::Error", "azure_core::Error"),
    ("url::Url", "azure_core::http::Url"),
    (
        "time::offset_date_time::OffsetDateTime",
        "azure_core::time::OffsetDateTime",
    ),
];

/// Items of our own crates that must not show: what is generated, and the inside of the pipeline.
const HIDDEN: [&str; 6] = [
    "acr_rest::types",
    "acr_rest::generated",
    "acr_rest::Client",
    "acr_rest::client",
    "acr_rest::Pipeline",
    "acr_rest::pipeline",
];

/// Each line of the library that shows what it must not, itself or through a type of our own crates.
pub(super) fn leaks(apis: &[Api], name: &str) -> Result<Vec<String>> {
    let api = apis.iter().find(|api| api.name() == name);
    let api = api.with_context(|| format!("there is no {name}"))?;
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let mut pending = Vec::new();
    for line in api.lines() {
        problems.extend(leak(api, line));
        pending.extend(of_ours(apis, api, line));
    }
    while let Some((api, name)) = pending.pop() {
        if !seen.insert((api.name(), name.clone())) {
            continue;
        }
        for line in api.lines().iter().filter(|line| is_about(api, line, &name)) {
            let leak = leak(api, line);
            problems.extend(
                leak.map(|problem| format!("through {}::{name}: {problem}", api.crate_name())),
            );
            pending.extend(of_ours(apis, api, line));
        }
    }
    Ok(problems)
}

/// Why a line is not allowed.
fn leak(api: &Api, line: &str) -> Option<String> {
    // A crate that is given on as a whole is named without a path.
    let given_on = line
        .strip_prefix("pub use ")
        .and_then(|line| line.split_once(" = "));
    let given_on = given_on.map(|(_, what)| what);
    let unwanted = paths(line).chain(given_on).find(|path| {
        let root = path.split("::").next().unwrap_or(path);
        let hidden = HIDDEN.iter().any(|hidden| is_within(path, hidden));
        let foreign = api.is_crate(root)
            && !root.starts_with("acr_")
            && !ALLOWED.contains(&root)
            && !EXCEPTIONS
                .iter()
                .any(|(allowed, _)| is_within(path, allowed))
            && !is_versioned(api, line, root)
            && !is_conversion(api, line, root);
        hidden || foreign
    })?;
    Some(format!("{unwanted} shows in `{line}`"))
}

fn is_within(path: &str, other: &str) -> bool {
    path.strip_prefix(other)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Whether the item stands in a module that is named by crate and version, such as
/// `acr_client::reqwest_0_13`: it is no part of what semver promises.
fn is_versioned(api: &Api, line: &str, krate: &str) -> bool {
    let module = format!("{}::{krate}_", api.crate_name());
    paths(line).any(|path| {
        path.strip_prefix(&module)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// Whether the line is of a conversion between a type of ours and one of a crate that a module named by
/// crate and version gives on. It belongs to that module, and has no path of its own to show that.
fn is_conversion(api: &Api, line: &str, krate: &str) -> bool {
    let given_on = format!("::{krate} = {krate}");
    let is_given_on = |line: &String| {
        line.starts_with("pub use ") && line.ends_with(&given_on) && is_versioned(api, line, krate)
    };
    let fails_with = format!("::Error = {}::Error", api.crate_name());
    let converts = line.starts_with("impl core::convert::TryFrom<")
        || line.starts_with("impl core::convert::From<")
        || (line.starts_with(&format!("pub type {krate}::")) && line.ends_with(&fails_with));
    converts && api.lines().iter().any(is_given_on)
}

/// The types of our other crates that a line names.
fn of_ours<'a>(apis: &'a [Api], api: &Api, line: &str) -> Vec<(&'a Api, String)> {
    let others = apis.iter().filter(|other| other.name() != api.name());
    let named = others.flat_map(|other| {
        let krate = other.crate_name();
        // A crate that is re-exported as it is stands there with all that it has.
        let whole = line
            .ends_with(&format!(" = {krate}"))
            .then(|| krate.clone());
        let types = paths(line).filter(|path| path.split("::").next() == Some(&krate));
        let names: Vec<_> = types
            .map(|path| base(path).to_owned())
            .chain(whole)
            .collect();
        names.into_iter().map(move |name| (other, name))
    });
    named.collect()
}

/// Whether the line is one of the type's own: its definition, its fields, its methods. How others of
/// our crates make it, and what traits it has, is nothing that one has to name.
fn is_about(api: &Api, line: &str, name: &str) -> bool {
    let is_made = Function::parse(line).is_some_and(|function| function.receiver.is_empty());
    if line.starts_with("impl") || line.starts_with("pub use") || is_made {
        return false;
    }
    let krate = format!("{}::", api.crate_name());
    let Some(at) = line.find(&krate) else {
        return false;
    };
    let path = &line[at..];
    let end = path.find(['(', ' ', '=']).unwrap_or(path.len());
    path[..end]
        .split("::")
        .any(|part| base(part).trim_end_matches(':') == name)
        && !HIDDEN.iter().any(|hidden| path.starts_with(hidden))
}
