//! What moving bytes costs the program: processor time for each GiB, and memory.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use acr_core::{Algorithm, DigestVerifier};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use reqwest::{Body, Client, Method, StatusCode};
use serde_json::Value;
use tokio::process::Command;

use crate::{
    program::{PROGRAM, ready},
    support::{client, header},
};

const BLOCK: usize = 1024 * 1024;
const GIB: u64 = 1024;

/// The program under measurement, and a client in another process: this one.
struct Measured {
    pid: u32,
    endpoint: String,
    http: Client,
    block: Bytes,
}

impl Measured {
    /// So many MiB.
    fn body(&self, mib: u64) -> Body {
        let block = self.block.clone();
        let blocks = (0..mib).map(move |_| Ok::<_, std::io::Error>(block.clone()));
        Body::wrap_stream(stream::iter(blocks))
    }

    fn digest(&self, mib: u64) -> String {
        let mut hash = DigestVerifier::new(Algorithm::Sha256);
        (0..mib).for_each(|_| hash.update(&self.block));
        hash.finish().to_string()
    }

    /// Processor time until now, user's and system's.
    fn time(&self) -> Duration {
        // After the name, which may hold spaces, the 12th and 13th; in hundredths of a second.
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap();
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11);
        let ticks: u64 = fields
            .take(2)
            .map(|field| field.parse::<u64>().unwrap())
            .sum();
        Duration::from_millis(ticks * 10)
    }

    /// The most memory that it has held, in MiB.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        line.split_whitespace()
            .next()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            / 1024
    }

    /// Uploads so many MiB in PATCHes of `step` MiB.
    async fn upload(&self, mib: u64, step: u64, digest: &str) {
        let send = |method, location: &str| {
            let url = format!("{}{location}", self.endpoint);
            let request = self.http.request(method, url);
            request.basic_auth("emulator", Some("secret"))
        };
        let started = send(Method::POST, "/v2/big/blobs/uploads/")
            .send()
            .await
            .unwrap();
        let mut location = header(&started, "location").to_owned();
        for _ in 0..mib / step {
            let patch = send(Method::PATCH, &location).body(self.body(step));
            let length = step * BLOCK as u64;
            let patch = patch.header("content-length", length).send().await.unwrap();
            assert_eq!(patch.status(), StatusCode::ACCEPTED);
            location = header(&patch, "location").to_owned();
        }
        let put = send(Method::PUT, &format!("{location}&digest={digest}"));
        assert_eq!(put.send().await.unwrap().status(), StatusCode::CREATED);
    }

    async fn download(&self, digest: &str) -> u64 {
        let url = format!("{}/v2/big/blobs/{digest}", self.endpoint);
        let get = self.http.get(url).basic_auth("emulator", Some("secret"));
        let redirect = get.send().await.unwrap();
        let storage = self.http.get(header(&redirect, "location"));
        let mut bytes = storage.send().await.unwrap().bytes_stream();
        let mut size = 0;
        while let Some(chunk) = bytes.next().await {
            size += chunk.unwrap().len() as u64;
        }
        size
    }
}

/// The bounds are those of a machine that does nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes and 10 GiB of disk: cargo test --release -p acr-emulator --test it throughput -- --ignored --nocapture"]
async fn throughput() {
    let mut command = Command::new(PROGRAM);
    command.args([
        "--port",
        "0",
        "--management-port",
        "0",
        "--admin-password",
        "secret",
    ]);
    command.env("RUST_LOG", "off").stderr(Stdio::null());
    let (child, told): (_, Value) = ready(command).await;
    let measured = Measured {
        pid: child.id().unwrap(),
        endpoint: told["endpoint"].as_str().unwrap().to_owned(),
        http: client(),
        block: (0..BLOCK as u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect(),
    };
    let digest = measured.digest(GIB);
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for step in [GIB, 4, GIB, 4, GIB] {
        let before = (measured.time(), Instant::now());
        measured.upload(GIB, step, &digest).await;
        let cost = measured.time() - before.0;
        println!(
            "1 GiB up in PATCHes of {step} MiB: {cost:?} of processor time, {:?}",
            before.1.elapsed()
        );
        up.push(cost);
        let before = (measured.time(), Instant::now());
        assert_eq!(measured.download(&digest).await, GIB * BLOCK as u64);
        let cost = measured.time() - before.0;
        println!(
            "1 GiB down: {cost:?} of processor time, {:?}",
            before.1.elapsed()
        );
        down.push(cost);
    }
    let large = measured.digest(10 * GIB);
    measured.upload(10 * GIB, 10 * GIB, &large).await;
    assert_eq!(measured.download(&large).await, 10 * GIB * BLOCK as u64);
    println!(
        "10 GiB up and down: {} MiB of memory at most",
        measured.peak()
    );
    assert!(measured.peak() < 64, "{} MiB", measured.peak());
    let median = |mut costs: Vec<Duration>| {
        costs.sort();
        costs[costs.len() / 2]
    };
    assert!(median(up.clone()) < Duration::from_millis(2000), "{up:?}");
    assert!(
        median(down.clone()) < Duration::from_millis(800),
        "{down:?}"
    );
}
