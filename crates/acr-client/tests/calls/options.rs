//! What every call can be told, shown on calls of each kind: one thing, a list, tokens.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use acr_client::{CallOptions, Exchange, LogOptions, RetryOptions};

use crate::{
    answers::{all, no_repository, repository_properties, status, tags, unavailable},
    registry::Registry,
};

/// What a hook was told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn hook(&self) -> impl Fn(&Exchange<'_>) + Send + Sync + 'static + use<> {
        let told = Arc::clone(&self.0);
        move |exchange| {
            let status = exchange.status().map_or(0, |status| status.as_u16());
            let authorization = &exchange.request_headers()["authorization"];
            let line = format!(
                "{} {} {status}, {authorization:?}",
                exchange.method(),
                exchange.operation()
            );
            told.lock().unwrap().push(line);
        }
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Tries twice, without a pause.
fn twice() -> RetryOptions {
    RetryOptions::default()
        .max_attempts(2)
        .initial_delay(Duration::ZERO)
}

#[tokio::test]
async fn of_a_call() {
    let registry = Registry::answering([repository_properties(all())]).await;
    let (repository, told) = (registry.repository(), Told::default());
    let name = "Repository__properties@options";
    keep!(
        registry,
        name,
        repository
            .properties()
            .timeout(Duration::from_secs(60))
            .log(LogOptions::bodies())
            .client_request_id("nightly-7")
            .header("x-meta-source-client", "me")
            .on_exchange(told.hook())
    )
    .unwrap();
    assert_eq!(told.lines(), ["GET get_properties 200, \"***\""]);

    let registry = Registry::answering([unavailable(), repository_properties(all())]).await;
    let repository = registry.repository();
    let name = "Repository__properties@retry";
    keep!(registry, name, repository.properties().retry(twice())).unwrap();

    let registry = Registry::answering([unavailable(), unavailable()]).await;
    let repository = registry.repository();
    let name = "Repository__properties@given_up";
    keep!(registry, name, repository.properties().retry(twice())).unwrap_err();

    let registry = Registry::answering([repository_properties(all())]).await;
    let repository = registry.repository();
    let name = "Repository__properties@prepared";
    let prepared = CallOptions::new().client_request_id("nightly-8");
    keep!(registry, name, repository.properties().options(prepared)).unwrap();
}

/// Nothing is sent.
#[tokio::test]
async fn of_a_call_that_cannot_be() {
    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Repository__properties@owned_header";
    keep!(
        registry,
        name,
        repository
            .properties()
            .header("authorization", "Bearer mine")
    )
    .unwrap_err();

    let name = "Repository__properties@no_header";
    keep!(
        registry,
        name,
        repository.properties().header("not a name", "value")
    )
    .unwrap_err();

    let name = "Repository__properties@no_request_id";
    keep!(
        registry,
        name,
        repository.properties().client_request_id("two\nlines")
    )
    .unwrap_err();

    let name = "Repository__properties@no_time";
    keep!(
        registry,
        name,
        repository.properties().timeout(Duration::ZERO)
    )
    .unwrap_err();
}

#[tokio::test]
async fn of_a_list() {
    let next = "/acr/v1/team%2Fapp/_tags?last=v1&n=1&orderby=";
    let registry =
        Registry::answering([tags(&["v1"]).next(next), unavailable(), tags(&["v2"])]).await;
    let (repository, told) = (registry.repository(), Told::default());
    let name = "Repository__list_tags@options";
    keep!(
        registry,
        name,
        repository
            .list_tags()
            .page_size(1)
            .timeout(Duration::from_secs(60))
            .retry(twice())
            .log(LogOptions::bodies())
            .client_request_id("nightly-7")
            .header("x-meta-source-client", "me")
            .on_exchange(told.hook())
            .try_collect()
    )
    .unwrap();
    let (ok, refused) = ("GET get_tags 200, \"***\"", "GET get_tags 503, \"***\"");
    assert_eq!(told.lines(), [ok, refused, ok]);

    let registry = Registry::answering([tags(&["v1"])]).await;
    let repository = registry.repository();
    let name = "Repository__list_tags@prepared";
    let prepared = CallOptions::new().client_request_id("nightly-8");
    keep!(
        registry,
        name,
        repository.list_tags().options(prepared).try_collect()
    )
    .unwrap();

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Repository__list_tags@owned_header";
    keep!(
        registry,
        name,
        repository.list_tags().header("cookie", "me").try_collect()
    )
    .unwrap_err();
}

#[tokio::test]
async fn with_the_answer() {
    let registry = Registry::answering([repository_properties(all())]).await;
    let repository = registry.repository();
    let name = "Call__with_response";
    keep!(registry, name, repository.properties().with_response()).unwrap();

    // The last answer of several.
    let registry = Registry::answering([unavailable(), status(202)]).await;
    let tag = registry.repository().tag("v1").unwrap();
    let name = "Call__with_response@retry";
    keep!(registry, name, tag.delete().with_response().retry(twice())).unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    let name = "Call__with_response@not_found";
    keep!(registry, name, repository.properties().with_response()).unwrap_err();
}
