//! What the links find around them, so that tests can put something else there.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use acr_rest::TransportOptions;
use azure_core::{error::ErrorKind, http::HttpClient};
use azure_identity::Executor;

use super::{ChainLink, LinkError, authority::Authority, developer_tools::Run};
use crate::{Clock, cloud::Whereabouts, environment::Environment};

/// What the links of one registry's chain are made with.
pub(super) struct Surroundings {
    pub(super) environment: Environment,
    /// In which cloud the identity is.
    pub(super) whereabouts: Whereabouts,
    /// The way to Entra.
    pub(super) entra: Arc<dyn HttpClient>,
    /// The way to an endpoint on this machine or beside it.
    pub(super) metadata: OnceLock<Arc<dyn HttpClient>>,
    /// What runs developer tools.
    pub(super) executor: Arc<dyn Executor>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Surroundings {
    pub(super) fn of_process(
        whereabouts: Whereabouts,
        transport: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            environment: Environment::of_process(),
            whereabouts,
            entra: Arc::new(transport),
            metadata: OnceLock::new(),
            executor: Arc::new(Run),
            clock,
        }
    }

    /// Which Entra is asked.
    pub(super) fn authority(&self, link: ChainLink) -> Result<Authority, LinkError> {
        Authority::of(&self.whereabouts, &self.environment)
            .map_err(|message| LinkError::failed(link, ErrorKind::Credential, message))
    }

    /// The way to the metadata endpoint, which never leads through a proxy.
    pub(super) fn metadata(&self, link: ChainLink) -> Result<Arc<dyn HttpClient>, LinkError> {
        if let Some(client) = self.metadata.get() {
            return Ok(Arc::clone(client));
        }
        let mut options = TransportOptions::default();
        options.direct = true;
        let client = acr_rest::transport(&options)
            .map_err(|error| LinkError::failed(link, ErrorKind::Other, error.to_string()))?;
        Ok(Arc::clone(self.metadata.get_or_init(|| Arc::new(client))))
    }

    /// The values of these variables, or which of them are not set.
    pub(super) fn variables<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<[String; N], String> {
        let values = names.map(|name| self.environment.get(name));
        let unset = names
            .iter()
            .zip(&values)
            .filter(|(_, value)| value.is_none());
        let unset: Vec<_> = unset.map(|(name, _)| *name).collect();
        match &unset[..] {
            [] => Ok(values.map(Option::unwrap_or_default)),
            [name] => Err(format!("{name} is not set")),
            names => Err(format!("{} are not set", names.join(", "))),
        }
    }

    /// What a link's credential said.
    pub(super) fn said(&self, link: ChainLink, error: &azure_core::Error) -> LinkError {
        LinkError::said(link, error, &self.environment)
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("registry", &self.environment)
            .finish_non_exhaustive()
    }
}
