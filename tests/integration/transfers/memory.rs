//! Memory does not grow with the blob.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use acr_client::{Digest, Progress, Repository, Source};
use acr_emulator::{Emulator, Seed, SeedBlob, SeedRepository};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;

use crate::another_process::{self, ended, peak, registry, set, tell};

const MIB: u64 = 1024 * 1024;
const SIZE: u64 = 256 * MIB;
/// Bytes after which what comes later is compared.
const SETTLED: u64 = 96 * MIB;
/// By how much memory may grow after them, in KiB: the allocator's own ways.
const GROWTH: u64 = 16 * 1024;
/// The most that a transfer may take, in KiB, with all that a program of tests has besides.
const MOST: u64 = 96 * 1024;

/// Tell the other process what to move.
const WAY: &str = "ACR_MEMORY_WAY";
const FOLDER: &str = "ACR_MEMORY_FOLDER";

const WAYS: [&str; 5] = [
    "upload file",
    "upload reader",
    "discard",
    "to file",
    "parallel",
];

/// What the other process found: the most memory that it ever had, in KiB, after the first bytes and
/// at the end; only Linux says.
#[derive(Debug, Serialize, Deserialize)]
struct Moved {
    early: Option<u64>,
    late: Option<u64>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_does_not_grow_with_the_blob() {
    let emulator = Emulator::start().await.unwrap();
    let zeros = zeros();
    let blob = SeedBlob {
        digest: Some(zeros.to_string()),
        size: Some(SIZE),
        ..SeedBlob::default()
    };
    let app = SeedRepository {
        blobs: vec![blob],
        ..SeedRepository::default()
    };
    let repositories = [("app".to_owned(), app)].into();
    emulator.seed(Seed { repositories }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let source = fs::File::create(folder.path().join("source")).unwrap();
    source.set_len(SIZE).unwrap();
    for way in WAYS {
        let moved = in_another_process(&emulator, way, folder.path()).await;
        println!("{way}: {moved:?}");
        if let (Some(early), Some(late)) = (moved.early, moved.late) {
            assert!(late - early < GROWTH, "{way}: {moved:?}");
            assert!(late < MOST, "{way}: {moved:?}");
        }
    }
}

/// The digest of so many zeros.
fn zeros() -> Digest {
    let mut hash = acr_core::DigestVerifier::new(acr_core::Algorithm::Sha256);
    let piece = vec![0; MIB as usize];
    (0..SIZE / MIB).for_each(|_| hash.update(&piece));
    hash.finish()
}

async fn in_another_process(emulator: &Emulator, way: &str, folder: &Path) -> Moved {
    let mut process = another_process::of("transfers::memory::a_transfer", emulator);
    process.env(WAY, way).env(FOLDER, folder);
    ended(process).await
}

#[tokio::test]
#[ignore = "what the other process does; it needs a registry"]
async fn a_transfer() {
    let registry = registry().build().unwrap();
    let app = registry.repository("app").unwrap();
    let early = Arc::new(AtomicU64::new(0));
    let first = Arc::clone(&early);
    let on_progress = move |progress: Progress| {
        if progress.bytes >= SETTLED && first.load(Ordering::Relaxed) == 0 {
            first.store(peak().unwrap_or_default(), Ordering::Relaxed);
        }
    };
    let folder = set(FOLDER);
    transfer(&app, &set(WAY), Path::new(&folder), on_progress).await;
    let early = Some(early.load(Ordering::Relaxed)).filter(|early| *early > 0);
    let late = peak();
    assert_eq!(early.is_some(), late.is_some(), "it told of its progress");
    tell(&Moved { early, late });
}

async fn transfer(
    app: &Repository,
    way: &str,
    folder: &Path,
    on_progress: impl Fn(Progress) + Send + Sync + 'static,
) {
    let source = folder.join("source");
    let download = || app.download_blob(zeros());
    let target = folder.join(way);
    let size = match way {
        "upload file" => {
            let upload = app.upload_blob(Source::file(source));
            upload.on_progress(on_progress).await.unwrap().size
        }
        "upload reader" => {
            let source = Source::reader(tokio::io::repeat(0).take(SIZE));
            let upload = app.upload_blob(source);
            upload.on_progress(on_progress).await.unwrap().size
        }
        "discard" => {
            let download = download().on_progress(on_progress);
            download.to_writer(tokio::io::sink()).await.unwrap().size
        }
        "to file" => {
            let download = download().on_progress(on_progress);
            download.to_file(&target).await.unwrap().size
        }
        _ => {
            let download = download().on_progress(on_progress);
            let ranges = download.concurrency(4).part_size(4 * MIB);
            ranges.to_file(&target).await.unwrap().size
        }
    };
    assert_eq!(size, SIZE);
    if target.exists() {
        fs::remove_file(target).unwrap();
    }
}
