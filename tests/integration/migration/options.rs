//! What a client and a call can be told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use acr_client::{ContainerRegistryClient, Credential, RetryOptions};
use acr_emulator::{Fault, FaultRule};
use acr_tests::registry;

use crate::flow::push;

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
    let builder = builder.credential(Credential::access_token("ready"));
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
    assert_eq!((properties.tag_count, response.status.as_u16()), (1, 200));
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
