//! The direction of dependencies between the crates, and what must not come in from outside.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata, PackageId};

/// What each member may build on. Dev-dependencies are free: they do not reach those who depend on
/// the crate. `ANY` is for the tests, which see everything.
const MAY_USE: [(&str, &[&str]); 7] = [
    ("acr-core", &[]),
    ("acr-rest", &["acr-core"]),
    ("acr-auth", &["acr-core", "acr-rest"]),
    ("acr-client", &["acr-auth", "acr-core", "acr-rest"]),
    ("acr-emulator", &["acr-core"]),
    ("acr-tests", &[ANY]),
    ("xtask", &[]),
];
const ANY: &str = "*";

/// Packages that must not be in the normal tree of a member: the code generator belongs to xtask,
/// servers belong to the emulator and to tests.
const KEEPS_OUT: [(&str, &[&str]); 2] = [
    (
        "acr-rest",
        &["progenitor", "progenitor-impl", "progenitor-macro"],
    ),
    ("acr-client", &["axum", "httpmock"]),
];

/// Members that use another one which they may not.
pub(super) fn members(metadata: &Metadata) -> Vec<String> {
    let uses = metadata.workspace_packages().into_iter().map(|package| {
        let used = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development)
            .map(|dependency| dependency.name.as_str());
        (package.name.as_str(), used.collect())
    });
    forbidden(&uses.collect())
}

/// Members and what they use; only uses of members count.
pub(super) fn forbidden(uses: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let mut problems = Vec::new();
    for (member, used) in uses {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| name == member) else {
            problems.push(format!("{member}: no rule says what it may depend on"));
            continue;
        };
        for other in used.iter().filter(|other| uses.contains_key(*other)) {
            if !allowed.contains(&ANY) && !allowed.contains(other) {
                problems.push(format!("{member} must not depend on {other}"));
            }
        }
    }
    problems
}

/// Packages in the normal tree of a member that has to keep them out.
pub(super) fn trees(metadata: &Metadata) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (member, unwanted) in KEEPS_OUT {
        let tree = normal_tree(metadata, member)?;
        for name in unwanted.iter().filter(|name| tree.contains(**name)) {
            problems.push(format!("{member} must not bring in {name}"));
        }
    }
    Ok(problems)
}

/// The names of all packages that a member needs to run, with all features.
pub(super) fn normal_tree<'a>(metadata: &'a Metadata, member: &str) -> Result<BTreeSet<&'a str>> {
    let resolve = metadata
        .resolve
        .as_ref()
        .context("cargo metadata resolved nothing")?;
    let nodes: BTreeMap<&PackageId, _> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let names: BTreeMap<&PackageId, &str> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.as_str()))
        .collect();
    let start = metadata
        .workspace_packages()
        .into_iter()
        .find(|package| package.name.as_str() == member)
        .with_context(|| format!("there is no member {member}"))?;

    let mut seen: BTreeSet<&PackageId> = BTreeSet::new();
    let mut pending = vec![&start.id];
    while let Some(id) = pending.pop() {
        let node = nodes
            .get(id)
            .with_context(|| format!("{id} is not resolved"))?;
        let normal = node.deps.iter().filter(|dependency| {
            dependency
                .dep_kinds
                .iter()
                .any(|kind| kind.kind == DependencyKind::Normal)
        });
        pending.extend(
            normal
                .map(|dependency| &dependency.pkg)
                .filter(|id| seen.insert(id)),
        );
    }
    Ok(seen
        .into_iter()
        .filter_map(|id| names.get(id).copied())
        .collect())
}
