//! The examples of acr-client, run as a newcomer runs them, and against a registry that they are
//! told to use.

mod old_images;

use std::{collections::BTreeSet, fs, path::Path};

use acr_emulator::Emulator;
use futures_util::future::join_all;

use crate::{flow::push, programs::example};

/// Each with what it must have said when it is through.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "anonymous_list_tags",
        &["library/hello-world:latest", "refused: true"],
    ),
    (
        "blocking",
        &[
            "library/hello-world",
            "  latest  sha256:",
            "37 bytes of config",
        ],
    ),
    ("copy_image", &["mounted sha256:", "the same digest: true"]),
    (
        "delete_manifest_and_blob",
        &[
            "also tagged: latest",
            "manifest: Deleted",
            "again: NotFound",
            "was there: true",
        ],
    ),
    ("delete_old_images", &["Newest  v4", "Needed", "2 deleted"]),
    (
        "delete_tags",
        &[
            "nightly-01 was there: true",
            "nightly-02 was there: true",
            "tags left: nightly-03, v1",
            "manifests left: 4",
        ],
    ),
    (
        "docker_config",
        &["0 repositories", "docker login --username emulator"],
    ),
    ("emulator_test", &["the newest release: Some(\"v3\")"]),
    ("download_image", &["37 bytes", "3 files"]),
    (
        "handle_errors",
        &[
            "not found: true",
            "405 REGISTRY_DISALLOWED_OPERATION",
            "hint    ",
            "1 tags, after a while",
            "given up after 50ms",
        ],
    ),
    (
        "health_check",
        &[
            "healthy: true",
            "a password that is wrong",
            "healthy: false",
        ],
    ),
    (
        "hello_world",
        &["library/hello-world", "team/app", "  latest  sha256:"],
    ),
    (
        "large_blob",
        &[
            "Continued { bytes: 4194304 }",
            "9437184 bytes",
            "the same: true",
        ],
    ),
    (
        "manifest_list",
        &[
            "oci: application/vnd.oci.image.index.v1+json",
            "docker: application/vnd.docker.distribution.manifest.list.v2+json",
            "linux/arm64",
        ],
    ),
    (
        "national_cloud",
        &[
            "https://myregistry.azurecr.cn  China",
            "https://myregistry.azurecr.us  UsGovernment",
            "https://registry.local.contoso.example",
            "2 repositories",
        ],
    ),
    ("quickstart", &["repositories left: 0"]),
    ("resume_list", &["today: v2\ntomorrow: v3", "tomorrow: v5"]),
    (
        "referrers",
        &["attached sha256:", "found    sha256:", "43 bytes"],
    ),
    (
        "restore_deleted",
        &["deleted: v1 sha256:", "restored: v1 sha256:"],
    ),
    (
        "set_properties",
        &[
            "manifest locked: true",
            "still listed: true",
            "cannot be deleted, as it should be",
            "Deleted",
        ],
    ),
    (
        "sign_in_with_password",
        &["team/app:v1", "cannot list the repositories", "scope map"],
    ),
    (
        "upload_download_blob",
        &["23 bytes", "the same: true", "Deleted"],
    ),
    (
        "upload_image",
        &["20 bytes sent", "pushed ", "digest sha256:"],
    ),
    (
        "walk_registry",
        &["5 manifests, 4 tags", "linux/arm64", "layer   "],
    ),
];

/// What reads, and needs content to be there, or is about a login or settings of its own.
const READERS: &[&str] = &[
    "anonymous_list_tags",
    "blocking",
    "docker_config",
    "emulator_test",
    "health_check",
    "hello_world",
    "national_cloud",
    "quickstart",
    "restore_deleted",
    "sign_in_with_password",
    "walk_registry",
];

/// The examples that there are.
pub(crate) fn names() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/acr-client/examples");
    let mut there = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some() || path.join("main.rs").exists() {
            there.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    there
}

#[test]
fn no_example_is_left_out() {
    let listed: BTreeSet<_> = EXAMPLES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(names(), listed);
}

#[tokio::test]
async fn each_runs_without_a_subscription() {
    let runs = EXAMPLES.iter().map(|(name, words)| async move {
        let output = example(name).output().await.unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        let failed = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {failed}");
        for word in *words {
            assert!(told.contains(word), "{name} did not say `{word}`: {told}");
        }
    });
    join_all(runs).await;
}

/// In a registry of somebody else, each touches only what it made, and leaves nothing.
#[tokio::test]
async fn each_leaves_a_registry_as_it_was() {
    let (emulator, registry) = acr_tests::registry().await;
    let theirs = registry.repository("library/hello-world").unwrap();
    push(&theirs, b"layer", &["v1"]).await;
    let before = serde_json::to_value(emulator.dump()).unwrap();
    emulator.clear_requests();
    let writers = EXAMPLES.iter().map(|(name, _)| *name);
    let runs = writers.filter(|name| !READERS.contains(name)).map(|name| {
        let emulator = &emulator;
        async move {
            let output = in_registry(name, emulator, &[]).await;
            assert!(output.1, "{name}: {}", output.0);
        }
    });
    join_all(runs).await;
    assert_eq!(serde_json::to_value(emulator.dump()).unwrap(), before);
    let changes = emulator.requests().into_iter().filter(|request| {
        !["GET", "HEAD"].contains(&request.method.as_str()) && !request.path.contains("/oauth2/")
    });
    let mut changed = 0;
    for request in changes {
        changed += 1;
        assert!(request.path.contains("acr-samples"), "{request:?}");
    }
    assert!(changed > 20, "{changed} changes");
}

/// Runs it as the admin user of this registry; gives what it said, and whether it went well.
async fn in_registry(name: &str, emulator: &Emulator, args: &[&str]) -> (String, bool) {
    let login = emulator.login();
    let output = example(name)
        .env("CONTAINERREGISTRY_ENDPOINT", emulator.endpoint())
        .env("CONTAINERREGISTRY_USERNAME", &login.username)
        .env("CONTAINERREGISTRY_PASSWORD", login.password.expose())
        .args(args)
        .output()
        .await
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8(told).unwrap();
    assert!(!told.contains(login.password.expose()), "{name}: {told}");
    (told, output.status.success())
}

#[tokio::test]
async fn those_that_read_do_so_in_a_registry_that_is_named() {
    let (emulator, registry) = acr_tests::registry().await;
    let theirs = registry.repository("team/app").unwrap();
    let image = push(&theirs, b"layer", &["v7"]).await;
    for (name, args, word) in [
        ("blocking", &[][..], "  v7  sha256:"),
        ("health_check", &["team/app"], "healthy: true"),
        ("hello_world", &[], "  v7  sha256:"),
        ("walk_registry", &["team/app"], image.digest.as_str()),
        ("sign_in_with_password", &[], "team/app:v7"),
    ] {
        let (told, ok) = in_registry(name, &emulator, args).await;
        assert!(ok && told.contains(word), "{name}: {told}");
    }
}

#[tokio::test]
async fn a_public_registry_is_read_as_nobody() {
    let emulator = Emulator::builder().anonymous_pull(true);
    let emulator = emulator.start().await.unwrap();
    let admin = acr_tests::client(&emulator, emulator.login());
    push(&admin.repository("open").unwrap(), b"layer", &["v1"]).await;
    let output = example("anonymous_list_tags")
        .env(
            "CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT",
            emulator.endpoint(),
        )
        .arg("open")
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        told.contains("open:v1") && told.contains("refused: true"),
        "{told}"
    );
}

/// Asked for a repository that is there, it says what it would do, and waits for `--yes`.
#[tokio::test]
async fn old_images_are_not_deleted_unasked() {
    let (emulator, registry) = acr_tests::registry().await;
    let theirs = registry.repository("team/app").unwrap();
    for version in ["v1", "v2", "v3", "v4"] {
        push(&theirs, version.as_bytes(), &[version]).await;
        emulator.advance_clock(std::time::Duration::from_secs(1));
    }
    let args = ["--repository", "team/app"];
    let (told, ok) = in_registry("delete_old_images", &emulator, &args).await;
    assert!(ok && told.contains("nothing was deleted"), "{told}");
    assert_eq!(theirs.properties().await.unwrap().manifest_count, Some(4));

    let args = ["--repository", "team/app", "--yes"];
    let (told, ok) = in_registry("delete_old_images", &emulator, &args).await;
    assert!(ok && told.contains("1 deleted"), "{told}");
    let left = theirs.list_tags().try_collect().await.unwrap();
    let left: Vec<_> = left.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(left, ["v2", "v3", "v4"]);
}
