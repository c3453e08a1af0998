use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::semver::Version;

use super::{
    direction::{forbidden, normal_tree},
    metadata,
    packages::{completeness, newer_than},
    vocabulary::foreign_names,
};

#[test]
fn a_dependency_against_the_direction_is_named() {
    let uses = BTreeMap::from([
        ("acr-core", BTreeSet::from(["acr-rest", "serde"])),
        ("acr-rest", BTreeSet::from(["acr-core"])),
        ("acr-tests", BTreeSet::from(["acr-rest"])),
        ("acr-new", BTreeSet::new()),
    ]);
    assert_eq!(
        forbidden(&uses),
        [
            "acr-core must not depend on acr-rest",
            "acr-new: no rule says what it may depend on"
        ]
    );
}

#[test]
fn the_emulator_may_name_names_and_digests_only() {
    let foreign = |source| foreign_names(source).unwrap();
    assert!(
        foreign("use acr_core::{Digest, Tag as T}; fn f(n: acr_core::RepositoryName) {}")
            .is_empty()
    );
    assert_eq!(foreign("use acr_core::{Digest, scope::Scope};"), ["scope"]);
    assert_eq!(foreign("use acr_core::*;"), ["*"]);
    assert_eq!(foreign("use acr_core as core;"), ["(the crate itself)"]);
    assert_eq!(
        foreign("fn f() { panic!(\"{}\", acr_core::challenge::X) }"),
        ["challenge"]
    );
}

#[test]
fn a_tree_goes_down_to_the_last_normal_dependency() {
    let metadata = metadata(&crate::root()).unwrap();
    let own = normal_tree(&metadata, "xtask").unwrap();
    assert!(
        own.contains("progenitor-impl") && own.contains("typify-impl"),
        "through progenitor"
    );
    assert!(!own.contains("tempfile"), "for tests only");
}

#[test]
fn a_package_that_asks_for_a_newer_rust_is_named() {
    let metadata = metadata(&crate::root()).unwrap();
    let newer = newer_than(&metadata, &Version::new(1, 60, 0));
    assert!(
        newer.iter().any(|line| line.starts_with("progenitor 0.")),
        "{newer:#?}"
    );
    assert!(newer_than(&metadata, &Version::new(1, 999, 0)).is_empty());
}

#[test]
fn what_a_published_package_lacks_is_named() {
    let mut metadata = metadata(&crate::root()).unwrap();
    for package in &mut metadata.packages {
        match package.name.as_str() {
            "acr-core" => package.keywords.clear(),
            "acr-rest" => package.metadata = serde_json::Value::Null,
            "xtask" => package.description = None,
            _ => {}
        }
    }
    assert_eq!(
        completeness(&metadata),
        [
            "acr-core has no keywords",
            "acr-rest has no package.metadata.docs.rs"
        ]
    );
}
