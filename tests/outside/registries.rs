//! The registries that the program lists.

use acr_auth::Authenticator;
use acr_emulator::{
    Emulator, EmulatorBuilder, ScopeAction, ScopeMap, Seed, SeedManifest, SeedRepository,
};
use acr_tests::FakeEntra;
use anyhow::{Context as _, Result};

/// The name of a repository-scoped token, and its password.
pub(crate) const TOKEN: (&str, &str) = ("reader", "of one repository");

/// Emulators with one repository, `app`, that has one tag, `v1`.
pub(crate) struct Registries {
    /// With an admin user and a repository-scoped token.
    pub(crate) closed: Emulator,
    /// Where anybody may pull.
    pub(crate) open: Emulator,
    /// Over https.
    pub(crate) secure: Emulator,
}

impl Registries {
    pub(crate) async fn start() -> Result<Self> {
        let actions = [ScopeAction::ContentRead, ScopeAction::MetadataRead];
        let map = ScopeMap::new().allow("app", actions);
        Ok(Self {
            closed: seeded(Emulator::builder().token(TOKEN.0, TOKEN.1, map)).await?,
            open: seeded(Emulator::builder().anonymous_pull(true)).await?,
            secure: seeded(Emulator::builder().https()).await?,
        })
    }

    /// What `az acr login --expose-token` would print.
    pub(crate) async fn refresh_token(&self) -> Result<String> {
        let token = self.engine()?.refresh_token().await?;
        let token = token.context("an Entra identity has a refresh token")?;
        Ok(token.secret().expose().to_owned())
    }

    /// One that lists the repositories.
    pub(crate) async fn access_token(&self) -> Result<String> {
        let scopes = "registry:catalog:*".parse()?;
        let token = self.engine()?.access_token(&scopes).await?;
        Ok(token.secret().expose().to_owned())
    }

    fn engine(&self) -> Result<Authenticator> {
        let endpoint = self.closed.endpoint().parse()?;
        Ok(Authenticator::new(
            &endpoint,
            FakeEntra::credential("somebody"),
        )?)
    }
}

async fn seeded(builder: EmulatorBuilder) -> Result<Emulator> {
    let emulator = builder.start().await?;
    let index = SeedManifest {
        content: Some(r#"{"schemaVersion":2,"manifests":[]}"#.to_owned()),
        media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
        tags: vec!["v1".to_owned()],
        ..SeedManifest::default()
    };
    let app = SeedRepository {
        manifests: vec![index],
        ..SeedRepository::default()
    };
    emulator.seed(Seed {
        repositories: [("app".to_owned(), app)].into(),
    })?;
    Ok(emulator)
}
