//! `public-api`: the public API of each library as one text, in the tree so that a change of it is
//! seen; and what is held to with it.

mod calls;
mod examples;
mod foreign;
mod item;
mod json;
mod snapshots;
mod text;

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result, bail};

use crate::{deps, diff};
pub(crate) use json::{as_rustdoc, stands_for_rustdoc};

/// In the folder of each library.
const FILE: &str = "public-api.txt";
/// The library that people import: what it shows of others is limited, and each of its calls is seen
/// on the wire.
const CLIENT: &str = "acr-client";
/// Where the compiler is asked what can be sent and shared, in the folder of that library.
const ASSERTIONS: &str = "tests/calls/bounds.rs";

/// Writes the texts, or compares them with those that are there; then checks what they say.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let metadata = deps::metadata(root)?;
    let libraries = json::libraries(&metadata);
    let names: Vec<_> = libraries.iter().map(|(name, _)| name.as_str()).collect();
    let folder = json::write(root, &metadata, &names)?;
    let mut problems = Vec::new();
    let mut apis = Vec::new();
    for (name, home) in &libraries {
        let file = folder.join(format!("{}.json", name.replace('-', "_")));
        let api = text::Api::read(name, &file)?;
        problems.extend(settle(&home.join(FILE), &api.text(), check)?);
        println!("{name}: {} lines", api.lines().len());
        if name == CLIENT {
            let examples = examples::Examples::read(&file)?;
            println!(
                "{name}: {} items with an example, {} without",
                examples.with,
                examples.without.len()
            );
            problems.extend(examples.too_few());
        }
        apis.push(api);
    }
    problems.extend(foreign::leaks(&apis, CLIENT)?);
    let client = apis.iter().find(|api| api.name() == CLIENT);
    let client = client.with_context(|| format!("there is no {CLIENT}"))?;
    let calls = calls::Calls::of(client);
    let (_, home) = libraries
        .iter()
        .find(|(name, _)| name == CLIENT)
        .with_context(|| format!("there is no {CLIENT}"))?;
    let assertions = fs::read_to_string(home.join(ASSERTIONS)).context(ASSERTIONS)?;
    problems.extend(not_sent(client, &assertions));
    problems.extend(snapshots::missing(&calls, &home.join(snapshots::FOLDER))?);
    println!(
        "{CLIENT}: {} calls and {} options",
        calls.calls.len(),
        calls.options.len()
    );
    if !problems.is_empty() {
        bail!("the public API:\n  {}", problems.join("\n  "));
    }
    Ok(())
}

/// Writes a text, or says how the one that is there differs.
fn settle(file: &Path, text: &str, check: bool) -> Result<Option<String>> {
    if !check {
        fs::write(file, text).with_context(|| file.display().to_string())?;
        return Ok(None);
    }
    let there = fs::read_to_string(file).unwrap_or_default();
    Ok((there != text).then(|| {
        let told = diff::short(&there, text);
        let file = file.display();
        format!("{file} says otherwise; `cargo xtask public-api` writes it anew:\n{told}")
    }))
}

/// Types that cannot go to another task, as rustdoc tells of them, and those of which the compiler is
/// not asked.
fn not_sent(api: &text::Api, assertions: &str) -> Vec<String> {
    let words: BTreeSet<_> = assertions
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    let lines = api
        .lines()
        .iter()
        .filter(|line| line.contains("!core::marker::Send"));
    let lines = lines.map(|line| format!("not Send: {line}"));
    let types = api.types().into_iter();
    let unseen = types.filter(|name| !words.contains(name));
    let unseen = unseen.map(|name| format!("{ASSERTIONS} says nothing of {name}"));
    lines.chain(unseen).collect()
}

#[cfg(test)]
mod tests;
