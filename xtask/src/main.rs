//! The project's own tasks, as `cargo xtask TASK`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks"
)]

mod bench;
mod ci;
mod deps;
mod diff;
mod document;
mod fixups;
mod fuzz;
mod generate;
mod interop;
mod outside;
mod public_api;
mod replay;
mod upstream;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};

use upstream::Output;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own tasks")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generate the code of acr-rest from openapi/acr.yaml.
    Generate {
        /// Change nothing; fail if the code there is not what would be generated.
        #[arg(long)]
        check: bool,
    },
    /// Compare openapi/acr.yaml with the description that Microsoft publishes.
    Upstream {
        /// The published description: Swagger 2.0 or OpenAPI 3, JSON or YAML.
        file: PathBuf,
        /// Write the operations that ours lacks as a draft instead, to this file or to stdout.
        #[arg(long, require_equals = true, value_name = "DRAFT")]
        scaffold: Option<Option<PathBuf>>,
    },
    /// Write down the public API of each library, and check what it may hold.
    PublicApi {
        /// Change nothing; fail if the API is not what is written down.
        #[arg(long)]
        check: bool,
    },
    /// Check who depends on whom, and what the packages say of themselves.
    Deps,
    /// Run other people's clients against the emulator.
    Interop(interop::Options),
    /// Measure our client beside a loop without one, and other people's clients.
    Bench(bench::Options),
    /// Build a program on acr-client alone, and let it list with each kind of credential.
    Outside,
    /// Let a fuzzer look for what breaks the parsers; needs a nightly compiler and cargo-fuzz.
    Fuzz(fuzz::Options),
    /// Let cargo forget the packages that it made of this workspace, before it makes them anew.
    #[command(hide = true)]
    ForgetPackages,
    /// Replay recordings of the service.
    Replay(replay::Options),
    /// Run everything that has to hold.
    Ci(ci::Options),
}

fn main() -> Result<()> {
    if public_api::stands_for_rustdoc() {
        return public_api::as_rustdoc();
    }
    let root = root();
    match Cli::parse().task {
        Task::Generate { check } => generate::run(&root, check),
        Task::Upstream {
            file,
            scaffold: None,
        } => upstream::compare(&root, &file),
        Task::Upstream {
            file,
            scaffold: Some(draft),
        } => {
            let output = draft.as_deref().map_or(Output::Stdout, Output::File);
            upstream::scaffold(&root, &file, &output)
        }
        Task::PublicApi { check } => public_api::run(&root, check),
        Task::Deps => deps::run(&root),
        Task::Interop(options) => interop::run(&root, &options),
        Task::Bench(options) => bench::run(&root, &options),
        Task::Outside => outside::run(&root),
        Task::Fuzz(options) => fuzz::run(&root, &options),
        Task::ForgetPackages => ci::packaged::forget(&root),
        Task::Replay(options) => replay::run(&root, &options),
        Task::Ci(options) => ci::run(&root, &options),
    }
}

/// The folder of the workspace: the one above this crate's.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}
