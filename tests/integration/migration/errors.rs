//! What errors tell.

use acr_client::{Credential, ErrorCode, ErrorKind};
use acr_emulator::{Emulator, ScopeAction, ScopeMap};
use acr_tests::{client, registry, secret};

#[tokio::test]
async fn an_errors_status_and_code() {
    let (_emulator, registry) = registry().await;
    let error = registry
        .repository("none")
        .unwrap()
        .properties()
        .await
        .unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 404);
    assert_eq!(error.code(), Some(&ErrorCode::NameUnknown));
    assert_eq!(error.errors().len(), 1);
    assert!(matches!(error.kind(), ErrorKind::Response(_)));
}

#[tokio::test]
async fn something_that_is_not_there() {
    let (_emulator, registry) = registry().await;
    let none = registry.repository("none").unwrap();
    let error = none.tag("v1").unwrap().properties().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn somebody_who_may_not() {
    let reader = ScopeMap::new().allow("app", [ScopeAction::ContentRead]);
    let emulator = Emulator::builder().token("ci", secret("Pa55-of-the-token"), reader);
    let emulator = emulator.start().await.unwrap();
    let registry = client(
        &emulator,
        Credential::password("ci", secret("Pa55-of-the-token")),
    );
    let app = registry.repository("app").unwrap();
    let error = app.properties().await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    let missing = error.missing_scopes().unwrap().to_string();
    assert_eq!(missing, "repository:app:metadata_read");
    assert!(error.hint().unwrap().contains("metadata/read"));
}
