//! What Entra tokens are made for.

use std::fmt;

use crate::Error;

/// What the Entra token is made for that is exchanged for a refresh token of the registry.
///
/// The default holds in every cloud, and for registries that refuse tokens of Azure Resource
/// Manager. The others are for identities, or clouds, that cannot have a token for it. Any text
/// becomes one by `into()`:
///
/// ```
/// use acr_auth::Audience;
///
/// assert_eq!(Audience::default().as_str(), "https://containerregistry.azure.net");
/// let disconnected = Audience::from("https://containerregistry.local.example");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Audience {
    /// `https://containerregistry.azure.net`, in every cloud.
    #[default]
    ContainerRegistry,
    /// `https://management.azure.com`: Azure Resource Manager in the public cloud.
    ResourceManagerPublic,
    /// `https://management.chinacloudapi.cn`: Azure Resource Manager in China.
    ResourceManagerChina,
    /// `https://management.usgovcloudapi.net`: Azure Resource Manager of the US Government.
    ResourceManagerUsGovernment,
    /// Any other: a URL, or the id of an application, without `/.default`.
    Custom(String),
}

impl Audience {
    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::ContainerRegistry => "https://containerregistry.azure.net",
            Self::ResourceManagerPublic => "https://management.azure.com",
            Self::ResourceManagerChina => "https://management.chinacloudapi.cn",
            Self::ResourceManagerUsGovernment => "https://management.usgovcloudapi.net",
            Self::Custom(audience) => audience,
        }
    }

    /// What Entra is asked for: all that was granted for this audience.
    pub(crate) fn scope(&self) -> String {
        format!("{}/.default", self.as_str())
    }

    /// Itself, if Entra can be asked for it.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let text = self.as_str();
        let fault = if text.is_empty() {
            "it is empty"
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            "it has blanks or other characters that no audience has"
        } else if text.ends_with("/.default") {
            "`/.default` is put behind it here"
        } else {
            return Ok(self);
        };
        Err(Error::Setting {
            what: format!("the audience {text:?}: {fault}"),
        })
    }
}

impl From<&str> for Audience {
    fn from(audience: &str) -> Self {
        Self::Custom(audience.to_owned())
    }
}

impl From<String> for Audience {
    fn from(audience: String) -> Self {
        Self::Custom(audience)
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
