//! "Delete all but the three newest", over several pages whose last items go while it lists.

use std::time::Duration;

use acr_client::{Descriptor, Manifest, OrderBy, Platform, Repository};
use acr_emulator::Emulator;
use acr_tests::registry;

use crate::flow::push;

#[path = "../../../crates/acr-client/examples/delete_old_images/cleanup.rs"]
mod cleanup;
#[path = "../../../crates/acr-client/examples/delete_old_images/plan.rs"]
mod plan;

const PAGE: usize = 10;

/// 28 manifests, from the oldest: two platforms, 24 images, an image, and the index of the
/// platforms. Then the newest three images are the index and what was pushed before it.
async fn fill(repository: &Repository, emulator: &Emulator) -> Vec<Descriptor> {
    let mut platforms = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let image = push(repository, architecture.as_bytes(), &[]).await;
        platforms.push(image.platform(Platform::new("linux", architecture)));
        emulator.advance_clock(Duration::from_secs(1));
    }
    for number in 1..=25 {
        let (layer, tag) = (format!("layer {number}"), format!("v{number}"));
        push(repository, layer.as_bytes(), &[&tag]).await;
        emulator.advance_clock(Duration::from_secs(1));
    }
    let index = Manifest::index(platforms.clone());
    repository
        .put_manifest(index)
        .tags(["latest"])
        .await
        .unwrap();
    platforms
}

#[tokio::test]
async fn over_three_pages_whose_markers_are_deleted_the_newest_stay_whole() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("team/app").unwrap();
    let platforms = fill(&repository, &emulator).await;

    let list = repository
        .list_manifests()
        .order(OrderBy::LastUpdatedDescending);
    let mut pages = list.page_size(PAGE as u32).pages();
    let (mut listed, mut sizes) = (Vec::new(), Vec::new());
    while let Some(page) = pages.try_next().await.unwrap() {
        sizes.push(page.items.len());
        // Somebody else deletes the item behind which the list goes on.
        if let (Some(marker), true) = (page.items.last(), page.continuation.is_some()) {
            let image = repository.artifact(&marker.digest).unwrap();
            image.delete().await.unwrap();
        }
        listed.extend(page.items);
    }
    assert_eq!(sizes, [PAGE, PAGE, 8]);

    let found = cleanup::survey(&repository, listed).await.unwrap();
    assert_eq!(found.len(), 26, "all but the two that were deleted");
    let plan = plan::plan(&found, 3, false);
    assert_eq!((plan.keep.len(), plan.delete.len()), (5, 21));
    let (deleted, left) = cleanup::carry_out(&repository, &plan).await.unwrap();
    assert_eq!((deleted, left.len()), (21, 0));

    let tags = repository.list_tags().try_collect().await.unwrap();
    let tags: Vec<_> = tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(tags, ["latest", "v24", "v25"]);
    for platform in platforms {
        let image = repository.get_manifest(&platform.digest).await.unwrap();
        let layer = &image.as_image().unwrap().layers[0].digest;
        repository.download_blob(layer).bytes(64).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_locked_by_its_tag_is_unlocked_only_if_that_is_asked_for() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("team/app").unwrap();
    for tag in ["old", "new"] {
        push(&repository, tag.as_bytes(), &[tag]).await;
        emulator.advance_clock(Duration::from_secs(1));
    }
    let old = repository.tag("old").unwrap();
    old.update_properties().can_write(false).await.unwrap();
    let list = || async {
        let list = repository
            .list_manifests()
            .order(OrderBy::LastUpdatedDescending);
        let listed = list.try_collect().await.unwrap();
        cleanup::survey(&repository, listed).await.unwrap()
    };
    assert!(plan::plan(&list().await, 1, false).delete.is_empty());
    let plan = plan::plan(&list().await, 1, true);
    let (deleted, left) = cleanup::carry_out(&repository, &plan).await.unwrap();
    assert_eq!((deleted, left.len()), (1, 0));
    assert!(old.properties().await.unwrap_err().is_not_found());
}
