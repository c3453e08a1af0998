//! `deps`: who may depend on whom, and what every published package must have.

mod direction;
mod packages;
mod vocabulary;

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

pub(crate) use packages::is_published;

/// Checks every rule, and names every place that breaks one.
pub(crate) fn run(root: &Path) -> Result<()> {
    let metadata = metadata(root)?;
    let mut problems = direction::members(&metadata);
    problems.extend(direction::trees(&metadata)?);
    problems.extend(packages::rust_versions(&metadata)?);
    problems.extend(packages::completeness(&metadata));
    problems.extend(vocabulary::of_the_emulator(root)?);
    if !problems.is_empty() {
        bail!(
            "{} rules broken:\n  {}",
            problems.len(),
            problems.join("\n  ")
        );
    }
    println!(
        "{} members and {} packages keep to the rules",
        metadata.workspace_members.len(),
        metadata.packages.len()
    );
    Ok(())
}

/// The workspace with all features, as cargo sees it.
pub(crate) fn metadata(root: &Path) -> Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .exec()
        .context("cargo metadata")
}

#[cfg(test)]
mod tests;
