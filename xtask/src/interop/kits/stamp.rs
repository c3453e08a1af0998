//! What tells an installation that is whole and as it should be from any other.

use std::{fs, io, path::PathBuf};

/// A file that is there only when an installation was ended, and holds all that it was made of.
pub(super) struct Stamp {
    path: PathBuf,
    content: String,
}

impl Stamp {
    pub(super) fn new(path: PathBuf, content: String) -> Self {
        Self { path, content }
    }

    pub(super) fn is_there(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|content| content == self.content)
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Whole or not at all: a stamp that was cut must not be taken for another.
    pub(super) fn write(&self) -> io::Result<()> {
        let new = self.path.with_extension("new");
        fs::write(&new, &self.content)?;
        fs::rename(new, &self.path)
    }
}
