//! Measures our client, loops without any client, and those of others, against a server that
//! discards. `cargo xtask bench` builds and starts it; README.md says how it measures.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks"
)]

mod blob;
mod case;
mod emulator;
mod measured;
mod run;
mod server;
mod stage;
mod work;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Measures clients against a server that discards")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// All cases by all clients, in turns, and what comes of it.
    Run(run::Options),
    /// The server that discards; says where it is and serves until it is stopped.
    Server(server::Options),
    /// The emulator, in the same way.
    Emulator(emulator::Options),
    /// One case in a process of its own, measured from outside.
    Case(case::Options),
    /// What such a process does. It waits for the end of its input before it ends, so that it can
    /// be looked at.
    #[command(hide = true)]
    Work(work::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    match perform(Cli::parse().task).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn perform(task: Task) -> Result<()> {
    match task {
        Task::Run(options) => run::run(options).await,
        Task::Emulator(options) => emulator::run(options).await,
        Task::Server(options) => server::run(options).await,
        Task::Case(options) => case::run(&options).await,
        Task::Work(options) => work::run(options).await,
    }
}
