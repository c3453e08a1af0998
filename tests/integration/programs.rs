//! The programs of the READMEs, run against the emulator.

use std::{
    env,
    path::{Path, PathBuf},
    process,
    sync::LazyLock,
};

use tokio::process::Command;

use acr_tests::registry;

use crate::flow::push;

/// Where the examples are, and beside them our programs, built as they are now. For the whole
/// workspace: that is how `cargo test --workspace` has built them already, so that nothing is left
/// to do.
static EXAMPLES: LazyLock<PathBuf> = LazyLock::new(|| {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = process::Command::new(cargo);
    build.args(["build", "--quiet", "--workspace", "--examples"]);
    build.args(["--bin", CREDENTIAL_HELPER]);
    // What cargo tells a test of its package, build scripts take for a change of theirs: without
    // this, half of all dependencies would be built anew, here and at the next test run.
    let of_this_package = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(of_this_package) {
            build.env_remove(name);
        }
    }
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    assert!(
        build.status().unwrap().success(),
        "the examples cannot be built"
    );
    let this = env::current_exe().unwrap();
    this.parent().unwrap().parent().unwrap().join("examples")
});

/// docker's credential helper for registries of Azure.
pub(crate) const CREDENTIAL_HELPER: &str = "docker-credential-acr";

/// The folder with our programs.
pub(crate) fn programs() -> &'static Path {
    EXAMPLES.parent().unwrap()
}

/// An example, ready to run.
pub(crate) fn example(name: &str) -> Command {
    ready(&EXAMPLES.join(name))
}

/// A program of ours that knows of no registry and of nobody's identity.
pub(crate) fn ready(program: &Path) -> Command {
    let mut command = Command::new(program.with_extension(env::consts::EXE_EXTENSION));
    for variable in ["ENDPOINT", "ANONREGISTRY_ENDPOINT", "USERNAME", "PASSWORD"] {
        command.env_remove(format!("CONTAINERREGISTRY_{variable}"));
    }
    command
}

/// Runs the program of a README against a registry with one image, and gives what it printed and
/// the digest of the image.
async fn readme(name: &str) -> (String, String) {
    let (emulator, registry) = registry().await;
    let image = push(
        &registry.repository("library/hello-world").unwrap(),
        b"layer",
        &["v1"],
    )
    .await;
    let login = emulator.login();
    let output = example(name)
        .env("CONTAINERREGISTRY_ENDPOINT", emulator.endpoint())
        .env("CONTAINERREGISTRY_USERNAME", &login.username)
        .env("CONTAINERREGISTRY_PASSWORD", login.password.expose())
        .output()
        .await
        .unwrap();
    let (told, failed) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{failed}");
    assert!(!told.contains(login.password.expose()));
    (told.into_owned(), image.digest.to_string())
}

/// The program in a README is the example that is run here.
#[test]
fn the_readmes_show_the_examples() {
    for (readme, example) in [
        (
            include_str!("../../crates/acr-rest/README.md"),
            include_str!("../../crates/acr-rest/examples/raw.rs"),
        ),
        (
            include_str!("../../crates/acr-auth/README.md"),
            include_str!("../../crates/acr-auth/examples/under_rest.rs"),
        ),
    ] {
        let (_, from) = readme.split_once("```rust,no_run\n").unwrap();
        let (block, rest) = from.split_once("```\n").unwrap();
        assert_eq!(block, example);
        assert!(
            !rest.contains("```rust"),
            "there is one program, and it is tested"
        );
    }
}

#[tokio::test]
async fn the_raw_bindings_alone() {
    let (told, digest) = readme("raw").await;
    assert!(
        told.contains("library/hello-world") && told.contains(&digest),
        "{told}"
    );
}

#[tokio::test]
async fn the_token_engine_under_the_raw_bindings() {
    let (told, _) = readme("under_rest").await;
    assert!(
        told.contains("library/hello-world") && told.contains("v1"),
        "{told}"
    );
}

#[tokio::test]
async fn the_token_engine_says_what_to_do() {
    let (emulator, _) = registry().await;
    let output = example("under_rest")
        .env("CONTAINERREGISTRY_ENDPOINT", emulator.endpoint())
        .env("CONTAINERREGISTRY_USERNAME", emulator.login().username)
        .env("CONTAINERREGISTRY_PASSWORD", "wrong")
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    let lines: Vec<_> = told.lines().collect();
    assert!(lines[0].starts_with("no token from "), "{told}");
    assert!(
        lines[1].starts_with("check the user name and password"),
        "{told}"
    );
}

#[tokio::test]
async fn the_quickstart_explains_itself() {
    // What is for this machine does not go to a proxy, whatever the environment says.
    let mut quickstart = example("quickstart");
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        quickstart.env(variable, "http://127.0.0.1:1");
    }
    let output = quickstart.output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for word in [
        "Push",
        "List",
        "Read",
        "Lock",
        "Pull",
        "Delete",
        "the same 5 digests as pushed",
        "repositories left: 0",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
}

#[tokio::test]
async fn the_quickstart_does_not_write_to_a_real_registry_unasked() {
    let (emulator, _registry) = registry().await;
    let output = example("quickstart")
        .args(["--endpoint", emulator.endpoint()])
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--yes"));
    assert_eq!(emulator.requests(), []);
}

#[tokio::test]
async fn the_quickstart_takes_no_other_identity_than_the_one_named() {
    let (emulator, _registry) = registry().await;
    let args = [
        "--endpoint",
        emulator.endpoint(),
        "--username",
        "somebody",
        "--yes",
    ];
    let output = example("quickstart").args(args).output().await.unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("CONTAINERREGISTRY_PASSWORD"));
    assert_eq!(emulator.requests(), []);
}

#[tokio::test]
async fn the_quickstart_keeps_in_new_folders_only() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.json"), "mine").unwrap();
    let output = example("quickstart")
        .arg("--keep-in")
        .arg(folder.path())
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not empty"));
    assert_eq!(
        std::fs::read(folder.path().join("index.json")).unwrap(),
        b"mine"
    );
}
