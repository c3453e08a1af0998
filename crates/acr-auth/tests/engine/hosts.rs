//! Where credentials and tokens go, and where they do not.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use acr_auth::{Authenticator, Credential, Error};
use acr_rest::{Client, Operation, Pipeline, TransportOptions};
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next};

use crate::registry::{Registry, Rules, chain, engine_error, password, token};

/// The challenge names another host: nothing is sent there.
#[tokio::test]
async fn a_realm_of_another_host() {
    let other = Registry::start().await;
    let registry = Registry::with(Rules {
        needs: Some("repository:app:delete"),
        realm: Some(format!("{}/oauth2/token", other.endpoint())),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    let error = client.get_manifest("app", "v1", None).await.err().unwrap();
    let error = engine_error(error).await;
    assert!(matches!(&error, Error::ForeignRealm { .. }), "{error:?}");
    assert!(other.log().is_empty());
    let told = registry.told(&error);
    insta::assert_snapshot!(told.replace(other.endpoint().authority(), "OTHER"));
}

#[tokio::test]
async fn a_realm_that_cannot_be_read() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:delete"),
        realm: Some("/oauth2/token".to_owned()),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    let error = client.get_manifest("app", "v1", None).await.err().unwrap();
    let error = engine_error(error).await;
    insta::assert_snapshot!(registry.told(&error));
}

/// Answers everything with a 401 and this challenge, and keeps count.
struct Challenging(String, Arc<AtomicU32>);

#[async_trait::async_trait]
impl Middleware for Challenging {
    async fn handle(
        &self,
        _: Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let answer = http::Response::builder()
            .status(401)
            .header("www-authenticate", &self.0);
        Ok(answer.body("").unwrap().into())
    }
}

/// A registry over https, whose challenge sends elsewhere: nothing is sent, and the error names both
/// hosts and how to allow it.
#[tokio::test]
async fn challenges_of_a_custom_domain() {
    let endpoint = "https://images.example".parse().unwrap();
    let mut told = String::new();
    for (realm, service) in [
        ("https://reg.azurecr.io/oauth2/token", "reg.azurecr.io"),
        ("https://images.example/oauth2/token", "reg.azurecr.io"),
        ("http://images.example/oauth2/token", "images.example"),
        ("images.example", "images.example"),
    ] {
        let credential = Credential::access_token(token(r#"{"exp":2000000000}"#));
        let authenticator = Authenticator::new(&endpoint, credential).unwrap();
        let challenge = format!(r#"Bearer realm="{realm}",service="{service}""#);
        let tries = Arc::<AtomicU32>::default();
        let transport = acr_rest::transport(&TransportOptions::default()).unwrap();
        let pipeline = Pipeline::new(transport)
            .with(authenticator.middleware())
            .with(Arc::new(Challenging(challenge, Arc::clone(&tries))));
        let client = Client::connect(&endpoint, pipeline);
        let error = client.head_manifest("app", "v1", None).await.unwrap_err();
        let error = engine_error(error).await;
        assert!(matches!(&error, Error::ForeignRealm { .. }), "{error:?}");
        assert_eq!(tries.load(Ordering::SeqCst), 1);
        let hint = error.hint().unwrap_or_else(|| "–".into());
        told += &format!("{}\nhint: {hint}\n", chain(&error));
    }
    insta::assert_snapshot!(told);
}

/// Behind a custom domain, tokens come from the host that the user named, from the first on.
#[tokio::test]
async fn a_login_server_that_was_named() {
    let login = Registry::start().await;
    let domain = Registry::with(Rules {
        needs: Some("repository:app:delete"),
        realm: Some(format!("{}/oauth2/token", login.endpoint())),
        ..Rules::default()
    })
    .await;
    let authenticator = domain
        .authenticator(password())
        .login_server(login.endpoint())
        .build()
        .unwrap();
    let client = domain.client_with(&authenticator);
    let manifest = client.get_manifest("app", "v1", None).await;
    assert!(manifest.is_ok());
    assert_eq!(login.log(), ["GET /oauth2/token", "GET /oauth2/token"]);
    assert_eq!(
        domain.log(),
        ["GET /v2/app/manifests/v1", "GET /v2/app/manifests/v1"]
    );
    // The service in the request is the login server's name, not the domain's.
    let sent = login.sent();
    assert!(sent.contains("service=REGISTRY"), "{sent}");
    assert_eq!(authenticator.token_host(), &login.endpoint());
    assert_eq!(authenticator.endpoint(), &domain.endpoint());
}

#[tokio::test]
async fn a_request_to_another_host() {
    let (registry, other) = (Registry::start().await, Registry::start().await);
    let authenticator = registry.authenticator(password()).build().unwrap();
    let transport = acr_rest::transport(&TransportOptions::default()).unwrap();
    let url = format!("{}/v2/app/manifests/v1", other.endpoint());
    let request = transport.get(url).build().unwrap();
    let pipeline = Pipeline::new(transport).with(authenticator.middleware());
    let error = pipeline.send(request, Operation("get_manifest")).await;
    let error = engine_error(error.unwrap_err()).await;
    assert!(matches!(&error, Error::ForeignTarget { .. }), "{error:?}");
    assert!(registry.log().is_empty() && other.log().is_empty());
    let text = chain(&error)
        .replace(registry.endpoint().as_str(), "REGISTRY")
        .replace(other.endpoint().as_str(), "OTHER");
    insta::assert_snapshot!(text, @"a token of REGISTRY does not go to OTHER");
}

/// Between a registry over https and its tokens there is no plain http, on this machine neither: a
/// proxy of the system's would see it.
#[test]
fn a_login_server_over_http_of_a_registry_over_https() {
    let endpoint = "https://images.example".parse().unwrap();
    let built = Authenticator::builder(&endpoint, password())
        .login_server("http://127.0.0.1:5000".parse().unwrap())
        .build();
    let error = built.unwrap_err();
    assert!(matches!(error, Error::Contradiction { .. }), "{error:?}");
    insta::assert_snapshot!(chain(&error), @"the settings contradict each other: https://images.example is reached over https, and its login server http://127.0.0.1:5000 over plain http, where no credential of it goes");
}

/// The other name of the same machine is another host.
#[tokio::test]
async fn localhost_is_not_127_0_0_1() {
    let registry = Registry::start().await;
    let authenticator = registry.authenticator(password()).build().unwrap();
    let transport = acr_rest::transport(&TransportOptions::default()).unwrap();
    let url = registry.endpoint().url().to_string();
    let request = transport.get(url.replace("127.0.0.1", "localhost"));
    let pipeline = Pipeline::new(transport).with(authenticator.middleware());
    let error = pipeline
        .send(
            request.build().unwrap(),
            Operation("check_docker_v2_support"),
        )
        .await;
    let error = engine_error(error.unwrap_err()).await;
    assert!(matches!(&error, Error::ForeignTarget { .. }), "{error:?}");
    assert!(registry.log().is_empty());
}
