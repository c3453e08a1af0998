//! What a client and its handles have in common.

use std::{fmt, net::SocketAddr, sync::Arc};

use acr_auth::Authenticator;
use acr_core::RegistryEndpoint;
use acr_rest::{Clock, Pipeline, ResponseValue, RetryOptions};

use crate::{
    CallOptions, Error, Result,
    blob::{hashing::Room, upload::OneRequest},
    client::{Configuration, Pipelines},
};

/// One registry, seen by somebody: connections and tokens.
pub(crate) struct Shared {
    pub(crate) endpoint: RegistryEndpoint,
    pub(crate) rest: acr_rest::Client,
    /// To where a redirect leads: without a token.
    pub(crate) storage: Pipeline,
    pub(crate) authenticator: Authenticator,
    /// What calls are told that are not told otherwise.
    pub(crate) defaults: CallOptions,
    /// How often and how long a call is tried that is not told otherwise.
    pub(crate) retry: RetryOptions,
    pub(crate) clock: Arc<dyn Clock>,
    /// What was seen of blobs that go in one request.
    pub(crate) one_request: Arc<OneRequest>,
    pub(crate) room_to_hash: Room,
    /// What `rest` and `storage` are made of.
    pub(crate) pipelines: Pipelines,
    /// Where all requests to the registry go, whatever its name leads to.
    pub(crate) pinned: Option<SocketAddr>,
    /// How it was made, for people.
    pub(crate) configuration: Arc<Configuration>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// The answer of a call of the raw bindings, or the error that it left, read.
pub(crate) async fn answered<T>(
    attempt: &str,
    answer: std::result::Result<ResponseValue<T>, acr_rest::Error<()>>,
) -> Result<ResponseValue<T>> {
    acr_rest::answered(answer)
        .await
        .map_err(|failure| Error::of_failure(attempt, failure))
}
