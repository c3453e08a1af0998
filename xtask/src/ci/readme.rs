//! The programs that the READMEs tell people to run.

use std::path::Path;

use anyhow::{Context as _, Result};
use cargo_metadata::Metadata;

use super::step::Invocation;

/// The languages of code blocks that hold commands.
const SHELLS: [&str; 4] = ["sh", "bash", "shell", "console"];

/// Every `cargo run --example …` of the READMEs, each once. Other programs may be meant to go on
/// until somebody stops them, or ask for a registry of one's own.
pub(super) fn commands(root: &Path, metadata: &Metadata) -> Result<Vec<Invocation>> {
    let mut files = vec![root.join("README.md")];
    let members = metadata.workspace_packages();
    files.extend(
        members
            .iter()
            .filter_map(|member| member.readme())
            .map(Into::into),
    );
    let mut commands = Vec::new();
    for file in files.iter().filter(|file| file.exists()) {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        for line in examples(&text) {
            let command = Invocation::new(line);
            if !commands.contains(&command) {
                commands.push(command);
            }
        }
    }
    Ok(commands)
}

/// The lines that run an example as it stands, without anything to be filled in.
pub(super) fn examples(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut shell = false;
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(language) = line.strip_prefix("```") {
            inside = !inside;
            shell = inside && SHELLS.contains(&language.trim());
        } else if shell {
            let command = line.strip_prefix("$ ").unwrap_or(line);
            let complete = !command.contains(['<', '$', '"', '\\', '|', '&', '…']);
            if command.starts_with("cargo run") && command.contains("--example") && complete {
                found.push(command.split(" #").next().unwrap_or(command).trim());
            }
        }
    }
    found
}
