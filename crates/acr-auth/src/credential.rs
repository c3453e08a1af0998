//! Who one is.

use std::{
    error::Error as StdError,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use acr_core::{Digest, Login, RegistryEndpoint, Secret};
use azure_core::credentials::TokenCredential;

use crate::{
    Error,
    docker::{DockerConfig, TOKEN_USER},
    exchange::bearer,
    jwt::Claims,
};

/// Who one is, for a registry.
///
/// Any credential of `azure_identity`, or one's own [`TokenCredential`], becomes one by `into()`:
///
/// ```
/// use acr_auth::Credential;
///
/// let admin = Credential::password("myregistry", "the admin user's password");
/// let nobody = Credential::anonymous();
/// assert!(!format!("{admin:?}").contains("the admin user's password"));
/// ```
#[derive(Clone)]
pub struct Credential {
    pub(crate) kind: Kind,
    pub(crate) id: CredentialId,
}

#[derive(Clone)]
pub(crate) enum Kind {
    Anonymous,
    Password(Login),
    RefreshToken(Secret),
    AccessToken(Secret),
    Entra(Arc<dyn TokenCredential>),
    Provider(Arc<dyn CredentialProvider>),
    #[cfg(feature = "azure_identity")]
    DefaultChain,
}

/// What tells credentials apart: the same for clones and for equal texts, another for everything
/// else. Of a secret it knows the digest; it does not print, so that nobody can guess with it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum CredentialId {
    Anonymous,
    Password { username: String, password: Digest },
    RefreshToken(Digest),
    AccessToken(Digest),
    Unique(u64),
}

impl CredentialId {
    fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self::Unique(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Where a credential comes from that is looked up for each registry: a file, a vault, a program.
///
/// It is asked when the first token is needed, by one caller at a time, and again when the registry
/// refuses what it gave, or when the token that it gave is about to end.
///
/// ```
/// use std::error::Error;
///
/// use acr_auth::{Credential, CredentialProvider};
/// use acr_core::RegistryEndpoint;
///
/// /// The password of a repository-scoped token, in a file for each registry.
/// #[derive(Debug)]
/// struct Files;
///
/// #[async_trait::async_trait]
/// impl CredentialProvider for Files {
///     async fn credential(
///         &self,
///         registry: &RegistryEndpoint,
///     ) -> Result<Credential, Box<dyn Error + Send + Sync>> {
///         let password = std::fs::read_to_string(format!("/run/secrets/{}", registry.host()))?;
///         Ok(Credential::password("ci", password.trim()))
///     }
/// }
///
/// let credential = Credential::provider(Files);
/// ```
#[async_trait::async_trait]
pub trait CredentialProvider: fmt::Debug + Send + Sync {
    /// Who to be for this registry: the host that tokens are asked of. Any credential but another
    /// provider.
    ///
    /// # Errors
    /// Why there is none. It is the source of [`Error::Provider`](crate::Error::Provider), and is
    /// shown: it must hold no secret.
    async fn credential(
        &self,
        registry: &RegistryEndpoint,
    ) -> Result<Credential, Box<dyn StdError + Send + Sync>>;
}

impl Credential {
    /// Nobody in particular: a registry with anonymous pull lets everybody read.
    #[must_use]
    pub fn anonymous() -> Self {
        Self {
            kind: Kind::Anonymous,
            id: CredentialId::Anonymous,
        }
    }

    /// A user name and password: the registry's admin user, a service principal (application id
    /// and secret), or a repository-scoped token (its name and one of its passwords).
    ///
    /// The user `00000000-0000-0000-0000-000000000000` has a token for a password, as `docker login`
    /// takes it: that is [`refresh_token`](Self::refresh_token), or
    /// [`access_token`](Self::access_token) where the token says so.
    pub fn password(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Login::new(username, password).into()
    }

    /// A refresh token of the registry, as `az acr login --expose-token` prints one.
    pub fn refresh_token(token: impl Into<Secret>) -> Self {
        let token = token.into();
        Self {
            id: CredentialId::RefreshToken(digest(&token)),
            kind: Kind::RefreshToken(token),
        }
    }

    /// An access token of the registry that somebody else made. It is used as it is, for whatever
    /// it allows, until it ends.
    pub fn access_token(token: impl Into<Secret>) -> Self {
        let token = token.into();
        Self {
            id: CredentialId::AccessToken(digest(&token)),
            kind: Kind::AccessToken(token),
        }
    }

    /// An Entra identity.
    #[must_use]
    pub fn entra(credential: Arc<dyn TokenCredential>) -> Self {
        Self {
            kind: Kind::Entra(credential),
            id: CredentialId::unique(),
        }
    }

    /// Whoever this provider says, once it is asked.
    pub fn provider(provider: impl CredentialProvider + 'static) -> Self {
        Self {
            kind: Kind::Provider(Arc::new(provider)),
            id: CredentialId::unique(),
        }
    }

    /// Whatever docker or podman has for the registry: [`DockerConfig::find`].
    #[must_use]
    pub fn docker_config() -> Self {
        Self::provider(DockerConfig::find())
    }

    /// The first Entra identity that can be had, in the order of the Azure SDKs:
    ///
    /// | link | needs | skipped when |
    /// |---|---|---|
    /// | `EnvironmentCredential` | `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, and `AZURE_CLIENT_SECRET` or `AZURE_CLIENT_CERTIFICATE_PATH` | one is not set |
    /// | `WorkloadIdentityCredential` | `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_FEDERATED_TOKEN_FILE` | one is not set |
    /// | `ManagedIdentityCredential` | a virtual machine, App Service and what is alike; `AZURE_CLIENT_ID` picks one of several identities | no endpoint answers within a second, or it has no such identity |
    /// | `AzureCliCredential` | `az` on the `PATH`, logged in | never |
    /// | `AzureDeveloperCliCredential` | `azd` on the `PATH`, logged in | never |
    ///
    /// Nothing is looked for before the first token is needed. The first link that gives one is kept, and
    /// no other is asked again; files and variables are read for each token, so that what was
    /// replaced is noticed. No link takes longer than 30 seconds.
    ///
    /// A link of the first three that is set up and fails ends the chain: what was meant for production
    /// is not replaced by whoever happens to be logged in. When no link gives a token, the error says what
    /// each answered ([`ChainError`](crate::ChainError)).
    ///
    /// - `AZURE_TOKEN_CREDENTIALS` narrows the chain: `prod` to the first three links, `dev` to the last
    ///   two, a link's name to that one. Managed identity named so is not probed first.
    /// - [`cloud`](crate::AuthenticatorBuilder::cloud), or else `AZURE_AUTHORITY_HOST`, or else the registry's
    ///   domain (`.azurecr.io`, `.cn`, `.us`), picks the cloud.
    /// - A certificate is a PEM file with an RSA key that is not encrypted, whose JWT assertion is signed
    ///   here (`PS256`). `AZURE_CLIENT_SEND_CERTIFICATE_CHAIN` set to `1` or `true` sends the certificates
    ///   along.
    /// - A secret and a certificate at once are refused, since nobody can know which is meant. (Other SDKs take
    ///   the secret.) A secret beside a federated token is not: the order decides.
    #[cfg(feature = "azure_identity")]
    #[must_use]
    pub fn default_chain() -> Self {
        Self {
            kind: Kind::DefaultChain,
            id: CredentialId::unique(),
        }
    }
}

impl Credential {
    /// Itself, if it can be one at all.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let fault = match &self.kind {
            Kind::Password(login) if login.username.is_empty() => "the user name is empty",
            // `Basic` ends the name at the first colon.
            Kind::Password(login) if login.username.contains(':') => "the user name has a colon",
            Kind::Password(login) if login.password.is_empty() => "the password is empty",
            Kind::RefreshToken(token) if token.is_empty() => "the refresh token is empty",
            Kind::AccessToken(token) => return bearer(token).map(|_| self),
            _ => return Ok(self),
        };
        Err(Error::Malformed {
            what: fault.to_owned(),
        })
    }

    /// Whether an Entra token can come of it.
    pub(crate) fn may_be_entra(&self) -> bool {
        !matches!(
            self.kind,
            Kind::Anonymous | Kind::Password(_) | Kind::RefreshToken(_) | Kind::AccessToken(_)
        )
    }

    /// Whether it is an identity that we look for ourselves, or may turn out to be.
    pub(crate) fn may_be_the_chain(&self) -> bool {
        match self.kind {
            #[cfg(feature = "azure_identity")]
            Kind::DefaultChain => true,
            Kind::Provider(_) => cfg!(feature = "azure_identity"),
            _ => false,
        }
    }

    /// When it ends, for a token that says so.
    pub(crate) fn expires_at(&self) -> Option<SystemTime> {
        match &self.kind {
            Kind::RefreshToken(token) | Kind::AccessToken(token) => {
                Claims::of(token.expose())?.expires_at()
            }
            _ => None,
        }
    }
}

fn digest(secret: &Secret) -> Digest {
    Digest::of(secret.expose().as_bytes())
}

impl From<Login> for Credential {
    fn from(login: Login) -> Self {
        if login.username == TOKEN_USER {
            let claims = Claims::of(login.password.expose());
            return match claims.is_some_and(|claims| claims.is_access_token()) {
                true => Self::access_token(login.password),
                false => Self::refresh_token(login.password),
            };
        }
        Self {
            id: CredentialId::Password {
                username: login.username.clone(),
                password: digest(&login.password),
            },
            kind: Kind::Password(login),
        }
    }
}

impl From<Arc<dyn TokenCredential>> for Credential {
    fn from(credential: Arc<dyn TokenCredential>) -> Self {
        Self::entra(credential)
    }
}

impl<T: TokenCredential + 'static> From<Arc<T>> for Credential {
    fn from(credential: Arc<T>) -> Self {
        Self::entra(credential)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Anonymous => f.write_str("Credential::anonymous"),
            Kind::Password(login) => write!(f, "Credential::password({:?}, ***)", login.username),
            Kind::RefreshToken(_) => f.write_str("Credential::refresh_token(***)"),
            Kind::AccessToken(_) => f.write_str("Credential::access_token(***)"),
            Kind::Entra(_) => f.write_str("Credential::entra"),
            Kind::Provider(_) => f.write_str("Credential::provider"),
            #[cfg(feature = "azure_identity")]
            Kind::DefaultChain => f.write_str("Credential::default_chain"),
        }
    }
}
