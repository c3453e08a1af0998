//! What needs a process of its own – to be killed, or to have its memory measured: the binary of the
//! tests starts itself, for a test that is ignored otherwise.

use std::{env, ffi::OsStr, fs, process::Stdio};

use acr_client::{ContainerRegistryClient, ContainerRegistryClientBuilder, Credential};
use acr_emulator::Emulator;
use serde::{Serialize, de::DeserializeOwned};
use tokio::process::Command;

/// Tell it which registry to use.
const ENDPOINT: &str = "ACR_PROCESS_ENDPOINT";
const USERNAME: &str = "ACR_PROCESS_USERNAME";
const PASSWORD: &str = "ACR_PROCESS_PASSWORD";

/// A process that does this test at this registry.
pub(crate) fn of(test: &'static str, emulator: &Emulator) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(arguments(test));
    at(command, emulator)
}

/// What makes this binary do one test.
pub(crate) fn arguments(test: &str) -> [&OsStr; 4] {
    ["--exact", test, "--ignored", "--nocapture"].map(OsStr::new)
}

/// A command that ends up as such a process, told of this registry.
pub(crate) fn at(mut command: Command, emulator: &Emulator) -> Command {
    let login = emulator.login();
    command
        .env(ENDPOINT, emulator.endpoint())
        .env(USERNAME, &login.username)
        .env(PASSWORD, login.password.expose())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    command
}

/// Lets it come to its end, and gives what it told.
pub(crate) async fn ended<T: DeserializeOwned>(mut command: Command) -> T {
    let output = command.output().await.unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told}");
    let mut lines = told.lines();
    let json = lines.find_map(|line| line.find('{').map(|at| &line[at..]));
    serde_json::from_str(json.unwrap()).unwrap()
}

/// In the other process: the registry that it is to use.
pub(crate) fn registry() -> ContainerRegistryClientBuilder {
    let credential = Credential::password(set(USERNAME), set(PASSWORD));
    ContainerRegistryClient::builder(set(ENDPOINT).as_str()).credential(credential)
}

/// In the other process: what else it was told.
pub(crate) fn set(name: &str) -> String {
    env::var(name).unwrap()
}

/// In the other process: tells how it went.
pub(crate) fn tell(told: &impl Serialize) {
    println!("\n{}", serde_json::to_string(told).unwrap());
}

/// The most memory that this process ever had, in KiB; only Linux says.
pub(crate) fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
