//! The HTTP client below everything.

use std::time::Duration;

const USER_AGENT: &str = concat!("acr-rest/", env!("CARGO_PKG_VERSION"));

/// What the transport is given beside its defaults.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TransportOptions {
    /// Certificates in PEM form of further authorities to trust, such as that of an emulator.
    pub extra_root_certificates: Vec<String>,
    /// Whether the operating system's proxy settings (`HTTPS_PROXY` and the like) are ignored. For a
    /// registry on this machine they must be: nothing meant for it, least of all a token over plain
    /// http, may go to a proxy.
    pub direct: bool,
    /// The `User-Agent`; `acr-rest/VERSION` when it is empty.
    pub user_agent: String,
}

/// The transport cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// A certificate given cannot be read.
    #[error("a root certificate that was given cannot be read: {0}")]
    Certificate(String),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// An HTTP client as registries need it:
///
/// - no limit to the time of a whole transfer, since a blob may be of any size (15 s to connect;
///   silence is bounded by [`Timeouts`](crate::Timeouts));
/// - redirects are not followed: only the caller knows where a token may go;
/// - bodies are left compressed as they are, since their digest is over those bytes. This is said
///   outright, because any other crate in the build can switch decompression on;
/// - TLS by rustls with ring, without the process-wide default provider, trusting what the
///   operating system trusts (feature `rustls`).
///
/// # Errors
/// [`TransportError`] when the options cannot be had; nothing is ever silently left out.
pub fn transport(options: &TransportOptions) -> Result<reqwest::Client, TransportError> {
    let builder = reqwest::Client::builder()
        .user_agent(if options.user_agent.is_empty() {
            USER_AGENT
        } else {
            &options.user_agent
        })
        .connect_timeout(Duration::from_secs(15))
        .tcp_keepalive(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .no_gzip()
        .no_deflate()
        .no_brotli()
        .no_zstd();
    let builder = match options.direct {
        true => builder.no_proxy(),
        false => builder,
    };
    with_tls(builder, options)?
        .build()
        .map_err(TransportError::Client)
}

#[cfg(feature = "rustls")]
fn with_tls(
    builder: reqwest::ClientBuilder,
    options: &TransportOptions,
) -> Result<reqwest::ClientBuilder, TransportError> {
    use std::sync::Arc;

    use rustls::pki_types::{CertificateDer, pem::PemObject};
    use rustls_platform_verifier::Verifier;

    let mut roots = Vec::new();
    for pem in &options.extra_root_certificates {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots
                .push(certificate.map_err(|error| TransportError::Certificate(error.to_string()))?);
        }
        if roots.len() == before {
            return Err(TransportError::Certificate(
                "there is no certificate in it".to_owned(),
            ));
        }
    }
    let tls = |error: rustls::Error| TransportError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(tls)?;
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(builder.tls_backend_preconfigured(config))
}

#[cfg(not(feature = "rustls"))]
fn with_tls(
    builder: reqwest::ClientBuilder,
    options: &TransportOptions,
) -> Result<reqwest::ClientBuilder, TransportError> {
    match options.extra_root_certificates.is_empty() {
        true => Ok(builder),
        false => Err(TransportError::Tls(
            "this build has no TLS: enable the feature `rustls`".to_owned(),
        )),
    }
}
