//! The logins of docker and podman as a credential, and ours as a login of theirs.

use std::{fs, path::PathBuf, sync::Arc};

use acr_auth::{
    Clock, Credential, Error,
    docker::{DockerConfig, DockerConfigError, EntryFault, credential_helper::CredentialHelper},
};
use acr_core::{Login, RegistryEndpoint};

use crate::registry::{Entra, Registry, SECRET, chain, password, token};

/// A folder with a configuration, in which `REGISTRY` stands for the registry.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(registry: &RegistryEndpoint, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config.replace("REGISTRY", registry.authority());
        fs::write(folder.path().join("config.json"), config).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("config.json")
    }

    /// The helper is the one of the tests, by the name that says what it does.
    fn config(&self) -> DockerConfig {
        #[cfg(unix)]
        for doing in ["login", "token", "none", "fails"] {
            let program = concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/engine/helpers/docker-credential-fake"
            );
            let link = self.0.path().join(format!("docker-credential-{doing}"));
            std::os::unix::fs::symlink(program, link).unwrap();
        }
        DockerConfig::at(self.path()).helpers_in(self.0.path())
    }

    /// A text without the names that differ from run to run.
    fn readable(&self, text: &str, registry: &RegistryEndpoint) -> String {
        let folder = self.0.path().display().to_string();
        text.replace(&folder, "FOLDER")
            .replace(registry.authority(), "REGISTRY")
    }
}

async fn sent(config: &str) -> String {
    let registry = Registry::start().await;
    let folder = Folder::with(&registry.endpoint(), config);
    let client = registry.client(Credential::provider(folder.config()));
    client.list_tags_v2("app", None, None, None).await.unwrap();
    registry.sent()
}

#[tokio::test]
async fn a_password_of_docker_asks_for_a_token() {
    // me:S3CR3T-password
    let config = r#"{"auths":{"http://REGISTRY/v2/":{"auth":"bWU6UzNDUjNULXBhc3N3b3Jk"}}}"#;
    insta::assert_snapshot!(sent(config).await);
}

#[tokio::test]
async fn an_identity_token_of_docker_is_a_refresh_token() {
    let refresh = token(r#"{"grant_type":"refresh_token"}"#);
    let config = format!(
        r#"{{"auths":{{"REGISTRY":{{"auth":"MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOg==","identitytoken":"{refresh}"}}}}}}"#
    );
    let told = sent(&config).await;
    assert!(told.contains("grant_type=refresh_token"), "{told}");
    // The same as a password.
    let config = format!(
        r#"{{"auths":{{"REGISTRY":{{"username":"00000000-0000-0000-0000-000000000000","password":"{refresh}"}}}}}}"#
    );
    assert_eq!(sent(&config).await, told);
}

#[tokio::test]
async fn an_access_token_of_docker_is_used_as_it_is() {
    let access = token(r#"{"grant_type":"access_token"}"#);
    for config in [
        format!(r#"{{"auths":{{"REGISTRY":{{"registrytoken":"{access}"}}}}}}"#),
        format!(
            r#"{{"auths":{{"REGISTRY":{{"username":"00000000-0000-0000-0000-000000000000","password":"{access}"}}}}}}"#
        ),
    ] {
        let told = sent(&config).await;
        let call =
            "GET /v2/app/tags/list\nauthorization: Bearer <{\"grant_type\":\"access_token\"}>";
        assert!(told.starts_with(call), "{told}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn helpers_give_logins_and_tokens() {
    let told = sent(r#"{"credsStore":"fails","credHelpers":{"REGISTRY":"login"}}"#).await;
    assert!(told.contains("authorization: Basic "), "{told}");
    let told = sent(r#"{"credsStore":"token","auths":{"REGISTRY":{}}}"#).await;
    assert!(told.contains(&format!("refresh_token={SECRET}")), "{told}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_wrong_with_a_configuration_is_said_without_secrets() {
    let registry = Registry::start().await;
    let endpoint = registry.endpoint();
    let mut told = String::new();
    for config in [
        r#"{}"#,
        r#"{"auths":{"a.azurecr.io":{"auth":"eDp5"},"https://b.example/v1/":{"identitytoken":"S3CR3T"},"c.example":{}}}"#,
        r#"{"auths":{"REGISTRY":{"auth":"bWU6UzNDUjNU","username":"you"}}}"#,
        r#"{"auths":{"REGISTRY":{"auth":"S3CR3T?"}}}"#,
        "{\n  \"auths\": {\"a.azurecr.io\": {\"auth\": S3CR3T}}\n}",
        r#"{"auths":"S3CR3T"}"#,
        r#"{"credsStore":"none","auths":{"REGISTRY":{"auth":"bWU6UzNDUjNU"}}}"#,
        r#"{"credHelpers":{"REGISTRY":"fails"}}"#,
        r#"{"credHelpers":{"REGISTRY":"../../bin/sh"}}"#,
    ] {
        let folder = Folder::with(&endpoint, config);
        let credential = Credential::provider(folder.config());
        let authenticator = registry.authenticator(credential).build().unwrap();
        let error = authenticator
            .access_token(&"repository:app:pull".parse().unwrap())
            .await
            .unwrap_err();
        let text = folder.readable(&chain(&error), &endpoint);
        told += &format!("{}\n{text}\n\n", config.replace('\n', " "));
    }
    assert!(registry.log().is_empty());
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_named_file_has_to_be_there_and_short() {
    let registry = "myregistry.azurecr.io".parse().unwrap();
    let folder = Folder::with(&registry, &" ".repeat(1024 * 1024 + 1));
    let error = folder.config().login(&registry).await.unwrap_err();
    assert!(
        matches!(error, DockerConfigError::TooLong { .. }),
        "{error}"
    );
    let nowhere = DockerConfig::at(folder.path().with_file_name("none.json"));
    let error = nowhere.login(&registry).await.unwrap_err();
    assert!(matches!(error, DockerConfigError::Unreadable { .. }));
}

#[tokio::test]
async fn the_cause_can_be_matched() {
    let registry = Registry::start().await;
    let config = r#"{"auths":{"REGISTRY":{"identitytoken":"a","password":"b"}}}"#;
    let folder = Folder::with(&registry.endpoint(), config);
    let credential = Credential::provider(folder.config());
    let authenticator = registry.authenticator(credential).build().unwrap();
    let error = authenticator.docker_login().await.unwrap_err();
    let cause = acr_rest::find::<DockerConfigError>(&error).unwrap();
    let DockerConfigError::Entry { source, .. } = cause else {
        panic!("{cause}");
    };
    assert_eq!(*source, EntryFault::TwoSecrets);
}

const TOKEN_USER: &str = "00000000-0000-0000-0000-000000000000";

#[tokio::test]
async fn every_credential_but_nobody_logs_in_to_docker() {
    let registry = Registry::start().await;
    let login = async |credential: Credential| {
        let authenticator = registry.authenticator(credential).build().unwrap();
        authenticator.docker_login().await
    };
    let given = login(password()).await.unwrap();
    assert_eq!((given.username(), given.expires_at()), ("me", None));
    let plain: Login = given.clone().into();
    assert_eq!(plain, given.to_login());
    assert_eq!(plain.password.expose(), format!("{SECRET}-password"));
    assert!(!format!("{given:?} {given:#?}").contains(SECRET));
    assert!(registry.log().is_empty());

    let made = login(Arc::new(Entra::default()).into()).await.unwrap();
    assert_eq!(made.username(), TOKEN_USER);
    assert!(made.password().expose().starts_with("e30."));
    let hours = made
        .expires_at()
        .unwrap()
        .duration_since(registry.clock.now());
    assert_eq!(hours.unwrap().as_secs(), 3 * 3600);
    assert_eq!(registry.log(), ["POST /oauth2/exchange"]);

    for kind in ["refresh_token", "access_token"] {
        let text = token(&format!(r#"{{"grant_type":"{kind}","exp":99999999999}}"#));
        let given = login(Credential::password(TOKEN_USER, text.clone()));
        let given = given.await.unwrap();
        assert_eq!(given.to_login(), Login::new(TOKEN_USER, text));
        let end = given.expires_at().unwrap();
        let since = end.duration_since(std::time::SystemTime::UNIX_EPOCH);
        assert_eq!(since.unwrap().as_secs(), 99_999_999_999);
    }
    assert_eq!(registry.log().len(), 1);

    let error = login(Credential::anonymous()).await.unwrap_err();
    assert!(matches!(error, Error::NoLogin { .. }), "{error}");
}

#[tokio::test]
async fn as_docker_s_helper_an_identity_gives_a_refresh_token() {
    let registry = Registry::start().await;
    let endpoint = registry.endpoint();
    let helper = CredentialHelper::new(Arc::new(Entra::default())).registry(endpoint.clone());
    let reply = helper.answer("get", endpoint.authority().as_bytes()).await;
    assert_eq!(reply.exit_code(), 0);
    let answer: serde_json::Value = serde_json::from_str(reply.output().expose()).unwrap();
    assert_eq!(answer["ServerURL"], endpoint.authority());
    assert_eq!(answer["Username"], "<token>");
    assert!(answer["Secret"].as_str().unwrap().contains(SECRET));
    assert_eq!(registry.log(), ["POST /oauth2/exchange"]);
    assert!(!format!("{reply:?}").contains(SECRET));
}

#[tokio::test]
async fn as_docker_s_helper_it_says_why_there_is_no_token() {
    let registry = Registry::start().await;
    registry.change(|rules| rules.exchange = Some((403, "DENIED")));
    let endpoint = registry.endpoint();
    let mut told = String::new();
    for fails in [true, false] {
        let entra = Entra {
            fails,
            ..Entra::default()
        };
        let helper = CredentialHelper::new(Arc::new(entra)).registry(endpoint.clone());
        let reply = helper.answer("get", endpoint.authority().as_bytes()).await;
        assert_eq!(reply.exit_code(), 1);
        let text = reply.output().expose();
        assert!(!text.contains(SECRET), "{text}");
        told += &format!("{}\n", text.replace(endpoint.authority(), "REGISTRY"));
    }
    insta::assert_snapshot!(told);
}
