//! Replays recordings of the service: `cargo xtask replay emulator`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail, ensure};
use clap::{Args, Subcommand};

/// Where the recordings are unless it is said: beside the workspace, which they are no part of.
pub(crate) const BESIDE: &str = "../shared/recordings";

#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    against: Against,
}

#[derive(Subcommand)]
enum Against {
    /// Send the recorded requests to acr-emulator and compare its answers with the recorded ones.
    Emulator {
        /// The folder of the recordings; `../shared/recordings` unless set.
        dir: Option<PathBuf>,
        /// Show exchanges whole whose file and number contain this.
        #[arg(long, value_name = "NAME")]
        verbose: Option<String>,
    },
}

/// Builds the program and lets it do it.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let Against::Emulator { dir, verbose } = &options.against;
    let beside = root.join(BESIDE);
    let folder = match dir {
        Some(dir) => dir.clone(),
        None if beside.is_dir() => beside.clone(),
        None => bail!(
            "there are no recordings in {BESIDE}: name their folder, as in `cargo xtask replay emulator DIR`"
        ),
    };
    ensure!(folder.is_dir(), "{} is no folder", folder.display());
    // Every rule has its reason in these recordings; others need not have them all.
    let own = beside.is_dir() && folder.canonicalize()? == beside.canonicalize()?;
    let mut replay = Command::new("cargo");
    replay.args([
        "run",
        "--quiet",
        "--package",
        "acr-tests",
        "--bin",
        "replay",
        "--",
    ]);
    replay.arg(folder.canonicalize()?);
    replay.args(own.then_some("--all-rules"));
    if let Some(name) = verbose {
        replay.args(["--verbose", name]);
    }
    let status = replay.current_dir(root).status()?;
    ensure!(status.success(), "the emulator and the recordings differ");
    Ok(())
}
