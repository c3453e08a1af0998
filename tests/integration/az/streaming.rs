//! Artifact streaming: the setting of a repository, and conversions.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use acr_client::StreamingStatus;
use acr_tests::registry;

use crate::flow::push;

const SOON: Duration = Duration::from_millis(1);

#[tokio::test]
async fn a_repository_is_set_to_convert_what_is_pushed() {
    let (_emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    push(&app, b"x", &["v1"]).await;
    let before = app.streaming().await.unwrap();
    assert!(!before.converts_pushed_images && before.format.is_none());

    let set = app.set_streaming(true).await.unwrap();
    assert!(set.converts_pushed_images);
    assert_eq!(set.status, Some(StreamingStatus::Succeeded));
    let id = set.operation_id.unwrap();
    let done = app.streaming_operation(id).status().await.unwrap();
    assert!(done.status.is_final(), "{done:?}");

    let now = app.streaming().await.unwrap();
    assert!(now.converts_pushed_images);
    assert_eq!(now.format.as_deref(), Some("overlaybd"));
    push(&app, b"y", &["v2"]).await;
    let converted = app.artifact("v2").unwrap().streaming().await.unwrap();
    assert!(converted.is_some());
    let earlier = app.artifact("v1").unwrap().streaming().await.unwrap();
    assert!(earlier.is_none());

    app.set_streaming(false).await.unwrap();
    assert!(!app.streaming().await.unwrap().converts_pushed_images);
}

#[tokio::test]
async fn a_conversion_is_awaited_by_another_handle() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let digest = push(&app, b"x", &["v1"]).await.digest;
    let image = app.artifact("v1").unwrap();
    assert!(image.streaming().await.unwrap().is_none());

    let started = image.start_streaming().await.unwrap();
    let last = image.streaming().await.unwrap().unwrap();
    assert_eq!(last.operation.id(), started.id());
    assert_eq!(last.status, StreamingStatus::Running);

    // As another process would, which has the id alone.
    let conversion = app.streaming_operation(started.id());
    let now = conversion.status().await.unwrap();
    assert_eq!(now.status, StreamingStatus::Running);
    assert_eq!(now.resource, Some(format!("app@{digest}")));
    assert_eq!(now.percent(), Some(0));
    assert!(now.started_at.is_some());

    let told = Arc::new(Mutex::new(Vec::new()));
    let (telling, emulator) = (Arc::clone(&told), Arc::new(emulator));
    let clock = Arc::clone(&emulator);
    let end = conversion
        .finished()
        .poll_interval(SOON)
        .on_progress(move |now| {
            let mut told = telling.lock().unwrap();
            told.push(now.status.clone());
            // It runs until the registry's time goes on.
            if told.len() == 2 {
                clock.advance_clock(Duration::from_secs(1));
            }
        });
    let end = end.timeout(Duration::from_secs(30)).await.unwrap();
    assert_eq!(end.status, StreamingStatus::Succeeded);
    assert_eq!(end.percent(), Some(100));
    let (running, succeeded) = (StreamingStatus::Running, StreamingStatus::Succeeded);
    assert_eq!(*told.lock().unwrap(), [running.clone(), running, succeeded]);
}

#[tokio::test]
async fn a_conversion_is_cancelled() {
    let (_emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let digest = push(&app, b"x", &["v1"]).await.digest;
    let image = app.artifact(digest).unwrap();
    let conversion = image.start_streaming().await.unwrap();
    let cancelled = conversion.cancel().await.unwrap();
    assert_eq!(cancelled.status, StreamingStatus::Canceled);
    let end = conversion.finished().await.unwrap();
    assert_eq!(end.status, StreamingStatus::Canceled);
    let last = image.streaming().await.unwrap().unwrap();
    assert_eq!(last.status, StreamingStatus::Canceled);
}

#[tokio::test]
async fn the_wait_for_a_conversion_is_bounded() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    push(&app, b"x", &["v1"]).await;
    let image = app.artifact("v1").unwrap();
    let conversion = image.start_streaming().await.unwrap();
    let wait = conversion
        .finished()
        .poll_interval(Duration::from_secs(3600));
    let error = wait.timeout(Duration::from_millis(50)).await.unwrap_err();
    assert!(
        matches!(error.kind(), acr_client::ErrorKind::Timeout { .. }),
        "{error}"
    );
    // The conversion goes on without it.
    emulator.advance_clock(Duration::from_secs(1));
    let now = conversion.status().await.unwrap();
    assert_eq!(now.status, StreamingStatus::Succeeded);
}

#[tokio::test]
async fn what_is_not_there() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    assert!(app.streaming().await.unwrap_err().is_not_found());
    assert!(app.set_streaming(true).await.unwrap_err().is_not_found());
    push(&app, b"x", &["v1"]).await;
    let none = app.artifact("v2").unwrap();
    assert!(none.streaming().await.unwrap_err().is_not_found());
    assert!(none.start_streaming().await.unwrap_err().is_not_found());

    let error = app.streaming_operation("none").status().await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    insta::assert_snapshot!(
        error
            .to_string()
            .replace(registry.endpoint().authority(), "REGISTRY")
            .split(" [")
            .next()
            .unwrap()
    );

    // What would be another path is not sent.
    emulator.clear_requests();
    for id in ["", ".."] {
        let error = app.streaming_operation(id).status().await.unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
    }
    assert!(emulator.requests().is_empty());
}
