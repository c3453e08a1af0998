//! What a client and a call can be told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use acr_client::{
    ContainerRegistryClient, Credential, RetryOptions,
    reqwest_0_13::{ReqwestBuilder, reqwest},
    reqwest_middleware_0_5::{ReqwestMiddleware, reqwest_middleware},
};
use acr_emulator::{Fault, FaultRule};
use acr_tests::{registry, secret};

use crate::flow::push;

#[tokio::test]
async fn another_audience_or_cloud() {
    let builder = || {
        let builder = ContainerRegistryClient::builder("myregistry.azurecr.cn");
        builder.credential(Credential::default_chain())
    };
    let built = builder()
        .audience(acr_client::Audience::ResourceManagerPublic)
        .cloud(acr_client::Cloud::China)
        .build();
    assert!(built.is_ok());
    assert!(builder().audience("two words").build().is_err());
}

#[tokio::test]
async fn the_apis_version() {
    let builder = || ContainerRegistryClient::builder("myregistry.azurecr.io");
    assert!(builder().api_version("2021-07-01").build().is_ok());
    assert!(builder().api_version("latest").build().is_err());
}

#[tokio::test]
async fn the_programs_name() {
    let server = httpmock::MockServer::start_async().await;
    let named = server.mock_async(|when, then| {
        when.header_prefix("user-agent", "deploy-bot/2.1 acr-client/");
        then.status(200)
            .json_body(serde_json::json!({"repositories": ["app"]}));
    });
    let named = named.await;
    let builder = ContainerRegistryClient::builder(server.base_url());
    let builder = builder.credential(Credential::access_token(secret("acce55-token")));
    let registry = builder.application_id("deploy-bot/2.1").build().unwrap();
    assert_eq!(
        registry
            .list_repositories()
            .try_collect()
            .await
            .unwrap()
            .len(),
        1
    );
    named.assert_async().await;
}

#[tokio::test]
async fn retries() {
    let (emulator, registry) = registry().await;
    let busy = FaultRule::new(Fault::status(503))
        .on(["list_repositories"])
        .times(2);
    emulator.inject(busy).unwrap();
    let quick = RetryOptions::default()
        .max_attempts(6)
        .initial_delay(Duration::from_millis(1));
    let list = registry.list_repositories().retry(quick);
    assert_eq!(list.try_collect().await.unwrap(), []);
}

#[tokio::test]
async fn a_transport_of_ones_own() {
    let builder = || ContainerRegistryClient::builder("myregistry.azurecr.io");
    let own = reqwest::Client::builder().pool_max_idle_per_host(4);
    assert!(builder().reqwest_builder(own).build().is_ok());
    let address = "127.0.0.1:1".parse().unwrap();
    assert!(
        builder()
            .resolve("myregistry.azurecr.io", address)
            .build()
            .is_ok()
    );
    let proxy = acr_client::Proxy::new("http://proxy.example:3128").unwrap();
    assert!(builder().proxy(proxy).build().is_ok());
    assert!(
        builder()
            .extra_root_certificate("no certificate")
            .build()
            .is_err()
    );
}

/// What was asked for, as a middleware sees it.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl reqwest_middleware::Middleware for Counted {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: reqwest_middleware::Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        self.0.fetch_add(1, Ordering::Relaxed);
        next.run(request, extensions).await
    }
}

#[tokio::test]
async fn policies() {
    let emulator = acr_emulator::Emulator::start().await.unwrap();
    let busy = FaultRule::new(Fault::status(503))
        .on(["list_repositories"])
        .times(1);
    emulator.inject(busy).unwrap();
    let (call, each) = (Counted::default(), Counted::default());
    let quick = RetryOptions::default().initial_delay(Duration::from_millis(1));
    let registry = ContainerRegistryClient::builder(emulator.endpoint())
        .credential(emulator.login())
        .retry(quick)
        .middleware_per_call(call.clone())
        .middleware_per_try(each.clone())
        .build()
        .unwrap();
    registry.list_repositories().try_collect().await.unwrap();
    assert_eq!(call.0.load(Ordering::Relaxed), 1);
    assert_eq!(each.0.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn spans_of_a_call() {
    let (_emulator, registry) = registry().await;
    let span = tracing::info_span!("mine");
    let call = registry.repository("app").unwrap().properties();
    let outcome = tracing::Instrument::instrument(call.into_future(), span).await;
    assert!(outcome.unwrap_err().is_not_found());
}

#[tokio::test]
async fn what_is_logged() {
    let emulator = acr_emulator::Emulator::start().await.unwrap();
    let builder = ContainerRegistryClient::builder(emulator.endpoint());
    let builder = builder
        .credential(emulator.login())
        .log(acr_client::LogOptions::default());
    let registry = builder.build().unwrap();
    let call = registry
        .repository("app")
        .unwrap()
        .properties()
        .log(acr_client::LogOptions::bodies());
    assert!(call.await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_answers_headers() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1"]).await;
    let seen = Arc::new(AtomicUsize::new(0));
    let kept = seen.clone();
    let call = repository.properties().on_exchange(move |_| {
        kept.fetch_add(1, Ordering::Relaxed);
    });
    let (properties, response) = call.with_response().await.unwrap();
    assert_eq!(
        (properties.tag_count, response.status.as_u16()),
        (Some(1), 200)
    );
    assert!(response.correlation_id().is_some());
    assert_eq!(seen.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_end_of_a_call() {
    let (emulator, registry) = registry().await;
    let slow = FaultRule::new(Fault::delay(Duration::from_secs(60)));
    emulator.inject(slow.on(["get_repository"])).unwrap();
    let duration = Duration::from_millis(20);
    let call = registry
        .repository("app")
        .unwrap()
        .properties()
        .timeout(duration);
    let error = call.await.unwrap_err();
    assert!(matches!(error.kind(), acr_client::ErrorKind::Timeout { after } if *after == duration));
}

#[tokio::test]
async fn headers_of_a_call() {
    let (_emulator, registry) = registry().await;
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = seen.clone();
    let call = registry.repository("app").unwrap().properties();
    let call = call
        .header("x-meta-source-client", "me")
        .client_request_id("nightly-7");
    let call = call.on_exchange(move |exchange| {
        for name in ["x-meta-source-client", "x-ms-client-request-id"] {
            kept.lock()
                .unwrap()
                .push(exchange.request_headers()[name].clone());
        }
    });
    assert!(call.await.unwrap_err().is_not_found());
    assert_eq!(*seen.lock().unwrap(), ["me", "nightly-7"]);
    let refused = registry.repository("app").unwrap().properties();
    let refused = refused.header("authorization", "mine").await.unwrap_err();
    assert!(refused.is_invalid_input());
}
