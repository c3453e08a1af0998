//! Files that cannot be read or written to their end.

use std::{fs::OpenOptions, sync::Arc};

use acr_emulator::UploadMode;
use tokio::process::Command;

use super::{
    cell::Scene,
    child::{ended, prepared, shell},
    transfer::{PATCH, Transfer},
};

/// A file of at most 2 MiB: `ulimit` counts in blocks of 512 bytes, or of 1024 in some shells.
const LITTLE_FILE: &str = "trap '' XFSZ; ulimit -f 2048";

/// What comes of a transfer whose local side fails half-way.
pub(super) async fn fails(scene: &Scene) -> (&'static str, Vec<String>) {
    let mut work = scene.work();
    match scene.transfer {
        Transfer::UploadFile => {
            // Once the first bytes are across, the file is shorter than it was.
            let source = work.source();
            work.on_checkpoint = Some(Arc::new(move |_| {
                let file = OpenOptions::new().write(true).open(&source).unwrap();
                file.set_len(PATCH as u64 + 1000).unwrap();
            }));
        }
        Transfer::UploadReader => work.fails_after = Some(PATCH + 1000),
        _ => {
            let mut process = Command::new("env");
            process.args(shell(LITTLE_FILE));
            return full(scene, prepared(process, scene)).await;
        }
    }
    let ended = work.run().await;
    (ended.word(false), Vec::new())
}

/// What comes of a download where there is too little room.
pub(super) async fn full(scene: &Scene, process: Command) -> (&'static str, Vec<String>) {
    let told = ended(process).await;
    let mut wrong = Vec::new();
    let folder = scene.folder.path().display().to_string();
    let error = told.error.unwrap_or_default();
    if !error.contains(&folder) {
        wrong.push(format!("the error does not name the file: {error}"));
    }
    let came = if told.word == "io" {
        "io"
    } else {
        "another end"
    };
    (came, wrong)
}

/// As root, a file system that has no more room; `unshare` takes it away again.
#[tokio::test]
async fn a_file_system_without_room() {
    let probe = Command::new("unshare").args(["-m", "true"]).output().await;
    if !probe.is_ok_and(|probe| probe.status.success()) {
        println!("left out: it takes root, and `unshare`");
        return;
    }
    for transfer in [Transfer::ToFile, Transfer::Parallel] {
        let scene = Scene::set(UploadMode::Strict, transfer, false).await;
        let folder = scene.folder.path().display();
        let little = format!("mount -t tmpfs -o size=2m none '{folder}' || exit 1");
        let mut process = Command::new("unshare");
        process.arg("-m").args(shell(&little));
        let (came, wrong) = full(&scene, prepared(process, &scene)).await;
        assert_eq!((came, wrong), ("io", Vec::new()), "{transfer:?}");
    }
}
