//! A process that is killed, and another one that goes on.

use std::{fs, time::Duration};

use acr_client::Resumption;
use acr_emulator::{Fault, FaultRule, RequestRecord};
use tokio::time::sleep;

use super::{
    cell::Scene,
    child::{Told, Wait, ended, kept, process},
    transfer::{PATCH, SIZE, Transfer},
};

const NEVER: Duration = Duration::from_secs(60 * 60);
/// What of a file is on disk when the process is killed, at least.
const ON_DISK: u64 = 512 * 1024;

/// While the second request that carries bytes is under way, or the only one.
pub(super) async fn in_a_request(scene: &Scene) -> (&'static str, Vec<String>) {
    let pause = Duration::from_millis(5);
    let operation = scene.transfer.operation();
    let (fault, nth) = match scene.transfer {
        Transfer::UploadFile | Transfer::UploadReader => (Fault::delay(NEVER), Some(2)),
        Transfer::UploadSmall => (Fault::delay(NEVER), None),
        _ => (Fault::trickle(64 * 1024, pause), None),
    };
    let rule = FaultRule::new(fault).on([operation]);
    let rule = nth.map_or(rule.clone(), |nth| rule.nth(nth));
    scene.emulator.inject(rule).unwrap();
    let mut child = process(scene, Wait::NoTime).spawn().unwrap();
    until(|| is_under_way(scene)).await;
    child.kill().await.unwrap();
    scene.emulator.clear_faults();
    let before = scene.emulator.requests().len();
    let told = ended(process(scene, Wait::NoTime)).await;
    let requests = scene.emulator.requests().split_off(before);
    (word(&told), wrong(scene, &told, &requests))
}

/// After a request was cut off within its bytes, before it is tried again.
pub(super) async fn after_a_cut(scene: &Scene) -> (&'static str, Vec<String>) {
    let cut = Fault::cut_request(PATCH as u64 / 2);
    let rule = FaultRule::new(cut).on(["upload_chunk"]).nth(2);
    scene.emulator.inject(rule).unwrap();
    let mut child = process(scene, Wait::Forever).spawn().unwrap();
    let cut = |it: &RequestRecord| it.operation == Some("upload_chunk") && it.status == 0;
    until(|| scene.emulator.requests().iter().any(cut)).await;
    child.kill().await.unwrap();
    let mut wrong = Vec::new();
    if kept(scene).map(|saved| saved.bytes()) != Some(PATCH as u64) {
        wrong.push("the first request is no checkpoint".to_owned());
    }
    let before = scene.emulator.requests().len();
    let told = ended(process(scene, Wait::NoTime)).await;
    let requests = scene.emulator.requests().split_off(before);
    let known = told.resumptions.first().map_or(0, |how| how.bytes());
    let kept = [0, PATCH as u64 * 3 / 2];
    if told.error.is_some() || !kept.contains(&known) || sent(&requests) != SIZE as u64 - known {
        wrong.push(format!("{told:?}, and {} bytes sent", sent(&requests)));
    }
    (word(&told), wrong)
}

fn is_under_way(scene: &Scene) -> bool {
    match scene.transfer {
        Transfer::ToFile | Transfer::Parallel => part(scene) >= ON_DISK,
        _ => scene.emulator.faults()[0].hits > 0,
    }
}

/// The bytes on disk that are not yet under the final name.
fn part(scene: &Scene) -> u64 {
    let entries = fs::read_dir(scene.folder.path()).unwrap().flatten();
    let parts = entries.filter(|entry| entry.file_name() != "target");
    let sizes = parts.filter_map(|entry| Some(entry.metadata().ok()?.len()));
    sizes.sum()
}

/// What the second process should have told, or sent, otherwise.
fn wrong(scene: &Scene, told: &Told, requests: &[RequestRecord]) -> Vec<String> {
    let right = told.error.is_none()
        && match scene.transfer {
            Transfer::UploadFile | Transfer::UploadReader => {
                let bytes = PATCH as u64;
                told.resumptions == [Resumption::Continued { bytes }]
                    && sent(requests) == SIZE as u64 - bytes
            }
            Transfer::UploadSmall | Transfer::UploadGiven | Transfer::Stream => told.found == 0,
            Transfer::ToFile => {
                let rest = format!("bytes={}-", told.found);
                told.found > 0 && ranges(requests).iter().all(|range| *range == rest)
            }
            Transfer::Parallel => {
                let first = format!("bytes={}-", told.found);
                let mut ranges = ranges(requests);
                ranges.sort_unstable_by_key(|range| begin(range));
                told.found > 0 && ranges.first().is_some_and(|it| it.starts_with(&first))
            }
        };
    match right {
        true => Vec::new(),
        false => vec![format!("{told:?} after {requests:#?}")],
    }
}

/// How many bytes of blobs were sent.
fn sent(requests: &[RequestRecord]) -> u64 {
    let uploads = requests
        .iter()
        .filter(|it| matches!(it.operation, Some("upload_chunk" | "complete_upload")));
    uploads.map(|it| it.received).sum()
}

/// Which bytes were asked for.
fn ranges(requests: &[RequestRecord]) -> Vec<&str> {
    let downloads = requests
        .iter()
        .filter(|it| it.operation == Some("download_blob"));
    downloads
        .map(|it| it.range.as_deref().unwrap_or("all"))
        .collect()
}

/// The first byte of a range that is asked for.
pub(super) fn begin(range: &str) -> u64 {
    let begin = range.trim_start_matches("bytes=").split('-').next();
    begin.and_then(|begin| begin.parse().ok()).unwrap_or(0)
}

fn word(told: &Told) -> &'static str {
    let words = ["ok", "resumed", "after cut", "restarted", "lost"];
    let known = words.into_iter().find(|word| *word == told.word);
    known.unwrap_or("another end")
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        sleep(Duration::from_millis(2)).await;
    }
}
