//! `interop`: other people's clients against the emulator. Installs what they need, builds the
//! program that runs them, and starts it.

pub(crate) mod kits;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::{
    ci::{OCI_PROBE, RECORDINGS, step::Invocation},
    deps, replay,
};

#[derive(Args)]
pub(crate) struct Options {
    /// Run this suite alone; may be given more than once.
    #[arg(long, value_name = "SUITE")]
    only: Vec<String>,
    /// Leave this suite out, and say so; may be given more than once.
    #[arg(long, value_name = "SUITE")]
    without: Vec<String>,
    /// Say what the suites are and what they need, and run nothing.
    #[arg(long)]
    list: bool,
    /// Fail where a suite cannot be run because something is not there.
    #[arg(long)]
    require_all: bool,
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let target: PathBuf = deps::metadata(root)?.target_directory.into();
    let program = build(root, &target)?;
    let mut interop = Invocation::program(program.display().to_string());
    for argument in chosen(options) {
        interop = interop.argument(argument);
    }
    if options.list {
        return succeed(root, &interop.argument("--list"));
    }
    let folder = target.join("interop");
    interop = interop
        .argument("--kits")
        .argument(folder.display().to_string());
    let needed = needed(&program, options)?;
    for (kit, reason) in kits::install(root, &kits::INTEROP, &folder, &needed)? {
        println!("!!! NOT INSTALLED: {kit}: {reason}");
        interop = interop
            .argument("--not-installed")
            .argument(format!("{kit}={reason}"));
    }
    if options.require_all {
        interop = interop.argument("--require-all");
    }
    for (variable, path) in beside(root) {
        interop = interop.with(variable, path);
    }
    succeed(root, &interop)
}

/// What is no part of the workspace and may lie beside it, unless it is said where it is: the probe
/// of the conformance suite and recordings of the service, in which every rule has its reason.
fn beside(root: &Path) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut look = |variable, relative: &str| {
        let path = root.join(relative);
        let there = env::var_os(variable).is_none() && path.exists();
        found.extend(there.then(|| (variable, path.display().to_string())));
        there
    };
    look(OCI_PROBE, "../shared/tools/oci_probe.py");
    if look(RECORDINGS, replay::BESIDE) {
        found.push(("ACR_RECORDINGS_ALL_RULES", "1".to_owned()));
    }
    found
}

/// Which suites, as the program is told.
fn chosen(options: &Options) -> impl Iterator<Item = &str> {
    let only = options.only.iter().flat_map(|suite| ["--only", suite]);
    let without = options
        .without
        .iter()
        .flat_map(|suite| ["--without", suite]);
    only.chain(without)
}

/// Builds the program that runs the suites.
fn build(root: &Path, target: &Path) -> Result<PathBuf> {
    succeed(
        root,
        &Invocation::new("cargo build --quiet --package acr-tests --bin interop --bin replay"),
    )?;
    let name = format!("interop{}", std::env::consts::EXE_SUFFIX);
    Ok(target.join("debug").join(name))
}

/// The kits that these suites need: the program knows.
fn needed(program: &Path, options: &Options) -> Result<Vec<String>> {
    let mut command = Command::new(program);
    let output = command.arg("--needs").args(chosen(options)).output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let kits = String::from_utf8(output.stdout)?;
    Ok(kits.lines().map(str::to_owned).collect())
}

fn succeed(root: &Path, command: &Invocation) -> Result<()> {
    let status = command.run(root).with_context(|| command.to_string())?;
    if !status.success() {
        bail!("failed: {command}");
    }
    Ok(())
}
