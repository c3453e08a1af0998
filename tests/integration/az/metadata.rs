//! The search over the metadata of all manifests.

use acr_client::{Continuation, ManifestMetadata, MediaType};
use acr_emulator::{Emulator, Seed};
use acr_tests::{client, registry, secret};

use crate::flow::push;

/// So many manifests in one repository; their sizes are 1000, 1001 and so on.
fn seed(manifests: usize) -> Seed {
    let digest = |i: usize| format!("sha256:{i:064x}");
    let manifests = (0..manifests).map(|i| {
        serde_json::json!({
            "digest": digest(i),
            "size": 1000 + i,
            "mediaType": MediaType::OCI_MANIFEST.as_str(),
            "architecture": "amd64",
            "os": "linux",
        })
    });
    let manifests: Vec<_> = manifests.collect();
    let seed = serde_json::json!({"repositories": {"big/app": {"manifests": manifests}}});
    serde_json::from_value(seed).unwrap()
}

#[tokio::test]
async fn the_manifests_of_all_repositories_in_one_list() {
    let (_emulator, registry) = registry().await;
    let mut pushed = Vec::new();
    for name in ["a", "team/b"] {
        let repository = registry.repository(name).unwrap();
        pushed.push((
            repository.name().clone(),
            push(&repository, name.as_bytes(), &["v1"]).await,
        ));
    }
    let found = registry.query_metadata("Manifests | where size > 0");
    let found: Vec<ManifestMetadata> = found.try_collect().await.unwrap();
    let expected: Vec<_> = pushed
        .iter()
        .map(|(name, it)| (Some(name.clone()), Some(it.digest.clone()), Some(it.size)))
        .collect();
    let shown: Vec<_> = found
        .iter()
        .map(|it| (it.repository.clone(), it.digest.clone(), it.size))
        .collect();
    assert_eq!(shown, expected);
    assert_eq!(found[0].media_type, Some(MediaType::OCI_MANIFEST));
    assert!(found[0].created_at.is_some());
    let index = found[0].annotation_index.as_ref().unwrap();
    assert_eq!(
        (index.state.as_deref(), index.count),
        (Some("none"), Some(0))
    );

    let one = registry.query_metadata("Manifests | where repository == 'a'");
    assert_eq!(one.try_collect().await.unwrap().len(), 1);
}

#[tokio::test]
async fn pages_go_on_by_the_token_and_tell_of_the_query() {
    let (emulator, registry) = registry().await;
    emulator.seed(seed(250)).unwrap();
    let query = "Manifests | where architecture == 'amd64'";
    emulator.clear_requests();
    let mut all = registry.query_metadata(query);
    let mut sizes = Vec::new();
    while let Some(manifest) = all.try_next().await.unwrap() {
        sizes.push(manifest.size.unwrap());
    }
    sizes.sort_unstable();
    assert_eq!(sizes, (1000..1250).collect::<Vec<_>>());
    // The token, and the pages: 100, 100 and 50.
    assert_eq!(emulator.requests().len(), 4);

    let mut pages = registry.query_metadata(query).pages();
    let first = pages.try_next().await.unwrap().unwrap();
    let told = first.query.as_ref().unwrap();
    assert_eq!(
        (told.count, told.region.as_deref()),
        (Some(100), Some("local"))
    );
    let stored = serde_json::to_string(&first.continuation.unwrap()).unwrap();
    assert!(!stored.contains("127.0.0.1"), "{stored}");
    let later: Continuation = serde_json::from_str(&stored).unwrap();
    let rest = registry.query_metadata(query).resume(&later).unwrap();
    assert_eq!(rest.try_collect().await.unwrap().len(), 150);

    let other = registry.query_metadata("Manifests | where size > 5");
    assert!(other.resume(&later).unwrap_err().is_invalid_input());
    assert!(registry.list_repositories().resume(&later).is_err());
    let mut names = registry
        .repository("big/app")
        .unwrap()
        .list_manifests()
        .page_size(2)
        .pages();
    let link = names
        .try_next()
        .await
        .unwrap()
        .unwrap()
        .continuation
        .unwrap();
    assert!(registry.query_metadata(query).resume(&link).is_err());
}

#[tokio::test]
async fn what_cannot_be_asked() {
    let (emulator, registry) = registry().await;
    let no_query = registry
        .query_metadata("Manifests | where")
        .try_collect()
        .await;
    let error = no_query.unwrap_err();
    assert_eq!(
        error.code().map(acr_client::ErrorCode::as_str),
        Some("INVALID_QUERY")
    );

    emulator.clear_requests();
    let query = "Manifests | where size > 0";
    for pager in [
        registry.query_metadata(" "),
        registry.query_metadata(query).page_size(10),
        registry.query_metadata(query).start_after("app"),
    ] {
        let error = pager.try_collect().await.unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
    }
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn it_needs_the_right_to_list_the_repositories() {
    let map = acr_emulator::ScopeMap::new().allow("app", [acr_emulator::ScopeAction::ContentRead]);
    let emulator = Emulator::builder().token("ci", secret("Pa55-of-the-token"), map);
    let emulator = emulator.start().await.unwrap();
    let registry = client(
        &emulator,
        acr_client::Credential::password("ci", secret("Pa55-of-the-token")),
    );
    let found = registry.query_metadata("Manifests | where size > 0");
    let error = found.try_collect().await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    let wanted = error.wanted_scopes().unwrap();
    assert_eq!(wanted.to_string(), "registry:catalog:*");
}
