//! The HTTP client of one's own: `reqwest` 0.13.
//!
//! This module goes with that version of reqwest: with the next one it gives way to another, and is
//! no part of what the version number of this crate promises.
//!
//! ```no_run
//! use acr_client::{
//!     ContainerRegistryClient,
//!     reqwest_0_13::{ReqwestBuilder, reqwest},
//! };
//!
//! let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
//!     .reqwest_builder(reqwest::Client::builder().pool_max_idle_per_host(4))
//!     .build()?;
//! # Ok::<(), acr_client::Error>(())
//! ```

pub use reqwest;

use crate::ContainerRegistryClientBuilder;

/// What a client is made of, where it comes from `reqwest`.
pub trait ReqwestBuilder: Sized {
    /// The HTTP client begins with this builder, for what
    /// [`ContainerRegistryClientBuilder`] does not have: the connection pool, a resolver, a local
    /// address, default headers.
    ///
    /// Set last, so that it has no say in them: redirects, decompression, the time limits, the
    /// `User-Agent`, TLS. A proxy that is named beside it replaces its own, and a registry on this
    /// machine is reached without. Default headers go to every host, storage and token endpoints
    /// among them.
    #[must_use]
    fn reqwest_builder(self, builder: reqwest::ClientBuilder) -> Self;

    /// The same, and its TLS counts: root certificates, client certificate, whatever it has. Those
    /// that were named beside it are then refused.
    #[must_use]
    fn reqwest_builder_with_tls(self, builder: reqwest::ClientBuilder) -> Self;
}

impl ReqwestBuilder for ContainerRegistryClientBuilder {
    fn reqwest_builder(self, builder: reqwest::ClientBuilder) -> Self {
        Self {
            reqwest: Some(builder),
            reqwest_tls: false,
            ..self
        }
    }

    fn reqwest_builder_with_tls(self, builder: reqwest::ClientBuilder) -> Self {
        Self {
            reqwest: Some(builder),
            reqwest_tls: true,
            ..self
        }
    }
}
