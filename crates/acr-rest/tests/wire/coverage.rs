//! No operation without a snapshot, no snapshot without an operation.

use std::{collections::BTreeSet, fs, path::Path};

/// The sources that call the operations.
const CASES: [&str; 6] = [
    include_str!("content.rs"),
    include_str!("deleted.rs"),
    include_str!("metadata.rs"),
    include_str!("streaming.rs"),
    include_str!("tokens.rs"),
    include_str!("uploads.rs"),
];

fn operations() -> BTreeSet<String> {
    let generated = include_str!("../../src/generated.rs");
    let names = generated.lines().filter_map(|line| {
        let rest = line.trim().strip_prefix("pub async fn ")?;
        Some(rest.split(['<', '(']).next()?.to_owned())
    });
    names.collect()
}

fn snapshots() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/snapshots");
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        Some(name.strip_suffix(".snap")?.to_owned())
    });
    names.collect()
}

#[test]
fn every_operation_has_its_snapshot() {
    let (operations, snapshots) = (operations(), snapshots());
    assert!(operations.len() > 30, "{operations:?}");
    let missing: Vec<_> = operations.difference(&snapshots).collect();
    assert!(
        missing.is_empty(),
        "operations without a snapshot: {missing:?}"
    );
    let of_none = |name: &&String| {
        let operation = name.split('@').next().unwrap_or_default();
        !operations.contains(operation)
    };
    let stale: Vec<_> = snapshots.iter().filter(of_none).collect();
    assert!(
        stale.is_empty(),
        "snapshots without an operation: {stale:?}"
    );
}

/// A snapshot that is left over from a case that is gone proves nothing.
#[test]
fn every_operation_is_called() {
    let uncalled: Vec<_> = operations()
        .into_iter()
        .filter(|name| {
            let call = format!(".{name}(");
            !CASES.iter().any(|source| source.contains(&call))
        })
        .collect();
    assert!(
        uncalled.is_empty(),
        "operations that no case calls: {uncalled:?}"
    );
}
