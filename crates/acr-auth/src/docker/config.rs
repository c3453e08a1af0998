//! The logins of docker and podman as a credential.

use std::{
    env,
    error::Error as StdError,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use acr_core::{RegistryEndpoint, limits};
use tokio::{fs, io::AsyncReadExt};
use zeroize::Zeroizing;

use super::{
    error::{DockerConfigError, Outcome, Searched},
    file::{File, Found, Held},
    helper,
};
use crate::{Credential, CredentialProvider, environment::Environment};

/// The logins that docker and podman keep, as a [`CredentialProvider`].
///
/// A registry is looked for as docker does: its own helper (`credHelpers`), else the helper of all
/// registries (`credsStore`), else `auths`. There, `identitytoken` is a refresh token of the
/// registry, `registrytoken` an access token, and the user `00000000-0000-0000-0000-000000000000`
/// stands for a token too. Case, scheme and the path of the API do not matter in names. An entry
/// that contradicts itself is refused, where docker takes one half of it.
///
/// A helper is the program `docker-credential-NAME`, started without a shell, for 30 seconds at
/// most. Files are read up to [`limits::DOCKER_CONFIG`], answers up to [`limits::PROGRAM`].
///
/// ```no_run
/// use acr_auth::{Credential, docker::DockerConfig};
///
/// let mine = Credential::docker_config();
/// let another = Credential::provider(DockerConfig::at("/etc/ci/config.json"));
/// ```
///
/// Nothing is read before a credential is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerConfig {
    /// In the order in which they are asked.
    files: Vec<PathBuf>,
    /// A file that was named has to be there; those that are found need not.
    named: bool,
    helpers: Option<PathBuf>,
}

impl DockerConfig {
    /// Wherever docker and podman keep their logins. The first file that has one for the registry
    /// decides, in this order:
    ///
    /// 1. docker's: `$DOCKER_CONFIG/config.json`, or where that is not set `~/.docker/config.json`;
    /// 2. podman's: `$REGISTRY_AUTH_FILE`, or where that is not set
    ///    `$XDG_RUNTIME_DIR/containers/auth.json` and then `~/.config/containers/auth.json`.
    ///
    /// A file that is there and cannot be read is an error; one that is not there is passed over.
    #[must_use]
    pub fn find() -> Self {
        Self {
            files: files(&Environment::of_process(), env::home_dir().as_deref()),
            named: false,
            helpers: None,
        }
    }

    /// This file, which has to be there.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            files: vec![path.into()],
            named: true,
            helpers: None,
        }
    }

    /// Takes credential helpers from this folder, instead of from where the system looks for
    /// programs.
    #[must_use]
    pub fn helpers_in(self, folder: impl Into<PathBuf>) -> Self {
        Self {
            helpers: Some(folder.into()),
            ..self
        }
    }

    /// The credential for this registry, read anew.
    ///
    /// # Errors
    /// [`DockerConfigError`] when none is there, or when a file or helper cannot be used.
    pub async fn login(
        &self,
        registry: &RegistryEndpoint,
    ) -> Result<Credential, DockerConfigError> {
        let mut searched = Vec::new();
        for path in &self.files {
            match self.look(path, registry).await? {
                Look::Held(held) => return Ok(held.into()),
                Look::Not(outcome) => searched.push(Searched {
                    path: path.clone(),
                    outcome,
                }),
            }
        }
        Err(DockerConfigError::Unknown {
            registry: registry.authority().to_owned(),
            searched,
        })
    }

    /// What this file, or the helper that it names, has for the registry.
    async fn look(
        &self,
        path: &Path,
        registry: &RegistryEndpoint,
    ) -> Result<Look, DockerConfigError> {
        let Some(file) = self.read(path).await? else {
            return Ok(Look::Not(Outcome::Absent));
        };
        let found = file
            .find(registry)
            .map_err(|source| DockerConfigError::Entry {
                path: path.to_owned(),
                registry: registry.authority().to_owned(),
                source,
            })?;
        let name = match found {
            Found::Held(held) => return Ok(Look::Held(held)),
            Found::Nothing => {
                let known = file.known().map(shown).collect();
                return Ok(Look::Not(Outcome::Knows(known)));
            }
            Found::Helper(name) => name,
        };
        let answer = helper::get(&name, self.helpers.as_deref(), registry.authority()).await;
        match answer {
            Ok(Some(held)) => Ok(Look::Held(held)),
            Ok(None) => Ok(Look::Not(Outcome::Helper(shown(&name)))),
            Err(source) => Err(DockerConfigError::Helper {
                path: path.to_owned(),
                registry: registry.authority().to_owned(),
                helper: shown(&name),
                source,
            }),
        }
    }

    /// The file; `None` if it is not there and need not be.
    async fn read(&self, path: &Path) -> Result<Option<File>, DockerConfigError> {
        let unreadable = |source| DockerConfigError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let file = match fs::File::open(path).await {
            Err(error) if error.kind() == ErrorKind::NotFound && !self.named => return Ok(None),
            file => file.map_err(unreadable)?,
        };
        let mut bytes = Zeroizing::new(Vec::new());
        let mut bounded = file.take(limits::DOCKER_CONFIG as u64 + 1);
        bounded.read_to_end(&mut bytes).await.map_err(unreadable)?;
        if bytes.len() > limits::DOCKER_CONFIG {
            return Err(DockerConfigError::TooLong {
                path: path.to_owned(),
            });
        }
        let file = File::parse(&bytes).map_err(|place| DockerConfigError::Malformed {
            path: path.to_owned(),
            line: place.line,
            column: place.column,
        })?;
        Ok(Some(file))
    }
}

/// What came of looking into one file.
enum Look {
    Held(Held),
    Not(Outcome),
}

#[async_trait::async_trait]
impl CredentialProvider for DockerConfig {
    async fn credential(
        &self,
        registry: &RegistryEndpoint,
    ) -> Result<Credential, Box<dyn StdError + Send + Sync>> {
        Ok(self.login(registry).await?)
    }
}

/// The files of docker and podman, by the environment and the home directory.
fn files(environment: &Environment, home: Option<&Path>) -> Vec<PathBuf> {
    let in_home = |path: &str| Some(home?.join(path));
    let docker = match environment.path("DOCKER_CONFIG") {
        Some(folder) => Some(folder.join("config.json")),
        None => in_home(".docker/config.json"),
    };
    let podman = match environment.path("REGISTRY_AUTH_FILE") {
        Some(file) => [Some(file), None],
        None => [
            environment
                .path("XDG_RUNTIME_DIR")
                .map(|folder| folder.join("containers/auth.json")),
            in_home(".config/containers/auth.json"),
        ],
    };
    docker
        .into_iter()
        .chain(podman.into_iter().flatten())
        .collect()
}

/// What an error shows of a name in the file: no password that stands there by mistake, nothing
/// that moves the cursor, and not too much.
pub(super) fn shown(name: &str) -> String {
    let name = name.rsplit('@').next().unwrap_or_default();
    let name = name.split(['?', '#']).next().unwrap_or_default();
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    name.chars().take(100).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<const N: usize>(variables: [(&str, &str); N], home: Option<&str>) -> Vec<String> {
        let files = files(&variables.into(), home.map(Path::new));
        files
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }

    #[test]
    fn the_order_of_the_files() {
        assert_eq!(
            found(
                [("XDG_RUNTIME_DIR", "/run/1"), ("DOCKER_CONFIG", "")],
                Some("/me")
            ),
            [
                "/me/.docker/config.json",
                "/run/1/containers/auth.json",
                "/me/.config/containers/auth.json"
            ]
        );
        let named = [
            ("DOCKER_CONFIG", "/d"),
            ("REGISTRY_AUTH_FILE", "/p.json"),
            ("XDG_RUNTIME_DIR", "/run/1"),
        ];
        assert_eq!(found(named, Some("/me")), ["/d/config.json", "/p.json"]);
        assert!(found([], None).is_empty());
    }

    #[tokio::test]
    async fn the_first_file_that_knows_the_registry_decides() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let login = |token: &str| {
            format!(r#"{{"auths":{{"myregistry.azurecr.io":{{"identitytoken":"{token}"}}}}}}"#)
        };
        std::fs::write(at("empty"), "{}").unwrap();
        std::fs::write(at("bad"), "{").unwrap();
        std::fs::write(at("first"), login("first")).unwrap();
        std::fs::write(at("second"), login("second")).unwrap();
        let registry = "myregistry.azurecr.io".parse().unwrap();
        let asked = async |names: &[&str]| {
            let files = names.iter().map(|name| at(name)).collect();
            let config = DockerConfig {
                files,
                named: false,
                helpers: None,
            };
            config.login(&registry).await
        };
        let found = asked(&["absent", "empty", "first", "second", "bad"]).await;
        let first = Credential::refresh_token("first");
        assert!(found.unwrap().id == first.id);
        // What cannot be read is not passed over.
        let error = asked(&["bad", "first"]).await.unwrap_err();
        assert!(matches!(error, DockerConfigError::Malformed { .. }));
        let error = asked(&["absent", "empty"]).await.unwrap_err().to_string();
        let told = error.replace(&folder.path().display().to_string(), "FOLDER");
        assert_eq!(
            told,
            "no docker configuration has a login for myregistry.azurecr.io (FOLDER/absent is not there; \
             FOLDER/empty has none at all): `docker login myregistry.azurecr.io` makes one"
        );
        let error = asked(&[]).await.unwrap_err().to_string();
        assert!(
            error.contains("neither DOCKER_CONFIG nor a home"),
            "{error}"
        );
    }

    #[test]
    fn names_are_shown_without_what_may_be_a_password() {
        assert_eq!(
            shown("https://me:S3CR3T@reg.io/v1/?sig=S3CR3T"),
            "reg.io/v1/"
        );
        assert_eq!(shown("a\u{1b}[2J"), "a\u{fffd}[2J");
        assert_eq!(shown(&"x".repeat(1000)).len(), 100);
    }
}
