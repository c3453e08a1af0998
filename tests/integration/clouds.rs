//! Hosts of Azure: what is asked of which, and under which name.

use std::net::SocketAddr;

use acr_client::{Audience, Cloud, ContainerRegistryClient};
use acr_emulator::Emulator;
use acr_tests::secret;
use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::flow::push;

/// A regional endpoint makes its tokens itself, for the whole registry. The host is nowhere to be
/// looked up: its address is pinned.
#[tokio::test]
async fn a_regional_endpoint() {
    let host = "myregistry.eastus.geo.azurecr.io";
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([host.to_owned(), "localhost".to_owned()]).unwrap();
    let emulator = Emulator::builder()
        .https()
        .certificate(cert.pem(), signing_key.serialize_pem())
        .service("myregistry.azurecr.io")
        .start()
        .await
        .unwrap();
    let port = emulator.endpoint().rsplit(':').next().unwrap();
    let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    let registry = ContainerRegistryClient::builder(host)
        .credential(emulator.login())
        .extra_root_certificate(cert.pem())
        .resolve(host, address)
        .cloud(Cloud::Public)
        .build()
        .unwrap();
    let app = registry.repository("app").unwrap();
    push(&app, b"a layer", &["v1"]).await;
    assert_eq!(app.list_tags().try_collect().await.unwrap().len(), 1);
    assert_eq!(
        app.artifact("v1").unwrap().full_reference().to_string(),
        "myregistry.eastus.geo.azurecr.io/app:v1"
    );
    let asked: Vec<_> = emulator
        .requests()
        .into_iter()
        .filter(|request| request.path == "/oauth2/token")
        .map(|request| request.query.unwrap_or_default())
        .collect();
    assert!(!asked.is_empty());
    for query in asked {
        assert!(query.contains("service=myregistry.azurecr.io"), "{query}");
    }
}

#[test]
fn what_cannot_be_is_said_with_the_registry() {
    let build = |endpoint: &str| {
        let builder = ContainerRegistryClient::builder(endpoint);
        builder.credential(acr_tests::FakeEntra::credential(secret(
            "Entra-t0ken-of-a-token",
        )))
    };
    let mut told = String::new();
    for builder in [
        build("myregistry.azurecr.cn").cloud(Cloud::UsGovernment),
        build("myregistry.azurecr.cn").audience("no audience"),
        build("myregistry.eastus.data.azurecr.io"),
        ContainerRegistryClient::builder("myregistry.azurecr.cn")
            .audience(Audience::ResourceManagerChina),
    ] {
        told += &format!("{}\n", builder.build().unwrap_err());
    }
    insta::assert_snapshot!(told);
}
