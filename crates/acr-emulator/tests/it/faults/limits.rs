//! More calls than are answered, and uploads whose client has lost count.

use std::time::Duration;

use acr_core::Digest;
use acr_emulator::{Emulator, UploadMode};
use reqwest::{Method, Response, StatusCode};
use serde_json::json;

use crate::{
    management::manage,
    support::{Registry, code, header},
};

const REMAINING: &str = "x-ms-ratelimit-remaining-calls-per-second";

#[tokio::test]
async fn calls_beyond_the_limit_are_throttled_until_time_goes_by() {
    // So slow that real time does not matter.
    let builder = Emulator::builder().calls_per_second(0.001);
    let registry = Registry::with(builder).await;
    assert_eq!(registry.get("/v2/").await.status(), StatusCode::OK);
    // The limit comes before the token is looked at.
    for request in [
        registry.request(Method::GET, "/v2/"),
        registry.admin(Method::GET, "/acr/v1/_catalog"),
        registry.request(Method::POST, "/oauth2/token"),
    ] {
        let throttled = request.send().await.unwrap();
        assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(!throttled.headers().contains_key("retry-after"));
        assert_eq!(code(throttled).await, "TOOMANYREQUESTS");
    }
    registry.emulator.advance_clock(Duration::from_secs(1000));
    assert_eq!(registry.get("/v2/").await.status(), StatusCode::OK);

    let change = json!({"retryAfter": true}).to_string();
    manage(&registry, Method::PATCH, "/settings", change).await;
    let throttled = registry.get("/v2/").await;
    assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = header(&throttled, "retry-after").parse().unwrap();
    assert!((990..=1000).contains(&seconds), "{seconds}");

    let change = json!({"callsPerSecond": null}).to_string();
    manage(&registry, Method::PATCH, "/settings", change).await;
    assert_eq!(registry.get("/v2/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn tokens_and_deletions_tell_how_many_calls_remain() {
    let registry = Registry::start().await;
    registry.push_image("app", "v1", "content").await;
    let delete = || {
        registry
            .admin(Method::DELETE, "/acr/v1/app/_tags/v1")
            .send()
    };
    let form = [("grant_type", "access_token"), ("access_token", "entra")];
    let exchange = || registry.post_form("/oauth2/exchange", &form);
    assert_eq!(header(&exchange().await, REMAINING), "166.65", "no limit");

    let mut settings = registry.emulator.settings();
    settings.calls_per_second = Some(0.5);
    registry.emulator.set_settings(settings).unwrap();
    let left = |answer: &Response| header(answer, REMAINING).parse::<f64>().unwrap();
    assert_eq!(header(&exchange().await, REMAINING), "0");
    registry.emulator.advance_clock(Duration::from_secs(60));
    assert!(left(&delete().await.unwrap()) < 1.0);

    settings.calls_per_second = Some(166.65);
    registry.emulator.set_settings(settings).unwrap();
    let first = left(&exchange().await);
    assert!((165.0..166.65).contains(&first), "{first}");
    assert!(!registry.get("/v2/").await.headers().contains_key(REMAINING));
    let missing = delete().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert!(left(&missing) < 166.65);
}

async fn start(registry: &Registry) -> String {
    let post = registry.admin(Method::POST, "/v2/app/blobs/uploads/");
    header(&post.send().await.unwrap(), "location").to_owned()
}

async fn patch(registry: &Registry, at: &str, bytes: &'static str, range: &str) -> Response {
    let mut patch = registry.admin(Method::PATCH, at).body(bytes);
    if !range.is_empty() {
        patch = patch.header("content-range", range);
    }
    patch.send().await.unwrap()
}

#[tokio::test]
async fn a_tolerant_registry_tells_how_much_there_is() {
    let builder = Emulator::builder().uploads(UploadMode::Tolerant);
    let registry = Registry::with(builder).await;
    let old = start(&registry).await;
    let first = patch(&registry, &old, "first", "").await;
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    let status = registry.get(&old).await;
    assert_eq!(status.status(), StatusCode::NO_CONTENT);
    assert_eq!(header(&status, "range"), "0-4");

    // The same bytes once more, with a range that says so and with a state that does.
    for range in ["0-4", ""] {
        let again = patch(&registry, &old, "first", range).await;
        assert_eq!(again.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(header(&again, "range"), "0-4");
        assert!(header(&again, "location").contains("_state="));
    }
    let digest = Digest::of(b"firstlast");
    let put = format!("{old}&digest={digest}");
    let put = registry.admin(Method::PUT, &put).body("last");
    let refused = put.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::RANGE_NOT_SATISFIABLE);

    // Who knows where to go on may do so with the old state.
    let last = patch(&registry, &old, "last", "5-8").await;
    assert_eq!(last.status(), StatusCode::ACCEPTED);
    assert_eq!(header(&last, "range"), "0-8");
    let put = format!("{old}&digest={digest}");
    let put = registry.admin(Method::PUT, &put).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::CREATED);
    assert_eq!(header(&put, "docker-content-digest"), digest.as_str());
}

#[tokio::test]
async fn an_upload_is_cancelled_with_an_old_state() {
    let registry = Registry::start().await;
    let change = json!({"uploads": "tolerant"}).to_string();
    manage(&registry, Method::PATCH, "/settings", change).await;
    let old = start(&registry).await;
    patch(&registry, &old, "bytes", "").await;
    assert_eq!(registry.delete(&old).await, StatusCode::NO_CONTENT);
    let gone = registry.get(&old).await;
    assert_eq!(code(gone).await, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_state_of_another_registry_is_none() {
    let (registry, other) = (Registry::start().await, Registry::start().await);
    for registry in [&registry, &other] {
        let change = json!({"uploads": "tolerant"}).to_string();
        manage(registry, Method::PATCH, "/settings", change).await;
    }
    let refused = registry.get(&start(&other).await).await;
    assert_eq!(code(refused).await, "BLOB_UPLOAD_INVALID");
}
