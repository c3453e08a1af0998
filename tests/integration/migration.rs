//! The page for those who come from another SDK: each of its rows, against the emulator.
//!
//! A row has a test of its name (up to a colon: the rows of one model have one together), in which
//! stands whatever the row's last column names. And each name of the SDKs has a row.

mod blobs;
mod client;
mod content;
mod errors;
mod manifests_and_tags;
mod models;
mod options;
mod repositories;

use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../crates/acr-client/MIGRATION.md");
/// What the five SDKs call things, read from their released versions.
const SDK_NAMES: &str = include_str!("migration/sdk-names.txt");
const TESTS: [&str; 8] = [
    include_str!("migration/blobs.rs"),
    include_str!("migration/client.rs"),
    include_str!("migration/content.rs"),
    include_str!("migration/errors.rs"),
    include_str!("migration/manifests_and_tags.rs"),
    include_str!("migration/models.rs"),
    include_str!("migration/options.rs"),
    include_str!("migration/repositories.rs"),
];
const SDKS: [&str; 5] = ["Python", ".NET", "Go", "JavaScript", "Java"];

struct Row {
    what: &'static str,
    theirs: [&'static str; 5],
    ours: &'static str,
}

fn rows() -> Vec<Row> {
    let lines = PAGE.lines().filter_map(|line| line.strip_prefix("| "));
    let lines = lines.filter(|line| !line.starts_with("what |"));
    let cells = lines.map(|line| line.trim_end_matches('|').split('|').map(str::trim));
    let rows = cells.map(|cells| {
        let cells: Vec<_> = cells.collect();
        let [what, python, net, go, javascript, java, ours] = cells[..] else {
            panic!("seven cells: {cells:?}");
        };
        Row {
            what,
            theirs: [python, net, go, javascript, java],
            ours,
        }
    });
    rows.collect()
}

/// What stands in backquotes.
fn code(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The function that tests a row.
fn test_of(row: &Row) -> String {
    let name = row.what.split(':').next().unwrap();
    name.replace("'s", "s")
        .replace([' ', '-'], "_")
        .to_lowercase()
}

/// The tests by name, each with its text.
fn tests() -> BTreeMap<&'static str, &'static str> {
    let files = TESTS
        .iter()
        .flat_map(|file| file.split("\n#[tokio::test]\n").skip(1));
    let tests = files.map(|test| {
        let (name, _) = test
            .trim_start_matches("async fn ")
            .split_once('(')
            .unwrap();
        (name, test.split("\n}\n").next().unwrap())
    });
    tests.collect()
}

#[test]
fn each_row_has_a_test_and_each_test_a_row() {
    let rows: BTreeSet<_> = rows().iter().map(test_of).collect();
    let tests: BTreeSet<_> = tests().into_keys().map(str::to_owned).collect();
    assert_eq!(rows, tests);
}

/// What the last column names is what the test calls.
#[test]
fn each_row_s_test_uses_what_the_row_names() {
    let tests = tests();
    for row in rows() {
        let Some(test) = tests.get(test_of(&row).as_str()) else {
            continue;
        };
        let words: BTreeSet<_> = test
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        let names = code(row.ours).flat_map(names_of_api);
        let mut named = 0;
        for name in names {
            named += 1;
            assert!(
                words.contains(name),
                "{}: the test has no `{name}`",
                row.what
            );
        }
        assert!(named > 0, "{}: nothing is named", row.what);
    }
}

/// Types, methods and fields in a piece of code: what begins with a capital, stands behind a dot or
/// colon, or before a parenthesis.
fn names_of_api(code: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(|c: char| c.is_alphabetic() || c == '"') {
        if rest[start..].starts_with('"') {
            rest = rest[start + 1..].split_once('"').unwrap().1;
            continue;
        }
        let length = rest[start..].find(|c: char| !c.is_alphanumeric() && c != '_');
        let end = length.map_or(rest.len(), |length| start + length);
        let (name, before, after) = (&rest[start..end], &rest[..start], &rest[end..]);
        let is_api = name.starts_with(char::is_uppercase)
            || before.ends_with('.') && !before.ends_with("..")
            || before.ends_with(':')
            || after.starts_with('(');
        if is_api {
            names.push(name);
        }
        rest = after;
    }
    names
}

#[test]
fn each_name_of_the_sdks_has_a_row() {
    let mut known: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut sdk = "";
    for line in SDK_NAMES.lines().filter(|line| !line.is_empty()) {
        match line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            Some(name) => sdk = name,
            None => {
                known.entry(sdk).or_default().insert(line.to_owned());
            }
        }
    }
    let mut shown: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in rows() {
        for (sdk, cell) in SDKS.iter().zip(row.theirs) {
            let mut of = String::new();
            for name in code(cell) {
                let name = match (name.strip_prefix('.'), of.rsplit_once('.')) {
                    (Some(member), Some((of, _))) => format!("{of}.{member}"),
                    _ => name.to_owned(),
                };
                of.clone_from(&name);
                shown.entry(sdk).or_default().insert(name);
            }
        }
    }
    assert_eq!(shown, known);
}
