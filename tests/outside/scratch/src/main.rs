//! Lists what a registry holds: `scratch CREDENTIAL WHAT`, with everything else from the environment.

use std::{env, error::Error, io::Write, pin::Pin};

use acr_client::{ContainerRegistryClient, Credential, CredentialProvider, RegistryEndpoint};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [credential, what] = &arguments[..] else {
        return Err("usage: scratch CREDENTIAL repositories|tags".into());
    };
    let endpoint = env::var("SCRATCH_ENDPOINT")?;
    let mut registry = ContainerRegistryClient::builder(endpoint.as_str());
    if let Ok(pem) = env::var("SCRATCH_ROOT_CERTIFICATE") {
        registry = registry.extra_root_certificate(pem);
    }
    let registry = registry.credential(of_kind(credential)?).build()?;
    let mut out = std::io::stdout();
    match what.as_str() {
        "repositories" => {
            for name in registry.list_repositories().try_collect().await? {
                writeln!(out, "{name}")?;
            }
        }
        // For who may not list them all.
        "tags" => {
            for tag in registry
                .repository("app")?
                .list_tags()
                .try_collect()
                .await?
            {
                writeln!(out, "app:{}", tag.name)?;
            }
        }
        other => return Err(format!("there are no {other}").into()),
    }
    Ok(())
}

fn of_kind(kind: &str) -> Result<Credential, Box<dyn Error>> {
    let given = |name: &str| env::var(format!("SCRATCH_{name}"));
    Ok(match kind {
        "anonymous" => Credential::anonymous(),
        "password" => Credential::password(given("USERNAME")?, given("PASSWORD")?),
        "refresh-token" => Credential::refresh_token(given("PASSWORD")?),
        "access-token" => Credential::access_token(given("PASSWORD")?),
        "docker-config" => Credential::docker_config(),
        "provider" => Credential::provider(Environment),
        "default-chain" => Credential::default_chain(),
        other => return Err(format!("there is no credential {other}").into()),
    })
}

/// A provider of one's own, without any macro.
#[derive(Debug)]
struct Environment;

type Given<'a> =
    Pin<Box<dyn Future<Output = Result<Credential, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

impl CredentialProvider for Environment {
    fn credential<'a, 'b, 'c>(&'a self, registry: &'b RegistryEndpoint) -> Given<'c>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async move {
            match env::var("SCRATCH_ENDPOINT")?.ends_with(registry.authority()) {
                true => Ok(Credential::password(
                    env::var("SCRATCH_USERNAME")?,
                    env::var("SCRATCH_PASSWORD")?,
                )),
                false => Err(format!("{registry} is not known here").into()),
            }
        })
    }
}
