//! Calls that wait: the same requests, without async.

use std::io::Read;

use acr_client::{Digest, Result};

use crate::{
    answers::{LAYER, all, json, no_repository, repository_properties, status, tags, unavailable},
    registry::Registry,
};

const SECOND: &str = "/acr/v1/team%2Fapp/_tags?last=v2&n=2&orderby=";

/// Where one may wait.
pub(crate) async fn waited<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
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

    // What cannot be read does not hide what follows, and what ends the list is said once.
    let odd = json(200, r#"{"tags":[{"name":"odd"}]}"#).next(SECOND);
    let registry = Registry::answering([odd, unavailable()]).await;
    let repository = registry.repository();
    let name = "Pager__iter@unreadable";
    let errors = keep!(
        registry,
        name,
        waited(move || {
            let items = repository.list_tags().iter();
            Ok(items
                .map(|item| item.unwrap_err().to_string())
                .collect::<Vec<_>>())
        })
    );
    assert_eq!(errors.unwrap().len(), 2);

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Pager__iter@in_a_task";
    let items = keep!(registry, name, async {
        let items = repository.list_tags().iter();
        Ok(items
            .map(|item| item.unwrap_err().to_string())
            .collect::<Vec<_>>())
    });
    assert_eq!(items.unwrap().len(), 1);

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
async fn a_range() {
    let part = status(206).header("content-range", "bytes 1-3/5");
    let registry = Registry::answering([part.body("aye")]).await;
    let (repository, digest) = (registry.repository(), Digest::of(LAYER));
    let name = "Call__wait@range";
    keep!(
        registry,
        name,
        waited(move || {
            let range = repository.download_blob(&digest).range(1..4);
            let mut reader = range.reader().wait()?.blocking();
            assert_eq!((reader.range(), reader.total()), (1..4, Some(5)));
            let mut read = String::new();
            reader.read_to_string(&mut read).unwrap();
            Ok(read)
        })
    )
    .unwrap();
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
