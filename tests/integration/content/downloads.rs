//! Downloads that break and go on, into files too.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use acr_client::{Descriptor, ErrorKind, Repository, RetryOptions};
use acr_emulator::{Emulator, Fault, FaultRule};
use futures_util::StreamExt;
use tokio::io::AsyncReadExt;

use super::sent;

const SIZE: usize = 3 * 1024 * 1024 + 5;

/// A blob, and a client that tries again at once, so often.
async fn blob(attempts: u32) -> (Emulator, Repository, Descriptor, Vec<u8>) {
    let emulator = Emulator::start().await.unwrap();
    acr_tests::secrets::add(emulator.login().password.expose());
    let retry = RetryOptions::default()
        .max_attempts(attempts)
        .initial_delay(Duration::ZERO)
        .max_delay(Duration::ZERO);
    let registry = acr_client::ContainerRegistryClient::builder(emulator.endpoint())
        .credential(emulator.login())
        .retry(retry)
        .build()
        .unwrap();
    let app = registry.repository("app").unwrap();
    let bytes: Vec<_> = (0..SIZE).map(|at| (at % 251) as u8).collect();
    let blob = app.upload_blob(bytes.clone()).await.unwrap();
    emulator.clear_requests();
    (emulator, app, blob, bytes)
}

fn inject(emulator: &Emulator, fault: Fault, times: u64) {
    let rule = FaultRule::new(fault).on(["download_blob"]).times(times);
    emulator.inject(rule).unwrap();
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    all.sort();
    all
}

fn part(folder: &Path) -> PathBuf {
    let parts = entries(folder).into_iter();
    let mut parts = parts.filter(|path| path.extension().is_some_and(|end| end == "part"));
    parts.next().unwrap()
}

#[tokio::test]
async fn it_goes_on_after_cuts_in_every_form() {
    let (emulator, app, blob, bytes) = blob(3).await;
    let cut = || inject(&emulator, Fault::cut_answer(1_000_000), 2);
    cut();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let download = app
        .download_blob(&blob)
        .on_progress(move |progress| told.lock().unwrap().push(progress.bytes));
    assert_eq!(download.bytes(SIZE).await.unwrap(), bytes);
    assert!(seen.lock().unwrap().is_sorted());
    // The address is asked for once.
    assert_eq!(
        sent(&emulator),
        ["GET 307", "GET 200", "GET 206", "GET 206"]
    );

    cut();
    let mut read = Vec::new();
    let mut reader = app.download_blob(&blob).reader().await.unwrap();
    reader.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, bytes);

    cut();
    let mut read = Vec::new();
    let range = app.download_blob(&blob).range(7..);
    range
        .reader()
        .await
        .unwrap()
        .read_to_end(&mut read)
        .await
        .unwrap();
    assert_eq!(read, bytes[7..]);

    cut();
    let parts = app.download_blob(&blob).concurrency(3).part_size(1_000_001);
    assert_eq!(parts.bytes(SIZE).await.unwrap(), bytes);
    assert!(emulator.faults().iter().all(|fault| fault.hits > 0));
}

#[tokio::test]
async fn an_address_that_has_expired_is_asked_for_once_more() {
    let (emulator, app, blob, bytes) = blob(2).await;
    let mut stream = app
        .download_blob(&blob)
        .concurrency(4)
        .part_size(65_536)
        .stream()
        .await
        .unwrap();
    let mut read = stream.next().await.unwrap().unwrap().to_vec();
    emulator.advance_clock(Duration::from_secs(21 * 60));
    while let Some(piece) = stream.try_next().await.unwrap() {
        read.extend_from_slice(&piece);
    }
    assert_eq!(read, bytes);
    let requests = sent(&emulator);
    let asked = requests.iter().filter(|it| *it == "GET 307").count();
    assert_eq!(asked, 2, "all parts go to the new address: {requests:?}");
    assert!(requests.iter().any(|it| it == "GET 403"), "{requests:?}");
}

#[tokio::test]
async fn a_file_goes_on_where_the_last_download_ended() {
    let (emulator, app, blob, bytes) = blob(1).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("layer");
    fs::write(&target, "old").unwrap();
    inject(&emulator, Fault::cut_answer(2_000_000), 1);
    let error = app.download_blob(&blob).to_file(&target).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Transport(_)), "{error}");
    assert_eq!(fs::read(&target).unwrap(), b"old");
    let left = fs::read(part(folder.path())).unwrap();
    assert!(
        left.len() > 1_000_000 && bytes.starts_with(&left),
        "{}",
        left.len()
    );
    let name = part(folder.path())
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        name.contains("layer") && name.contains(blob.digest.hex()),
        "{name}"
    );

    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let download = app
        .download_blob(&blob)
        .on_progress(move |progress| told.lock().unwrap().push(progress.bytes));
    let done = download.to_file(&target).await.unwrap();
    assert_eq!((done.size, done.resumed), (SIZE as u64, left.len() as u64));
    assert_eq!(fs::read(&target).unwrap(), bytes);
    assert_eq!(entries(folder.path()), [target]);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.first(), Some(&done.resumed));
    assert_eq!(seen.last(), Some(&done.size));
}

/// One that was killed between the last byte and the new name has it all.
#[tokio::test]
async fn a_part_that_is_whole_is_not_asked_for() {
    let (emulator, app, blob, bytes) = blob(1).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("layer");
    inject(&emulator, Fault::cut_answer(2_000_000), 1);
    app.download_blob(&blob).to_file(&target).await.unwrap_err();
    fs::write(part(folder.path()), &bytes).unwrap();
    emulator.clear_requests();
    let done = app.download_blob(&blob).to_file(&target).await.unwrap();
    assert_eq!(done.resumed, SIZE as u64);
    assert_eq!(sent(&emulator).len(), 0);
    assert_eq!(fs::read(&target).unwrap(), bytes);
    assert_eq!(entries(folder.path()), [target]);
}

#[tokio::test]
async fn what_was_left_damaged_is_fetched_again() {
    let (emulator, app, blob, bytes) = blob(1).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("layer");
    let mut other = bytes.clone();
    other[5] ^= 1;
    for left in [&other[..1_000_000], &other, &[&bytes[..], b"more"].concat()] {
        inject(&emulator, Fault::cut_answer(1_000_000), 1);
        app.download_blob(&blob).to_file(&target).await.unwrap_err();
        fs::write(part(folder.path()), left).unwrap();
        let done = app.download_blob(&blob).to_file(&target).await.unwrap();
        assert_eq!((done.size, done.resumed), (SIZE as u64, 0));
        assert_eq!(fs::read(&target).unwrap(), bytes);
        assert_eq!(entries(folder.path()), [target.as_path()]);
        fs::remove_file(&target).unwrap();
    }
    // What comes damaged leaves nothing.
    inject(&emulator, Fault::wrong_bytes(2_000_000), 1);
    let error = app.download_blob(&blob).to_file(&target).await.unwrap_err();
    assert!(error.is_digest_mismatch(), "{error}");
    assert!(entries(folder.path()).is_empty());
}

#[tokio::test]
async fn there_is_one_download_to_a_path_at_a_time() {
    let (emulator, app, blob, bytes) = blob(1).await;
    let other = app.upload_blob("another").await.unwrap();
    emulator.clear_requests();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("layer");
    inject(
        &emulator,
        Fault::trickle(65_536, Duration::from_secs(60)),
        1,
    );
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let first = app
        .download_blob(&blob)
        .on_progress(move |progress| begun.send(progress.bytes).unwrap())
        .to_file(&target);
    let first = tokio::spawn(first.into_future());
    // It is under way when the storage host has been asked.
    while emulator.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    let error = app
        .download_blob(&other)
        .to_file(&target)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(matches!(error.kind(), ErrorKind::Io(_)), "{text}");
    assert!(
        text.contains("another download to it is under way"),
        "{text}"
    );
    assert!(text.contains(target.to_str().unwrap()), "{text}");
    let beside = folder.path().join("beside");
    app.download_blob(&blob).to_file(&beside).await.unwrap();

    // Dropped, it makes room for the next at once.
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert!(begins.recv().await.is_none());
    let done = app.download_blob(&other).to_file(&target).await.unwrap();
    assert_eq!((done.size, done.resumed), (7, 0));
    assert_eq!(fs::read(&target).unwrap(), b"another");
    assert_eq!(fs::read(&beside).unwrap(), bytes);
    assert_eq!(entries(folder.path()), [beside, target]);
}

#[tokio::test]
async fn a_set_may_name_a_blob_twice_for_one_path() {
    let (emulator, app, blob, bytes) = blob(1).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("layer");
    let twice = [&target, &target].map(|path| app.download_blob(&blob).to_file(path));
    emulator.clear_requests();
    let done = acr_client::all(twice).await.unwrap();
    assert_eq!(done[0], done[1]);
    assert_eq!(sent(&emulator), ["GET 307", "GET 200"]);
    assert_eq!(fs::read(&target).unwrap(), bytes);
    // When the first fails, the second does it.
    inject(&emulator, Fault::wrong_bytes(2_000_000), 1);
    let twice = [&target, &target].map(|path| app.download_blob(&blob).to_file(path).into_future());
    let [first, second] = twice;
    let (first, second) = tokio::join!(first, second);
    assert!(first.unwrap_err().is_digest_mismatch());
    assert_eq!(second.unwrap().size, SIZE as u64);
    assert_eq!(entries(folder.path()), [target]);
}

/// A portal's page in place of a blob, for once.
#[tokio::test]
async fn a_false_answer_leaves_a_good_part_alone() {
    let (emulator, app, blob, bytes) = blob(1).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("layer");
    inject(&emulator, Fault::cut_answer(2_000_000), 1);
    app.download_blob(&blob).to_file(&target).await.unwrap_err();
    let part = part(folder.path());
    let left = fs::read(&part).unwrap();
    let portal = httpmock::MockServer::start_async().await;
    portal
        .mock_async(|when, then| {
            when.path_includes("/blobs/");
            then.status(200).body("<html></html>");
        })
        .await;
    portal
        .mock_async(|when, then| {
            when.path_includes("/oauth2/");
            then.status(200)
                .header("content-type", "application/json")
                .body(r#"{"access_token":"portal"}"#);
        })
        .await;
    let strange = acr_client::ContainerRegistryClient::anonymous(portal.base_url()).unwrap();
    let strange = strange.repository("app").unwrap();
    for size in [None, Some(SIZE as u64)] {
        let download = strange.download_blob(&blob);
        let download = match size {
            Some(size) => download.size(size),
            None => download,
        };
        let error = download.to_file(&target).await.unwrap_err();
        assert!(error.is_digest_mismatch(), "{error}");
        assert_eq!(fs::read(&part).unwrap(), left);
    }
    let done = app.download_blob(&blob).to_file(&target).await.unwrap();
    assert_eq!(done.resumed, left.len() as u64);
    assert_eq!(fs::read(&target).unwrap(), bytes);
}

/// Whatever other blob's part is left is cleared away by the next one.
#[tokio::test]
async fn another_blobs_part_does_not_stay() {
    let (emulator, app, blob, _) = blob(1).await;
    let other = app.upload_blob("another").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("layer");
    inject(&emulator, Fault::cut_answer(2_000_000), 1);
    app.download_blob(&blob).to_file(&target).await.unwrap_err();
    assert!(part(folder.path()).exists());
    app.download_blob(&other).to_file(&target).await.unwrap();
    assert_eq!(entries(folder.path()), [target]);
}

#[tokio::test]
async fn no_path_that_cannot_be_is_asked_for() {
    let (emulator, app, blob, _) = blob(1).await;
    let folder = tempfile::tempdir().unwrap();
    for bad in [folder.path().to_owned(), folder.path().join("..")] {
        let error = app.download_blob(&blob).to_file(&bad).await.unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
    }
    let nowhere = folder.path().join("nowhere").join("layer");
    let error = app
        .download_blob(&blob)
        .to_file(&nowhere)
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io(_)), "{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
    assert!(sent(&emulator).is_empty());
    assert!(entries(folder.path()).is_empty());

    // What is not there leaves nothing behind.
    let target = folder.path().join("layer");
    let missing = acr_client::Digest::of(b"missing");
    let error = app
        .download_blob(&missing)
        .to_file(&target)
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(entries(folder.path()).is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_folder_is_not_followed() {
    let (emulator, app, blob, _) = blob(1).await;
    let folder = tempfile::tempdir().unwrap();
    let (target, victim) = (folder.path().join("layer"), folder.path().join("victim"));
    fs::write(&victim, "mine").unwrap();
    inject(&emulator, Fault::cut_answer(2_000_000), 1);
    app.download_blob(&blob).to_file(&target).await.unwrap_err();
    let part = part(folder.path());
    fs::remove_file(&part).unwrap();
    std::os::unix::fs::symlink(&victim, &part).unwrap();
    emulator.clear_requests();
    let error = app.download_blob(&blob).to_file(&target).await.unwrap_err();
    assert!(
        error.to_string().contains(part.to_str().unwrap()),
        "{error}"
    );
    assert!(sent(&emulator).is_empty());
    assert_eq!(fs::read(&victim).unwrap(), b"mine");
    assert!(!target.exists());
}

#[tokio::test]
async fn empty_blobs_in_every_form() {
    let (emulator, app, ..) = blob(1).await;
    let empty = app.upload_blob("").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for concurrency in [1, 4] {
        let download = || app.download_blob(&empty).concurrency(concurrency);
        assert!(download().bytes(0).await.unwrap().is_empty());
        assert!(download().stream().await.unwrap().next().await.is_none());
        let mut read = Vec::new();
        download()
            .reader()
            .await
            .unwrap()
            .read_to_end(&mut read)
            .await
            .unwrap();
        assert!(read.is_empty());
        let written = download().to_writer(tokio::io::sink()).await.unwrap();
        emulator.clear_requests();
        let target = folder.path().join(concurrency.to_string());
        let stored = download().to_file(&target).await.unwrap();
        assert_eq!((written.size, stored.size, stored.resumed), (0, 0, 0));
        assert!(!sent(&emulator).is_empty(), "whether it is there is asked");
        assert!(fs::read(&target).unwrap().is_empty());
    }
    assert_eq!(entries(folder.path()).len(), 2);
}
