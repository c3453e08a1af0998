//! Recordings of the service: exchanges as lines of JSON, in files of which nobody knows the names.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use serde::de::DeserializeOwned;

/// Tells where the recordings lie, which are no part of the workspace.
pub const FOLDER: &str = "ACR_RECORDINGS";

/// Reads every `.jsonl` file in a folder and the folders in it, in the order of their paths.
///
/// # Errors
/// Where there is none, and for what cannot be read as exchanges of this form.
pub fn read<T: DeserializeOwned>(folder: &Path) -> Result<Vec<(PathBuf, Vec<T>)>> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    ensure!(
        !files.is_empty(),
        "there is no .jsonl file in {}",
        folder.display()
    );
    let read = files.into_iter().map(|file| {
        let exchanges = lines(&file)?;
        Ok((file, exchanges))
    });
    read.collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "jsonl") {
            files.push(path);
        }
    }
    Ok(())
}

fn lines<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty());
    lines
        .map(|(at, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("line {} of {}", at + 1, file.display()))
        })
        .collect()
}
