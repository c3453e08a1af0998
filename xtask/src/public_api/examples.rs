//! How many of a library's items show how they are used.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// What is shown by an example: what is called, made or named. Fields, variants and constants are
/// not, nor is what a trait of others asks for.
const KINDS: [&str; 5] = ["struct", "enum", "trait", "function", "type_alias"];

/// Of the public items, those with an example and those without, by name.
pub(super) struct Examples {
    pub(super) with: usize,
    pub(super) without: Vec<String>,
}

impl Examples {
    /// Reads what rustdoc has written of a library.
    pub(super) fn read(json: &Path) -> Result<Self> {
        let text = fs::read(json).with_context(|| json.display().to_string())?;
        let told: Value = serde_json::from_slice(&text)?;
        let index = told["index"].as_object().context("there is no index")?;
        let (mut with, mut without) = (0, Vec::new());
        for item in index.values().filter(|item| is_counted(item)) {
            match has_example(item["docs"].as_str().unwrap_or_default()) {
                true => with += 1,
                false => without.push(place(item)),
            }
        }
        without.sort();
        Ok(Self { with, without })
    }

    /// What is wrong, unless a third of the items have one.
    pub(super) fn too_few(&self) -> Option<String> {
        let all = self.with + self.without.len();
        (self.with * 3 < all).then(|| {
            let without = self.without.join("\n    ");
            format!(
                "{} of {all} items have an example, less than a third; these have none:\n    {without}",
                self.with
            )
        })
    }
}

fn is_counted(item: &Value) -> bool {
    let own = item["crate_id"] == 0 && item["visibility"] == "public";
    own && KINDS.iter().any(|kind| item["inner"].get(kind).is_some())
}

/// A block of Rust, compiled at least.
fn has_example(docs: &str) -> bool {
    let openings = docs
        .lines()
        .map(str::trim_start)
        .filter_map(|line| line.strip_prefix("```"));
    openings.step_by(2).any(|kind| {
        let words = kind.split(',').map(str::trim);
        words.clone().all(|word| {
            matches!(word, "" | "rust" | "no_run" | "should_panic") || word.starts_with("edition")
        })
    })
}

/// Name and file, for who looks for it.
fn place(item: &Value) -> String {
    let name = item["name"].as_str().unwrap_or_default();
    let file = item["span"]["filename"].as_str().unwrap_or_default();
    let line = item["span"]["begin"][0].as_u64().unwrap_or_default();
    format!("{file}:{line} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_a_block_of_rust() {
        assert!(has_example("Does it.\n\n```\nit();\n```\n"));
        assert!(has_example("```text\nno\n```\n```no_run\nit();\n```"));
        assert!(!has_example("```text\nno\n```"));
        assert!(!has_example("none"));
    }

    #[test]
    fn a_third_is_enough() {
        let examples = |with, without: usize| Examples {
            with,
            without: vec![String::new(); without],
        };
        assert!(examples(1, 2).too_few().is_none());
        assert!(examples(1, 3).too_few().is_some());
    }
}
