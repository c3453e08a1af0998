//! Over TLS, with an authority of one's own.

use std::time::Duration;

use acr_client::{ContainerRegistryClient, ErrorKind};
use acr_emulator::Emulator;

use crate::flow::push;

#[tokio::test]
async fn only_with_the_authority_that_is_named() {
    let emulator = Emulator::builder().https().start().await.unwrap();
    assert!(emulator.endpoint().starts_with("https://"));
    let registry = ContainerRegistryClient::builder(emulator.endpoint())
        .credential(emulator.login())
        .extra_root_certificate(emulator.ca_pem().unwrap())
        .build()
        .unwrap();
    let app = registry.repository("app").unwrap();
    push(&app, &vec![7; 1_000_000], &["v1"]).await;
    let layer = app
        .get_manifest("v1")
        .await
        .unwrap()
        .as_image()
        .unwrap()
        .layers
        .remove(0);
    // The storage host has another name, and the same authority.
    assert_eq!(
        app.download_blob(&layer.digest)
            .bytes(1_000_000)
            .await
            .unwrap(),
        vec![7; 1_000_000]
    );

    let stranger = ContainerRegistryClient::builder(emulator.endpoint())
        .credential(emulator.login())
        // An untrusted certificate will be no other one in a minute: it is not tried again.
        .retry(acr_client::RetryOptions::default().initial_delay(Duration::from_secs(60)))
        .build()
        .unwrap();
    let mut names = stranger.list_repositories();
    let listed = tokio::time::timeout(Duration::from_secs(30), names.try_next()).await;
    let error = listed.expect("no wait for a second try").unwrap_err();
    assert!(!matches!(error.kind(), ErrorKind::Response(_)), "{error}");
}

#[test]
fn a_certificate_that_is_none_is_refused() {
    let builder =
        ContainerRegistryClient::builder("reg.azurecr.io").extra_root_certificate("no certificate");
    let error = builder.build().unwrap_err();
    insta::assert_snapshot!(error, @"cannot connect to https://reg.azurecr.io: a root certificate that was given cannot be read: there is no certificate in it");
}
