//! Several transfers at once.

use std::{collections::BTreeSet, fs, sync::Arc, time::Duration};

use acr_client::{Digest, Source};
use acr_emulator::{Fault, FaultRule};
use acr_tests::registry;
use futures_util::future::join_all;
use tokio::sync::Notify;

const SIZE: usize = 3 * 1024 * 1024;

fn content(seed: u8) -> Vec<u8> {
    (0..3).flat_map(|n| vec![seed * 10 + n; SIZE / 3]).collect()
}

/// Another blob has nothing to do there before the first is done.
#[tokio::test]
async fn two_downloads_to_one_path() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let (one, other) = (content(1), content(2));
    for content in [&one, &other] {
        app.upload_blob(content.clone()).await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    let second = &other;
    fs::write(&target, "old").unwrap();
    let slow = Fault::trickle(64 * 1024, Duration::from_millis(40));
    let slow = FaultRule::new(slow).on(["download_blob"]).nth(1);
    let id = emulator.inject(slow).unwrap();
    let begun = Arc::new(Notify::new());
    let tell = Arc::clone(&begun);
    let first = app
        .download_blob(Digest::of(&one))
        .on_progress(move |_| tell.notify_one())
        .to_file(&target)
        .into_future();
    let first = tokio::spawn(first);
    begun.notified().await;
    let refused = app.download_blob(Digest::of(second)).to_file(&target).await;
    let shown = refused.unwrap_err().to_string();
    assert!(shown.contains(&target.display().to_string()), "{shown}");
    assert_eq!(fs::read(&target).unwrap(), b"old");
    first.await.unwrap().unwrap();
    assert!(fs::read(&target).unwrap() == one);
    emulator.remove_fault(id);
    // Now there is nobody in the way.
    let again = app.download_blob(Digest::of(second)).to_file(&target).await;
    again.unwrap();
    assert!(fs::read(&target).unwrap() == *second);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no litter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_blob_to_many_paths() {
    let (_emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let content = content(1);
    let blob = app.upload_blob(content.clone()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let names: BTreeSet<_> = (0..16).map(|n| format!("copy-{n:02}")).collect();
    let downloads = names.iter().map(|name| {
        let download = app.download_blob(&blob);
        let path = folder.path().join(name);
        download.to_file(path).into_future()
    });
    for done in join_all(downloads).await {
        assert_eq!(done.unwrap().digest, blob.digest);
    }
    let left = fs::read_dir(folder.path())
        .unwrap()
        .map(|it| it.unwrap().path());
    let left: Vec<_> = left.collect();
    assert_eq!(left.len(), names.len(), "{left:?}");
    for path in left {
        assert!(fs::read(&path).unwrap() == content, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_blob_from_two_sides() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let content = content(1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, &content).unwrap();
    let uploads = [
        app.upload_blob(Source::file(&file)).part_size(1024 * 1024),
        app.upload_blob(Source::file(&file)).part_size(1024 * 1024),
        app.upload_blob(content.clone()),
        app.upload_blob(content.clone()),
    ];
    let digest = Digest::of(&content);
    for done in join_all(uploads.map(IntoFuture::into_future)).await {
        assert_eq!(done.unwrap().digest, digest);
    }
    let bytes = app.download_blob(&digest).bytes(SIZE).await;
    assert!(bytes.unwrap() == content);
    assert!(emulator.dump().uploads.is_empty());
}
