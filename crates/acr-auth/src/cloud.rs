//! The clouds of Azure: where Entra's tokens come from.

use std::fmt;

use acr_core::RegistryEndpoint;
use reqwest::Url;

use crate::Error;

/// A cloud of Azure. It says which Entra is asked for tokens: its authority.
///
/// ```
/// use acr_auth::Cloud;
///
/// let endpoint = "myregistry.azurecr.cn".parse()?;
/// assert_eq!(Cloud::of(&endpoint), Cloud::China);
/// let own = Cloud::custom("https://login.local.example")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cloud {
    /// Registries below `azurecr.io`, identities of `https://login.microsoftonline.com`.
    Public,
    /// Registries below `azurecr.cn`, identities of `https://login.chinacloudapi.cn`.
    China,
    /// Registries below `azurecr.us`, identities of `https://login.microsoftonline.us`.
    UsGovernment,
    /// Another: a private or a disconnected one. [`custom`](Self::custom) makes it.
    Custom(AuthorityHost),
}

/// Where a cloud's Entra is: an address over https.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AuthorityHost(String);

impl Cloud {
    /// The cloud whose Entra is at this host, or https address of one. What follows the host is left
    /// out: tenants are named elsewhere.
    ///
    /// # Errors
    /// [`Error::Setting`] when it is neither.
    pub fn custom(authority_host: &str) -> Result<Self, Error> {
        let authority = AuthorityHost::parse(authority_host).ok_or_else(|| Error::Setting {
            what: "the authority of the cloud is no host, and no https address of one".to_owned(),
        })?;
        Ok(Self::Custom(authority))
    }

    /// The cloud that a registry is in, by its domain. A host that is not Azure's is taken to be in
    /// the public one.
    #[must_use]
    pub fn of(registry: &RegistryEndpoint) -> Self {
        Self::of_domain(registry).unwrap_or(Self::Public)
    }

    fn of_domain(registry: &RegistryEndpoint) -> Option<Self> {
        match registry.azure_domain()? {
            "azurecr.cn" => Some(Self::China),
            "azurecr.us" => Some(Self::UsGovernment),
            "azurecr.io" => Some(Self::Public),
            _ => None,
        }
    }

    /// Where its Entra is, as an address without a slash at the end.
    #[must_use]
    pub fn authority_host(&self) -> &str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::China => "https://login.chinacloudapi.cn",
            Self::UsGovernment => "https://login.microsoftonline.us",
            Self::Custom(host) => &host.0,
        }
    }

    /// That the registry may be in it. A cloud of one's own may have any.
    ///
    /// # Errors
    /// [`Error::Contradiction`] when its domain says that it is in another one.
    pub(crate) fn check(&self, registry: &RegistryEndpoint) -> Result<(), Error> {
        match Self::of_domain(registry) {
            Some(cloud) if !matches!(self, Self::Custom(_)) && cloud != *self => {
                Err(Error::Contradiction {
                    what: format!(
                        "{} is in the cloud {cloud:?}, and {self:?} was named",
                        registry.host()
                    ),
                })
            }
            _ => Ok(()),
        }
    }
}

impl AuthorityHost {
    /// An address over https; the scheme may be left out.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = match text.contains("://") {
            true => text.to_owned(),
            false => format!("https://{text}"),
        };
        let usable = |url: &Url| {
            let plain = url.username().is_empty() && url.password().is_none();
            url.scheme() == "https" && url.has_host() && plain
        };
        let url = Url::parse(&text).ok().filter(usable)?;
        Some(Self(url.origin().ascii_serialization()))
    }
}

/// What says in which cloud an identity is looked for.
#[cfg(feature = "azure_identity")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Whereabouts {
    /// The cloud was named, and nothing else counts.
    Named(Cloud),
    /// The registry's domain says it, where the environment does not.
    Domain(Cloud),
}

#[cfg(feature = "azure_identity")]
impl Whereabouts {
    pub(crate) fn of(registry: &RegistryEndpoint, named: Option<Cloud>) -> Self {
        named.map_or_else(|| Self::Domain(Cloud::of(registry)), Self::Named)
    }
}

impl fmt::Debug for AuthorityHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
