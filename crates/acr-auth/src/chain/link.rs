//! The links of the chain, in their order, and which of them are asked.

use std::{fmt, slice};

use crate::environment::Environment;

/// A link of the default chain. Its name is what the Azure SDKs call the credential, and what
/// `AZURE_TOKEN_CREDENTIALS` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainLink {
    /// A service principal, with a secret or a certificate, from environment variables.
    Environment,
    /// A service principal that a federated token stands for, as in Kubernetes.
    WorkloadIdentity,
    /// The identity of the machine or of the service that this runs in.
    ManagedIdentity,
    /// Who is logged in with `az`.
    AzureCli,
    /// Who is logged in with `azd`.
    AzureDeveloperCli,
}

/// The order in which they are asked: what is meant for production first, as in the Azure SDKs.
const LINKS: [ChainLink; 5] = [
    ChainLink::Environment,
    ChainLink::WorkloadIdentity,
    ChainLink::ManagedIdentity,
    ChainLink::AzureCli,
    ChainLink::AzureDeveloperCli,
];

const PRODUCTION: usize = 3;

impl ChainLink {
    /// As the Azure SDKs call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "EnvironmentCredential",
            Self::WorkloadIdentity => "WorkloadIdentityCredential",
            Self::ManagedIdentity => "ManagedIdentityCredential",
            Self::AzureCli => "AzureCliCredential",
            Self::AzureDeveloperCli => "AzureDeveloperCliCredential",
        }
    }

    /// Whether it is set up on purpose, for what runs here, and not by whoever works here.
    pub(super) fn is_for_production(self) -> bool {
        LINKS[..PRODUCTION].contains(&self)
    }
}

impl fmt::Display for ChainLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The links that are asked.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) links: &'static [ChainLink],
    /// What `AZURE_TOKEN_CREDENTIALS` says, if it says anything.
    pub(super) setting: Option<String>,
}

impl Selection {
    /// What `AZURE_TOKEN_CREDENTIALS` leaves of the chain; the error says what is wrong with it.
    pub(super) fn of(environment: &Environment) -> Result<Self, String> {
        let Some(setting) = environment.get(SETTING) else {
            return Ok(Self {
                links: &LINKS,
                setting: None,
            });
        };
        let wanted = setting.trim();
        let named = |link: &&ChainLink| link.name().eq_ignore_ascii_case(wanted);
        let links = if wanted.eq_ignore_ascii_case("prod") {
            &LINKS[..PRODUCTION]
        } else if wanted.eq_ignore_ascii_case("dev") {
            &LINKS[PRODUCTION..]
        } else {
            let link = LINKS.iter().find(named);
            slice::from_ref(link.ok_or_else(|| unknown(wanted))?)
        };
        Ok(Self {
            links,
            setting: Some(wanted.to_owned()),
        })
    }

    /// What to say when all of it gave nothing.
    pub(super) fn none_gave(&self) -> String {
        let narrowed = self
            .setting
            .iter()
            .map(|value| format!(" ({SETTING}={value})"));
        let narrowed: String = narrowed.collect();
        format!("the default chain{narrowed} gave no token")
    }

    /// Whether exactly this one was asked for.
    pub(super) fn names(&self, link: ChainLink) -> bool {
        self.links == [link]
    }
}

const SETTING: &str = "AZURE_TOKEN_CREDENTIALS";

fn unknown(wanted: &str) -> String {
    let names = LINKS.map(ChainLink::name).join(", ");
    format!("{SETTING} is {wanted:?}, and known are dev, prod, {names}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(setting: &str) -> Vec<ChainLink> {
        let environment = Environment::from([(SETTING, setting)]);
        Selection::of(&environment).unwrap().links.to_vec()
    }

    #[test]
    fn the_setting_narrows_the_chain() {
        assert_eq!(links(""), LINKS);
        assert_eq!(links("prod"), LINKS[..3]);
        assert_eq!(links(" Dev "), LINKS[3..]);
        // As the SDKs of other languages write it, too.
        assert_eq!(links("AzureCLICredential"), [ChainLink::AzureCli]);
        for link in LINKS {
            assert_eq!(links(link.name()), [link]);
        }
    }

    #[test]
    fn a_setting_that_is_unknown_is_refused() {
        let environment = Environment::from([(SETTING, "AzurePowerShellCredential")]);
        insta::assert_snapshot!(Selection::of(&environment).unwrap_err());
    }
}
