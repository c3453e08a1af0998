//! The programs of the READMEs, run against the emulator.

use tokio::process::Command;

use acr_tests::registry;

use crate::flow::push;

/// An example, built if need be.
pub(crate) fn example(package: &str, name: &str) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "run",
        "--quiet",
        "--package",
        package,
        "--example",
        name,
        "--",
    ]);
    command
}

async fn lists_and_fetches(package: &str, name: &str) {
    let (emulator, registry) = registry().await;
    let image = push(
        &registry.repository("library/hello-world").unwrap(),
        b"layer",
        &["v1"],
    )
    .await;
    let login = emulator.login();
    let output = example(package, name)
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
    assert!(
        told.contains("library/hello-world") && told.contains(image.digest.as_str()),
        "{told}"
    );
    assert!(!told.contains(login.password.expose()));
}

#[tokio::test]
async fn the_raw_bindings_alone() {
    lists_and_fetches("acr-rest", "raw").await;
}

#[tokio::test]
async fn the_token_engine_under_the_raw_bindings() {
    lists_and_fetches("acr-auth", "under_rest").await;
}

#[tokio::test]
async fn the_quickstart_explains_itself() {
    let output = example("acr-client", "quickstart")
        .env_remove("CONTAINERREGISTRY_ENDPOINT")
        .output()
        .await
        .unwrap();
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
    let output = example("acr-client", "quickstart")
        .args(["--endpoint", emulator.endpoint()])
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--yes"));
    assert_eq!(emulator.requests(), []);
}
