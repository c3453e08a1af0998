//! TLS: by rustls with ring, or as the caller's builder has it.

use acr_core::Secret;

use super::{TransportError, TransportOptions};

/// What a client shows of itself where a server asks for a certificate.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "rustls"),
    expect(dead_code, reason = "without TLS nobody asks for it")
)]
pub struct ClientCertificate {
    chain: String,
    key: Secret,
}

impl ClientCertificate {
    /// A certificate with the chain above it, and its private key, each in PEM form. The key may be
    /// of PKCS #8, PKCS #1 or SEC 1. Whether they can be read, and belong together, is seen when the
    /// transport is made.
    #[must_use]
    pub fn pem(chain: impl Into<String>, key: impl Into<Secret>) -> Self {
        Self {
            chain: chain.into(),
            key: key.into(),
        }
    }
}

pub(super) fn with_tls(
    builder: reqwest::ClientBuilder,
    options: &TransportOptions,
) -> Result<reqwest::ClientBuilder, TransportError> {
    match options.builder_tls {
        true => of_builder(builder, options),
        false => ours(builder, options),
    }
}

/// The builder's own, of which nothing of ours is part.
fn of_builder(
    builder: reqwest::ClientBuilder,
    options: &TransportOptions,
) -> Result<reqwest::ClientBuilder, TransportError> {
    if !options.extra_root_certificates.is_empty() || options.client_certificate.is_some() {
        return Err(TransportError::contradiction(
            "the TLS of the builder counts, and there are certificates beside it: give them to the builder",
        ));
    }
    // Without one, reqwest would panic.
    #[cfg(feature = "rustls")]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(TransportError::Tls(
            "the TLS of the builder counts, and this process has no default crypto provider: \
             `rustls::crypto::CryptoProvider::install_default` gives it one"
                .to_owned(),
        ));
    }
    Ok(builder)
}

#[cfg(feature = "rustls")]
fn ours(
    builder: reqwest::ClientBuilder,
    options: &TransportOptions,
) -> Result<reqwest::ClientBuilder, TransportError> {
    use std::sync::Arc;

    use rustls_platform_verifier::Verifier;

    let tls = |error: rustls::Error| TransportError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = roots(&options.extra_root_certificates)?;
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(tls)?;
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &options.client_certificate {
        None => config.with_no_client_auth(),
        Some(certificate) => {
            let (chain, key) = certificate.read()?;
            config
                .with_client_auth_cert(chain, key)
                .map_err(|error| TransportError::ClientCertificate(error.to_string()))?
        }
    };
    if !options.http1_only {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(builder.tls_backend_preconfigured(config))
}

#[cfg(feature = "rustls")]
type Chain = Vec<rustls::pki_types::CertificateDer<'static>>;

#[cfg(feature = "rustls")]
fn roots(pems: &[String]) -> Result<Chain, TransportError> {
    let mut roots = Vec::new();
    for pem in pems {
        roots.extend(certificates(pem).map_err(TransportError::Certificate)?);
    }
    Ok(roots)
}

/// All certificates of a PEM text, of which there must be one at least.
#[cfg(feature = "rustls")]
fn certificates(pem: &str) -> Result<Chain, String> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    let all = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    match all {
        Ok(all) if all.is_empty() => Err("there is no certificate in it".to_owned()),
        Ok(all) => Ok(all),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(feature = "rustls")]
impl ClientCertificate {
    fn read(&self) -> Result<(Chain, rustls::pki_types::PrivateKeyDer<'static>), TransportError> {
        use rustls::pki_types::{PrivateKeyDer, pem::PemObject};

        let chain = certificates(&self.chain).map_err(TransportError::ClientCertificate)?;
        // What the reader says could quote the key.
        let key = PrivateKeyDer::from_pem_slice(self.key.expose().as_bytes()).map_err(|_| {
            TransportError::ClientCertificate(
                "its key is no private key in PEM form, or is encrypted".to_owned(),
            )
        })?;
        Ok((chain, key))
    }
}

#[cfg(not(feature = "rustls"))]
fn ours(
    builder: reqwest::ClientBuilder,
    options: &TransportOptions,
) -> Result<reqwest::ClientBuilder, TransportError> {
    match options.extra_root_certificates.is_empty() && options.client_certificate.is_none() {
        true => Ok(builder),
        false => Err(TransportError::Tls(
            "this build has no TLS: enable the feature `rustls`".to_owned(),
        )),
    }
}
