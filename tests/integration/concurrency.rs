//! One client, used by many at once.

use std::collections::BTreeSet;

use acr_client::{ContainerRegistryClient, Deleted, Descriptor, Digest, Repository};
use acr_tests::registry;
use futures_util::future::try_join_all;
use tokio::task::JoinSet;

use crate::flow::push;

/// All at once, on one client.
const TASKS: usize = 64;
/// The repositories that they share: each has writers, readers and deleters.
const REPOSITORIES: usize = 8;

/// What tokens are for, in a repository: reading and changing properties, pulling, pushing, deleting.
/// One more is for the list of all repositories.
const KINDS: usize = 5;

/// What a task does, over and over, to things that are its own in a repository that it shares.
async fn work(registry: ContainerRegistryClient, task: usize) {
    let repository = registry
        .repository(format!("shared/{}", task % REPOSITORIES))
        .unwrap();
    match task / REPOSITORIES % 4 {
        0 => write(&repository, task).await,
        1 => read(&registry, &repository).await,
        2 => lock(&repository, task).await,
        _ => delete(&repository, task).await,
    }
}

/// Another one for each number: two tags of one manifest would be deleted together.
fn layer(number: usize) -> Vec<u8> {
    let bytes = (0..10_000).map(|i| (i * number) as u8);
    number.to_le_bytes().into_iter().chain(bytes).collect()
}

/// Pushes an image, reads it back, and moves a tag.
async fn write(repository: &Repository, task: usize) {
    for round in 0..3 {
        let layer = layer(task * 10 + round);
        let tags = [format!("task-{task}"), format!("task-{task}-{round}")];
        let pushed = push(repository, &layer, &[&tags[0], &tags[1]]).await;
        let content = repository.get_manifest(tags[0].as_str()).await.unwrap();
        assert_eq!(content.digest, pushed.digest);
        let manifest = content.as_image().unwrap();
        let read = repository
            .download_blob(&manifest.layers[0].digest)
            .bytes(1 << 20);
        assert_eq!(read.await.unwrap(), layer);
        let tag = repository
            .tag(tags[0].as_str())
            .unwrap()
            .properties()
            .await
            .unwrap();
        assert_eq!(tag.digest, pushed.digest);
    }
}

/// Reads what was there from the start, whatever the others do.
async fn read(registry: &ContainerRegistryClient, repository: &Repository) {
    for _ in 0..3 {
        let image = repository.artifact("base").unwrap();
        let (content, properties) = tokio::try_join!(
            image.content().into_future(),
            image.properties().into_future()
        )
        .unwrap();
        assert_eq!(content.digest, properties.digest);
        let names = registry
            .list_repositories()
            .page_size(3)
            .try_collect()
            .await
            .unwrap();
        assert_eq!(names.len(), REPOSITORIES);
        let mut tags = repository.list_tags().page_size(2);
        let mut seen = BTreeSet::new();
        while let Some(tag) = tags.try_next().await.unwrap() {
            assert!(seen.insert(tag.name.to_string()), "{} twice", tag.name);
        }
        assert!(seen.contains("base"), "{seen:?}");
        let of_base = repository
            .list_tags()
            .digest(&content.digest)
            .try_collect()
            .await
            .unwrap();
        assert_eq!(of_base.len(), 1);
        assert!(
            repository
                .properties()
                .await
                .unwrap()
                .manifest_count
                .unwrap()
                >= 1
        );
    }
}

/// Locks an image of its own, sees that the lock holds, and takes it off.
async fn lock(repository: &Repository, task: usize) {
    let name = format!("locked-{task}");
    push(repository, &layer(task), &[&name]).await;
    let tag = repository.tag(name.as_str()).unwrap();
    for _ in 0..3 {
        let locked = tag
            .update_properties()
            .can_delete(false)
            .can_write(false)
            .await
            .unwrap();
        assert!(!locked.can_delete && !locked.can_write && locked.can_read);
        let refused = tag.delete().await.unwrap_err();
        assert!(refused.is_locked(), "{refused}");
        let open = tag
            .update_properties()
            .can_delete(true)
            .can_write(true)
            .await
            .unwrap();
        assert!(open.can_delete && open.can_write);
    }
    assert!(tag.delete().await.unwrap().is_some());
}

/// Deletes what it pushed, by tag and by digest, and a blob.
async fn delete(repository: &Repository, task: usize) {
    for round in 0..3 {
        let name = format!("gone-{task}-{round}");
        let pushed: Descriptor = push(repository, &layer(1000 + task * 10 + round), &[&name]).await;
        let image = repository.artifact(name.as_str()).unwrap();
        assert_eq!(image.delete().await.unwrap(), Deleted::Deleted);
        let by_digest = repository.artifact(&pushed.digest).unwrap();
        assert_eq!(by_digest.delete().await.unwrap(), Deleted::NotFound);
        assert!(image.properties().await.unwrap_err().is_not_found());
        let blob = repository
            .upload_blob(layer(5000 + task * 10 + round))
            .await
            .unwrap();
        assert_eq!(
            repository.delete_blob(&blob.digest).await.unwrap(),
            Deleted::Deleted
        );
        let missing = repository.download_blob(&blob.digest).bytes(1 << 20).await;
        assert!(missing.unwrap_err().is_not_found());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_share_a_client() {
    let (emulator, registry) = registry().await;
    let shared = (0..REPOSITORIES).map(|n| registry.repository(format!("shared/{n}")).unwrap());
    let base = shared.map(|repository| async move {
        let digest = push(&repository, b"base", &["base"]).await.digest;
        Ok::<Digest, acr_client::Error>(digest)
    });
    let base = try_join_all(base).await.unwrap();
    assert!(base.windows(2).all(|pair| pair[0] == pair[1]));

    // Somebody who has no token yet: all begin at once.
    let registry = acr_tests::client(&emulator, emulator.login());
    emulator.clear_requests();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        tasks.spawn(work(registry.clone(), task));
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let requests = emulator.requests();
    let tokens = requests.iter().filter(|it| it.path.starts_with("/oauth2/"));
    let scopes: BTreeSet<_> = tokens.clone().map(|it| it.query.clone()).collect();
    let count = tokens.count();
    println!("{} requests, {count} of them for tokens", requests.len());
    assert_eq!(scopes.len(), count, "nobody asks for a token that is there");
    assert!(count <= REPOSITORIES * KINDS + 1, "{count}: {scopes:#?}");
    let failed: Vec<_> = requests
        .iter()
        .filter(|it| it.status == 401 || it.status >= 500)
        .collect();
    assert_eq!(failed.len(), 0, "{failed:?}");
}
