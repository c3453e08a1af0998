//! Which Entra is asked.

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};

use crate::{
    Cloud,
    cloud::{AuthorityHost, Whereabouts},
    environment::Environment,
};

const SETTING: &str = "AZURE_AUTHORITY_HOST";

/// Where Entra's tokens come from, for a registry.
#[derive(Clone, Debug)]
pub(super) struct Authority(Cloud);

impl Authority {
    /// The cloud that was named decides, then `AZURE_AUTHORITY_HOST`, which may leave out the scheme,
    /// and else the registry's domain. The error says what is wrong with the variable.
    pub(super) fn of(whereabouts: &Whereabouts, environment: &Environment) -> Result<Self, String> {
        match (whereabouts, environment.get(SETTING)) {
            (Whereabouts::Domain(_), Some(host)) => AuthorityHost::parse(&host)
                .map(|host| Self(Cloud::Custom(host)))
                .ok_or_else(|| format!("{SETTING} is no host, and no https address of one")),
            (Whereabouts::Named(cloud) | Whereabouts::Domain(cloud), _) => Ok(Self(cloud.clone())),
        }
    }

    /// Where this tenant's tokens come from, which is also whom an assertion is for.
    pub(super) fn token_endpoint(&self, tenant: &str) -> String {
        format!("{}/{tenant}/oauth2/v2.0/token", self.0.authority_host())
    }

    /// As azure_identity takes it.
    pub(super) fn cloud(&self) -> CloudConfiguration {
        let mut configuration = CustomConfiguration::default();
        configuration.authority_host = self.0.authority_host().to_owned();
        configuration.into()
    }
}

#[cfg(test)]
mod tests {
    use acr_core::RegistryEndpoint;

    use super::*;

    /// Which Entra is asked for each cloud that is named, each value of the variable, each host.
    #[test]
    fn what_decides() {
        let own = Cloud::custom("login.local.example").unwrap();
        let clouds = [
            None,
            Some(Cloud::Public),
            Some(Cloud::China),
            Some(Cloud::UsGovernment),
            Some(own),
        ];
        let mut table = String::new();
        for registry in [
            "reg.azurecr.io",
            "REG.azurecr.cn",
            "reg.azurecr.us",
            "reg-h4sh.azurecr.us",
            "reg.chinaeast2.geo.azurecr.cn",
            "registry.example.com",
            "http://127.0.0.1:5000",
        ] {
            for cloud in &clouds {
                for variable in ["", "login.example.com"] {
                    let endpoint: RegistryEndpoint = registry.parse().unwrap();
                    if let Some(Err(error)) = cloud.as_ref().map(|cloud| cloud.check(&endpoint)) {
                        table += &format!("{registry} {cloud:?}: {error}\n");
                        break;
                    }
                    let whereabouts = Whereabouts::of(&endpoint, cloud.clone());
                    let environment = Environment::from([(SETTING, variable)]);
                    let asked = Authority::of(&whereabouts, &environment).unwrap();
                    table += &format!(
                        "{registry} {cloud:?} {variable:?}: {}\n",
                        asked.token_endpoint("tenant")
                    );
                }
            }
        }
        insta::assert_snapshot!(table);
    }

    fn of_variable(variable: &str) -> Result<String, String> {
        let whereabouts = Whereabouts::Domain(Cloud::China);
        let environment = Environment::from([(SETTING, variable)]);
        Authority::of(&whereabouts, &environment)
            .map(|authority| authority.token_endpoint("tenant"))
    }

    #[test]
    fn the_forms_of_the_variable() {
        for variable in [
            "login.example.com",
            "https://login.example.com",
            "https://LOGIN.example.com/",
            "https://login.example.com:443/common",
        ] {
            let endpoint = "https://login.example.com/tenant/oauth2/v2.0/token";
            assert_eq!(of_variable(variable).unwrap(), endpoint);
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
            let error = of_variable(variable).unwrap_err();
            assert!(
                error.contains(SETTING) && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
