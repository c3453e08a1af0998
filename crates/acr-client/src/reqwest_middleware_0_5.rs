//! Middleware of one's own: `reqwest-middleware` 0.5.
//!
//! This module goes with that version of reqwest-middleware: with the next one it gives way to
//! another, and is no part of what the version number of this crate promises.
//!
//! A request to the registry, or to where it redirects a download, passes:
//!
//! ```text
//! middleware of the call → retry → [each try:] authorization → middleware of the try → log → transport
//! ```
//!
//! Those for tokens pass neither: their bodies are secrets. Each kind is called in the order in which
//! it was added.

pub use reqwest_middleware;

use std::sync::Arc;

use reqwest_middleware::Middleware;

use crate::ContainerRegistryClientBuilder;

/// What a client is made of, where it comes from `reqwest-middleware`.
pub trait ReqwestMiddleware: Sized {
    /// Sees each request once, before it is tried, and the outcome of the last try.
    #[must_use]
    fn middleware_per_call(self, middleware: impl Middleware) -> Self;

    /// Sees each try, with its token. What it changes of the request is not sent again with the next
    /// one. The `Authorization` header is marked as sensitive, and is not to be logged.
    #[must_use]
    fn middleware_per_try(self, middleware: impl Middleware) -> Self;
}

impl ReqwestMiddleware for ContainerRegistryClientBuilder {
    fn middleware_per_call(mut self, middleware: impl Middleware) -> Self {
        self.per_call.push(Arc::new(middleware));
        self
    }

    fn middleware_per_try(mut self, middleware: impl Middleware) -> Self {
        self.per_try.push(Arc::new(middleware));
        self
    }
}
