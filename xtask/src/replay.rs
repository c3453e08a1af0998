//! Replays recordings of the service: `cargo xtask replay emulator` and `cargo xtask replay client`.

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
    Emulator(Recordings),
    /// Make the calls of our client that the recorded requests stand for, against a server that plays
    /// the recorded answers, and compare what is sent and what is returned.
    Client(Recordings),
}

#[derive(Args)]
struct Recordings {
    /// The folder of the recordings; `../shared/recordings` unless set.
    dir: Option<PathBuf>,
    /// Show exchanges whole whose file and number contain this.
    #[arg(long, value_name = "NAME")]
    verbose: Option<String>,
}

/// Builds the program and lets it do it.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let (against, Recordings { dir, verbose }) = match &options.against {
        Against::Emulator(recordings) => ("emulator", recordings),
        Against::Client(recordings) => ("client", recordings),
    };
    let beside = root.join(BESIDE);
    let folder = match dir {
        Some(dir) => dir.clone(),
        None if beside.is_dir() => beside.clone(),
        None => bail!(
            "there are no recordings in {BESIDE}: name their folder, as in `cargo xtask replay {against} DIR`"
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
        against,
    ]);
    replay.arg(folder.canonicalize()?);
    replay.args(own.then_some("--all-rules"));
    if let Some(name) = verbose {
        replay.args(["--verbose", name]);
    }
    let status = replay.current_dir(root).status()?;
    ensure!(status.success(), "the {against} and the recordings differ");
    Ok(())
}
