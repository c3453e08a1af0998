//! What is locked, and how an error tells of it.

use std::time::Duration;

use acr_client::{Error, LockLevel, Locks, Repository};
use acr_emulator::{Emulator, Fault, FaultRule};
use acr_tests::registry;

use crate::flow::push;

/// The paths of what was asked since.
fn asked(emulator: &Emulator) -> Vec<String> {
    let requests = emulator.requests().into_iter();
    let asked = requests.filter(|request| !request.path.starts_with("/oauth2"));
    asked
        .map(|request| format!("{} {}", request.method, request.path))
        .collect()
}

/// The hint with the digest shortened.
fn hint(error: &Error, digest: &acr_client::Digest) -> String {
    let hint = error.hint().unwrap_or_default();
    hint.replace(digest.as_str(), "DIGEST")
}

async fn locked(repository: &Repository, level: LockLevel) {
    let image = repository.artifact("v1").unwrap();
    let tag = repository.tag("v1").unwrap();
    match level {
        LockLevel::Repository => {
            let lock = repository.update_properties().can_write(false);
            lock.await.map(drop)
        }
        LockLevel::Manifest => image.update_properties().can_write(false).await.map(drop),
        _ => tag.update_properties().can_delete(false).await.map(drop),
    }
    .unwrap();
}

#[tokio::test]
async fn the_error_names_the_level_and_what_unlocks_it() {
    let (emulator, registry) = registry().await;
    let mut told = String::new();
    for (name, level) in [
        ("one", LockLevel::Repository),
        ("two", LockLevel::Manifest),
        ("three", LockLevel::Tag),
    ] {
        let repository = registry.repository(name).unwrap();
        let pushed = push(&repository, b"layer", &["v1"]).await;
        locked(&repository, level).await;
        emulator.clear_requests();
        let error = repository
            .artifact("v1")
            .unwrap()
            .delete()
            .await
            .unwrap_err();
        assert!(error.is_locked() && !error.is_quarantined(), "{error}");
        let locks = error.locks().unwrap();
        assert_eq!(locks.level, LockLevel::Manifest);
        assert!(locks.blocks_delete(), "{locks:?}");
        told += &format!("{level}: {}\n", hint(&error, &pushed.digest));
        let look = asked(&emulator);
        let look: Vec<_> = look
            .iter()
            .map(|l| l.replace(pushed.digest.as_str(), "DIGEST"))
            .collect();
        told += &format!("  {}\n", look.join("\n  "));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_tag_a_put_and_a_repository_are_told_of_too() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let pushed = push(&repository, b"layer", &["v1"]).await;
    let manifest = repository.get_manifest("v1").await.unwrap();
    let tag = repository.tag("v1").unwrap();
    tag.update_properties().can_write(false).await.unwrap();

    let removed = tag.delete().await.unwrap_err();
    let moved = repository
        .put_manifest(manifest)
        .tag("v1")
        .await
        .unwrap_err();
    for error in [&removed, &moved] {
        let locks = error.locks().unwrap();
        assert_eq!(locks.level, LockLevel::Tag);
        assert!(locks.blocks_delete() && locks.blocks_write() && !locks.blocks_read());
        insta::allow_duplicates! {
            insta::assert_snapshot!(hint(error, &pushed.digest), @r#"the tag `v1` is locked against writing: `repository("app")?.tag("v1")?.update_properties().can_write(true).await?` unlocks it"#);
        }
    }
    tag.update_properties().can_write(true).await.unwrap();

    repository
        .update_properties()
        .can_delete(false)
        .await
        .unwrap();
    let error = repository.delete().await.unwrap_err();
    insta::assert_snapshot!(hint(&error, &pushed.digest), @r#"the repository `app` is locked against deleting: `repository("app")?.update_properties().can_delete(true).await?` unlocks it"#);
    repository
        .update_properties()
        .can_write(false)
        .await
        .unwrap();
    let error = repository.delete_blob(&pushed.digest).await.unwrap_err();
    assert_eq!(error.locks().unwrap().level, LockLevel::Repository);
}

#[tokio::test]
async fn locks_can_be_asked_for() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1", "v2"]).await;
    let (image, tag) = (
        repository.artifact("v1").unwrap(),
        repository.tag("v1").unwrap(),
    );
    let open = image.locks().await.unwrap();
    assert!(!open.blocks_delete() && !open.blocks_write());
    let names: Vec<_> = open.tags.iter().map(|lock| lock.name.as_str()).collect();
    assert_eq!(names, ["v1", "v2"]);

    repository
        .tag("v2")
        .unwrap()
        .update_properties()
        .can_delete(false)
        .await
        .unwrap();
    // The lock of one tag holds the manifest, not the other tag.
    assert!(image.locks().await.unwrap().blocks_delete());
    assert!(!tag.locks().await.unwrap().blocks_delete());
    assert!(!repository.locks().await.unwrap().blocks_delete());
    let nowhere = registry.repository("nowhere").unwrap().locks().await;
    assert!(nowhere.unwrap_err().is_not_found());
}

/// The look for locks is sent once and may fail: the error is then as it was.
#[tokio::test]
async fn a_look_that_fails_changes_nothing() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1"]).await;
    locked(&repository, LockLevel::Repository).await;
    let broken = FaultRule::new(Fault::status(503)).on(["get_repository"]);
    emulator.inject(broken).unwrap();
    emulator.clear_requests();
    let error = repository.tag("v1").unwrap().delete().await.unwrap_err();
    assert!(error.is_locked() && error.locks().is_none(), "{error}");
    assert!(error.hint().unwrap().contains("`locks()` tells where"));
    let asked = asked(&emulator);
    let looks = asked
        .iter()
        .filter(|path| *path == "GET /acr/v1/app")
        .count();
    assert_eq!(looks, 1, "{asked:?}");
    assert_eq!(Locks::LOOK, Duration::from_secs(5));
}
