//! The client, its handles and its tokens.

use acr_client::{Action, ContainerRegistryClient, EntraGrant, Scope};
use acr_emulator::Emulator;
use acr_tests::{FakeEntra, client, registry, secret};

use crate::flow::push;

#[tokio::test]
async fn a_client() {
    let emulator = Emulator::start().await.unwrap();
    let (endpoint, credential) = (emulator.endpoint(), emulator.login());
    let registry = ContainerRegistryClient::new(endpoint, credential).unwrap();
    assert_eq!(
        registry.list_repositories().try_collect().await.unwrap(),
        []
    );
    assert!(ContainerRegistryClient::new("https://a.azurecr.io/path", emulator.login()).is_err());
}

#[tokio::test]
async fn a_client_without_async() {
    let (_emulator, registry) = registry().await;
    push(&registry.repository("app").unwrap(), b"layer", &["v1"]).await;
    let blocking = move || {
        let properties = registry
            .repository("app")
            .unwrap()
            .properties()
            .wait()
            .unwrap();
        let names: Result<Vec<_>, _> = registry.list_repositories().iter().collect();
        (properties.tag_count, names.unwrap().len())
    };
    assert_eq!(
        tokio::task::spawn_blocking(blocking).await.unwrap(),
        (Some(1), 1)
    );
}

#[tokio::test]
async fn anonymous_access() {
    let emulator = Emulator::builder()
        .anonymous_pull(true)
        .start()
        .await
        .unwrap();
    let admin = client(&emulator, emulator.login());
    push(&admin.repository("open").unwrap(), b"layer", &["v1"]).await;
    let nobody = ContainerRegistryClient::anonymous(emulator.endpoint()).unwrap();
    let open = nobody.repository("open").unwrap();
    assert_eq!(open.list_tags().try_collect().await.unwrap().len(), 1);
    assert!(open.get_manifest("v1").await.is_ok());
}

#[tokio::test]
async fn a_client_for_content() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("team/app").unwrap();
    assert_eq!(repository.name().as_str(), "team/app");
    assert_eq!(repository.endpoint().as_str(), emulator.endpoint());
    let blob = repository.upload_blob("bytes").await.unwrap();
    assert_eq!(
        repository
            .download_blob(&blob.digest)
            .bytes(5)
            .await
            .unwrap(),
        "bytes"
    );
}

#[tokio::test]
async fn closing_it() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    drop(registry);
    // What was made from it goes on: they share one pool of connections, closed with the last.
    push(&repository, b"layer", &["v1"]).await;
}

#[tokio::test]
async fn the_address() {
    let (emulator, registry) = registry().await;
    assert_eq!(registry.endpoint().as_str(), emulator.endpoint());
}

#[tokio::test]
async fn a_repository() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("library/hello-world").unwrap();
    assert_eq!(repository.name().as_str(), "library/hello-world");
    assert_eq!(repository.endpoint().as_str(), emulator.endpoint());
    assert_eq!(emulator.requests(), [], "a handle sends nothing");
}

#[tokio::test]
async fn an_artifact() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let digest = acr_client::Digest::of(b"x");
    for reference in ["v1", digest.as_str()] {
        let artifact = repository.artifact(reference).unwrap();
        assert_eq!(artifact.reference().as_str(), reference);
        assert_eq!(artifact.repository().name(), repository.name());
    }
    assert_eq!(emulator.requests(), [], "a handle sends nothing");
}

#[tokio::test]
async fn the_full_reference() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("team/app").unwrap();
    let host = emulator.endpoint().trim_start_matches("http://");
    let tag = repository.tag("v1").unwrap();
    assert_eq!(
        tag.full_reference().to_string(),
        format!("{host}/team/app:v1")
    );
    let digest = acr_client::Digest::of(b"x");
    let artifact = repository.artifact(&digest).unwrap();
    let full = artifact.full_reference().to_string();
    assert_eq!(full, format!("{host}/team/app@{digest}"));
    assert!(full.parse::<acr_client::ImageReference>().is_ok());
}

#[tokio::test]
async fn a_refresh_token() {
    let (emulator, _) = registry().await;
    let entra = client(
        &emulator,
        FakeEntra::credential(secret("Entra-t0ken-of-an-entra-token")),
    );
    let own = entra.refresh_token().await.unwrap().unwrap();
    let token = || secret("Entra-t0ken-of-an-entra-token");
    let grant = EntraGrant::access_token(token())
        .with_refresh_token(token())
        .tenant("contoso.example");
    // It takes no identity of the client's.
    let nobody = ContainerRegistryClient::anonymous(emulator.endpoint()).unwrap();
    let exchanged = nobody.exchange_entra_token(grant).await.unwrap();
    for token in [own, exchanged] {
        let credential = acr_client::Credential::refresh_token(token.secret().clone());
        let again = client(&emulator, credential);
        assert_eq!(again.list_repositories().try_collect().await.unwrap(), []);
    }
}

#[tokio::test]
async fn an_access_token() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    push(&app, b"layer", &["v1"]).await;
    let scope = Scope::repository(app.name(), [Action::Pull]);
    let own = registry.access_token([scope.clone()]).await.unwrap();
    let grant = EntraGrant::access_token(secret("Entra-t0ken-of-an-entra-token"));
    let refresh_token = registry.exchange_entra_token(grant).await.unwrap();
    let refresh_token = refresh_token.secret().clone();
    let exchanged = registry.exchange_refresh_token(refresh_token, [scope]);
    for token in [own, exchanged.await.unwrap()] {
        let credential = acr_client::Credential::access_token(token.secret().clone());
        let with_it = client(&emulator, credential);
        let app = with_it.repository("app").unwrap();
        assert!(app.get_manifest("v1").await.is_ok());
        assert!(with_it.list_repositories().try_collect().await.is_err());
    }
}
