//! The public API of the libraries as rustdoc tells of it, in JSON.
//!
//! Only a nightly rustdoc writes JSON, unless it is told to take itself for one. cargo is not told:
//! build scripts would see it, and half of all dependencies would be built anew.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{Metadata, TargetKind};

use crate::{ci::step::Invocation, deps};

/// The Rust whose JSON the `public-api` crate reads. Another one may write another format, and other
/// paths for what is in `std`.
const RUST: &str = "1.95.0";

/// Says that xtask is run by cargo in place of rustdoc, and where the real one is.
const REAL_RUSTDOC: &str = "ACR_XTASK_RUSTDOC";

/// Has the JSON of these packages written, with all their features, and says in which folder it is.
pub(super) fn write(root: &Path, metadata: &Metadata, packages: &[&str]) -> Result<PathBuf> {
    let (cargo, rustdoc) = match is_active() {
        true => (Invocation::new("cargo"), "rustdoc".to_owned()),
        false => {
            let run = format!("rustup run --install {RUST}");
            (Invocation::new(&run).argument("cargo"), pinned_rustdoc()?)
        }
    };
    let own = env::current_exe().context("xtask does not know where it is")?;
    let mut doc = cargo
        .argument("doc")
        .argument("--quiet")
        .argument("--locked")
        .argument("--lib")
        .argument("--no-deps")
        .argument("--all-features");
    for package in packages {
        doc = doc.argument("--package").argument(*package);
    }
    let doc = doc
        .with("RUSTDOC", own.display().to_string())
        .with(REAL_RUSTDOC, rustdoc)
        // What is wrong with the documentation is told by the step that makes it.
        .with(
            "RUSTDOCFLAGS",
            "-Z unstable-options --output-format json --cap-lints allow",
        );
    let status = doc.run(root).with_context(|| doc.to_string())?;
    if !status.success() {
        bail!("{doc} ({status})");
    }
    Ok(metadata.target_directory.join("doc").into())
}

/// Whether cargo takes this program for rustdoc.
pub(crate) fn stands_for_rustdoc() -> bool {
    env::var_os(REAL_RUSTDOC).is_some()
}

/// Runs the real rustdoc with what cargo asked for, as one that may write JSON.
pub(crate) fn as_rustdoc() -> Result<()> {
    let program = env::var_os(REAL_RUSTDOC).context("there is no rustdoc")?;
    let status = Command::new(&program)
        .args(env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove(REAL_RUSTDOC)
        .status()
        .with_context(|| program.display().to_string())?;
    std::process::exit(status.code().unwrap_or(1));
}

fn is_active() -> bool {
    let version = Command::new("rustc").arg("--version").output();
    version.is_ok_and(|told| {
        String::from_utf8_lossy(&told.stdout).starts_with(&format!("rustc {RUST} "))
    })
}

/// rustdoc of that Rust, which is installed where it is missing.
fn pinned_rustdoc() -> Result<String> {
    let told = Command::new("rustup")
        .args(["run", "--install", RUST, "rustc", "--print", "sysroot"])
        .output()
        .with_context(|| {
            format!("the public API is told by Rust {RUST}: rustup toolchain install {RUST}")
        })?;
    if !told.status.success() {
        bail!("{}", String::from_utf8_lossy(&told.stderr));
    }
    let sysroot = String::from_utf8_lossy(&told.stdout).trim().to_owned();
    let program = format!("rustdoc{}", env::consts::EXE_SUFFIX);
    Ok(Path::new(&sysroot)
        .join("bin")
        .join(program)
        .display()
        .to_string())
}

/// The published libraries of the workspace, in the order of their names.
pub(super) fn libraries(metadata: &Metadata) -> Vec<(String, PathBuf)> {
    let mut libraries: Vec<_> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| deps::is_published(package))
        .filter(|package| {
            let mut kinds = package.targets.iter().flat_map(|target| &target.kind);
            kinds.any(|kind| *kind == TargetKind::Lib)
        })
        .map(|package| {
            let manifest = package.manifest_path.as_std_path();
            let folder = manifest.parent().unwrap_or(manifest).to_owned();
            (package.name.to_string(), folder)
        })
        .collect();
    libraries.sort();
    libraries
}
