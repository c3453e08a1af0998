//! What cargo remembers of packages that it once made here.
//!
//! `cargo package` builds each package against the others as packaged, through a registry in
//! `target`. Cargo takes a version of a registry for something that never changes, and keeps what
//! it unpacked and built of it: after a change within one version, the next run would be against
//! the packages of the last one.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use cargo_metadata::Package;

use crate::deps;

/// Removes what was unpacked of the published packages of this workspace.
pub(crate) fn forget(root: &Path) -> Result<()> {
    let metadata = deps::metadata(root)?;
    let members = metadata.workspace_packages();
    let published: Vec<_> = members
        .into_iter()
        .filter(|package| deps::is_published(package))
        .collect();
    for kind in ["src", "cache"] {
        for registry in local_registries(&cargo_home()?.join("registry").join(kind))? {
            for package in &published {
                forget_in(&registry, package)?;
            }
        }
    }
    Ok(())
}

fn forget_in(registry: &Path, package: &Package) -> Result<()> {
    let name = format!("{}-{}", package.name, package.version);
    let (folder, archive) = (registry.join(&name), registry.join(format!("{name}.crate")));
    for removed in [fs::remove_dir_all(&folder), fs::remove_file(&archive)] {
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("{} cannot be forgotten", folder.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The folders of registries without a host: those in some `target`. Others are left alone.
fn local_registries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| folder.display().to_string())?,
    };
    let paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    let hostless = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('-'))
    };
    Ok(paths.into_iter().filter(hostless).collect())
}

fn cargo_home() -> Result<PathBuf> {
    let set = env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| Some(env::home_dir()?.join(".cargo")))
        .context("there is no folder of cargo's")
}
