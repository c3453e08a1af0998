//! The public API of a library as lines, one for each item.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::item::{Function, base};

/// Traits that every type has or has not, as its parts do. Only those are told that a type lacks.
const AUTO_TRAITS: [&str; 4] = ["Send", "Sync", "Unpin", "UnsafeUnpin"];

/// The public API of one library.
pub(super) struct Api {
    name: String,
    lines: Vec<String>,
    /// The crates that the library is built on.
    crates: BTreeSet<String>,
}

impl Api {
    /// Reads what rustdoc wrote.
    pub(super) fn read(name: &str, file: &Path) -> Result<Self> {
        let json = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let document: Value = serde_json::from_str(&json).context("rustdoc's JSON")?;
        let api = public_api::Builder::from_rustdoc_json(file)
            .omit_blanket_impls(true)
            .build()
            .with_context(|| file.display().to_string())?;
        let lines = api.items().map(ToString::to_string).collect::<Vec<_>>();
        let crates = document["external_crates"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(_, it)| it["name"].as_str().map(str::to_owned));
        Ok(Self {
            name: name.to_owned(),
            lines: readable(&lines, &reexports(&document)),
            crates: crates.collect(),
        })
    }

    #[cfg(test)]
    pub(super) fn of_lines(name: &str, lines: &[&str], crates: &[&str]) -> Self {
        let lines = lines
            .iter()
            .map(|&line| line.to_owned())
            .collect::<Vec<_>>();
        Self {
            name: name.to_owned(),
            lines: readable(&lines, &BTreeMap::new()),
            crates: crates.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// The name of the package.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The name of the crate, as code writes it.
    pub(super) fn crate_name(&self) -> String {
        self.name.replace('-', "_")
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// What stands in the file.
    pub(super) fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    /// Whether it is a crate that this one is built on, and not a module or a type.
    pub(super) fn is_crate(&self, root: &str) -> bool {
        self.crates.contains(root)
    }

    /// The names of the types that are defined here, without generics.
    pub(super) fn types(&self) -> BTreeSet<&str> {
        let lines = self.lines.iter().filter_map(|line| {
            let (_, path) = ["pub struct ", "pub enum ", "pub union "]
                .iter()
                .find_map(|kind| line.split_once(kind))?;
            Some(base(path.split(['(', ' ']).next().unwrap_or(path)))
        });
        lines.collect()
    }

    /// The functions and methods that are written by hand: none that a trait asks for.
    pub(super) fn functions(&self) -> Vec<Function<'_>> {
        self.lines
            .iter()
            .filter_map(|line| Function::parse(line))
            .collect()
    }
}

/// What is re-exported from other crates: the name here, and the path there.
fn reexports(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    let items = document["index"].as_object().into_iter().flatten();
    for (_, item) in items {
        let reexport = &item["inner"]["use"];
        let Some(name) = reexport["name"].as_str() else {
            continue;
        };
        let target = &document["paths"][reexport["id"].to_string()];
        if target["crate_id"].as_u64().is_none_or(|id| id == 0) {
            continue;
        }
        let path: Vec<_> = target["path"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        found
            .entry(name.to_owned())
            .or_default()
            .insert(path.join("::"));
    }
    found
}

/// Whether a function belongs to a module: types have names that begin with a capital letter.
fn is_free(line: &str) -> bool {
    Function::parse(line).is_some_and(|function| {
        let name = function.owner_name();
        !name.starts_with(char::is_uppercase)
    })
}

/// The lines that tell something: without the methods that a trait brings along, without what every
/// type has, and with the place where re-exports come from.
fn readable(lines: &[String], reexports: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut of_trait = false;
    for line in lines {
        // The library leaves out a colon.
        let mut line = line.replace("Errorcore::", "Error: core::");
        if line.starts_with("impl") {
            let (trait_, _) = line.split_once(" for ").unwrap_or_default();
            of_trait = !trait_.is_empty();
            let auto = AUTO_TRAITS.map(|name| format!("core::marker::{name}"));
            let told = match auto.iter().any(|name| trait_.ends_with(name.as_str())) {
                true => trait_.contains('!'),
                false => {
                    !trait_.contains("core::marker::Structural")
                        && !trait_.contains("core::marker::Freeze")
                        && !trait_.contains("core::panic::unwind_safe::")
                }
            };
            if !told {
                continue;
            }
        } else if line.contains("pub fn ")
            || line.contains("pub async fn ")
            || line.contains("pub unsafe fn ")
        {
            if of_trait && !is_free(&line) {
                continue;
            }
        } else if !line.contains("pub type ") {
            of_trait = false;
        }
        if let Some((_, name)) = line
            .strip_prefix("pub use ")
            .and_then(|path| path.rsplit_once("::"))
            && let Some(paths) = reexports.get(name)
        {
            let paths: Vec<_> = paths.iter().map(String::as_str).collect();
            line = format!("{line} = {}", paths.join(" or "));
        }
        kept.push(line);
    }
    kept
}
