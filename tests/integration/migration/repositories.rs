//! Repositories, and what is true of every list.

use acr_client::Continuation;
use acr_tests::registry;

use crate::flow::push;

#[tokio::test]
async fn list_repositories() {
    let (_emulator, registry) = registry().await;
    for name in ["b", "a"] {
        push(&registry.repository(name).unwrap(), b"layer", &["v1"]).await;
    }
    let names = registry.list_repositories().try_collect().await.unwrap();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a", "b"]);
}

#[tokio::test]
async fn items_of_a_page() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["a", "b", "c"]).await;
    emulator.clear_requests();
    let tags = repository
        .list_tags()
        .page_size(2)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(tags.len(), 3);
    let requests = emulator.requests();
    let pages = requests
        .iter()
        .filter(|request| request.path.ends_with("/_tags"));
    assert_eq!(pages.count(), 2);
}

#[tokio::test]
async fn pages_and_their_continuation() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["a", "b", "c"]).await;
    let mut pages = repository.list_tags().page_size(2).pages();
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!(page.items.len(), 2);
    let stored = serde_json::to_string(&page.continuation).unwrap();
    let continuation: Continuation = serde_json::from_str(&stored).unwrap();
    let rest = repository
        .list_tags()
        .page_size(2)
        .resume(&continuation)
        .unwrap();
    let rest = rest.try_collect().await.unwrap();
    assert_eq!(rest[0].name.as_str(), "c");
    assert!(repository.list_manifests().resume(&continuation).is_err());
}

#[tokio::test]
async fn start_behind_a_name() {
    let (_emulator, registry) = registry().await;
    for name in ["a", "b", "c"] {
        push(&registry.repository(name).unwrap(), b"layer", &["v1", "v2"]).await;
    }
    let names = registry
        .list_repositories()
        .start_after("a")
        .try_collect()
        .await;
    assert_eq!(names.unwrap().len(), 2);
    let repository = registry.repository("a").unwrap();
    let tags = repository.list_tags().start_after("v1").try_collect().await;
    assert_eq!(tags.unwrap().len(), 1);
    let manifests = repository.list_manifests();
    let all = manifests
        .start_after("sha256:")
        .try_collect()
        .await
        .unwrap();
    let none = repository
        .list_manifests()
        .start_after(all[0].digest.as_str());
    assert_eq!((all.len(), none.try_collect().await.unwrap().len()), (1, 0));
}

#[tokio::test]
async fn properties_of_a_repository() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1", "v2"]).await;
    let properties = repository.properties().await.unwrap();
    assert_eq!(
        (properties.manifest_count, properties.tag_count),
        (Some(1), Some(2))
    );
}

#[tokio::test]
async fn lock_a_repository() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1"]).await;
    let locked = repository
        .update_properties()
        .can_delete(false)
        .await
        .unwrap();
    assert!(!locked.can_delete && locked.can_write);
    assert!(repository.delete().await.unwrap_err().is_locked());
    let other = repository
        .update_properties()
        .can_list(false)
        .can_read(false)
        .can_write(false);
    let other = other.await.unwrap();
    assert!(!other.can_list && !other.can_read && !other.can_write && !other.can_delete);
}

#[tokio::test]
async fn delete_a_repository() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1"]).await;
    let deleted = repository.delete().await.unwrap().unwrap();
    assert_eq!((deleted.manifests.len(), deleted.tags.len()), (1, 1));
    assert!(repository.delete().await.unwrap().is_none());
}
