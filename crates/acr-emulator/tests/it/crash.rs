//! Killed at any moment: what was acknowledged is there, and nothing that is half-written.

use std::{
    collections::HashSet,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use acr_core::Digest;
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    task::JoinSet,
};

use crate::support::{OCI_MANIFEST, client, header};

const KILLS: u32 = 50;
const PUSHERS: usize = 4;

/// A generator of numbers that can be set going again from the same start (SplitMix64).
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn bytes(&mut self, limit: u64) -> Vec<u8> {
        let length = 1 + self.below(limit);
        let (start, step) = (self.below(256), 1 + self.below(255));
        let bytes = (0..length).map(|at| ((start + at * step + at / 251) % 256) as u8);
        bytes.collect()
    }
}

/// What clients sent, and of that what was acknowledged.
#[derive(Default)]
struct Ledger {
    tried_blobs: HashSet<(String, Digest)>,
    blobs: HashSet<(String, Digest)>,
    tried_manifests: HashSet<(String, Digest)>,
    manifests: HashSet<(String, Digest)>,
    tags: HashSet<(String, String, Digest)>,
    /// Chunked uploads that were begun and not acknowledged as complete.
    uploads: HashSet<String>,
}

/// The program, as one run of it is reached.
#[derive(Clone)]
struct Run {
    endpoint: String,
    http: Client,
}

impl Run {
    async fn start(data: &Path) -> (Child, Self) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_acr-emulator"))
            .args(["--admin-password", "secret", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).await.unwrap();
        let ready: Value = serde_json::from_str(&line).expect("it starts again");
        let endpoint = ready["endpoint"].as_str().unwrap().to_owned();
        // A provider for TLS is installed along the way.
        drop(client());
        let http = Client::builder().redirect(Policy::limited(1)).build();
        let http = http.unwrap();
        (child, Self { endpoint, http })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.endpoint);
        let request = self.http.request(method, url);
        request.basic_auth("emulator", Some("secret"))
    }

    /// Pushes until the connection breaks.
    async fn push(self, mut random: Random, ledger: Arc<Mutex<Ledger>>) -> Option<()> {
        loop {
            let repository = format!("app{}", random.below(3));
            let layer = self.push_blob(&repository, &mut random, &ledger).await?;
            let manifest = json!({
                "schemaVersion": 2, "mediaType": OCI_MANIFEST,
                "config": {"mediaType": "application/x", "digest": layer, "size": 1},
                "layers": [], "annotations": {"n": random.below(1 << 60).to_string()},
            });
            let manifest = manifest.to_string();
            let digest = Digest::of(manifest.as_bytes());
            let key = (repository.clone(), digest.clone());
            ledger.lock().unwrap().tried_manifests.insert(key.clone());
            let tag = format!("t{}", random.below(1 << 60));
            let path = format!("/v2/{repository}/manifests/{tag}");
            let put = self.request(Method::PUT, &path).body(manifest);
            let put = put.header("content-type", OCI_MANIFEST).send().await.ok()?;
            assert_eq!(put.status(), StatusCode::CREATED);
            let mut ledger = ledger.lock().unwrap();
            ledger.manifests.insert(key);
            ledger.tags.insert((repository, tag, digest));
        }
    }

    async fn push_blob(
        &self,
        repository: &str,
        random: &mut Random,
        ledger: &Mutex<Ledger>,
    ) -> Option<Digest> {
        let bytes = random.bytes(300_000);
        let digest = Digest::of(&bytes);
        let key = (repository.to_owned(), digest.clone());
        ledger.lock().unwrap().tried_blobs.insert(key.clone());
        let uploads = format!("/v2/{repository}/blobs/uploads/");
        let done = if random.below(2) == 0 {
            let path = format!("{uploads}?digest={digest}");
            self.request(Method::POST, &path)
                .body(bytes)
                .send()
                .await
                .ok()?
        } else {
            let start = self.request(Method::POST, &uploads).send().await.ok()?;
            let uuid = header(&start, "docker-upload-uuid").to_owned();
            ledger.lock().unwrap().uploads.insert(uuid.clone());
            let (head, tail) = bytes.split_at(bytes.len() / 2);
            let patch = self.request(Method::PATCH, header(&start, "location"));
            let patch = patch.body(head.to_vec()).send().await.ok()?;
            let path = format!("{}&digest={digest}", header(&patch, "location"));
            let put = self.request(Method::PUT, &path).body(tail.to_vec());
            let done = put.send().await.ok()?;
            ledger.lock().unwrap().uploads.remove(&uuid);
            done
        };
        assert_eq!(done.status(), StatusCode::CREATED);
        ledger.lock().unwrap().blobs.insert(key);
        Some(digest)
    }

    /// What is served here, which must have this digest; whether anything is.
    async fn is_intact(&self, path: &str, digest: &Digest) -> bool {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        if answer.status() == StatusCode::NOT_FOUND {
            return false;
        }
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(Digest::of(&bytes), *digest, "{path} is torn");
        true
    }

    /// Looks at everything that was tried, and gives the blobs that are served.
    async fn check(&self, ledger: &Ledger) -> HashSet<String> {
        let mut files = HashSet::new();
        for key in &ledger.tried_blobs {
            let (repository, digest) = key;
            let path = format!("/v2/{repository}/blobs/{digest}");
            let served = self.is_intact(&path, digest).await;
            assert!(served || !ledger.blobs.contains(key), "{path} is lost");
            if served {
                files.insert(digest.hex().to_owned());
            }
        }
        for key in &ledger.tried_manifests {
            let (repository, digest) = key;
            let path = format!("/v2/{repository}/manifests/{digest}");
            let served = self.is_intact(&path, digest).await;
            assert!(served || !ledger.manifests.contains(key), "{path} is lost");
        }
        for (repository, tag, digest) in &ledger.tags {
            let path = format!("/v2/{repository}/manifests/{tag}");
            assert!(self.is_intact(&path, digest).await, "{path} is lost");
        }
        files
    }
}

/// The names of all files below a directory.
fn walk(directory: &Path) -> Box<dyn Iterator<Item = String>> {
    let entries = directory.read_dir().unwrap().map(Result::unwrap);
    Box::new(entries.flat_map(|entry| match entry.path() {
        path if path.is_dir() => walk(&path),
        _ => Box::new(std::iter::once(entry.file_name().into_string().unwrap())),
    }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_nothing_that_was_acknowledged() {
    let seed = match std::env::var("ACR_CRASH_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_nanos() as u64,
    };
    println!("ACR_CRASH_SEED={seed} begins with the same pushes and pauses");
    let mut random = Random(seed);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path();
    let mut rounds: Vec<Ledger> = Vec::new();
    let (mut files, mut begun) = (HashSet::new(), HashSet::new());
    for kill in 0..=KILLS {
        let (mut child, run) = Run::start(data).await;
        if let Some(ledger) = rounds.last() {
            files.extend(run.check(ledger).await);
            let found: HashSet<String> = walk(&data.join("blobs")).collect();
            assert_eq!(found, files, "a file for each blob that is served");
            begun.extend(ledger.uploads.iter().cloned());
            let left = walk(&data.join("uploads")).filter(|name| !begun.contains(name));
            // Uploads whose start was written down, but not answered.
            let unanswered: Vec<_> = left.collect();
            assert!(unanswered.len() <= PUSHERS, "{unanswered:?}");
            begun.extend(unanswered);
        }
        if kill == KILLS {
            for ledger in &rounds {
                run.check(ledger).await;
            }
            break;
        }
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let mut pushers = JoinSet::new();
        for _ in 0..PUSHERS {
            let random = Random(random.below(u64::MAX));
            pushers.spawn(run.clone().push(random, Arc::clone(&ledger)));
        }
        tokio::time::sleep(Duration::from_millis(5 + random.below(120))).await;
        child.kill().await.unwrap();
        while let Some(pusher) = pushers.join_next().await {
            pusher.unwrap();
        }
        rounds.push(Arc::into_inner(ledger).unwrap().into_inner().unwrap());
    }
    let count = |ledger: &Ledger| ledger.blobs.len() + ledger.tags.len();
    let acknowledged: usize = rounds.iter().map(count).sum();
    println!("{acknowledged} blobs and tags were acknowledged");
    assert!(
        acknowledged > 50,
        "{acknowledged}: too few to prove anything"
    );
}
