//! The emulator as a program: see `acr-emulator --help`.

mod args;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use acr_emulator::Emulator;
use args::Args;
use clap::Parser;
use serde::Serialize;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The one line on stdout.
#[derive(Serialize)]
struct Ready<'a> {
    endpoint: &'a str,
    management: &'a str,
    username: &'a str,
    password: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}"));
            tracing::error!("{error}{}", cause.unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    // Asked for before the ready line: who has read it may send a signal at once.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let emulator = args.builder()?.start().await?;
    let (ca, _temporary) = write_ca(&emulator, args)?;
    announce(&emulator, ca)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    emulator.shutdown().await;
    Ok(())
}

/// Puts the CA's certificate where a client can read it: into the data directory, or one that
/// goes on exit.
fn write_ca(emulator: &Emulator, args: &Args) -> io::Result<(Option<PathBuf>, Option<TempDir>)> {
    let Some(pem) = emulator.ca_pem() else {
        return Ok((None, None));
    };
    let (directory, temporary) = match &args.data {
        Some(data) => (data.clone(), None),
        None => {
            let temporary = tempfile::tempdir()?;
            (temporary.path().to_owned(), Some(temporary))
        }
    };
    let path = directory.join("ca.pem");
    std::fs::write(&path, pem)?;
    Ok((Some(std::path::absolute(path)?), temporary))
}

fn announce(emulator: &Emulator, ca: Option<PathBuf>) -> io::Result<()> {
    let login = emulator.login();
    let ready = Ready {
        endpoint: emulator.endpoint(),
        management: emulator.management(),
        username: &login.username,
        password: login.password.expose(),
        ca,
    };
    let mut line = serde_json::to_vec(&ready)?;
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line)?;
    stdout.flush()
}
