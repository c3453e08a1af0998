//! What was installed for the suites, and where. `cargo xtask interop` installs it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf, absolute},
};

use anyhow::{Context as _, Result};

/// The folder of the kits, and which of them are not there.
pub(crate) struct Kits {
    folder: PathBuf,
    not_installed: BTreeMap<String, String>,
}

impl Kits {
    pub(crate) fn new(folder: &Path, not_installed: &[String]) -> Result<Self> {
        let pairs = not_installed.iter().map(|pair| {
            let (kit, reason) = pair
                .split_once('=')
                .with_context(|| format!("{pair} is not KIT=REASON"))?;
            Ok((kit.to_owned(), reason.to_owned()))
        });
        Ok(Self {
            folder: absolute(folder)?,
            not_installed: pairs.collect::<Result<_>>()?,
        })
    }

    /// A file of a kit, or of what the suites leave behind.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.join(relative)
    }

    /// Why a kit cannot be used, if it cannot.
    pub(crate) fn missing(&self, kit: &str) -> Option<String> {
        if let Some(reason) = self.not_installed.get(kit) {
            return Some(format!("{kit} is not installed: {reason}"));
        }
        let folder = self.path(kit);
        let there = folder.is_dir();
        (!there).then(|| {
            format!(
                "{} is not there; cargo xtask interop makes it",
                folder.display()
            )
        })
    }
}
