//! The first Entra identity that can be had.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
};
use tokio::sync::Mutex;

use self::{link::Selection, surroundings::Surroundings};
use crate::{Clock, cloud::Whereabouts};

mod assertion;
mod authority;
mod certificate;
mod developer_tools;
mod error;
mod link;
mod managed_identity;
mod service_principal;
mod surroundings;
#[cfg(test)]
mod tests;
mod transport;
mod workload_identity;

pub use error::{ChainError, LinkError};
pub use link::ChainLink;

/// What a link gives that is set up.
type Found = Arc<dyn TokenCredential>;

/// How long a link may take: `az` may have to sign in anew, and the metadata endpoint of a machine that
/// starts may be busy. The three that may follow each other stay below what the token engine waits for.
const LIMIT: Duration = Duration::from_secs(30);

/// The chain that [`Credential::default_chain`](crate::Credential::default_chain) describes.
///
/// The link that gave a token is kept, and no other is asked again. What it is made of, files and
/// variables, is read for each token, so that a secret that was replaced is noticed. Tokens are kept by
/// who asks.
#[derive(Debug)]
pub(crate) struct DefaultChain {
    surroundings: Surroundings,
    found: OnceLock<ChainLink>,
    /// Held by the caller that searches.
    search: Mutex<()>,
}

impl DefaultChain {
    /// Nothing is looked for before the first token.
    pub(crate) fn new(
        whereabouts: Whereabouts,
        transport: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self::within(Surroundings::of_process(whereabouts, transport, clock))
    }

    fn within(surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            found: OnceLock::new(),
            search: Mutex::new(()),
        }
    }

    async fn search(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let selection = Selection::of(&self.surroundings.environment)
            .map_err(|message| azure_core::Error::with_message(ErrorKind::Credential, message))?;
        let mut links = Vec::new();
        for &link in selection.links {
            // Who names managed identity alone knows that it is there.
            let sure = selection.names(link);
            match self.ask(link, sure, scopes, options.clone()).await {
                Ok(token) => {
                    tracing::debug!(%link, "the default chain found an identity");
                    self.found.get_or_init(|| link);
                    return Ok(token);
                }
                Err(error) => {
                    tracing::debug!(%error, "a link of the default chain gave no token");
                    let ends = error.ends_the_chain();
                    links.push(error);
                    if ends {
                        break;
                    }
                }
            }
        }
        let untried = selection.links[links.len()..].to_vec();
        Err(ChainError { links, untried }.under(selection.none_gave()))
    }

    async fn ask(
        &self,
        link: ChainLink,
        sure: bool,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> Result<AccessToken, LinkError> {
        let asked = async {
            let credential = self.credential(link, sure).await?;
            let token = credential.get_token(scopes, options).await;
            token.map_err(|error| self.surroundings.said(link, &error))
        };
        let failed = |kind, message| Err(LinkError::failed(link, kind, message));
        match tokio::time::timeout(LIMIT, asked).await {
            Ok(Ok(token)) if token.token.secret().is_empty() => failed(
                ErrorKind::DataConversion,
                "it answered without a token".to_owned(),
            ),
            Ok(Err(error)) if managed_identity::is_without_identity(&error) => {
                Err(error.passed_over())
            }
            Ok(outcome) => outcome,
            Err(_) => failed(ErrorKind::Io, format!("no token within {LIMIT:?}")),
        }
    }

    async fn credential(&self, link: ChainLink, sure: bool) -> Result<Found, LinkError> {
        let surroundings = &self.surroundings;
        match link {
            ChainLink::Environment => service_principal::credential(surroundings).await,
            ChainLink::WorkloadIdentity => workload_identity::credential(surroundings),
            ChainLink::ManagedIdentity => managed_identity::credential(surroundings, sure).await,
            ChainLink::AzureCli => developer_tools::azure_cli(surroundings),
            ChainLink::AzureDeveloperCli => developer_tools::azure_developer_cli(surroundings),
        }
    }
}

#[async_trait::async_trait]
impl TokenCredential for DefaultChain {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let link = match self.found.get() {
            Some(&link) => link,
            None => {
                let _searching = self.search.lock().await;
                // Another caller may have found it in the meantime.
                match self.found.get() {
                    Some(&link) => link,
                    None => return self.search(scopes, options).await,
                }
            }
        };
        let token = self.ask(link, true, scopes, options).await;
        token.map_err(|error| {
            let message = "the identity that the default chain found before gave no token";
            let (links, untried) = (vec![error], Vec::new());
            ChainError { links, untried }.under(message.to_owned())
        })
    }
}
