//! One trouble, one transfer, one registry of its own.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use acr_client::{ContainerRegistryClient, Digest, Repository, RetryOptions};
use acr_emulator::{Emulator, FaultRule, UploadMode};
use tempfile::TempDir;
use tokio::time::timeout;

use super::{
    disk, killed, rules,
    table::{Row, Trouble},
    transfer::{Ended, OLD, Transfer, Work, word},
};

/// More requests than this are a client that does not give up.
const MOST: usize = 40;
/// What an impatient client waits for an answer, and for a piece of one.
const IMPATIENT: Duration = Duration::from_secs(4);
/// Longer than any cell takes.
const LONG: Duration = Duration::from_secs(40);

pub(super) struct Cell {
    pub(super) row: &'static Row,
    pub(super) mode: UploadMode,
    pub(super) transfer: Transfer,
    pub(super) expected: &'static str,
}

/// What came of a cell.
pub(super) struct Seen {
    row: &'static str,
    pub(super) mode: UploadMode,
    transfer: Transfer,
    pub(super) came: &'static str,
    /// At registry and storage host, those for tokens not counted.
    pub(super) requests: usize,
    pub(super) took: Duration,
    /// What of it should be otherwise.
    pub(super) wrong: Option<String>,
}

impl Seen {
    pub(super) fn is_of(&self, row: &Row, transfer: Transfer) -> bool {
        self.row == row.name && self.transfer == transfer
    }
}

/// A registry with the blob in it, if it is to be downloaded, and the folder of the one that moves
/// it.
pub(super) struct Scene {
    pub(super) emulator: Emulator,
    pub(super) transfer: Transfer,
    pub(super) folder: TempDir,
    repository: Repository,
}

impl Cell {
    /// What comes of it, or that nothing did.
    pub(super) async fn see_in_time(self) -> Seen {
        let Self {
            row,
            mode,
            transfer,
            ..
        } = self;
        let seen = timeout(LONG, tokio::spawn(self.see())).await;
        let (came, why) = match seen {
            Ok(Ok(seen)) => return seen,
            Ok(Err(panicked)) => ("panicked", panicked.to_string()),
            Err(_) => ("hangs", format!("{LONG:?} are over")),
        };
        let cell = format!("{}, {}, {mode:?}", row.name, transfer.name());
        Seen {
            row: row.name,
            mode,
            transfer,
            came,
            requests: 0,
            took: LONG,
            wrong: Some(format!("{cell}: {came}: {why}")),
        }
    }

    async fn see(self) -> Seen {
        let impatient = matches!(self.row.trouble, Trouble::Impatient(_));
        let scene = Scene::set(self.mode, self.transfer, impatient).await;
        let began = Instant::now();
        let (came, mut wrong) = match self.row.trouble {
            Trouble::Rules(rules) | Trouble::LeavesUpload(rules) | Trouble::Impatient(rules) => {
                scene.play(rules(self.transfer)).await
            }
            Trouble::CutAnswer(after) => {
                let after = after(self.transfer);
                let rules = rules::answer_cut_after(self.transfer, after);
                let (came, mut wrong) = scene.play(rules).await;
                wrong.extend(scene.goes_on_at(after));
                (came, wrong)
            }
            Trouble::Warm(rules) => scene.play_warm(rules(self.transfer)).await,
            Trouble::OtherDigest => scene.other_digest().await,
            Trouble::Local => disk::fails(&scene).await,
            Trouble::Killed => killed::in_a_request(&scene).await,
            Trouble::KilledAfterCut => killed::after_a_cut(&scene).await,
        };
        let requests = scene.requests();
        if came != self.expected {
            wrong.push(format!("{came} instead of {}", self.expected));
        }
        if requests > MOST {
            wrong.push(format!("{requests} requests"));
        }
        let waited = began.elapsed() >= Duration::from_secs(1);
        if self.row.name.contains("Retry-After") && !waited {
            wrong.push("it does not wait as it was told".to_owned());
        }
        let leaves_upload = match self.row.trouble {
            Trouble::LeavesUpload(_) => true,
            // Another process could go on with it.
            Trouble::Local => self.transfer == Transfer::UploadFile,
            _ => false,
        };
        wrong.extend(scene.aftermath(came, leaves_upload).await);
        let (row, mode, transfer) = (self.row.name, self.mode, self.transfer);
        let cell = format!("{row}, {}, {mode:?}", transfer.name());
        Seen {
            row,
            mode,
            transfer,
            came,
            requests,
            took: began.elapsed(),
            wrong: (!wrong.is_empty()).then(|| format!("{cell}: {}", wrong.join("; "))),
        }
    }
}

impl Scene {
    pub(super) async fn set(mode: UploadMode, transfer: Transfer, impatient: bool) -> Self {
        let builder = Emulator::builder().uploads(mode);
        let emulator = builder.start().await.unwrap();
        let repository = client(&emulator, impatient).repository("app").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let content = transfer.content();
        if transfer.is_upload() {
            fs::write(folder.path().join("source"), content).unwrap();
        } else {
            repository.upload_blob(content).await.unwrap();
            fs::write(folder.path().join("target"), OLD).unwrap();
        }
        emulator.clear_requests();
        Self {
            emulator,
            transfer,
            folder,
            repository,
        }
    }

    /// The transfer, in this process.
    pub(super) fn work(&self) -> Work {
        let repository = self.repository.clone();
        Work::new(repository, self.transfer, self.folder.path())
    }

    /// A transfer while these rules are in force.
    async fn play(&self, rules: Vec<FaultRule>) -> (&'static str, Vec<String>) {
        self.run(self.work(), rules).await
    }

    /// The same by a client that has a token.
    async fn play_warm(&self, rules: Vec<FaultRule>) -> (&'static str, Vec<String>) {
        let work = self.work();
        if self.transfer.is_upload() {
            work.repository.upload_blob("warm").await.unwrap();
        }
        self.emulator.clear_requests();
        self.run(work, rules).await
    }

    async fn run(&self, work: Work, rules: Vec<FaultRule>) -> (&'static str, Vec<String>) {
        for rule in rules {
            self.emulator.inject(rule).unwrap();
        }
        let ended = work.run().await;
        let mut wrong = self.told(&ended);
        for fault in self.emulator.faults() {
            if fault.hits == 0 {
                wrong.push(format!("nothing went wrong: {:?}", fault.rule));
            }
        }
        self.emulator.clear_faults();
        (ended.word(self.is_downloaded_in_more_parts()), wrong)
    }

    /// An upload whose bytes are not those of the digest that is said.
    async fn other_digest(&self) -> (&'static str, Vec<String>) {
        let mut work = self.work();
        work.digest = Some(Digest::of(b"other bytes"));
        let ended = work.run().await;
        (ended.word(false), self.told(&ended))
    }

    /// What the caller was told and should not have been.
    fn told(&self, ended: &Ended) -> Vec<String> {
        let mut wrong = Vec::new();
        let whole = ended.delivered == self.transfer.size();
        if self.transfer == Transfer::Stream && whole != ended.result.is_ok() {
            wrong.push(format!("{} bytes were delivered", ended.delivered));
        }
        if let Err(error) = &ended.result {
            let shown = format!("{error}\n{error:?}");
            for secret in ["_state=", "sig="] {
                if shown.contains(secret) {
                    wrong.push(format!("the error shows a secret: {shown}"));
                }
            }
            if word(error) == "another error" {
                wrong.push(shown);
            }
        }
        wrong
    }

    /// Whether there were more requests for bytes than a download without trouble has.
    pub(super) fn is_downloaded_in_more_parts(&self) -> bool {
        let requests = self.emulator.requests();
        let parts = self.transfer.size().div_ceil(self.transfer.part());
        let of_bytes = |operation| operation == Some("download_blob");
        let count = requests.iter().filter(|it| of_bytes(it.operation)).count();
        !self.transfer.is_upload() && count > parts
    }

    /// Whether a download was taken up right behind the bytes that had come: none is missing, and
    /// none is fetched twice.
    fn goes_on_at(&self, after: u64) -> Option<String> {
        let requests = self.emulator.requests();
        let downloads = requests
            .iter()
            .filter(|it| it.operation == Some("download_blob"));
        let ranges: Vec<_> = downloads.filter_map(|it| it.range.as_deref()).collect();
        let begins = ranges.iter().map(|range| killed::begin(range));
        let mut begins = begins.filter(|begin| begin % self.transfer.part() as u64 == after);
        let others = format!("none of {ranges:?} goes on after {after} bytes");
        begins.next().is_none().then_some(others)
    }

    fn requests(&self) -> usize {
        let requests = self.emulator.requests();
        let others = requests
            .iter()
            .filter(|it| !it.path.starts_with("/oauth2/"));
        others.count()
    }

    /// What is left in the registry and in the folder, and should be otherwise.
    async fn aftermath(&self, came: &str, leaves_upload: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        let done = ["ok", "resumed", "after cut", "restarted"].contains(&came);
        let content = self.transfer.content();
        let digest = self.transfer.digest();
        if self.transfer.is_upload() {
            let there = self.repository.head_blob(&digest).await.unwrap();
            if there.is_none() && done {
                wrong.push("the blob is not there".to_owned());
            }
            if there.is_some() {
                let limit = content.len();
                let bytes = self.repository.download_blob(&digest).bytes(limit).await;
                if bytes.unwrap() != content {
                    wrong.push("the blob has other bytes".to_owned());
                }
            }
            let left = self.emulator.dump().uploads.len();
            if left > usize::from(leaves_upload) {
                wrong.push(format!("{left} uploads are left"));
            }
        } else {
            wrong.extend(left_in(self.folder.path(), content, done, self.transfer));
        }
        wrong
    }
}

/// What the folder holds should be the whole file or the old one, and after a success nothing else.
fn left_in(folder: &Path, content: &[u8], done: bool, transfer: Transfer) -> Option<String> {
    let target = fs::read(folder.join("target")).unwrap();
    let expected = match transfer {
        Transfer::ToFile | Transfer::Parallel if done => content,
        _ => OLD,
    };
    if target != expected {
        return Some(format!("{} bytes under the final name", target.len()));
    }
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().file_name());
    let names: Vec<_> = names.collect();
    (done && names.len() > 1).then(|| format!("{names:?} are left"))
}

/// One who tries again, after next to no time.
fn client(emulator: &Emulator, impatient: bool) -> ContainerRegistryClient {
    let retry = RetryOptions::default()
        .initial_delay(Duration::from_millis(1))
        .max_delay(Duration::from_millis(5));
    let mut builder = ContainerRegistryClient::builder(emulator.endpoint())
        .credential(emulator.login())
        .retry(retry);
    if impatient {
        builder = builder.response_timeout(IMPATIENT).idle_timeout(IMPATIENT);
    }
    builder.build().unwrap()
}
