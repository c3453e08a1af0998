//! docker's credential helper protocol, answered for registries of Azure: what the program
//! `docker-credential-acr` says (feature `credential-helper`).
//!
//! docker, podman and their like start a helper with a verb and give it a registry's name on its
//! standard input. The name is whatever an image is called, so the helper decides itself whom it
//! gives a token: registries below `azurecr.io`, `.cn`, `.us` and `.de`, and those that it was told
//! of. For any other it says that it has none, and docker goes on without a login.

use std::collections::BTreeMap;

use acr_core::{RegistryEndpoint, Secret, limits};
use serde::Serialize;

use super::{HELPER_TOKEN_USER, NOT_FOUND, server};
#[cfg(feature = "azure_identity")]
use crate::environment::Environment;
use crate::{Authenticator, Credential, Error, credential::Kind};

/// The domains of the service, one for each cloud. Who has a name below them is a registry of
/// Azure, whoever owns it: a token that is sent there reaches the service alone.
const DOMAINS: [&str; 4] = [".azurecr.io", ".azurecr.cn", ".azurecr.us", ".azurecr.de"];

const PROGRAM: &str = "docker-credential-acr";

/// Answers as a credential helper of docker's.
///
/// | verb | answer |
/// |---|---|
/// | `get` | a refresh token of the registry for the user `<token>`; or the login, if the credential is one |
/// | `list` | the registries that it was told of, and their users |
/// | `store`, `erase` | refused: nothing is kept |
/// | `version` | the version |
///
/// ```
/// # async fn f() {
/// use acr_auth::{Credential, docker::credential_helper::CredentialHelper};
///
/// let helper = CredentialHelper::new(Credential::password("me", "secret"));
/// let reply = helper.answer("get", b"myregistry.azurecr.io").await;
/// assert_eq!(reply.exit_code(), 0);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CredentialHelper {
    credential: Credential,
    named: Vec<RegistryEndpoint>,
    /// Whether it answers for those alone.
    named_alone: bool,
}

/// What a credential helper says and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    output: Secret,
    exit_code: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(rename = "ServerURL")]
    server_url: &'a str,
    username: &'a str,
    secret: &'a Secret,
}

impl CredentialHelper {
    /// One that is this for every registry that it answers for.
    pub fn new(credential: impl Into<Credential>) -> Self {
        Self {
            credential: credential.into(),
            named: Vec::new(),
            named_alone: false,
        }
    }

    /// Answers for this registry too: a custom domain, or a registry on this machine.
    #[must_use]
    pub fn registry(mut self, registry: RegistryEndpoint) -> Self {
        self.named.push(registry);
        self
    }

    /// Answers for none but the registries that it is told of.
    #[must_use]
    pub fn no_others(self) -> Self {
        Self {
            named_alone: true,
            ..self
        }
    }

    /// As the program is set up, by environment variables:
    ///
    /// - `DOCKER_CREDENTIAL_ACR_REGISTRIES`: the hosts or URLs of further registries to answer for,
    ///   with spaces or commas between them;
    /// - `CONTAINERREGISTRY_ENDPOINT`: one more of them;
    /// - `CONTAINERREGISTRY_USERNAME` and `CONTAINERREGISTRY_PASSWORD`: a login in place of
    ///   [`Credential::default_chain`]; where the endpoint is set, for that registry and those of the
    ///   list alone;
    /// - those of the default chain.
    ///
    /// # Errors
    /// [`Setup`] when a registry cannot be one, or one half of the login is missing.
    #[cfg(feature = "azure_identity")]
    pub fn from_env() -> Result<Self, Setup> {
        Self::configured(&Environment::of_process())
    }

    #[cfg(feature = "azure_identity")]
    fn configured(environment: &Environment) -> Result<Self, Setup> {
        let login = (
            environment.get("CONTAINERREGISTRY_USERNAME"),
            environment.get("CONTAINERREGISTRY_PASSWORD"),
        );
        let mut helper = match &login {
            (None, None) => Self::new(Credential::default_chain()),
            (Some(user), Some(password)) => {
                Self::new(Credential::password(user, password.as_str()))
            }
            (None, _) => return Err(Setup::Missing("CONTAINERREGISTRY_USERNAME")),
            (_, None) => return Err(Setup::Missing("CONTAINERREGISTRY_PASSWORD")),
        };
        if let Some(endpoint) = environment.get("CONTAINERREGISTRY_ENDPOINT") {
            helper = helper.registry(endpoint.parse()?);
            // Of whatever kind it is: the user of a token has none for other registries either.
            if login.0.is_some() {
                helper = helper.no_others();
            }
        }
        let named = environment
            .get("DOCKER_CREDENTIAL_ACR_REGISTRIES")
            .unwrap_or_default();
        for name in named
            .split([' ', ',', '\t', '\n'])
            .filter(|name| !name.is_empty())
        {
            helper = helper.registry(name.parse()?);
        }
        Ok(helper)
    }

    /// The answer to a verb, and to what stands on the standard input.
    pub async fn answer(&self, verb: &str, input: &[u8]) -> Reply {
        match verb {
            "get" => self.get(input).await,
            "list" => Reply::json(&self.list()),
            "version" => Reply::said(format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION"))),
            "store" | "erase" => Reply::failed(format!(
                "{PROGRAM} keeps nothing: it makes a token of Azure Container Registry whenever one is asked for. \
                 Who signs in or out does so where the identity comes from, such as `az login`; for a login \
                 of another kind, take the registry out of `credHelpers` in docker's configuration"
            )),
            _ => Reply::failed(format!(
                "{PROGRAM} is started by docker and its like, with get, list or version. It is set up in \
                 docker's configuration: {{\"credHelpers\":{{\"myregistry.azurecr.io\":\"acr\"}}}}"
            )),
        }
    }

    async fn get(&self, input: &[u8]) -> Reply {
        if input.len() > limits::REGISTRY_NAME {
            return Reply::failed("the name of the registry is too long");
        }
        let name = String::from_utf8_lossy(input);
        let name = name.trim();
        if name.is_empty() {
            return Reply::failed("no credentials server URL");
        }
        let Some(registry) = self.answers_for(name) else {
            return Reply::failed(NOT_FOUND);
        };
        match self.login(&registry).await {
            Ok((username, secret)) => Reply::json(&Answer {
                server_url: name,
                username: &username,
                secret: &secret,
            }),
            Err(Error::NoLogin { .. }) => Reply::failed(NOT_FOUND),
            Err(error) => Reply::failed(failure(&error)),
        }
    }

    async fn login(&self, registry: &RegistryEndpoint) -> Result<(String, Secret), Error> {
        let authenticator = Authenticator::new(registry, self.credential.clone())?;
        if let Some(token) = authenticator.refresh_token().await? {
            return Ok((HELPER_TOKEN_USER.to_owned(), token.secret().clone()));
        }
        let login = authenticator.docker_login().await?.to_login();
        Ok((login.username, login.password))
    }

    /// The registry of this name, if it is one that may have a token.
    fn answers_for(&self, name: &str) -> Option<RegistryEndpoint> {
        let mut named = self.named.iter();
        if let Some(known) = named.find(|known| server::is_name_of(name, known)) {
            return Some(known.clone());
        }
        if self.named_alone {
            return None;
        }
        // Always with TLS, whatever the name says. Not this machine: an image may name a port of it
        // at which somebody else listens.
        let host = server::host(name).filter(|host| is_plain(host))?;
        let registry = format!("https://{host}").parse().ok()?;
        is_of_azure(&registry).then_some(registry)
    }

    fn list(&self) -> BTreeMap<&str, &str> {
        let user = match &self.credential.kind {
            Kind::Password(login) => &login.username,
            _ => HELPER_TOKEN_USER,
        };
        let named = self.named.iter();
        named.map(|registry| (registry.as_str(), user)).collect()
    }
}

/// What went wrong, and what to do about it where that is known.
fn failure(error: &Error) -> String {
    let hint = error.hint().map(|hint| format!("\nhint: {hint}"));
    format!(
        "{PROGRAM}: {}{}",
        acr_rest::chain_text(error),
        hint.unwrap_or_default()
    )
}

/// A name that everybody reads alike, as a host or as part of a URL.
fn is_plain(host: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':');
    host.split('.')
        .all(|label| !label.is_empty() && label.chars().all(plain))
}

/// A name below the service's domains, at the usual port.
fn is_of_azure(registry: &RegistryEndpoint) -> bool {
    let host = registry.host();
    registry.authority() == host && DOMAINS.iter().any(|domain| host.ends_with(domain))
}

impl Reply {
    fn said(text: impl Into<Secret>) -> Self {
        Self {
            output: text.into(),
            exit_code: 0,
        }
    }

    fn failed(text: impl Into<Secret>) -> Self {
        Self {
            output: text.into(),
            exit_code: 1,
        }
    }

    fn json(value: &impl Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(text) => Self::said(text),
            Err(_) => Self::failed("the answer cannot be written"),
        }
    }

    /// What goes to the standard output, also where it failed: so the protocol has it.
    #[must_use]
    pub fn output(&self) -> &Secret {
        &self.output
    }

    /// The exit status: 0, or 1 where there is no answer.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

/// Why the program cannot be set up as its environment says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Setup {
    /// A name is not that of a registry.
    #[error(transparent)]
    Registry(#[from] acr_core::EndpointError),
    /// One half of the login is there, and this variable, the other half, is not.
    #[error("{0} is not set, and the other half of the login is")]
    Missing(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(helper: &CredentialHelper, name: &str) -> Option<String> {
        let registry = helper.answers_for(name);
        registry.map(|registry| registry.as_str().to_owned())
    }

    #[test]
    fn whom_it_answers_for() {
        let helper = CredentialHelper::new(Credential::anonymous());
        for (name, address) in [
            ("myregistry.azurecr.io", "https://myregistry.azurecr.io"),
            (
                "https://MyRegistry.azurecr.io/v2/",
                "https://myregistry.azurecr.io",
            ),
            // Never without TLS, whatever stands there.
            (
                "http://myregistry.azurecr.io",
                "https://myregistry.azurecr.io",
            ),
            ("myregistry.azurecr.cn:443", "https://myregistry.azurecr.cn"),
            ("myregistry.azurecr.us", "https://myregistry.azurecr.us"),
            ("myregistry.azurecr.de", "https://myregistry.azurecr.de"),
        ] {
            assert_eq!(registry(&helper, name).as_deref(), Some(address), "{name}");
        }
        for name in [
            "docker.io",
            "https://index.docker.io/v1/",
            "azurecr.io",
            "evilazurecr.io",
            "myregistry.azurecr.io.example.com",
            "example.com/myregistry.azurecr.io",
            "example.com?.azurecr.io",
            "example.com#.azurecr.io",
            "example.com\\.azurecr.io",
            "myregistry.azurecr.io@example.com",
            "me@myregistry.azurecr.io",
            "myregistry.azurecr.io:8443",
            ".azurecr.io",
            "a..azurecr.io",
            // What a parser of URLs makes of these is not what docker sends the login to.
            "myregistry%2eazurecr.io",
            "my\tregistry.azurecr.io",
            "myregistry.azurecr\u{3002}io",
            "myregistry.azurecr.io/team",
            "127.0.0.1:5000",
            "localhost:5000",
            "[::1]:5000",
            "https://localhost:5000",
            "10.0.0.1:5000",
            "127.0.0.1.example.com",
            "me.localhost:5000",
            "ftp://myregistry.azurecr.io",
            "a b.azurecr.io",
            "\u{0}",
        ] {
            assert_eq!(registry(&helper, name), None, "{name}");
        }
    }

    #[test]
    fn whom_it_was_told_of() {
        let helper = CredentialHelper::new(Credential::anonymous())
            .registry("registry.example.com".parse().unwrap())
            .registry("https://localhost:5001".parse().unwrap());
        let known = |name| registry(&helper, name);
        assert_eq!(
            known("https://Registry.example.com/v1/").unwrap(),
            "https://registry.example.com"
        );
        assert_eq!(known("localhost:5001").unwrap(), "https://localhost:5001");
        assert_eq!(known("localhost:5002"), None);
        assert_eq!(known("example.com"), None);
        assert!(known("myregistry.azurecr.io").is_some());

        let alone = helper.no_others();
        assert!(registry(&alone, "registry.example.com").is_some());
        for other in ["myregistry.azurecr.io", "localhost:5000"] {
            assert_eq!(registry(&alone, other), None, "{other}");
        }
    }

    #[cfg(feature = "azure_identity")]
    fn set_up<const N: usize>(variables: [(&str, &str); N]) -> String {
        match CredentialHelper::configured(&variables.into()) {
            Ok(helper) => format!("{helper:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[cfg(feature = "azure_identity")]
    #[test]
    fn what_the_environment_says() {
        let user = ("CONTAINERREGISTRY_USERNAME", "me");
        let token_user = (user.0, crate::docker::TOKEN_USER);
        let password = ("CONTAINERREGISTRY_PASSWORD", "S3CR3T");
        let endpoint = ("CONTAINERREGISTRY_ENDPOINT", "b.azurecr.io");
        let named = (
            "DOCKER_CREDENTIAL_ACR_REGISTRIES",
            "a.example, http://127.0.0.1:5000",
        );
        let told = [
            set_up([]),
            set_up([named, ("CONTAINERREGISTRY_USERNAME", "")]),
            set_up([user, password, named]),
            set_up([user, password, named, endpoint]),
            set_up([endpoint]),
            set_up([token_user, password, endpoint]),
            set_up([user]),
            set_up([password]),
            set_up([("DOCKER_CREDENTIAL_ACR_REGISTRIES", "http://a.example")]),
        ];
        let told = told.join("\n");
        assert!(!told.contains("S3CR3T"));
        insta::assert_snapshot!(told);
    }

    #[tokio::test]
    async fn what_it_says_without_asking_anybody() {
        let helper = CredentialHelper::new(Credential::password("me", "S3CR3T"))
            .registry("registry.example.com".parse().unwrap());
        let tokens = CredentialHelper::new(Credential::refresh_token("S3CR3T"))
            .registry("http://127.0.0.1:5000".parse().unwrap());
        let nobody = CredentialHelper::new(Credential::anonymous());
        let long = "x".repeat(limits::REGISTRY_NAME + 1);
        let mut told = String::new();
        for (helper, verb, input) in [
            (&helper, "get", "https://myregistry.azurecr.io/v1/\n"),
            (&helper, "get", "docker.io"),
            (&helper, "get", ""),
            (&helper, "get", long.as_str()),
            (&nobody, "get", "myregistry.azurecr.io"),
            (&helper, "list", ""),
            (&tokens, "list", ""),
            (&nobody, "list", ""),
            (&helper, "store", r#"{"ServerURL":"x","Secret":"S3CR3T"}"#),
            (&helper, "erase", "myregistry.azurecr.io"),
            (&helper, "version", ""),
            (&helper, "", ""),
            (&helper, "push", ""),
        ] {
            let reply = helper.answer(verb, input.as_bytes()).await;
            assert!(!format!("{reply:?} {helper:?}").contains("S3CR3T"));
            let input = input.lines().next().unwrap_or_default();
            let input: String = input.chars().take(40).collect();
            let (output, code) = (reply.output().expose(), reply.exit_code());
            told += &format!("{verb} < {input}\n{code}: {output}\n\n");
        }
        insta::assert_snapshot!(told.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    }
}
