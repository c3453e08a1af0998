//! What the packages themselves must say.

use anyhow::{Context as _, Result};
use cargo_metadata::{Metadata, Package, semver::Version};

/// Locked packages that ask for a newer Rust than the workspace promises to build with.
pub(super) fn rust_versions(metadata: &Metadata) -> Result<Vec<String>> {
    let promised = metadata
        .workspace_packages()
        .into_iter()
        .filter_map(|package| package.rust_version.as_ref())
        .min()
        .context("no member says its rust-version")?;
    Ok(newer_than(metadata, promised))
}

pub(super) fn newer_than(metadata: &Metadata, promised: &Version) -> Vec<String> {
    metadata
        .packages
        .iter()
        .filter_map(|package| too_new(package, promised))
        .collect()
}

fn too_new(package: &Package, promised: &Version) -> Option<String> {
    let asked = package
        .rust_version
        .as_ref()
        .filter(|asked| *asked > promised)?;
    let Package { name, version, .. } = package;
    Some(format!(
        "{name} {version} asks for Rust {asked}, the workspace promises {promised}"
    ))
}

/// Published members whose page in a registry would lack something.
pub(super) fn completeness(metadata: &Metadata) -> Vec<String> {
    let published = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| is_published(package));
    published
        .flat_map(|package| {
            missing(package)
                .into_iter()
                .map(|what| format!("{} has no {what}", package.name))
        })
        .collect()
}

pub(crate) fn is_published(package: &Package) -> bool {
    package
        .publish
        .as_ref()
        .is_none_or(|registries| !registries.is_empty())
}

fn missing(package: &Package) -> Vec<&'static str> {
    let has = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    [
        ("description", has(&package.description)),
        ("license", has(&package.license)),
        ("repository", has(&package.repository)),
        ("readme", package.readme.is_some()),
        ("keywords", !package.keywords.is_empty()),
        ("categories", !package.categories.is_empty()),
        (
            "package.metadata.docs.rs",
            package.metadata["docs"]["rs"].is_object(),
        ),
    ]
    .into_iter()
    .filter_map(|(what, there)| (!there).then_some(what))
    .collect()
}
