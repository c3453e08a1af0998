//! What the examples share: a registry to show something in. Your program has one of its own, and
//! begins with `ContainerRegistryClient::new("myregistry.azurecr.io", Credential::default_chain())?`.
#![allow(dead_code, reason = "no example uses all of it")]

use std::{env, time::Duration};

use acr_client::{
    ContainerRegistryClient, Credential, Descriptor, Manifest, MediaType, Platform, Repository,
    Source,
};
use acr_emulator::Emulator;
use anyhow::{Context, Result, bail};

/// A registry, and what keeps it running.
pub(crate) struct Demo {
    pub(crate) registry: ContainerRegistryClient,
    /// None in a real registry.
    pub(crate) emulator: Option<Emulator>,
}

impl Demo {
    /// The registry that `CONTAINERREGISTRY_ENDPOINT` names, as `CONTAINERREGISTRY_USERNAME` with
    /// `CONTAINERREGISTRY_PASSWORD` or as whoever Azure finds one to be; else an emulator with a
    /// few images in it.
    pub(crate) async fn start() -> Result<Self> {
        let Ok(endpoint) = env::var("CONTAINERREGISTRY_ENDPOINT") else {
            return Self::emulated().await;
        };
        let registry = ContainerRegistryClient::new(endpoint, credential()?)?;
        Ok(Self {
            registry,
            emulator: None,
        })
    }

    /// The registry that `CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT` names, as nobody; else an
    /// emulator that lets everybody read.
    pub(crate) async fn anonymous() -> Result<Self> {
        let (endpoint, emulator) = match env::var("CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT") {
            Ok(endpoint) => (endpoint, None),
            Err(_) => {
                let demo = Self::emulated().await?;
                (demo.registry.endpoint().to_string(), demo.emulator)
            }
        };
        let registry = ContainerRegistryClient::anonymous(endpoint)?;
        Ok(Self { registry, emulator })
    }

    /// An emulator with a few images in it.
    pub(crate) async fn emulated() -> Result<Self> {
        let emulator = Emulator::builder().anonymous_pull(true).start().await?;
        let registry = ContainerRegistryClient::new(emulator.endpoint(), emulator.login())?;
        let hello = registry.repository("library/hello-world")?;
        for tag in ["v1", "v2"] {
            push_image(&hello, tag, &[tag]).await?;
            emulator.advance_clock(Duration::from_secs(24 * 60 * 60));
        }
        push_index(&hello, "v3", &["v3", "latest"]).await?;
        push_image(&registry.repository("team/app")?, "app", &["1.0"]).await?;
        Ok(Self {
            registry,
            emulator: Some(emulator),
        })
    }

    /// As [`in_new_repository`], in this registry.
    pub(crate) async fn in_new_repository<F>(
        self,
        story: impl FnOnce(Repository) -> F,
    ) -> Result<()>
    where
        F: Future<Output = Result<()>>,
    {
        in_new_repository(&self.registry, story).await
    }
}

/// Does something in a repository made for it alone, which is deleted afterwards, whatever
/// happened.
pub(crate) async fn in_new_repository<F>(
    registry: &ContainerRegistryClient,
    story: impl FnOnce(Repository) -> F,
) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    let repository = new_repository(registry).await?;
    let outcome = story(repository.clone()).await;
    let cleaned = remove(&repository).await;
    outcome.and(cleaned)
}

/// Who one is in a real registry.
fn credential() -> Result<Credential> {
    let read = |what| env::var(format!("CONTAINERREGISTRY_{what}")).ok();
    match (read("USERNAME"), read("PASSWORD")) {
        (Some(username), Some(password)) => Ok(Credential::password(username, password)),
        (None, None) => Ok(Credential::default_chain()),
        _ => bail!("a user name needs a password, and a password a user name"),
    }
}

/// A repository that is not there yet.
async fn new_repository(registry: &ContainerRegistryClient) -> Result<Repository> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let repository = registry.repository(format!("acr-samples/{:x}", now.as_nanos()))?;
    match repository.properties().await {
        Err(error) if error.is_not_found() => Ok(repository),
        Err(error) => Err(error.into()),
        Ok(_) => bail!("{} is there already", repository.name()),
    }
}

/// Deletes a repository that was made here, with whatever in it is locked.
async fn remove(repository: &Repository) -> Result<()> {
    let manifests = match repository.list_manifests().try_collect().await {
        Err(error) if error.is_not_found() => return Ok(()),
        manifests => manifests?,
    };
    for manifest in manifests
        .iter()
        .filter(|it| !it.can_delete || !it.can_write)
    {
        let locked = repository.artifact(&manifest.digest)?;
        locked
            .update_properties()
            .can_delete(true)
            .can_write(true)
            .await?;
    }
    repository.delete().await.with_context(|| {
        format!(
            "{} was made here and could not be deleted",
            repository.name()
        )
    })?;
    Ok(())
}

/// An image of one layer, under these tags.
pub(crate) async fn push_image(
    repository: &Repository,
    layer: &str,
    tags: &[&str],
) -> Result<Descriptor> {
    push_for(repository, "amd64", layer, tags).await
}

/// An index of an image for two platforms, under these tags.
pub(crate) async fn push_index(
    repository: &Repository,
    layer: &str,
    tags: &[&str],
) -> Result<Descriptor> {
    let mut images = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let image = push_for(repository, architecture, layer, &[]).await?;
        images.push(image.platform(Platform::new("linux", architecture)));
    }
    let tags = tags.iter().copied();
    let pushed = repository
        .put_manifest(Manifest::index(images))
        .tags(tags)
        .await?;
    Ok(pushed.descriptor)
}

async fn push_for(
    repository: &Repository,
    architecture: &str,
    layer: &str,
    tags: &[&str],
) -> Result<Descriptor> {
    let config = format!(r#"{{"os":"linux","architecture":"{architecture}"}}"#);
    let config = repository
        .upload_blob(config)
        .media_type(MediaType::IMAGE_CONFIG)
        .await?;
    let layer = Source::bytes(format!("{layer} for {architecture}"));
    let layer = repository
        .upload_blob(layer)
        .media_type(MediaType::IMAGE_LAYER)
        .await?;
    let manifest = Manifest::image(config, [layer]);
    let pushed = repository
        .put_manifest(manifest)
        .tags(tags.iter().copied())
        .await?;
    Ok(pushed.descriptor)
}
