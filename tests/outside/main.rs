//! Runs the program in `scratch`, which is built outside of the workspace on acr-client alone, with
//! each kind of credential that needs no Azure.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks"
)]

mod cases;
mod fakes;
mod registries;

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use tokio::process::Command;

use cases::Case;

/// A list takes milliseconds; what takes longer waits for something that will not come.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Parser)]
#[command(about = "Runs a program of somebody else's against emulators")]
struct Cli {
    /// The program, as built from tests/outside/scratch.
    program: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let program = Cli::parse().program;
    let programs = program.parent().context("the program stands in a folder")?;
    let folder = tempfile::tempdir()?;
    let mut failed = Vec::new();
    let (cases, _registries) = cases::all(folder.path(), programs).await?;
    for case in &cases {
        match run(&program, folder.path(), case).await {
            Ok(()) => println!("ok      {}", case.name),
            Err(error) => {
                println!("FAILED  {}\n{error:#}", case.name);
                failed.push(case.name);
            }
        }
    }
    match &failed[..] {
        [] => println!("{} credentials, each lists", cases.len()),
        _ => bail!("failed: {}", failed.join(", ")),
    }
    Ok(())
}

/// Runs the program with nothing of this machine's environment that could be a credential.
async fn run(program: &Path, home: &Path, case: &Case) -> Result<()> {
    let mut command = Command::new(program);
    command
        .args([case.credential, case.lists])
        .env_clear()
        .env("HOME", home)
        .envs(case.environment.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, command.output()).await;
    let output = output.with_context(|| format!("no end after {LIMIT:?}"))??;
    let (told, failure) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if !output.status.success() {
        bail!("{}: {failure}", output.status);
    }
    let expected = match case.lists {
        "tags" => "app:v1\n",
        _ => "app\n",
    };
    if told != expected {
        bail!("it says {told:?}");
    }
    match &case.asked {
        Some(fake) => fake.was_asked(),
        None => Ok(()),
    }
}
