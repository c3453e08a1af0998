//! Who one is.

use std::{fmt, sync::Arc};

use acr_core::{Login, Secret};
use azure_core::credentials::TokenCredential;

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
pub struct Credential(pub(crate) Kind);

#[derive(Clone)]
pub(crate) enum Kind {
    Anonymous,
    Password(Login),
    RefreshToken(Secret),
    Entra(Arc<dyn TokenCredential>),
    #[cfg(feature = "azure_identity")]
    DefaultChain,
}

impl Credential {
    /// Nobody in particular: a registry with anonymous pull lets everybody read.
    #[must_use]
    pub fn anonymous() -> Self {
        Self(Kind::Anonymous)
    }

    /// A user name and password: the registry's admin user, a service principal (application id
    /// and secret), or a repository-scoped token (its name and one of its passwords).
    pub fn password(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Login::new(username, password).into()
    }

    /// A refresh token of the registry, as `az acr login --expose-token` prints one.
    pub fn refresh_token(token: impl Into<Secret>) -> Self {
        Self(Kind::RefreshToken(token.into()))
    }

    /// An Entra identity.
    #[must_use]
    pub fn entra(credential: Arc<dyn TokenCredential>) -> Self {
        Self(Kind::Entra(credential))
    }

    /// The first Entra identity that can be had, in this order:
    ///
    /// 1. a service principal from `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`;
    /// 2. workload identity, where `AZURE_FEDERATED_TOKEN_FILE` is set (Kubernetes);
    /// 3. managed identity; its endpoint is asked once, for at most a second, whether it is there;
    /// 4. developer tools: `az`, then `azd`.
    ///
    /// Each is tried when the first token is needed, and the one that gave it is kept. When none
    /// does, the error says what each answered. `AZURE_AUTHORITY_HOST`, or else the registry's
    /// domain, picks the cloud.
    #[cfg(feature = "azure_identity")]
    #[must_use]
    pub fn default_chain() -> Self {
        Self(Kind::DefaultChain)
    }
}

impl From<Login> for Credential {
    fn from(login: Login) -> Self {
        Self(Kind::Password(login))
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
        match &self.0 {
            Kind::Anonymous => f.write_str("Credential::anonymous"),
            Kind::Password(login) => write!(f, "Credential::password({:?}, ***)", login.username),
            Kind::RefreshToken(_) => f.write_str("Credential::refresh_token(***)"),
            Kind::Entra(_) => f.write_str("Credential::entra"),
            #[cfg(feature = "azure_identity")]
            Kind::DefaultChain => f.write_str("Credential::default_chain"),
        }
    }
}
