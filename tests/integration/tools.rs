//! Images made and moved by other software: skopeo and umoci, where they are installed.

use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use acr_emulator::Emulator;
use acr_tests::{client, secret};

/// Where `ACR_REQUIRE_TOOLS` is set, as CI does, a tool that is missing is a failure.
pub(crate) fn are_there<const N: usize>(programs: [&str; N]) -> bool {
    let missing = programs
        .into_iter()
        .find(|program| Command::new(program).arg("--version").output().is_err());
    let Some(program) = missing else { return true };
    assert!(
        std::env::var_os("ACR_REQUIRE_TOOLS").is_none(),
        "{program} is not installed"
    );
    // Past the test harness, which keeps back what a test prints that passes.
    let _ = writeln!(std::io::stderr(), "NOT TESTED: {program} is not installed");
    false
}

fn run<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Output {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// An image of two layers, made by umoci; its manifest says no media type.
pub(crate) fn umoci_image(folder: &Path) -> PathBuf {
    let layout = folder.join("umoci");
    let image = format!("{}:v1", layout.display());
    run("umoci", ["init", "--layout", layout.to_str().unwrap()]);
    run("umoci", ["new", "--image", &image]);
    run(
        "umoci",
        [
            "config",
            "--image",
            &image,
            "--os",
            "linux",
            "--architecture",
            "amd64",
            "--config.cmd",
            "/bin/sh",
        ],
    );
    for (name, len) in [("small", 1000), ("large", 6_000_000)] {
        let (file, archive) = (folder.join(name), folder.join(format!("{name}.tar")));
        std::fs::write(
            &file,
            (0..len)
                .map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect::<Vec<_>>(),
        )
        .unwrap();
        run(
            "tar",
            [
                "-C",
                folder.to_str().unwrap(),
                "-cf",
                archive.to_str().unwrap(),
                name,
            ],
        );
        run(
            "umoci",
            [
                "raw",
                "add-layer",
                "--image",
                &image,
                archive.to_str().unwrap(),
            ],
        );
    }
    layout
}

pub(crate) fn top_digest(layout: &Path) -> String {
    let index = std::fs::read(layout.join("index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    index["manifests"][0]["digest"].as_str().unwrap().to_owned()
}

fn blobs(layout: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(layout.join("blobs/sha256")).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The quickstart's own push and pull, against this registry.
async fn quickstart(emulator: &Emulator, args: &[&OsStr]) -> String {
    let login = emulator.login();
    let output = crate::programs::example("quickstart")
        .args(args)
        .args([
            "--endpoint",
            emulator.endpoint(),
            "--username",
            &login.username,
            "--yes",
        ])
        .env("CONTAINERREGISTRY_PASSWORD", login.password.expose())
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn an_image_of_other_software_goes_in_by_us_and_out_by_skopeo() {
    if !are_there(["skopeo", "umoci"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (layout, pulled) = (umoci_image(folder.path()), folder.path().join("pulled"));
    let emulator = Emulator::start().await.unwrap();
    let args = [
        "--image".as_ref(),
        layout.as_os_str(),
        "--keep-in".as_ref(),
        pulled.as_os_str(),
    ];
    quickstart(&emulator, &args).await;
    assert_eq!(top_digest(&pulled), top_digest(&layout));

    let registry = client(&emulator, emulator.login());
    let repository = registry
        .list_repositories()
        .try_next()
        .await
        .unwrap()
        .unwrap();
    let out = folder.path().join("skopeo");
    let host = emulator.endpoint().trim_start_matches("http://");
    let login = emulator.login();
    let creds = format!("{}:{}", login.username, login.password.expose());
    let (from, to) = (
        format!("docker://{host}/{repository}:v1"),
        format!("oci:{}:v1", out.display()),
    );
    tokio::task::spawn_blocking(move || {
        run(
            "skopeo",
            [
                "copy",
                "--src-tls-verify=false",
                "--src-creds",
                &creds,
                &from,
                &to,
            ],
        );
    })
    .await
    .unwrap();
    assert_eq!(top_digest(&out), top_digest(&layout));
    // umoci also keeps what it replaced, so the comparison is with what was pulled.
    assert_eq!(blobs(&out), blobs(&pulled));
    assert!(blobs(&out).iter().all(|name| blobs(&layout).contains(name)));
}

#[tokio::test]
async fn an_image_goes_in_by_skopeo_and_out_by_us() {
    if !are_there(["skopeo", "umoci"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let layout = umoci_image(folder.path());
    let emulator = Emulator::start().await.unwrap();
    let host = emulator.endpoint().trim_start_matches("http://");
    let login = emulator.login();
    let creds = format!("{}:{}", login.username, login.password.expose());
    let (from, to) = (
        format!("oci:{}:v1", layout.display()),
        format!("docker://{host}/by/skopeo:v1"),
    );
    tokio::task::spawn_blocking(move || {
        run(
            "skopeo",
            [
                "copy",
                "--dest-tls-verify=false",
                "--dest-creds",
                &creds,
                &from,
                &to,
            ],
        );
    })
    .await
    .unwrap();

    let repository = client(&emulator, login).repository("by/skopeo").unwrap();
    let content = repository.get_manifest("v1").await.unwrap();
    assert_eq!(content.digest.as_str(), top_digest(&layout));
    let manifest = content.as_image().unwrap();
    for blob in manifest.layers.iter().chain([&manifest.config]) {
        let target = folder.path().join(blob.digest.hex());
        assert_eq!(
            repository
                .download_blob(&blob.digest)
                .to_file(&target)
                .await
                .unwrap()
                .size,
            blob.size
        );
        let original = std::fs::read(layout.join("blobs/sha256").join(blob.digest.hex())).unwrap();
        assert!(std::fs::read(&target).unwrap() == original);
    }
}

/// What stands in a README under this heading.
pub(crate) fn section_of<'a>(readme: &'a str, heading: &str) -> &'a str {
    let (_, from) = readme.split_once(&format!("\n## {heading}\n")).unwrap();
    from.split("\n## ").next().unwrap()
}

/// The password of the READMEs is a word of every day: the log cannot be searched for it.
const PASSWORD: &str = "Pa55-of-the-admin";

/// A section of the emulator's README, with addresses and password replaced by those of a running one.
fn section(heading: &str, registry: &str, management: &str) -> String {
    let readme = include_str!("../../crates/acr-emulator/README.md");
    let section = section_of(readme, heading).replace("127.0.0.1:5000", registry);
    let section = section.replace("127.0.0.1:5001", management);
    let replaced = section.replace("emulator:secret", &format!("emulator:{PASSWORD}"));
    assert_ne!(replaced, section);
    replaced
}

/// The commands of its console blocks, without what they print.
pub(crate) fn commands(section: &str) -> String {
    let mut commands = String::new();
    let mut inside = false;
    for line in section.lines() {
        let begins = line.strip_prefix("$ ");
        if let Some(line) = begins.or_else(|| inside.then_some(line)) {
            commands.push_str(line);
            commands.push('\n');
            inside = line.ends_with('\\');
        }
    }
    commands
}

/// Runs a script that stops at the first failure, and gives what it printed.
fn shell(script: &str, folder: &Path) -> String {
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder)
        .output()
        .unwrap();
    let (told, failed) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{script}\n{told}\n{failed}");
    told
}

async fn readme_emulator() -> (Emulator, String, String) {
    let emulator = Emulator::builder().admin("emulator", secret(PASSWORD));
    let emulator = emulator.start().await.unwrap();
    let host = |url: &str| url.trim_start_matches("http://").to_owned();
    let (registry, management) = (host(emulator.endpoint()), host(emulator.management()));
    (emulator, registry, management)
}

#[tokio::test]
async fn the_readmes_commands_for_tools_like_docker() {
    if !are_there(["skopeo", "umoci"]) {
        return;
    }
    let (_emulator, registry, management) = readme_emulator().await;
    let script = commands(&section("From docker and its like", &registry, &management));
    assert_eq!(script.lines().count(), 4, "{script}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::rename(umoci_image(folder.path()), folder.path().join("image")).unwrap();
    let told = tokio::task::spawn_blocking(move || shell(&script, folder.path()));
    let told = told.await.unwrap();
    assert!(
        told.contains("\"v1\"") && told.contains("\"Layers\""),
        "{told}"
    );
}

#[tokio::test]
async fn the_readmes_token_flow_by_hand() {
    if !are_there(["curl", "jq"]) {
        return;
    }
    let (_emulator, registry, management) = readme_emulator().await;
    let script = commands(&section("The token flow by hand", &registry, &management));
    let told = tokio::task::spawn_blocking(move || shell(&script, Path::new("."))).await;
    let told = told.unwrap();
    let scope = "scope=\"registry:catalog:*\"";
    assert!(told.contains("401") && told.contains(scope), "{told}");
    assert_eq!(
        told.matches(r#"{"repositories":null}"#).count(),
        2,
        "{told}"
    );
    assert!(told.contains("access_token"), "{told}");
}
