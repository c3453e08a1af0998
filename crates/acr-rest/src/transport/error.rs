//! Why there is no transport.

/// The transport cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// A certificate given cannot be read.
    #[error("a root certificate that was given cannot be read: {0}")]
    Certificate(String),
    /// The client's own certificate, or its key, cannot be used.
    #[error("the client certificate that was given cannot be used: {0}")]
    ClientCertificate(String),
    /// The proxy's URL is none. It is not shown, since a password may stand in it.
    #[error("the proxy that was given cannot be used: {0}")]
    Proxy(String),
    /// An address is pinned for what is no host name.
    #[error(
        "`{0}` is no host name, in lower case and without scheme and port, to pin an address for"
    )]
    Address(String),
    /// Two options that cannot both be had.
    #[error("the options contradict each other: {0}")]
    Contradiction(String),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl TransportError {
    pub(super) fn client(error: reqwest::Error) -> Self {
        Self::Client(error.into())
    }

    pub(super) fn contradiction(what: &str) -> Self {
        Self::Contradiction(what.to_owned())
    }
}
