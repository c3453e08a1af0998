//! Which Entra is asked.

use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    http::Url,
};

use crate::environment::Environment;

const SETTING: &str = "AZURE_AUTHORITY_HOST";

/// The cloud follows from the registry's domain.
const CLOUDS: [(&str, &str); 2] = [
    (".azurecr.cn", "https://login.chinacloudapi.cn"),
    (".azurecr.us", "https://login.microsoftonline.us"),
];

const PUBLIC: &str = "https://login.microsoftonline.com";

/// Where Entra's tokens come from, for a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authority(Url);

impl Authority {
    /// `AZURE_AUTHORITY_HOST` decides where it is set, and may leave out the scheme; else the registry's
    /// domain does. The error says what is wrong with the variable.
    pub(super) fn of(environment: &Environment, registry: &str) -> Result<Self, String> {
        let cloud = CLOUDS
            .iter()
            .find(|(domain, _)| registry.ends_with(domain))
            .map_or(PUBLIC, |(_, authority)| authority);
        let text = match environment.get(SETTING) {
            Some(host) if host.contains("://") => host,
            Some(host) => format!("https://{host}"),
            None => cloud.to_owned(),
        };
        let usable = |url: &Url| {
            let plain = url.username().is_empty() && url.password().is_none();
            url.scheme() == "https" && url.has_host() && plain
        };
        let url = Url::parse(&text).ok().filter(usable);
        url.map(Self)
            .ok_or_else(|| format!("{SETTING} is no host, and no https address of one"))
    }

    /// Where this tenant's tokens come from, which is also whom an assertion is for.
    pub(super) fn token_endpoint(&self, tenant: &str) -> String {
        format!("{}/{tenant}/oauth2/v2.0/token", self.origin())
    }

    /// As azure_identity takes it.
    pub(super) fn cloud(&self) -> CloudConfiguration {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = self.origin();
        cloud.into()
    }

    fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority(variable: &str, registry: &str) -> Result<String, String> {
        let environment = Environment::from([(SETTING, variable)]);
        Authority::of(&environment, registry).map(|authority| authority.token_endpoint("tenant"))
    }

    #[test]
    fn the_cloud_follows_the_domain() {
        for (registry, host) in [
            ("reg.azurecr.io", "login.microsoftonline.com"),
            ("reg.azurecr.cn", "login.chinacloudapi.cn"),
            ("reg.azurecr.us", "login.microsoftonline.us"),
            ("registry.example.com", "login.microsoftonline.com"),
        ] {
            let endpoint = format!("https://{host}/tenant/oauth2/v2.0/token");
            assert_eq!(authority("", registry).unwrap(), endpoint);
        }
    }

    #[test]
    fn the_variable_decides_where_it_is_set() {
        for variable in [
            "login.example.com",
            "https://login.example.com",
            "https://LOGIN.example.com/",
            "https://login.example.com:443/common",
        ] {
            let endpoint = "https://login.example.com/tenant/oauth2/v2.0/token";
            assert_eq!(authority(variable, "reg.azurecr.cn").unwrap(), endpoint);
        }
    }

    #[test]
    fn a_variable_that_is_no_host_is_refused() {
        for variable in [
            "http://login.example.com",
            "https://",
            "a b",
            "https://user:secret@host",
        ] {
            let error = authority(variable, "reg.azurecr.io").unwrap_err();
            assert!(
                error.contains(SETTING) && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
