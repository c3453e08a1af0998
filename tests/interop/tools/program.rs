//! Other people's programs, run to their end.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use anyhow::{Context as _, Result, bail};

/// A program with what all its calls begin with.
pub(super) struct Program {
    name: &'static str,
    always: Vec<String>,
    environment: Vec<(&'static str, String)>,
    folder: Option<PathBuf>,
}

impl Program {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            always: Vec::new(),
            environment: Vec::new(),
            folder: None,
        }
    }

    pub(super) fn always<S: Into<String>>(
        mut self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        self.always.extend(arguments.into_iter().map(Into::into));
        self
    }

    pub(super) fn with(mut self, variable: &'static str, value: impl AsRef<Path>) -> Self {
        let value = value.as_ref().display().to_string();
        self.environment.push((variable, value));
        self
    }

    /// The folder that it is run in.
    pub(super) fn inside(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// How it ended, whichever way.
    pub(super) fn output<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Output> {
        let mut command = Command::new(self.name);
        command
            .args(&self.always)
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
            .output()
            .with_context(|| format!("{} cannot be started", self.name))
    }

    /// What it prints.
    pub(super) fn run<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<String> {
        let output = self.output(arguments)?;
        let told = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("{} ({}): {}", self.name, output.status, told.trim());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// What it says when it does not succeed, which is what is wanted.
    pub(super) fn refused<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<String> {
        let output = self.output(arguments)?;
        if output.status.success() {
            bail!("{} succeeded", self.name);
        }
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
