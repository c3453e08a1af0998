//! An upload that another process goes on with: when the session is left for it, and what it may be
//! gone on with.

use std::{
    fs, io,
    sync::{Arc, Mutex},
    time::Duration,
};

use acr_client::{
    ContainerRegistryClient, Digest, Repository, Resumption, RetryOptions, SavedUpload, Source,
    UploadBlob, all,
};
use acr_emulator::{Emulator, Fault, FaultRule};
use bytes::Bytes;
use futures_util::stream;
use tempfile::TempDir;

const MIB: usize = 1024 * 1024;

type Kept = Arc<Mutex<Option<SavedUpload>>>;

struct Scene {
    emulator: Emulator,
    app: Repository,
    folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let quick = RetryOptions::default().initial_delay(Duration::from_millis(1));
        let client = ContainerRegistryClient::builder(emulator.endpoint())
            .credential(emulator.login())
            .retry(quick)
            .build()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let app = client.repository("app").unwrap();
        Self {
            emulator,
            app,
            folder,
        }
    }

    /// An upload that tells what another process needs.
    fn upload(&self, source: Source) -> (UploadBlob, Kept) {
        let kept = Kept::default();
        let keep = Arc::clone(&kept);
        let upload = self.app.upload_blob(source).part_size(MIB as u64);
        let upload = upload.on_checkpoint(move |saved| *keep.lock().unwrap() = Some(saved));
        (upload, kept)
    }

    /// What is left of an upload whose last request fails for the moment.
    async fn broken(&self, content: &[u8]) -> SavedUpload {
        let rule = FaultRule::new(Fault::status(503)).on(["complete_upload"]);
        self.emulator.inject(rule).unwrap();
        let (upload, kept) = self.upload(self.file(content));
        let error = upload.await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        self.emulator.clear_faults();
        assert_eq!(self.left(), 1);
        kept.lock().unwrap().take().unwrap()
    }

    fn file(&self, content: &[u8]) -> Source {
        let path = self.folder.path().join("file");
        fs::write(&path, content).unwrap();
        Source::file(path)
    }

    fn left(&self) -> usize {
        self.emulator.dump().uploads.len()
    }

    fn patches(&self) -> usize {
        let requests = self.emulator.requests();
        let patches = requests
            .iter()
            .filter(|it| it.operation == Some("upload_chunk"));
        patches.count()
    }
}

fn reader(content: &[u8]) -> Source {
    Source::reader(io::Cursor::new(content.to_vec()))
}

fn content(first: u8, size: usize) -> Vec<u8> {
    let mut content: Vec<u8> = (0..size).map(|n| (n / 1000) as u8).collect();
    content[0] = first;
    content
}

#[tokio::test]
async fn a_source_that_begins_otherwise_is_not_mixed_with_what_was_sent() {
    for size in [3 * MIB, 4 * MIB] {
        let scene = Scene::new().await;
        let changed = content(2, size);
        for as_bytes in [false, true] {
            let saved = scene.broken(&content(1, 3 * MIB)).await;
            let source = match as_bytes {
                true => Source::from(changed.clone()),
                false => scene.file(&changed),
            };
            let (told, heard) = std::sync::mpsc::channel();
            let upload = scene.app.upload_blob(source).resume(saved);
            let blob = upload.on_resume(move |how| told.send(how).unwrap()).await;
            assert_eq!(blob.unwrap().digest, Digest::of(&changed));
            assert_eq!(
                heard.try_iter().collect::<Vec<_>>(),
                [Resumption::Restarted]
            );
            assert_eq!(scene.left(), 0, "the old one is cancelled");
        }
    }
}

#[tokio::test]
async fn a_source_that_is_the_same_goes_on() {
    let scene = Scene::new().await;
    let whole = content(1, 3 * MIB - 5);
    for source in [
        scene.file(&whole),
        Source::from(whole.clone()),
        reader(&whole),
    ] {
        let saved = scene.broken(&whole).await;
        let bytes = saved.bytes();
        scene.emulator.clear_requests();
        let told = format!("{source:?}");
        let (tell, heard) = std::sync::mpsc::channel();
        let upload = scene.app.upload_blob(source).part_size(MIB as u64);
        let upload = upload.on_resume(move |how| tell.send(how).unwrap());
        assert_eq!(
            upload.resume(saved).await.unwrap().digest,
            Digest::of(&whole)
        );
        let expected = [Resumption::Continued { bytes }];
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), expected, "{told}");
        assert_eq!((scene.patches(), scene.left()), (0, 0), "{told}");
    }
}

/// Nothing is sent, and whoever has the right bytes can still go on.
#[tokio::test]
async fn a_reader_that_begins_otherwise_is_refused() {
    let scene = Scene::new().await;
    let whole = content(1, 3 * MIB);
    let saved = scene.broken(&whole).await;
    scene.emulator.clear_requests();
    let upload = scene.app.upload_blob(reader(&content(2, 3 * MIB)));
    let upload = upload.part_size(MIB as u64).resume(saved.clone());
    let error = upload.await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert_eq!((scene.patches(), scene.left()), (0, 1));
    let upload = scene.app.upload_blob(reader(&whole)).part_size(MIB as u64);
    assert_eq!(
        upload.resume(saved).await.unwrap().digest,
        Digest::of(&whole)
    );
}

#[tokio::test]
async fn with_a_digest_the_registry_compares() {
    let scene = Scene::new().await;
    let saved = scene.broken(&content(1, 3 * MIB)).await;
    let changed = content(2, 3 * MIB);
    let upload = scene.app.upload_blob(scene.file(&changed)).resume(saved);
    let error = upload.digest(Digest::of(&changed)).await.unwrap_err();
    assert!(error.is_digest_mismatch(), "{error}");
    assert_eq!(scene.left(), 0, "nobody can go on with it");
}

#[tokio::test]
async fn a_lost_upload_tells_how_much_was_sent() {
    let scene = Scene::new().await;
    let whole = content(1, 6 * MIB);
    let saved = scene.broken(&whole).await;
    let known = saved.bytes();
    let gone = Fault::status(404).code("BLOB_UPLOAD_UNKNOWN");
    let rule = FaultRule::new(gone).on(["upload_chunk", "complete_upload"]);
    scene.emulator.inject(rule).unwrap();
    let upload = scene.app.upload_blob(reader(&whole)).part_size(MIB as u64);
    let error = upload.resume(saved).await.unwrap_err();
    let acr_client::ErrorKind::UploadLost { sent, .. } = error.kind() else {
        panic!("{error}");
    };
    assert!((known..=6 * MIB as u64).contains(sent), "{known} {sent}");
}

/// What fails on this side, or for the moment, may be gone on with.
#[tokio::test]
async fn a_session_is_left_for_whoever_was_told_of_it() {
    // A reader that breaks,
    let scene = Scene::new().await;
    let items = |n: usize| {
        let items = (0..n).map(|_| Ok(Bytes::from(vec![7; MIB])));
        items
            .chain([Err(io::Error::other("a hiccup"))])
            .collect::<Vec<_>>()
    };
    let (upload, kept) = scene.upload(Source::stream(stream::iter(items(4))));
    assert!(upload.await.unwrap_err().to_string().contains("a hiccup"));
    let saved = kept.lock().unwrap().take().unwrap();
    let upload = scene
        .app
        .upload_blob(Source::stream(stream::iter(items(4))));
    let upload = upload.part_size(MIB as u64).resume(saved);
    assert!(upload.await.unwrap_err().to_string().contains("a hiccup"));
    assert_eq!(scene.left(), 1);

    // one of which nobody was told, or nobody is told at all,
    let scene = Scene::new().await;
    let rule = FaultRule::new(Fault::status(403)).on(["upload_chunk"]);
    scene.emulator.inject(rule).unwrap();
    let (upload, kept) = scene.upload(scene.file(&content(1, 3 * MIB)));
    upload.await.unwrap_err();
    scene.emulator.clear_faults();
    assert!(kept.lock().unwrap().is_none());
    let untold = scene
        .app
        .upload_blob(Source::stream(stream::iter(items(4))));
    untold.part_size(MIB as u64).await.unwrap_err();
    assert_eq!(scene.left(), 0);

    // a file that is too short,
    let scene = Scene::new().await;
    let saved = scene.broken(&content(1, 3 * MIB)).await;
    let short = scene.app.upload_blob(scene.file(&[7; 10])).resume(saved);
    assert!(short.await.unwrap_err().to_string().contains("10 bytes"));
    assert_eq!(scene.left(), 1);

    // and a set of which another call failed.
    let scene = Scene::new().await;
    let rule = FaultRule::new(Fault::delay(Duration::from_secs(3600)));
    let rule = rule.on(["upload_chunk"]).nth(2);
    scene.emulator.inject(rule).unwrap();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let upload = scene
        .app
        .upload_blob(vec![7; 3 * MIB])
        .part_size(MIB as u64);
    let upload: UploadBlob = upload.on_checkpoint(move |_| told.send(()).unwrap());
    let fails = stream::once(async move {
        heard.recv().await;
        Err::<Bytes, _>(io::Error::other("a hiccup"))
    });
    let fails = scene.app.upload_blob(Source::stream(Box::pin(fails)));
    let error = all([upload, fails]).await.unwrap_err();
    assert_eq!(error.index(), Some(1));
    assert_eq!(scene.left(), 1);
}

/// A mount that opened an upload instead, and a source that fails then.
#[tokio::test]
async fn what_was_opened_is_closed_before_the_first_byte_too() {
    let scene = Scene::new().await;
    let bad = Source::stream(stream::iter([Err::<Bytes, _>(io::Error::other(
        "a hiccup",
    ))]));
    let upload = scene.app.upload_blob(bad).digest(Digest::of(b"x"));
    let error = upload.mount_from("library/base").await.unwrap_err();
    assert!(error.to_string().contains("a hiccup"), "{error}");
    assert_eq!(scene.left(), 0);
}

/// Whatever is under way when another call of the set fails ends with it, not at its own end.
#[tokio::test]
async fn what_comes_before_the_bytes_ends_with_its_set_too() {
    for (operation, mounts) in [("start_upload", false), ("start_upload", true)] {
        let scene = Scene::new().await;
        scene.app.upload_blob("a token").await.unwrap();
        scene.emulator.clear_requests();
        let rule = FaultRule::new(Fault::delay(Duration::from_secs(3600))).on([operation]);
        scene.emulator.inject(rule).unwrap();
        let waits: UploadBlob = scene.app.upload_blob("small");
        let waits = match mounts {
            true => waits.mount_from("library/base"),
            false => waits,
        };
        // It has reached the registry when the rule has hit.
        let (reached, mut is_reached) = tokio::sync::mpsc::unbounded_channel();
        let fails = stream::once(async move {
            is_reached.recv().await;
            Err::<Bytes, _>(io::Error::other("a hiccup"))
        });
        let fails = scene.app.upload_blob(Source::stream(Box::pin(fails)));
        let watch = async {
            while scene.emulator.faults()[0].hits == 0 {
                tokio::task::yield_now().await;
            }
            reached.send(()).unwrap();
        };
        let set = tokio::time::timeout(Duration::from_secs(3), all([waits, fails]).into_future());
        let (set, ()) = tokio::join!(set, watch);
        assert_eq!(set.unwrap().unwrap_err().index(), Some(1));
    }
}

/// All of it is there, though nothing was sent.
#[tokio::test]
async fn the_end_is_told_where_nothing_is_sent() {
    let scene = Scene::new().await;
    let base = scene.app.registry().repository("library/base").unwrap();
    base.upload_blob("content").await.unwrap();
    let (told, heard) = std::sync::mpsc::channel();
    let upload = || -> UploadBlob {
        let told = told.clone();
        let upload = scene.app.upload_blob("content");
        upload.on_progress(move |progress| told.send(progress.bytes).unwrap())
    };
    upload().mount_from("library/base").await.unwrap();
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), [7]);
    upload().skip_if_exists().await.unwrap();
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), [7]);
}
