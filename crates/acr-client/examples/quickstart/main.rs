//! The whole way of an image, in one minute: push, list, read, lock, unlock, pull, delete.
//!
//! ```console
//! $ cargo run --example quickstart                                # in a registry made for it
//! $ cargo run --example quickstart -- --image DIR                 # an OCI layout of yours
//! $ cargo run --example quickstart -- --endpoint URL --yes        # in a real registry
//! ```
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]

mod image;
mod layout;
mod story;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use acr_client::{ContainerRegistryClient, Credential, Repository};
use acr_emulator::Emulator;
use anyhow::{Context, Result, bail};
use clap::Parser;

/// Pushes an image, looks at it, locks and unlocks it, pulls it back and deletes it.
#[derive(Parser)]
struct Args {
    /// An OCI layout to push, instead of an image made here
    #[arg(long, value_name = "DIR")]
    image: Option<PathBuf>,
    /// A registry to use, instead of one started for this run
    #[arg(long, value_name = "URL", env = "CONTAINERREGISTRY_ENDPOINT")]
    endpoint: Option<String>,
    /// User name for that registry, instead of the Azure identity that is found
    #[arg(long, env = "CONTAINERREGISTRY_USERNAME")]
    username: Option<String>,
    /// Password of that user
    #[arg(long, env = "CONTAINERREGISTRY_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// Really write to that registry (one new repository, deleted in the end)
    #[arg(long)]
    yes: bool,
    /// Pull into this new folder and keep it; in a real registry the image stays too
    #[arg(long, value_name = "DIR")]
    keep_in: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match quickstart(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nError: {error:#}");
            let hint = error
                .downcast_ref::<acr_client::Error>()
                .and_then(acr_client::Error::hint);
            if let Some(hint) = hint {
                eprintln!("Hint: {hint}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn quickstart(args: &Args) -> Result<()> {
    let started = Instant::now();
    let scratch = tempfile::tempdir()?;
    let (source, target) = folders(args, scratch.path())?;
    let (registry, emulator) = connect(args).await?;
    let repository = new_repository(&registry).await?;
    let outcome = run(args, &registry, &repository, (&source, &target)).await;
    if outcome.is_err() {
        // The first error is the one to tell.
        let _ = clean_up(&repository).await;
    }
    outcome?;
    if let Some(emulator) = emulator {
        emulator.shutdown().await;
    }
    println!("\nDone in {:.1} s.", started.elapsed().as_secs_f32());
    Ok(())
}

/// Where the image comes from, made if need be, and where it is pulled to.
fn folders(args: &Args, scratch: &Path) -> Result<(PathBuf, PathBuf)> {
    let source = match &args.image {
        Some(directory) => directory.clone(),
        None => {
            let directory = scratch.join("made");
            image::make(&directory)?;
            directory
        }
    };
    let target = args
        .keep_in
        .clone()
        .unwrap_or_else(|| scratch.join("pulled"));
    std::fs::create_dir_all(&target)
        .with_context(|| format!("{} cannot be made", target.display()))?;
    if std::fs::read_dir(&target)?.next().is_some() {
        bail!(
            "{} is not empty: name a new folder for --keep-in",
            target.display()
        );
    }
    Ok((source, target))
}

async fn connect(args: &Args) -> Result<(ContainerRegistryClient, Option<Emulator>)> {
    let Some(endpoint) = &args.endpoint else {
        let emulator = Emulator::start()
            .await
            .context("the emulator does not start")?;
        println!(
            "A registry of our own: an emulator of Azure Container Registry at {}",
            emulator.endpoint()
        );
        let registry = ContainerRegistryClient::new(emulator.endpoint(), emulator.login())?;
        return Ok((registry, Some(emulator)));
    };
    if !args.yes {
        bail!(
            "this would write to {endpoint} (one new repository, deleted in the end): say --yes if you want that"
        );
    }
    let credential = match (&args.username, &args.password) {
        (Some(username), Some(password)) => Credential::password(username, password.as_str()),
        (Some(_), None) => {
            bail!("the user name needs a password: --password, or CONTAINERREGISTRY_PASSWORD")
        }
        (None, Some(_)) => {
            bail!("the password needs a user name: --username, or CONTAINERREGISTRY_USERNAME")
        }
        (None, None) => Credential::default_chain(),
    };
    println!("The registry {endpoint}");
    Ok((
        ContainerRegistryClient::new(endpoint.as_str(), credential)?,
        None,
    ))
}

/// A repository that is not there yet: nothing else is touched.
async fn new_repository(registry: &ContainerRegistryClient) -> Result<Repository> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let repository = registry.repository(format!("acr-quickstart/{:x}", now.as_millis()))?;
    match repository.properties().await {
        Err(error) if error.is_not_found() => Ok(repository),
        Err(error) => Err(error.into()),
        Ok(_) => bail!("the repository {} is there already", repository.name()),
    }
}

/// Whatever happened, what was made here does not stay, locked or not.
async fn clean_up(repository: &Repository) -> Result<()> {
    for manifest in repository.list_manifests().try_collect().await? {
        let image = repository.artifact(&manifest.digest)?;
        image
            .update_properties()
            .can_write(true)
            .can_delete(true)
            .await?;
    }
    repository.delete().await?;
    Ok(())
}

async fn run(
    args: &Args,
    registry: &ContainerRegistryClient,
    repository: &Repository,
    (source, target): (&Path, &Path),
) -> Result<()> {
    story::tell(registry, repository, source, target).await?;
    if args.keep_in.is_some() {
        println!("\nThe image is in {} too.", target.display());
    }
    if args.keep_in.is_some() && args.endpoint.is_some() {
        println!("The repository {} stays.", repository.name());
        return Ok(());
    }
    story::delete(registry, repository).await
}
