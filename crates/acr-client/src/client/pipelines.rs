//! The ways of a client's requests: the order of the middleware, once for all of its transports.

use std::sync::Arc;

use acr_auth::Authenticator;
use acr_core::RegistryEndpoint;
use acr_rest::{ApiVersion, Governor, Pipeline, Retry, Timeouts, Trace, TransportOptions};
use reqwest_middleware::Middleware;

use super::fresh::Fresh;

/// What the pipelines of a client are made of. Clones share what the middleware knows.
#[derive(Clone)]
pub(crate) struct Pipelines {
    pub(super) endpoint: RegistryEndpoint,
    pub(super) api_version: ApiVersion,
    pub(super) per_call: Vec<Arc<dyn Middleware>>,
    pub(super) per_try: Vec<Arc<dyn Middleware>>,
    pub(super) retry: Arc<Retry>,
    pub(super) timeouts: Timeouts,
    /// Of all requests to the registry, those for tokens among them.
    pub(crate) governor: Governor,
    /// What was uploaded lately.
    pub(crate) fresh: Arc<Fresh>,
    /// How the transport was made, for another one.
    pub(super) transport: TransportOptions,
}

impl Pipelines {
    /// Per-call middleware → fresh → retry → [each try:] governor → authorize → per-try middleware →
    /// trace (→ guard).
    pub(super) fn registry(
        &self,
        transport: reqwest::Client,
        authenticator: &Authenticator,
    ) -> acr_rest::Client {
        let pipeline = self
            .begun(transport)
            .with(Arc::clone(&self.fresh) as Arc<dyn Middleware>)
            .with(Arc::clone(&self.retry) as Arc<dyn Middleware>)
            .with(Arc::new(self.governor.clone()))
            .with(authenticator.middleware());
        let pipeline = self
            .ended(pipeline)
            .with_extension(self.api_version.clone());
        acr_rest::Client::connect(&self.endpoint, pipeline)
    }

    /// To where a redirect leads: without a token, and without the registry's limits.
    pub(super) fn storage(&self, transport: reqwest::Client) -> Pipeline {
        let pipeline = self.begun(transport);
        self.ended(pipeline.with(Arc::clone(&self.retry) as Arc<dyn Middleware>))
    }

    fn begun(&self, transport: reqwest::Client) -> Pipeline {
        let pipeline = Pipeline::new(transport).timeouts(self.timeouts);
        self.per_call.iter().cloned().fold(pipeline, Pipeline::with)
    }

    fn ended(&self, pipeline: Pipeline) -> Pipeline {
        let pipeline = self.per_try.iter().cloned().fold(pipeline, Pipeline::with);
        pipeline.with(Arc::new(Trace::default()))
    }
}
