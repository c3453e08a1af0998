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
    let stop = stop_signal()?;
    let emulator = args.builder()?.start().await?;
    let (ca, _temporary) = write_ca(&emulator, args)?;
    announce(&emulator, ca)?;
    stop.await;
    tracing::info!("stopping");
    emulator.shutdown().await;
    Ok(())
}

/// Ends when the program is asked to.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ends when the program is asked to.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot wait for Ctrl-C");
        }
    })
}

/// Puts the CA's certificate where a client can read it: into the data directory, or one that
/// goes on exit.
fn write_ca(emulator: &Emulator, args: &Args) -> io::Result<(Option<PathBuf>, Option<TempDir>)> {
    let Some(pem) = emulator.ca_pem().filter(|_| args.https) else {
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
