//! What a client can be told when it is made: each as it shows on the wire, and what cannot be.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use acr_client::{
    CallOptions, ContainerRegistryClient, ContainerRegistryClientBuilder, Credential, ErrorKind,
    LogOptions, Proxy, RetryOptions, TokenCache,
    reqwest_0_13::{ReqwestBuilder, reqwest},
    reqwest_middleware_0_5::{ReqwestMiddleware, reqwest_middleware},
};
use acr_tests::secret;
use httpmock::{HttpMockRequest, MockServer};
use reqwest_middleware::{Middleware, Next};

/// Never to be shown.
const SECRET: &str = "S3CR3T";

/// A registry that has nothing in it, and gives tokens.
async fn empty() -> MockServer {
    let server = MockServer::start_async().await;
    let token = format!("e30.e30.{SECRET}");
    server
        .mock_async(move |when, then| {
            when.path("/oauth2/token");
            then.status(200)
                .json_body(serde_json::json!({ "access_token": token }));
        })
        .await;
    server
}

fn builder(server: &MockServer) -> ContainerRegistryClientBuilder {
    ContainerRegistryClient::builder(server.base_url())
        .credential(Credential::password("me", secret(SECRET)))
        .retry(RetryOptions::none())
}

/// Whether a request of this kind came whose look is right.
async fn listed(
    server: &MockServer,
    registry: ContainerRegistryClientBuilder,
    right: impl Fn(&HttpMockRequest) -> bool + Send + Sync + 'static,
) -> bool {
    let catalog = server
        .mock_async(move |when, then| {
            when.path("/acr/v1/_catalog").is_true(right);
            then.status(200).body("{}");
        })
        .await;
    let registry = registry.build().unwrap();
    let names = registry.list_repositories().try_collect().await;
    let came = catalog.calls_async().await == 1;
    catalog.delete_async().await;
    came && names.is_ok_and(|names| names.is_empty())
}

fn header(request: &HttpMockRequest, name: &str) -> String {
    let headers = request.headers();
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_application_id_stands_before_our_own_name() {
    let server = empty().await;
    let registry = builder(&server).application_id("deploy-bot/2.1 (nightly)");
    let own = |request: &HttpMockRequest| {
        header(request, "user-agent").starts_with("deploy-bot/2.1 (nightly) acr-client/")
    };
    assert!(listed(&server, registry, own).await);
}

#[tokio::test]
async fn the_version_of_the_api() {
    let server = empty().await;
    for (version, sent) in [
        (None, "api-version=2021-07-01"),
        (Some("2019-08-15-preview"), "api-version=2019-08-15-preview"),
    ] {
        let registry = builder(&server);
        let registry = match version {
            Some(version) => registry.api_version(version),
            None => registry,
        };
        let right = |request: &HttpMockRequest| request.uri().query() == Some(sent);
        assert!(listed(&server, registry, right).await, "{sent}");
    }
}

#[tokio::test]
async fn what_every_call_is_told_and_what_one_is_told_instead() {
    let server = empty().await;
    let options = CallOptions::new()
        .header("x-meta-source-client", "nightly")
        .header("x-kept", "yes")
        .client_request_id("of-the-client");
    let right = |request: &HttpMockRequest| {
        header(request, "x-meta-source-client") == "nightly"
            && header(request, "x-ms-client-request-id") == "of-the-client"
    };
    assert!(
        listed(
            &server,
            builder(&server).call_options(options.clone()),
            right
        )
        .await
    );

    let registry = builder(&server).call_options(options).build().unwrap();
    let catalog = server
        .mock_async(|when, then| {
            when.path("/acr/v1/_catalog")
                .header("x-meta-source-client", "once")
                .header("x-kept", "yes")
                .header("x-ms-client-request-id", "of-the-client");
            then.status(200).body("{}");
        })
        .await;
    let once = registry
        .list_repositories()
        .header("x-meta-source-client", "once");
    once.try_collect().await.unwrap();
    assert_eq!(catalog.calls_async().await, 1);
}

#[tokio::test]
async fn a_time_for_every_call() {
    let server = empty().await;
    server
        .mock_async(|when, then| {
            when.path("/acr/v1/_catalog");
            then.status(200).delay(Duration::from_secs(60)).body("{}");
        })
        .await;
    let after = Duration::from_millis(50);
    let whole = builder(&server).timeout(after).build().unwrap();
    let error = whole.list_repositories().try_collect().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout { .. }), "{error}");
    let patient = whole.list_repositories().timeout(2 * after);
    let error = patient.try_collect().await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Timeout { after: told } if *told == 2 * after),
        "{error}"
    );
    let of_all = CallOptions::new().client_request_id("of-the-client");
    let told_more = builder(&server).timeout(after).call_options(of_all);
    let names = told_more.build().unwrap().list_repositories().try_collect();
    let error = names.await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout { .. }), "{error}");
    let one_try = builder(&server).response_timeout(after).build().unwrap();
    let error = one_try.list_repositories().try_collect().await.unwrap_err();
    assert!(error.to_string().contains("within 50ms"), "{error}");
}

/// Counts what it sees.
struct Counting(Arc<AtomicUsize>, &'static str);

#[async_trait::async_trait]
impl Middleware for Counting {
    async fn handle(
        &self,
        mut request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let seen = request.headers().contains_key("authorization");
        assert_eq!(seen, self.1 == "x-try", "each try has its token");
        let value = http::HeaderValue::from_static("seen");
        request.headers_mut().insert(self.1, value);
        next.run(request, extensions).await
    }
}

#[tokio::test]
async fn middleware_around_the_retries_and_within_them() {
    let server = empty().await;
    server
        .mock_async(|when, then| {
            when.path("/acr/v1/_catalog")
                .header("x-call", "seen")
                .header("x-try", "seen");
            then.status(503);
        })
        .await;
    let (calls, tries) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let registry = builder(&server)
        .retry(
            RetryOptions::default()
                .max_attempts(3)
                .initial_delay(Duration::from_millis(1)),
        )
        .middleware_per_call(Counting(Arc::clone(&calls), "x-call"))
        .middleware_per_try(Counting(Arc::clone(&tries), "x-try"))
        .build()
        .unwrap();
    let error = registry
        .list_repositories()
        .try_collect()
        .await
        .unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(503));
    // Requests for tokens pass neither.
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_builder_of_ones_own() {
    let server = empty().await;
    let mut headers = http::HeaderMap::new();
    headers.insert("x-own", http::HeaderValue::from_static("yes"));
    let own = reqwest::Client::builder()
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::limited(3))
        .user_agent("not this")
        .timeout(Duration::from_nanos(1));
    let registry = builder(&server).reqwest_builder(own);
    let right = |request: &HttpMockRequest| {
        header(request, "x-own") == "yes"
            && header(request, "user-agent").starts_with("acr-client/")
    };
    assert!(listed(&server, registry, right).await);
}

#[test]
fn what_cannot_be() {
    let build = || ContainerRegistryClient::builder("myregistry.azurecr.io");
    let proxy = || Proxy::new(&format!("http://me:{SECRET}@proxy.example:3128")).unwrap();
    let own = reqwest::Client::builder;
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let mut told = String::new();
    for builder in [
        build().application_id(""),
        build().application_id("a\nb"),
        build().application_id(" a"),
        build().application_id("ä"),
        build().application_id("x".repeat(257)),
        build().api_version("latest"),
        build().connect_timeout(Duration::ZERO),
        build().timeout(Duration::ZERO),
        build().retry(RetryOptions::default().max_attempts(0)),
        build().response_timeout(Duration::ZERO),
        build().idle_timeout(Duration::ZERO),
        build().call_options(CallOptions::new().header("authorization", SECRET)),
        build().log(LogOptions::bodies().header("authorization")),
        build()
            .log(LogOptions::bodies().header("authorization"))
            .call_options(CallOptions::new()),
        build().proxy(proxy()).no_proxy(),
        build()
            .proxy(proxy())
            .resolve("myregistry.azurecr.io", nowhere),
        ContainerRegistryClient::builder("http://127.0.0.1:1").proxy(proxy()),
        build().resolve("https://myregistry.azurecr.io", nowhere),
        build().extra_root_certificate("no certificate"),
        build().client_certificate("no certificate", SECRET),
        build()
            .reqwest_builder_with_tls(own())
            .extra_root_certificate("no certificate"),
        build().login_server("http://elsewhere.example"),
    ] {
        let error = builder.build().unwrap_err();
        assert!(error.is_invalid_input(), "{error:?}");
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
        told += &format!("{error}\n");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_whole_configuration_shows_without_secrets() {
    let registry = ContainerRegistryClient::builder("MyRegistry.azurecr.cn")
        .credential(Credential::password("me", secret(SECRET)))
        .application_id("deploy-bot/2.1")
        .timeout(Duration::from_secs(60))
        .log(LogOptions::bodies())
        .proxy(Proxy::new(&format!("http://me:{SECRET}@proxy.example:3128")).unwrap())
        .token_cache(TokenCache::default())
        .build()
        .unwrap();
    let shown = format!("{registry:#?}");
    assert!(!shown.contains(SECRET), "{shown}");
    insta::assert_snapshot!(shown);
}
