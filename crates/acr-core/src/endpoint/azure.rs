//! What Azure's own host names say of a registry.
//!
//! | host | what it is |
//! |---|---|
//! | `myregistry.azurecr.io` | the login server |
//! | `myregistry-h4sh.azurecr.io` | the same, with a domain-name label |
//! | `myregistry.eastus.geo.azurecr.io` | the regional endpoint of one replica |
//! | `myregistry.eastus.data.azurecr.io` | a dedicated data endpoint: blobs only, behind a redirect |

use std::borrow::Cow;

use super::RegistryEndpoint;

/// One for each cloud.
const DOMAINS: [&str; 4] = ["azurecr.io", "azurecr.cn", "azurecr.us", "azurecr.de"];

/// The labels of a host below one of [`DOMAINS`].
struct Parts<'a> {
    /// With the domain-name label, if there is one.
    name: &'a str,
    /// The region, and what is there: `geo` or `data`.
    place: Option<(&'a str, &'a str)>,
    domain: &'static str,
}

impl<'a> Parts<'a> {
    fn of(host: &'a str) -> Option<Self> {
        let (labels, domain) = DOMAINS.iter().find_map(|domain| {
            let labels = host.strip_suffix(domain)?.strip_suffix('.')?;
            Some((labels, *domain))
        })?;
        let labels: Vec<_> = labels.split('.').collect();
        let place = match labels[..] {
            [_] => None,
            [_, region, kind @ ("geo" | "data")] => Some((region, kind)),
            _ => return None,
        };
        let whole = labels.iter().all(|label| !label.is_empty());
        whole.then_some(Self {
            name: labels[0],
            place,
            domain,
        })
    }
}

impl RegistryEndpoint {
    /// The name of the registry in Azure, by which `az acr` knows it: `myregistry` for
    /// `myregistry.azurecr.io`, for its regional endpoints, and for `myregistry-h4sh.azurecr.io`,
    /// whose second part is a domain-name label. `None` for any other host, such as a custom domain.
    ///
    /// ```
    /// use acr_core::RegistryEndpoint;
    ///
    /// let endpoint: RegistryEndpoint = "myregistry.eastus.geo.azurecr.io".parse()?;
    /// assert_eq!(endpoint.registry_name(), Some("myregistry"));
    /// assert_eq!(endpoint.region(), Some("eastus"));
    /// assert_eq!(endpoint.login_server(), "myregistry.azurecr.io");
    /// # Ok::<(), acr_core::EndpointError>(())
    /// ```
    #[must_use]
    pub fn registry_name(&self) -> Option<&str> {
        // A registry's own name has no dash.
        let name = Parts::of(self.host())?.name;
        Some(name.split_once('-').map_or(name, |(name, _)| name))
    }

    /// The region of a regional endpoint, which leads to one replica of a registry.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        let (region, _) = Parts::of(self.host())?.place?;
        Some(region)
    }

    /// The domain of the service that the host is below, which says in which cloud it is, such as
    /// `azurecr.cn`. `None` for a host that is not Azure's.
    #[must_use]
    pub fn azure_domain(&self) -> Option<&'static str> {
        let host = self.host();
        let below = |domain: &&&str| {
            host.strip_suffix(**domain)
                .is_some_and(|labels| labels.ends_with('.'))
        };
        DOMAINS.iter().find(below).copied()
    }

    /// The registry's own name for itself, which is the service that its tokens are for: host and
    /// port, but for a regional endpoint the host of the whole registry.
    #[must_use]
    pub fn login_server(&self) -> Cow<'_, str> {
        match Parts::of(self.host()) {
            Some(Parts {
                name,
                place: Some(_),
                domain,
            }) => format!("{name}.{domain}").into(),
            _ => self.authority().into(),
        }
    }

    /// Whether it is a dedicated data endpoint, where a registry's downloads lead and which answers
    /// nothing else.
    #[must_use]
    pub fn is_data_endpoint(&self) -> bool {
        let place = Parts::of(self.host()).and_then(|parts| parts.place);
        matches!(place, Some((_, "data")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_says() {
        let (io, cn, us) = (Some("azurecr.io"), Some("azurecr.cn"), Some("azurecr.us"));
        let reg = Some("reg");
        for (host, name, region, domain, login_server) in [
            ("reg.azurecr.io", reg, None, io, "reg.azurecr.io"),
            ("Reg.AzureCR.cn", reg, None, cn, "reg.azurecr.cn"),
            ("reg.azurecr.us:8443", reg, None, us, "reg.azurecr.us:8443"),
            ("reg-h4sh.azurecr.io", reg, None, io, "reg-h4sh.azurecr.io"),
            (
                "reg.eastus.geo.azurecr.io",
                reg,
                Some("eastus"),
                io,
                "reg.azurecr.io",
            ),
            (
                "reg-h4sh.cne2.geo.azurecr.cn",
                reg,
                Some("cne2"),
                cn,
                "reg-h4sh.azurecr.cn",
            ),
            (
                "reg.eastus.data.azurecr.io",
                reg,
                Some("eastus"),
                io,
                "reg.azurecr.io",
            ),
            ("a.b.azurecr.io", None, None, io, "a.b.azurecr.io"),
            (
                "a.b.c.geo.azurecr.io",
                None,
                None,
                io,
                "a.b.c.geo.azurecr.io",
            ),
            ("azurecr.io", None, None, None, "azurecr.io"),
            ("evilazurecr.io", None, None, None, "evilazurecr.io"),
            (
                "reg.azurecr.io.example",
                None,
                None,
                None,
                "reg.azurecr.io.example",
            ),
            ("http://127.0.0.1:5000", None, None, None, "127.0.0.1:5000"),
        ] {
            let endpoint: RegistryEndpoint = host.parse().unwrap();
            let told = (
                endpoint.registry_name(),
                endpoint.region(),
                endpoint.azure_domain(),
                endpoint.login_server(),
            );
            assert_eq!(told, (name, region, domain, login_server.into()), "{host}");
            assert_eq!(
                endpoint.is_data_endpoint(),
                host.contains(".data."),
                "{host}"
            );
        }
    }
}
