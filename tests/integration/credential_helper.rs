//! `docker-credential-acr`, started by other software, and logins of other software taken by us.

use std::{
    env,
    ffi::OsString,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use acr_client::{Credential, DockerConfig, Login};
use acr_emulator::Emulator;
use acr_tests::{FakeEntra, client, secret};
use httpmock::MockServer;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::{
    flow::push,
    programs::{CREDENTIAL_HELPER, programs, ready},
    tools::{are_there, commands, section_of, top_digest, umoci_image},
};

/// The program with a verb and an input, for an identity that is nowhere to be had.
async fn helper(set: &[(&str, &str)], verb: &str, input: &str) -> (Option<i32>, String) {
    let mut program = ready(&programs().join(CREDENTIAL_HELPER));
    program
        .arg(verb)
        .env_remove("DOCKER_CREDENTIAL_ACR_REGISTRIES")
        .env("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
        .env("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi")
        .env("IDENTITY_HEADER", "x")
        .env("PATH", "")
        .envs(set.iter().copied());
    program.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Verbs that need no input do not read it.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), told)
}

#[tokio::test]
async fn the_program_speaks_docker_s_protocol() {
    let emulator = Emulator::builder().admin("emulator", secret("Pa55-of-the-admin"));
    let emulator = emulator.start().await.unwrap();
    let host = emulator.endpoint().trim_start_matches("http://").to_owned();
    let login = [
        ("CONTAINERREGISTRY_USERNAME", "emulator"),
        ("CONTAINERREGISTRY_PASSWORD", "Pa55-of-the-admin"),
    ];
    let endpoint = emulator.endpoint();
    let here = [login[0], login[1], ("CONTAINERREGISTRY_ENDPOINT", endpoint)];
    let elsewhere = [("DOCKER_CREDENTIAL_ACR_REGISTRIES", "registry.example.com")];
    let mut told = String::new();
    for (set, verb, input) in [
        (&here[..], "get", host.as_str()),
        (&login, "get", &host),
        (&login, "get", "docker.io"),
        (&login[..1], "get", &host),
        (&elsewhere, "list", ""),
        (&[], "list", ""),
        (
            &[],
            "store",
            r#"{"ServerURL":"x","Username":"y","Secret":"z"}"#,
        ),
        (&[], "erase", &host),
        (&[], "", ""),
    ] {
        let (code, output) = helper(set, verb, input).await;
        told += &format!("{verb} < {input}\n{code:?}: {output}\n");
    }
    insta::assert_snapshot!(told.replace(&host, "REGISTRY"));
    let (code, version) = helper(&[], "version", "").await;
    assert!(code == Some(0) && version.starts_with("docker-credential-acr "));
    assert_eq!(emulator.requests(), []);
}

#[tokio::test]
async fn without_an_identity_the_program_says_so_and_docker_stops() {
    let emulator = Emulator::start().await.unwrap();
    let host = emulator.endpoint().trim_start_matches("http://").to_owned();
    let named = [("DOCKER_CREDENTIAL_ACR_REGISTRIES", emulator.endpoint())];
    let (code, told) = helper(&named, "get", &host).await;
    assert_eq!(code, Some(1));
    let begins = "docker-credential-acr: the credential gave no Entra token: ";
    assert!(
        told.starts_with(begins) && told.contains("ManagedIdentityCredential"),
        "{told}"
    );
    assert_eq!(emulator.requests(), []);
}

/// A registry, an identity that it lets in, and a folder with docker's and podman's configuration, in
/// which `docker-credential-acr` is the helper for that registry.
struct Setup {
    emulator: Emulator,
    identity: MockServer,
    folder: TempDir,
}

impl Setup {
    async fn new() -> Self {
        let identity = MockServer::start_async().await;
        identity
            .mock_async(|when, then| {
                when.path("/msi")
                    .header("x-identity-header", "x")
                    .query_param("resource", "https://containerregistry.azure.net");
                // As an App Service answers; the end is in the year 2100.
                then.status(200).json_body(serde_json::json!({
                    "access_token": "of anybody", "expires_on": "4102444800",
                    "resource": "any", "token_type": "Bearer",
                }));
            })
            .await;
        let setup = Self {
            emulator: Emulator::start().await.unwrap(),
            identity,
            folder: tempfile::tempdir().unwrap(),
        };
        setup.configure(&format!(
            r#"{{"credHelpers":{{"{}":"acr"}}}}"#,
            setup.host()
        ));
        setup
    }

    /// Of docker as of podman.
    fn configure(&self, config: &str) {
        for file in ["config.json", "auth.json"] {
            fs::write(self.at(file), config).unwrap();
        }
    }

    fn host(&self) -> &str {
        self.emulator.endpoint().trim_start_matches("http://")
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = ready(Path::new(program));
        for name in ["HOME", "XDG_RUNTIME_DIR", "TMPDIR", "DOCKER_CONFIG"] {
            command.env(name, self.folder.path());
        }
        command
            .env("REGISTRY_AUTH_FILE", self.at("auth.json"))
            .env("PATH", in_front())
            .env("DOCKER_CREDENTIAL_ACR_REGISTRIES", self.emulator.endpoint())
            .env("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
            .env_remove("AZURE_CLIENT_ID")
            .env("IDENTITY_ENDPOINT", self.identity.url("/msi"))
            .env("IDENTITY_HEADER", "x");
        command
    }

    async fn run(&self, program: &str, args: &[&str]) -> Output {
        let output = self.command(program).args(args).output().await.unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {args:?}: {told}");
        output
    }

    /// An image `app:v1`.
    async fn push_app(&self) {
        let admin = client(&self.emulator, self.emulator.login());
        push(&admin.repository("app").unwrap(), b"layer", &["v1"]).await;
    }

    /// How often an Entra token was exchanged.
    fn exchanges(&self) -> usize {
        let requests = self.emulator.requests();
        let exchange = requests
            .iter()
            .filter(|request| request.path == "/oauth2/exchange" && request.status == 200);
        exchange.count()
    }
}

/// Where programs are looked for: ours first.
fn in_front() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [programs().to_owned()];
    env::join_paths(folders.into_iter().chain(env::split_paths(&path))).unwrap()
}

#[tokio::test]
async fn skopeo_and_podman_push_and_pull_with_a_token_of_ours() {
    if !are_there(["skopeo", "umoci", "podman"]) {
        return;
    }
    let setup = Setup::new().await;
    let layout = umoci_image(setup.folder.path());
    let digest = top_digest(&layout);
    let (image, remote) = (
        format!("oci:{}:v1", layout.display()),
        format!("{}/by/skopeo:v1", setup.host()),
    );
    let remote_image = format!("docker://{remote}");
    let push = ["copy", "--dest-tls-verify=false", &image, &remote_image];
    setup.run("skopeo", &push).await;
    assert!(setup.exchanges() > 0);

    let pulled = setup.at("pulled");
    let target = format!("oci:{}:v1", pulled.display());
    let pull = ["copy", "--src-tls-verify=false", &remote_image, &target];
    setup.run("skopeo", &pull).await;
    assert_eq!(top_digest(&pulled), digest);

    let root = format!("--root={}", setup.at("root").display());
    let storage = ["--storage-driver=vfs", &root];
    let info = [&storage[..], &["info"]].concat();
    let works = setup.command("podman").args(&info).output().await.unwrap();
    if !works.status.success() {
        // In some containers there is no storage for it.
        let told = String::from_utf8_lossy(&works.stderr);
        let _ = writeln!(
            std::io::stderr(),
            "NOT TESTED: podman does not work here: {told}"
        );
        return;
    }
    let before = setup.exchanges();
    let pull = [
        &storage[..],
        &["pull", "--quiet", "--tls-verify=false", &remote],
    ]
    .concat();
    setup.run("podman", &pull).await;
    assert!(setup.exchanges() > before);
}

#[tokio::test]
async fn the_readme_s_commands() {
    if !are_there(["skopeo"]) {
        return;
    }
    let setup = Setup::new().await;
    setup.push_app().await;
    fs::remove_file(setup.at("auth.json")).unwrap();
    // The one thing that is otherwise than with a real registry: there is no TLS.
    let settings = setup.at(".config/containers");
    fs::create_dir_all(&settings).unwrap();
    let plain = format!(
        "[[registry]]\nlocation = \"{}\"\ninsecure = true\n",
        setup.host()
    );
    fs::write(settings.join("registries.conf"), plain).unwrap();
    let readme = include_str!("../../crates/acr-auth/README.md");
    let section = section_of(readme, "A login for docker, podman and their like");
    let script = commands(section).replace("myregistry.azurecr.io", setup.host());
    assert_eq!(script.lines().count(), 4, "{script}");
    let mut shell = setup.command("bash");
    shell
        .env_remove("DOCKER_CONFIG")
        .env_remove("REGISTRY_AUTH_FILE");
    let output = shell.args(["-euo", "pipefail", "-c", &script]).output();
    let output = output.await.unwrap();
    let (told, failed) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{script}\n{told}\n{failed}");
    let shown = "\"Username\":\"<token>\"\n";
    assert!(section.contains(shown) && told.contains(shown), "{told}");
    assert!(told.contains(r#""RepoTags""#), "{told}");
}

#[tokio::test]
async fn docker_reads_a_manifest_with_a_token_of_ours() {
    // Not among the tools that have to be there: it is a large one, and skopeo asks in the same way.
    if Command::new("docker")
        .arg("--version")
        .output()
        .await
        .is_err()
    {
        let _ = writeln!(std::io::stderr(), "NOT TESTED: docker is not installed");
        return;
    }
    let setup = Setup::new().await;
    setup.push_app().await;
    let image = format!("{}/app:v1", setup.host());
    let inspect = ["manifest", "inspect", "--insecure", &image];
    let output = setup.run("docker", &inspect).await;
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("\"layers\""), "{told}");
    assert!(setup.exchanges() > 0);
}

/// `skopeo login`, where nobody is logged in; gives the file in which it keeps the login.
async fn skopeo_login(setup: &Setup, login: &Login) -> PathBuf {
    setup.configure("{}");
    let logins = setup.at("logins.json");
    let mut skopeo = setup.command("skopeo");
    skopeo.args(["login", "--tls-verify=false", "--password-stdin"]);
    skopeo.args(["--username", &login.username, "--authfile"]);
    skopeo.arg(&logins).arg(setup.host());
    skopeo.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = skopeo.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let password = login.password.expose().as_bytes();
    stdin.write_all(password).await.unwrap();
    drop(stdin);
    assert!(child.wait().await.unwrap().success());
    logins
}

#[tokio::test]
async fn a_login_of_skopeo_is_a_credential_of_ours() {
    if !are_there(["skopeo"]) {
        return;
    }
    let setup = Setup::new().await;
    setup.push_app().await;
    let entra = client(
        &setup.emulator,
        FakeEntra::credential(secret("Entra-t0ken-of-anybody")),
    );
    // A password, and what `docker_login` makes of an Entra identity.
    let token = entra.docker_login().await.unwrap();
    assert!(token.expires_at().is_some());
    for login in [setup.emulator.login(), token.into()] {
        let logins = skopeo_login(&setup, &login).await;
        let credential = Credential::provider(DockerConfig::at(&logins));
        let app = client(&setup.emulator, credential)
            .repository("app")
            .unwrap();
        app.get_manifest("v1").await.unwrap();
        fs::remove_file(logins).unwrap();
    }
}
