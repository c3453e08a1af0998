//! Calls that wait: the same requests, without async.

use acr_client::Result;

use crate::{
    answers::{all, no_repository, repository_properties, tags, unavailable},
    registry::Registry,
};

const SECOND: &str = "/acr/v1/team%2Fapp/_tags?last=v2&n=2&orderby=";

/// Where one may wait.
async fn waited<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn a_call() {
    let registry = Registry::answering([repository_properties(all())]).await;
    let repository = registry.repository();
    let name = "Call__wait";
    keep!(
        registry,
        name,
        waited(move || repository.properties().wait())
    )
    .unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    let name = "Call__wait@not_found";
    keep!(
        registry,
        name,
        waited(move || repository.properties().wait())
    )
    .unwrap_err();

    // Within a task nothing may wait, and nothing is sent.
    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Call__wait@in_a_task";
    keep!(registry, name, async { repository.properties().wait() }).unwrap_err();
}

#[tokio::test]
async fn a_list() {
    let registry = Registry::answering([tags(&["v1", "v2"]).next(SECOND), tags(&["v3"])]).await;
    let repository = registry.repository();
    let name = "Pager__iter";
    keep!(
        registry,
        name,
        waited(move || repository.list_tags().iter().collect::<Result<Vec<_>>>())
    )
    .unwrap();

    let registry = Registry::answering([tags(&["v1", "v2"]).next(SECOND), unavailable()]).await;
    let repository = registry.repository();
    let name = "Pager__iter@second_page";
    keep!(
        registry,
        name,
        waited(move || repository.list_tags().iter().collect::<Result<Vec<_>>>())
    )
    .unwrap_err();

    let registry = Registry::answering([tags(&["v1", "v2"]).next(SECOND), tags(&["v3"])]).await;
    let repository = registry.repository();
    let name = "Pages__iter";
    let sizes = keep!(
        registry,
        name,
        waited(move || repository
            .list_tags()
            .pages()
            .iter()
            .map(|page| Ok(page?.items.len()))
            .collect::<Result<Vec<_>>>())
    );
    assert_eq!(sizes.unwrap(), [2, 1]);

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    let name = "Pages__iter@not_found";
    keep!(
        registry,
        name,
        waited(move || repository
            .list_tags()
            .pages()
            .iter()
            .collect::<Result<Vec<_>>>())
    )
    .unwrap_err();
}

#[tokio::test]
async fn a_token() {
    let registry = Registry::answering([]).await;
    let client = registry.client();
    keep!(
        registry,
        "TokenCall__wait",
        waited(move || client.refresh_token().wait())
    )
    .unwrap();

    let registry = Registry::answering([]).await;
    let client = registry.client();
    let name = "TokenCall__wait@in_a_task";
    keep!(registry, name, async { client.refresh_token().wait() }).unwrap_err();
}
