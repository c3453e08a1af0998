//! The check of the way to a registry.

use acr_client::{Action, Credential};

use crate::{
    answers::{Answer, status},
    registry::{NAME, Registry},
    tokens::{access_token, refused},
};

fn challenge() -> Answer {
    let challenge = r#"Bearer realm="http://REGISTRY/oauth2/token",service="REGISTRY""#;
    status(401)
        .header("docker-distribution-api-version", "registry/2.0")
        .header("www-authenticate", challenge)
}

fn client(registry: &Registry) -> acr_client::ContainerRegistryClient {
    let builder = registry.builder();
    let builder = builder.credential(Credential::password("me", "S3CR3T"));
    builder.build().unwrap()
}

#[tokio::test]
async fn each_step() {
    let registry = Registry::answering([challenge(), access_token(r#""pull""#)]).await;
    let client = client(&registry);
    let name = "ContainerRegistryClient__check_health";
    let report = keep!(
        registry,
        name,
        client
            .check_health()
            .repository(NAME)
            .actions([Action::Pull, Action::Push])
    );
    assert!(!report.unwrap().is_healthy());
}

#[tokio::test]
async fn what_fails_stands_in_the_report() {
    let registry = Registry::answering([challenge(), refused()]).await;
    let client = client(&registry);
    let name = "ContainerRegistryClient__check_health@refused";
    keep!(registry, name, client.check_health().repository(NAME)).unwrap();
}

#[tokio::test]
async fn bad_input_is_refused() {
    let registry = Registry::answering([]).await;
    let client = client(&registry);
    let name = "ContainerRegistryClient__check_health@no_repository";
    keep!(
        registry,
        name,
        client.check_health().repository("Not A Name")
    )
    .unwrap_err();
}
