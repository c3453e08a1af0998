//! Lists the repositories of a registry and shows a manifest of the first one, on the raw calls alone.

use std::{env, error::Error, io::Write, sync::Arc};

use acr_rest::{
    Client, Pipeline, Retry, Trace, TransportOptions,
    acr_core::{RegistryEndpoint, ServerPath, next_link},
    answered, collect, types,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let endpoint: RegistryEndpoint = env::var("CONTAINERREGISTRY_ENDPOINT")?.parse()?;
    let transport = acr_rest::transport(&TransportOptions::default())?;
    let pipeline = Pipeline::new(transport)
        .with(Arc::new(Retry::default()))
        .with(Arc::new(Trace::default()));
    let client = Client::connect(&endpoint, pipeline);
    let mut out = std::io::stdout();

    let names = repositories(&client, &endpoint).await?;
    writeln!(out, "{} repositories", names.len())?;
    let Some(name) = names.first() else {
        return Ok(());
    };

    let scope = format!("repository:{name}:metadata_read,pull");
    let client = with_token(&client, &endpoint, &scope).await?;
    let list = answered(client.get_manifests(name, None, None, None, None).await).await?;
    for manifest in list.manifests.iter().flatten() {
        let tags = manifest.tags.as_deref().unwrap_or_default();
        let digest = manifest.digest.as_deref().unwrap_or("?");
        writeln!(out, "{name}@{digest} {tags:?}")?;
    }
    let mut manifests = list.manifests.iter().flatten();
    let Some((first, digest)) = manifests.find_map(|it| Some((it, it.digest.as_deref()?))) else {
        return Ok(());
    };

    // Asked for by its own type, it comes as it is stored.
    let accept = first.media_type.as_deref();
    let stored = answered(client.get_manifest(name, digest, accept).await).await?;
    out.write_all(&collect(stored.into_inner()).await?)?;
    Ok(())
}

/// The names of all repositories, page after page. Where the next page is, the server says.
async fn repositories(client: &Client, endpoint: &RegistryEndpoint) -> Result<Vec<String>> {
    let client = with_token(client, endpoint, "registry:catalog:*").await?;
    let mut page = answered(client.get_repositories(None, None, None, None).await).await?;
    let mut names = page.repositories.take().unwrap_or_default();
    loop {
        let Some(link) = next_link(page.headers().get_all("link"))? else {
            return Ok(names);
        };
        // A link to another host is refused here: the token would go with it.
        let next = client.at(ServerPath::resolve(endpoint, &link)?);
        page = answered(next.get_repositories(None, None, None, None).await).await?;
        names.append(&mut page.repositories.take().unwrap_or_default());
    }
}

/// The same client, with a token for this scope on every request.
async fn with_token(client: &Client, endpoint: &RegistryEndpoint, scope: &str) -> Result<Client> {
    let form = types::TokenForm {
        grant_type: "password".to_owned(),
        service: endpoint.authority().to_owned(),
        scope: scope.to_owned(),
        username: Some(env::var("CONTAINERREGISTRY_USERNAME")?),
        password: Some(env::var("CONTAINERREGISTRY_PASSWORD")?.into()),
        refresh_token: None,
    };
    let answer = client
        .exchange_acr_refresh_token_for_acr_access_token(None, &form)
        .await;
    let token = answered(answer).await?.into_inner().access_token;
    let token = token.ok_or("the registry answered without a token")?;
    let bearer = format!("Bearer {}", token.expose()).parse()?;
    let headers = [("authorization".parse()?, bearer)];
    Ok(client.with_headers(headers.into_iter().collect()))
}
