//! `outside`: a program of somebody else's, on acr-client alone, with each kind of credential.
//!
//! Within the workspace a dependency of the tests may bring what acr-client forgot, such as a
//! provider of cryptography. That program has a workspace of its own; it shares `target` and the
//! versions of `Cargo.lock`, so that most of what it needs is built already.

use std::{
    env::consts::EXE_SUFFIX,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

use crate::{ci::step::Invocation, deps};

const PROGRAM: &str = "tests/outside/scratch";

pub(crate) fn run(root: &Path) -> Result<()> {
    let target: PathBuf = deps::metadata(root)?.target_directory.into();
    let lock = root.join(PROGRAM).join("Cargo.lock");
    fs::copy(root.join("Cargo.lock"), &lock).with_context(|| lock.display().to_string())?;
    let program = target.join("debug").join(format!("scratch{EXE_SUFFIX}"));
    let build = Invocation::new("cargo build --quiet --manifest-path")
        .argument(format!("{PROGRAM}/Cargo.toml"))
        .argument("--target-dir")
        .argument(target.display().to_string());
    let list = Invocation::new("cargo run --quiet --package acr-tests --bin outside --")
        .argument(program.display().to_string());
    for command in [build, list] {
        let status = command.run(root).with_context(|| command.to_string())?;
        ensure!(status.success(), "failed: {command}");
    }
    Ok(())
}
