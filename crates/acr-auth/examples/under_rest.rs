//! Lists the first repositories of a registry and their tags: the raw calls, with tokens made as they are needed.

use std::{env, error::Error, io::Write, process::ExitCode, sync::Arc};

use acr_auth::{Authenticator, Credential};
use acr_rest::{
    Client, Failure, Pipeline, Retry, Trace, TransportOptions, acr_core::RegistryEndpoint,
};

#[tokio::main]
async fn main() -> ExitCode {
    match list().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn list() -> Result<(), Box<dyn Error>> {
    let endpoint: RegistryEndpoint = env::var("CONTAINERREGISTRY_ENDPOINT")?.parse()?;
    let credential = Credential::password(
        env::var("CONTAINERREGISTRY_USERNAME")?,
        env::var("CONTAINERREGISTRY_PASSWORD")?,
    );
    let authenticator = Authenticator::new(&endpoint, credential)?;

    let pipeline = Pipeline::new(acr_rest::transport(&TransportOptions::default())?)
        .with(Arc::new(Retry::default()))
        .with(authenticator.middleware())
        .with(Arc::new(Trace::default()));
    let client = Client::connect(&endpoint, pipeline);
    let mut out = std::io::stdout();

    let page = match client.get_repositories(None, None, None, None).await {
        Ok(page) => page,
        Err(error) => return Err(explained(error).await),
    };
    for name in page.repositories.iter().flatten() {
        match client.list_tags_v2(name, None, None, None).await {
            Ok(list) => writeln!(out, "{name} {:?}", list.tags.as_deref().unwrap_or_default())?,
            Err(error) => return Err(explained(error).await),
        }
    }
    Ok(())
}

/// What the token engine has to say, and what to do, if it was the one to fail; else what the registry answered.
async fn explained(error: acr_rest::Error<()>) -> Box<dyn Error> {
    let failure = Failure::read(error).await;
    match acr_rest::find::<acr_auth::Error>(&failure) {
        Some(error) => {
            let hint = error.hint().unwrap_or_default();
            format!("{}\n{hint}", acr_rest::chain_text(error)).into()
        }
        None => acr_rest::chain_text(&failure).into(),
    }
}
