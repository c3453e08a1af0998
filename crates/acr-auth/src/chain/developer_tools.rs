//! Who is logged in with `az` or `azd`.

use std::{ffi::OsStr, io, process::Output};

use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential,
    AzureDeveloperCliCredentialOptions, Executor,
};
use tokio::process::Command;

use super::{ChainLink, Found, LinkError, Surroundings};
use crate::process;

pub(super) fn azure_cli(surroundings: &Surroundings) -> Result<Found, LinkError> {
    let options = AzureCliCredentialOptions {
        executor: Some(surroundings.executor.clone()),
        ..Default::default()
    };
    match AzureCliCredential::new(Some(options)) {
        Ok(credential) => Ok(credential),
        Err(error) => Err(surroundings.said(ChainLink::AzureCli, &error)),
    }
}

pub(super) fn azure_developer_cli(surroundings: &Surroundings) -> Result<Found, LinkError> {
    let options = AzureDeveloperCliCredentialOptions {
        executor: Some(surroundings.executor.clone()),
        ..Default::default()
    };
    match AzureDeveloperCliCredential::new(Some(options)) {
        Ok(credential) => Ok(credential),
        Err(error) => Err(surroundings.said(ChainLink::AzureDeveloperCli, &error)),
    }
}

/// Runs the tools. azure_identity's own executor leaves them running when nobody waits any more, and
/// lets them read what is typed for this program. It is azure_identity that puts a shell between: that
/// is what is killed, and the tool under it goes on until it ends by itself, with nobody to read it.
#[derive(Debug)]
pub(super) struct Run;

#[async_trait::async_trait]
impl Executor for Run {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        process::output(Command::new(program).args(args), &[]).await
    }
}
