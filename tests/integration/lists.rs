//! Lists, by the item and by the page.

use acr_client::{Continuation, OrderBy, Pager, TagProperties};
use acr_tests::registry;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::flow::push;

fn names(tags: Vec<TagProperties>) -> Vec<String> {
    tags.into_iter().map(|tag| tag.name.to_string()).collect()
}

#[tokio::test]
async fn pages_order_and_filter() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("library/lists").unwrap();
    // The one that is pushed last has the first name.
    for tag in ["e", "d", "c", "b", "a"] {
        push(&repository, tag.as_bytes(), &[tag]).await;
    }
    emulator.clear_requests();
    assert_eq!(
        names(
            repository
                .list_tags()
                .page_size(2)
                .try_collect()
                .await
                .unwrap()
        ),
        ["a", "b", "c", "d", "e"]
    );
    let asked: Vec<_> = emulator
        .requests()
        .into_iter()
        .filter(|r| r.path.ends_with("/_tags"))
        .collect();
    assert_eq!(asked.len(), 3, "{asked:?}");

    let newest = repository
        .list_tags()
        .order(OrderBy::LastUpdatedDescending)
        .page_size(3);
    assert_eq!(
        names(newest.try_collect().await.unwrap()),
        ["a", "b", "c", "d", "e"]
    );
    let oldest = repository
        .list_tags()
        .order(OrderBy::LastUpdatedAscending)
        .page_size(3);
    assert_eq!(
        names(oldest.try_collect().await.unwrap()),
        ["e", "d", "c", "b", "a"]
    );
    assert_eq!(
        names(
            repository
                .list_tags()
                .start_after("c")
                .try_collect()
                .await
                .unwrap()
        ),
        ["d", "e"]
    );

    let digest = repository
        .tag("d")
        .unwrap()
        .properties()
        .await
        .unwrap()
        .digest;
    assert_eq!(
        names(
            repository
                .list_tags()
                .digest(&digest)
                .try_collect()
                .await
                .unwrap()
        ),
        ["d"]
    );
    let manifests = repository
        .list_manifests()
        .page_size(1)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(manifests.len(), 5);
    assert!(
        manifests
            .iter()
            .any(|manifest| manifest.digest == digest && manifest.tags.len() == 1)
    );
}

/// It would look like an empty list.
#[tokio::test]
async fn a_page_of_no_items_is_refused() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let tags = repository.list_tags().page_size(0).try_collect().await;
    assert!(tags.unwrap_err().is_invalid_input());
    let mut pages = registry.list_repositories().page_size(0).pages();
    assert!(pages.try_next().await.unwrap_err().is_invalid_input());
    assert_eq!(emulator.requests(), []);
}

#[tokio::test]
async fn repositories_are_listed_over_pages() {
    let (_emulator, registry) = registry().await;
    for name in ["b/two", "a", "b/one"] {
        push(&registry.repository(name).unwrap(), b"x", &["v1"]).await;
    }
    let mut listed = Vec::new();
    let mut pages = registry.list_repositories().page_size(2).pages();
    while let Some(page) = pages.try_next().await.unwrap() {
        listed.push(
            page.items
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(listed, [vec!["a", "b/one"], vec!["b/two"]]);
}

#[tokio::test]
async fn a_list_goes_on_where_it_was_left() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("resumed").unwrap();
    push(&repository, b"x", &["a", "b", "c", "d"]).await;
    let page = repository
        .list_tags()
        .page_size(2)
        .pages()
        .try_next()
        .await
        .unwrap()
        .unwrap();
    let stored = serde_json::to_string(&page.continuation.unwrap()).unwrap();
    let continuation: Continuation = serde_json::from_str(&stored).unwrap();
    let rest = repository.list_tags().resume(&continuation).unwrap();
    assert_eq!(names(rest.try_collect().await.unwrap()), ["c", "d"]);

    emulator.clear_requests();
    let other = registry.repository("other").unwrap();
    let refuse = |pager: Pager<TagProperties>| pager.resume(&continuation).unwrap_err().to_string();
    insta::assert_snapshot!(refuse(other.list_tags()).replace(&emulator.endpoint()[7..], "HOST"), @"cannot list the tags of HOST/other: the continuation does not fit: the link belongs to `/acr/v1/resumed/_tags`");
    assert!(refuse(repository.list_tags().order(OrderBy::LastUpdatedAscending)).contains("order"));
    assert!(repository.list_manifests().resume(&continuation).is_err());
    let digest = acr_client::Digest::of(b"x");
    assert!(refuse(repository.list_tags().digest(&digest)).contains("another manifest"));
    // Changed afterwards, it is refused too, before anything is sent.
    let changed = repository.list_tags().resume(&continuation).unwrap();
    let error = changed
        .order(OrderBy::LastUpdatedDescending)
        .try_next()
        .await
        .unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    // Whoever has stored it may have changed it.
    let inner = URL_SAFE_NO_PAD.decode(&continuation.to_string()[2..]);
    let inner = String::from_utf8(inner.unwrap()).unwrap();
    assert!(!inner.contains("127.0.0.1"), "{inner}");
    let foreign = inner.replace(
        "/acr/v1/resumed/_tags?",
        "https://evil.example/acr/v1/resumed/_tags?",
    );
    assert_ne!(foreign, inner);
    let foreign = format!("1.{}", URL_SAFE_NO_PAD.encode(foreign));
    let foreign: Continuation = foreign.parse().unwrap();
    assert!(repository.list_tags().resume(&foreign).is_err());
    assert_eq!(emulator.requests(), []);
}
