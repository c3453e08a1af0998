//! A user name and password for `docker login`.

use std::{fmt, time::SystemTime};

use acr_core::{Login, ScopeSet, Secret};

use super::TOKEN_USER;
use crate::{Authenticator, Error, credential::Kind};

/// What `docker login` takes: a user name and a password, which may be a token that ends.
///
/// ```no_run
/// # async fn f(authenticator: acr_auth::Authenticator) -> Result<(), acr_auth::Error> {
/// let login = authenticator.docker_login().await?;
/// println!("docker login {} --username {} --password-stdin", authenticator.endpoint().authority(), login.username());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DockerLogin {
    login: Login,
    expires_at: Option<SystemTime>,
}

impl DockerLogin {
    fn of_token(token: Secret, expires_at: SystemTime) -> Self {
        Self {
            login: Login::new(TOKEN_USER, token),
            expires_at: Some(expires_at),
        }
    }

    /// The user name; `00000000-0000-0000-0000-000000000000` where the password is a token.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.login.username
    }

    /// The password.
    #[must_use]
    pub fn password(&self) -> &Secret {
        &self.login.password
    }

    /// When the password ends, if it is a token: a refresh token after about three hours, an access
    /// token after about one.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// As a plain user name and password.
    #[must_use]
    pub fn to_login(&self) -> Login {
        self.login.clone()
    }
}

impl From<DockerLogin> for Login {
    fn from(login: DockerLogin) -> Self {
        login.login
    }
}

impl fmt::Debug for DockerLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerLogin")
            .field("username", &self.login.username)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl Authenticator {
    /// A user name and password with which docker, podman and their like can log in: the
    /// credential's own, or else a refresh token, for which an Entra token is exchanged.
    ///
    /// # Errors
    /// [`Error::NoLogin`] for anonymous access, and any [`Error`] when the credential or the
    /// registry gives no token.
    pub async fn docker_login(&self) -> Result<DockerLogin, Error> {
        let (credential, _) = self.credential().await?;
        let registry = self.token_host().authority();
        match credential.kind {
            Kind::Password(login) => Ok(DockerLogin {
                login,
                expires_at: None,
            }),
            Kind::AccessToken(token) => {
                // Refused here if it has ended, as everywhere.
                let given = self.access_token(&ScopeSet::default()).await?;
                Ok(DockerLogin::of_token(token, given.expires_at))
            }
            _ => match self.refresh_token().await? {
                Some(token) => Ok(DockerLogin::of_token(token.secret, token.expires_at)),
                None => Err(Error::NoLogin {
                    registry: registry.to_owned(),
                }),
            },
        }
    }
}
