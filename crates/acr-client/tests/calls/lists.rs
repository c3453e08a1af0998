//! Lists: their pages, their options and where they go on.

use acr_client::{Continuation, Digest, OrderBy};

use crate::{
    answers::{digest, forbidden, json, manifests, no_repository, tags, unavailable},
    registry::Registry,
};

const SECOND: &str = "/acr/v1/team%2Fapp/_tags?last=v2&n=2&orderby=";

#[tokio::test]
async fn repositories() {
    let answers = [
        json(200, r#"{"repositories":["app","team/app"]}"#)
            .next("/acr/v1/_catalog?last=team%2Fapp&n=2&orderby="),
        json(200, r#"{"repositories":["tools"]}"#),
    ];
    let registry = Registry::answering(answers).await;
    let client = registry.client();
    let name = "ContainerRegistryClient__list_repositories";
    let names = keep!(
        registry,
        name,
        client.list_repositories().page_size(2).try_collect()
    );
    assert_eq!(names.unwrap().len(), 3);

    let registry = Registry::answering([json(200, r#"{"repositories":null}"#)]).await;
    let client = registry.client();
    let name = "ContainerRegistryClient__list_repositories@none";
    keep!(
        registry,
        name,
        client.list_repositories().start_after("z").try_collect()
    )
    .unwrap();

    let registry = Registry::answering([forbidden()]).await;
    let client = registry.client();
    let name = "ContainerRegistryClient__list_repositories@forbidden";
    keep!(registry, name, client.list_repositories().try_collect()).unwrap_err();
}

#[tokio::test]
async fn tags_of_a_repository() {
    let registry = Registry::answering([tags(&["v1", "v2"]).next(SECOND), tags(&["v3"])]).await;
    let repository = registry.repository();
    let name = "Repository__list_tags";
    keep!(
        registry,
        name,
        repository.list_tags().page_size(2).try_collect()
    )
    .unwrap();

    let registry = Registry::answering([tags(&["v3"])]).await;
    let repository = registry.repository();
    let name = "Repository__list_tags@ordered";
    keep!(
        registry,
        name,
        repository
            .list_tags()
            .order(OrderBy::LastUpdatedDescending)
            .start_after("v 2")
            .try_collect()
    )
    .unwrap();

    let registry = Registry::answering([tags(&["v1"])]).await;
    let (repository, digest) = (registry.repository(), digest());
    let name = "Repository__list_tags@of_a_digest";
    keep!(
        registry,
        name,
        repository.list_tags().digest(&digest).try_collect()
    )
    .unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    let name = "Repository__list_tags@not_found";
    let error = keep!(registry, name, repository.list_tags().try_collect()).unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn manifests_of_a_repository() {
    let registry = Registry::answering([manifests(&[digest(), Digest::of(b"x")])]).await;
    let repository = registry.repository();
    let name = "Repository__list_manifests";
    keep!(
        registry,
        name,
        repository
            .list_manifests()
            .order(OrderBy::LastUpdatedAscending)
            .page_size(1000)
            .start_after("sha256:0")
            .try_collect()
    )
    .unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    let name = "Repository__list_manifests@not_found";
    keep!(registry, name, repository.list_manifests().try_collect()).unwrap_err();
}

/// One item is read: one page is asked for.
#[tokio::test]
async fn the_next_item() {
    let registry = Registry::answering([tags(&["v1", "v2"]).next(SECOND)]).await;
    let mut list = registry.repository().list_tags();
    keep!(registry, "Pager__try_next", list.try_next()).unwrap();

    let registry = Registry::answering([unavailable()]).await;
    let mut list = registry.repository().list_tags();
    keep!(registry, "Pager__try_next@unavailable", list.try_next()).unwrap_err();
    assert!(list.try_next().await.unwrap().is_none(), "the list is over");
}

#[tokio::test]
async fn all_items_that_are_left() {
    let registry = Registry::answering([tags(&["v1", "v2"])]).await;
    let mut list = registry.repository().list_tags();
    list.try_next().await.unwrap();
    keep!(registry, "Pager__try_collect", list.try_collect()).unwrap();

    // A page that is not reached makes the whole call fail.
    let registry = Registry::answering([tags(&["v1", "v2"]).next(SECOND), unavailable()]).await;
    let list = registry.repository().list_tags();
    keep!(
        registry,
        "Pager__try_collect@second_page",
        list.try_collect()
    )
    .unwrap_err();
}

#[tokio::test]
async fn the_pages() {
    let registry = Registry::answering([tags(&["v1", "v2"]).next(SECOND)]).await;
    let repository = registry.repository();
    let name = "Pager__pages";
    keep!(
        registry,
        name,
        repository.list_tags().page_size(2).pages().try_next()
    )
    .unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    let name = "Pager__pages@not_found";
    keep!(registry, name, repository.list_tags().pages().try_next()).unwrap_err();

    let registry = Registry::answering([tags(&[])]).await;
    let mut pages = registry.repository().list_tags().pages();
    keep!(registry, "Pages__try_next", pages.try_next()).unwrap();
    assert!(pages.try_next().await.unwrap().is_none());

    // A link to elsewhere is not followed.
    let answer = tags(&["v1"]).next("https://evil.example/acr/v1/team/app/_tags?last=v1");
    let registry = Registry::answering([answer]).await;
    let mut pages = registry.repository().list_tags().pages();
    keep!(registry, "Pages__try_next@foreign_link", pages.try_next()).unwrap_err();
}

#[tokio::test]
async fn a_list_goes_on() {
    let registry = Registry::answering([tags(&["v1", "v2"]).next(SECOND)]).await;
    let first = registry
        .repository()
        .list_tags()
        .page_size(2)
        .pages()
        .try_next()
        .await;
    let continuation = first.unwrap().unwrap().continuation.unwrap();
    let stored = serde_json::to_string(&continuation).unwrap();
    let continuation: Continuation = serde_json::from_str(&stored).unwrap();

    let registry = Registry::answering([tags(&["v3"])]).await;
    let repository = registry.repository();
    let name = "Pager__resume";
    keep!(registry, name, async {
        repository
            .list_tags()
            .resume(&continuation)?
            .try_collect()
            .await
    })
    .unwrap();

    let registry = Registry::answering([]).await;
    let other = registry.client().repository("other").unwrap();
    let name = "Pager__resume@other_repository";
    keep!(registry, name, async {
        other.list_tags().resume(&continuation)?.try_collect().await
    })
    .unwrap_err();

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Pager__resume@other_order";
    keep!(registry, name, async {
        repository
            .list_tags()
            .order(OrderBy::LastUpdatedAscending)
            .resume(&continuation)?
            .try_collect()
            .await
    })
    .unwrap_err();
}
