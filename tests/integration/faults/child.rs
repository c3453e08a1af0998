//! A transfer in a process of its own, which can be killed, or has little disk.

use std::{env, ffi::OsString, fs, path::PathBuf, sync::Arc, time::Duration};

use acr_client::{Resumption, RetryOptions, SavedUpload};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::another_process::{self, arguments, registry, set, tell};

use super::{
    cell::Scene,
    transfer::{Transfer, Work},
};

/// Tell the other process what to do.
const TRANSFER: &str = "ACR_FAULTS_TRANSFER";
const FOLDER: &str = "ACR_FAULTS_FOLDER";
/// For how many milliseconds it waits before it tries again.
const WAIT: &str = "ACR_FAULTS_WAIT";

/// Where it keeps what the next process needs.
const SAVED: &str = "saved.json";

/// What the other process tells of its transfer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) word: String,
    pub(super) resumptions: Vec<Resumption>,
    pub(super) found: u64,
    pub(super) error: Option<String>,
}

/// How long the other process waits before it tries again.
#[derive(Clone, Copy)]
pub(super) enum Wait {
    NoTime,
    Forever,
}

/// Its name as a test.
const TEST: &str = "faults::child::a_transfer";

/// The transfer of this scene, in another process.
pub(super) fn process(scene: &Scene, wait: Wait) -> Command {
    told(another_process::of(TEST, &scene.emulator), scene, wait)
}

/// A shell that says this first, and then becomes the other process.
pub(super) fn shell(said: &str) -> Vec<OsString> {
    let script = format!("{said}; exec \"$0\" \"$@\"");
    let program = env::current_exe().unwrap().into_os_string();
    let shell = ["sh".into(), "-c".into(), script.into(), program];
    shell
        .into_iter()
        .chain(arguments(TEST).map(Into::into))
        .collect()
}

/// A command that becomes the other process, told what to do.
pub(super) fn prepared(command: Command, scene: &Scene) -> Command {
    let command = another_process::at(command, &scene.emulator);
    told(command, scene, Wait::NoTime)
}

fn told(mut command: Command, scene: &Scene, wait: Wait) -> Command {
    let wait: u64 = match wait {
        Wait::NoTime => 1,
        Wait::Forever => 3_600_000,
    };
    command
        .env(TRANSFER, scene.transfer.name())
        .env(FOLDER, scene.folder.path())
        .env(WAIT, wait.to_string());
    command
}

/// Lets it come to its end, and says what it told.
pub(super) async fn ended(command: Command) -> Told {
    another_process::ended(command).await
}

#[tokio::test]
#[ignore = "what the other process does; it needs a registry"]
async fn a_transfer() {
    let wait = Duration::from_millis(set(WAIT).parse().unwrap());
    let retry = RetryOptions::default()
        .initial_delay(wait)
        .max_delay(wait)
        .max_elapsed(3 * wait.max(Duration::from_secs(10)));
    let registry = registry().retry(retry).build().unwrap();
    let repository = registry.repository("app").unwrap();
    let name = set(TRANSFER);
    let transfer = Transfer::ALL.into_iter().find(|it| it.name() == name);
    let folder = PathBuf::from(set(FOLDER));
    let mut work = Work::new(repository, transfer.unwrap(), &folder);
    let saved = folder.join(SAVED);
    work.saved = fs::read(&saved)
        .ok()
        .map(|json| serde_json::from_slice(&json).unwrap());
    work.on_checkpoint = Some(Arc::new(move |upload| keep(&saved, &upload)));
    let ended = work.run().await;
    let told = Told {
        word: ended.word(false).to_owned(),
        resumptions: ended.resumptions,
        found: ended.found,
        error: ended.result.err().map(|error| error.to_string()),
    };
    tell(&told);
}

/// Whole or not at all, whenever this process is killed.
fn keep(path: &std::path::Path, upload: &SavedUpload) {
    let fresh = path.with_extension("new");
    fs::write(&fresh, serde_json::to_vec(upload).unwrap()).unwrap();
    fs::rename(&fresh, path).unwrap();
}

/// What the other process has kept, if it has.
pub(super) fn kept(scene: &Scene) -> Option<SavedUpload> {
    let json = fs::read(scene.folder.path().join(SAVED)).ok()?;
    Some(serde_json::from_slice(&json).unwrap())
}
