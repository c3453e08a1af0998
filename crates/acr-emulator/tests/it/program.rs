//! The binary, and the probe that other programs wrote.

#[cfg(unix)]
use std::{path::PathBuf, process::Stdio};

#[cfg(unix)]
use acr_core::Digest;
#[cfg(unix)]
use reqwest::{Method, StatusCode};
#[cfg(unix)]
use serde_json::{Value, json};
use tokio::process::Command;
#[cfg(unix)]
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Child,
};

#[cfg(unix)]
use crate::support::{OCI_INDEX, client};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_acr-emulator");

/// Starts the program and gives its ready line.
#[cfg(unix)]
async fn start(args: &[&str]) -> (Child, Value) {
    let mut command = Command::new(PROGRAM);
    command.args(args).env("RUST_LOG", "trace");
    ready(command).await
}

/// Starts a command that becomes the program, and gives its ready line.
#[cfg(unix)]
pub(crate) async fn ready(mut command: Command) -> (Child, Value) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).await.unwrap();
    child.stdout = Some(stdout.into_inner());
    (child, serde_json::from_str(&line).unwrap())
}

#[cfg(unix)]
#[tokio::test]
async fn one_ready_line_no_secret_in_the_log_and_a_clean_end() {
    let scopes = "ci:scoped-secret:app=content/read,metadata/read";
    let args = [
        "--admin-password",
        "admin-secret",
        "--token",
        scopes,
        "--name",
        "mine",
    ];
    let (mut child, ready) = start(&args).await;
    assert_eq!(ready["username"], "mine");
    assert_eq!(ready["password"], "admin-secret");
    assert!(ready.get("ca").is_none());
    let endpoint = ready["endpoint"].as_str().unwrap();
    let management = ready["management"].as_str().unwrap();

    let http = client();
    let health = http
        .get(format!("{management}/health"))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    let token = http
        .get(format!("{endpoint}/oauth2/token?scope=repository:app:pull"))
        .basic_auth("ci", Some("scoped-secret"))
        .send()
        .await
        .unwrap();
    assert_eq!(token.status(), StatusCode::OK);
    let token: Value = token.json().await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let call = http
        .get(format!("{endpoint}/v2/app/manifests/v1"))
        .bearer_auth(token);
    assert_eq!(call.send().await.unwrap().status(), StatusCode::NOT_FOUND);

    let mut stderr = child.stderr.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    signal(&child, "TERM");
    let mut log = String::new();
    stderr.read_to_string(&mut log).await.unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).await.unwrap();
    assert!(child.wait().await.unwrap().success());
    assert_eq!(rest, "", "one line only");
    assert!(log.contains("/v2/app/manifests/v1"), "{log}");
    for secret in ["admin-secret", "scoped-secret", token] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn https_names_its_ca() {
    let (child, ready) = start(&["--https"]).await;
    let ca = PathBuf::from(ready["ca"].as_str().unwrap());
    let pem = std::fs::read_to_string(&ca).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    signal(&child, "INT");
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success());
    assert!(!ca.exists(), "it goes with the program");
}

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let id = child.id().unwrap().to_string();
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args(["-s", name, &id]).status().unwrap().success());
}

#[tokio::test]
async fn what_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = directory.path().join("blobs");
    std::fs::create_dir(&blobs).unwrap();
    let foreign = directory.path().to_str().unwrap();
    for (args, named) in [
        (&["--name", ""][..], "the registry's name"),
        (&["--service", "my registry"], "`my registry`"),
        (&["--token", "a:b:Bad=content/read"], "`Bad`"),
        (&["--cert", "/nonexist", "--key", "/nonexist"], "/nonexist"),
        (&["--data", foreign], foreign),
    ] {
        let run = Command::new(PROGRAM).args(args).output().await.unwrap();
        let log = String::from_utf8_lossy(&run.stderr);
        assert!(!run.status.success(), "{args:?}");
        assert!(log.contains(named), "{args:?}: {log}");
        assert!(run.stdout.is_empty(), "{args:?}");
    }
    assert!(blobs.exists());
}

/// The program, told to live with a limit on the length of a file, which stands for a disk that is
/// full. `before` is said to the shell.
#[cfg(unix)]
async fn limited(before: &str, args: &[&str]) -> (Child, Value) {
    let mut command = Command::new("sh");
    let script = format!(r#"{before}; trap "" XFSZ; exec "$@""#);
    command.args(["-c", &script, "sh", PROGRAM]).args(args);
    ready(command).await
}

#[cfg(unix)]
#[tokio::test]
async fn a_change_that_cannot_be_written_down_is_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let args = ["--data", data, "--admin-password", "secret"];
    // 2,100 times 512 or 1,024 bytes: a new database fits into it, and 3 MB more do not.
    let (child, line) = limited("ulimit -f 2100", &args).await;
    let (endpoint, http) = (line["endpoint"].as_str().unwrap().to_owned(), client());
    let put = async |tag: &str, bytes: usize| {
        let text = "x".repeat(bytes);
        let index = format!(r#"{{"manifests":[],"annotations":{{"text":"{text}"}}}}"#);
        let put = http
            .put(format!("{endpoint}/v2/app/manifests/{tag}"))
            .basic_auth("emulator", Some("secret"))
            .header("content-type", OCI_INDEX)
            .body(index);
        put.send().await.unwrap().status()
    };
    assert_eq!(put("small", 10).await, StatusCode::CREATED);
    let failed = StatusCode::INTERNAL_SERVER_ERROR;
    assert_eq!(put("big", 3_000_000).await, failed);
    assert_eq!(put("other", 20).await, StatusCode::CREATED);
    let tags = async |endpoint: &str| {
        let list = http
            .get(format!("{endpoint}/v2/app/tags/list"))
            .basic_auth("emulator", Some("secret"));
        let list: Value = list.send().await.unwrap().json().await.unwrap();
        list["tags"].clone()
    };
    assert_eq!(tags(&endpoint).await, json!(["other", "small"]));
    signal(&child, "TERM");
    assert!(child.wait_with_output().await.unwrap().status.success());

    let (_child, line) = start(&args).await;
    let again = line["endpoint"].as_str().unwrap();
    assert_eq!(tags(again).await, json!(["other", "small"]));
}

/// Sets the limit on the length of a file for a program that runs.
#[cfg(target_os = "linux")]
fn limit(child: &Child, bytes: &str) {
    let (id, limit) = (child.id().unwrap().to_string(), format!("--fsize={bytes}:"));
    let mut command = std::process::Command::new("prlimit");
    assert!(
        command
            .args(["--pid", &id, &limit])
            .status()
            .unwrap()
            .success()
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_takes_no_bytes_and_loses_none() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let args = ["--data", data, "--admin-password", "secret"];
    let (child, line) = limited(":", &args).await;
    let (endpoint, http) = (line["endpoint"].as_str().unwrap(), client());
    let send = async |method: Method, path: &str, body: &str| {
        let request = http
            .request(method, format!("{endpoint}{path}"))
            .basic_auth("emulator", Some("secret"))
            .header("content-type", OCI_INDEX);
        request.body(body.to_owned()).send().await.unwrap().status()
    };
    let file = |digest: &Digest| {
        let blobs = directory.path().join("blobs").join("sha256");
        blobs.join(&digest.hex()[..2]).join(digest.hex())
    };
    let (kept, refused) = (Digest::of(b"kept"), Digest::of(b"refused"));
    let whole = |digest: &Digest| format!("/v2/app/blobs/uploads/?digest={digest}");
    let pushed = send(Method::POST, &whole(&kept), "kept").await;
    assert_eq!(pushed, StatusCode::CREATED);

    // Now only the head of the database can be written.
    limit(&child, "4096");
    let failed = StatusCode::INTERNAL_SERVER_ERROR;
    let blob = format!("/v2/app/blobs/{kept}");
    let index = r#"{"manifests":[]}"#;
    for _ in 0..2 {
        assert_eq!(send(Method::DELETE, &blob, "").await, failed);
        let start = send(Method::POST, "/v2/app/blobs/uploads/", "").await;
        assert_eq!(start, failed);
        let push = send(Method::POST, &whole(&refused), "refused").await;
        assert_eq!(push, failed);
        let put = send(Method::PUT, "/v2/app/manifests/v1", index).await;
        assert_eq!(put, failed);
    }
    assert_eq!(send(Method::HEAD, &blob, "").await, StatusCode::OK);
    assert_eq!(std::fs::read(file(&kept)).unwrap(), b"kept");
    assert!(!file(&refused).exists());
    let uploads = directory.path().join("uploads");
    assert_eq!(uploads.read_dir().unwrap().count(), 0);
    let tags = send(Method::GET, "/v2/app/tags/list", "").await;
    assert_eq!(tags, StatusCode::NOT_FOUND);

    // With room again it goes on.
    limit(&child, "unlimited");
    let _ = send(Method::PUT, "/v2/app/manifests/v1", index).await;
    let put = send(Method::PUT, "/v2/app/manifests/v1", index).await;
    assert_eq!(put, StatusCode::CREATED);
    let push = send(Method::POST, &whole(&refused), "refused").await;
    assert_eq!(push, StatusCode::CREATED);
    assert_eq!(send(Method::DELETE, &blob, "").await, StatusCode::ACCEPTED);
    assert!(!file(&kept).exists());
}

/// The step of the README's workflow that starts it, with free ports and an end.
#[cfg(unix)]
#[tokio::test]
async fn a_ci_job_starts_it_as_the_readme_says() {
    let readme = include_str!("../../README.md");
    let (_, block) = readme.split_once("- run: |\n").unwrap();
    let step: Vec<&str> = block
        .lines()
        .take_while(|line| line.starts_with("    "))
        .collect();
    let ports = "acr-emulator --port 0 --management-port 0 ";
    let script = step.join("\n").replace("acr-emulator ", ports) + "\ncat acr.json\nkill $!\nwait";

    let program = PathBuf::from(PROGRAM);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [program.parent().unwrap().to_owned()];
    let folders = folders.into_iter().chain(std::env::split_paths(&path));
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-euc", &script])
        .env("PATH", std::env::join_paths(folders).unwrap())
        .current_dir(folder.path())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{script}\n{output:?}");
    let ready: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&ready["username"], &ready["password"]),
        (&json!("emulator"), &json!("secret"))
    );
}
