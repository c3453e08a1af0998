//! The binary, and the probe that other programs wrote.

use std::{path::PathBuf, process::Stdio};

use reqwest::StatusCode;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
};

use crate::support::{Registry, client};

/// Starts the program and gives its ready line.
async fn start(args: &[&str]) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_acr-emulator"))
        .args(args)
        .env("RUST_LOG", "trace")
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
    terminate(&child);
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

#[tokio::test]
async fn https_names_its_ca() {
    let (child, ready) = start(&["--https"]).await;
    let ca = PathBuf::from(ready["ca"].as_str().unwrap());
    let pem = std::fs::read_to_string(&ca).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    terminate(&child);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success());
    assert!(!ca.exists(), "it goes with the program");
}

fn terminate(child: &Child) {
    let id = child.id().unwrap().to_string();
    let kill = std::process::Command::new("kill").arg(id).status();
    assert!(kill.unwrap().success());
}

/// The checks of the OCI distribution specification, by a program that knows nothing of ours.
#[tokio::test]
async fn the_oci_probe_finds_nothing_wrong() {
    let in_shared = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/tools/oci_probe.py"
    );
    let probe = std::env::var_os("ACR_OCI_PROBE").map_or_else(|| in_shared.into(), PathBuf::from);
    if !probe.exists() {
        eprintln!("not run: there is no probe at {}", probe.display());
        return;
    }
    let registry = Registry::start().await;
    let login = registry.emulator.login();
    let run = Command::new("python3")
        .arg(&probe)
        .arg(registry.emulator.endpoint())
        .args([&login.username, login.password.expose()])
        .arg("--sha512")
        .output()
        .await;
    let run = match run {
        Ok(run) => run,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("not run: there is no python3");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let report = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{report}");
    assert!(report.contains("TOTAL"), "{report}");
}
