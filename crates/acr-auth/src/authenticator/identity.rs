//! Entra identities: whose tokens are kept under which name, and how one is asked for.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use acr_core::Secret;
use azure_core::{credentials::TokenCredential, error::ErrorKind};

use super::Authenticator;
#[cfg(feature = "azure_identity")]
use crate::cloud::Whereabouts;
use crate::{
    Credential, Error,
    cache::{EntraToken, Identity},
    credential::Kind,
};

/// How long an identity or a provider may take: as long as an answer of the registry, since `az`
/// may have to sign in anew, and not for ever, since other callers wait for the same token.
pub(super) const PATIENCE: Duration = Duration::from_secs(100);

/// An identity of Entra, with what its tokens are kept under.
#[derive(Clone)]
pub(super) struct Entra {
    pub(super) key: Identity,
    credential: Arc<dyn TokenCredential>,
}

impl Authenticator {
    /// The identity, if the credential is one.
    pub(super) fn identity(&self, credential: &Credential) -> Option<Entra> {
        let found: Arc<dyn TokenCredential> = match &credential.kind {
            Kind::Entra(entra) => Arc::clone(entra),
            #[cfg(feature = "azure_identity")]
            Kind::DefaultChain => self.inner.chain.made(&self.inner.clock),
            _ => return None,
        };
        Some(Entra {
            key: Identity {
                credential: credential.id.clone(),
                audience: self.inner.holder.audience.clone(),
                #[cfg(feature = "azure_identity")]
                whereabouts: matches!(credential.kind, Kind::DefaultChain)
                    .then(|| self.inner.chain.whereabouts.clone()),
            },
            credential: found,
        })
    }
}

impl Entra {
    /// Asks the identity for a token.
    pub(super) async fn token(&self) -> Result<EntraToken, Error> {
        let scope = self.key.audience.scope();
        let scopes = [scope.as_str()];
        let asked = self.credential.get_token(&scopes, None);
        let token = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(token) => token,
            Err(_) => Err(azure_core::Error::with_message(
                ErrorKind::Credential,
                format!("the identity gave no token within {PATIENCE:?}"),
            )),
        };
        let token = token.map_err(|error| Error::Credential(Arc::new(error)))?;
        let ends = u64::try_from(token.expires_on.unix_timestamp()).unwrap_or_default();
        Ok(EntraToken {
            secret: Secret::from(token.token.secret()),
            expires_at: SystemTime::UNIX_EPOCH + Duration::from_secs(ends),
        })
    }
}

/// The default chain of one registry. It is made when it is first needed, and kept, as it keeps the
/// identity that it found.
#[cfg(feature = "azure_identity")]
pub(super) struct LazyChain {
    whereabouts: Whereabouts,
    transport: reqwest::Client,
    made: std::sync::OnceLock<Arc<crate::chain::DefaultChain>>,
}

#[cfg(feature = "azure_identity")]
impl LazyChain {
    pub(super) fn new(whereabouts: Whereabouts, transport: reqwest::Client) -> Self {
        Self {
            whereabouts,
            transport,
            made: std::sync::OnceLock::new(),
        }
    }

    fn made(&self, clock: &Arc<dyn crate::Clock>) -> Arc<dyn TokenCredential> {
        let make = || {
            let (whereabouts, transport) = (self.whereabouts.clone(), self.transport.clone());
            let clock = Arc::clone(clock);
            Arc::new(crate::chain::DefaultChain::new(
                whereabouts,
                transport,
                clock,
            ))
        };
        Arc::clone(self.made.get_or_init(make)) as _
    }
}
