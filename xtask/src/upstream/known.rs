//! The differences that are known and meant.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::differences::Difference;

/// Differences that share a reason. Each stands exactly as it is reported.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    reason: String,
    differences: Vec<String>,
}

/// Every known difference.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeSet<String>);

/// What became of the differences.
pub(crate) struct Outcome {
    pub(crate) known: usize,
    pub(crate) unknown: Vec<Difference>,
    /// Lines of the file that are no difference any more.
    pub(crate) stale: Vec<String>,
}

impl Outcome {
    pub(crate) fn is_clean(&self) -> bool {
        self.unknown.is_empty() && self.stale.is_empty()
    }
}

pub(super) fn load(path: &Path) -> Result<Known> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| format!("cannot use {}", path.display()))
}

pub(super) fn parse(text: &str) -> Result<Known> {
    let groups: Vec<Group> = serde_yaml_ng::from_str(text)?;
    let mut lines = BTreeMap::new();
    for group in groups {
        ensure!(!group.reason.trim().is_empty(), "a group has no reason");
        ensure!(
            !group.differences.is_empty(),
            "nothing differs for this reason: {}",
            group.reason
        );
        for line in group.differences {
            let before = lines.insert(line.clone(), group.reason.clone());
            ensure!(before.is_none(), "listed twice: {line}");
        }
    }
    Ok(Known(lines.into_keys().collect()))
}

impl Known {
    pub(super) fn judge(&self, differences: Vec<Difference>) -> Outcome {
        let mut found = BTreeSet::new();
        let mut unknown = Vec::new();
        for difference in differences {
            let line = difference.to_string();
            match self.0.contains(&line) {
                true => drop(found.insert(line)),
                false => unknown.push(difference),
            }
        }
        let stale = self.0.difference(&found).cloned().collect();
        Outcome {
            known: found.len(),
            unknown,
            stale,
        }
    }
}
