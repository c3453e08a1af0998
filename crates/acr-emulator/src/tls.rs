//! Certificates: one made on the spot by a CA of its own, or the user's.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::builder::StartError;

/// What the certificate made here is good for, and the registry's name below `localhost`: OpenSSL
/// takes no wildcard that has but one label after it.
const NAMES: [&str; 4] = ["localhost", "*.localhost", "127.0.0.1", "::1"];

/// What serves https, and the CA's certificate where one was made.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: Option<String>,
}

/// Makes a CA and a certificate for the loopback names of this registry.
pub(crate) fn self_made(registry: &str) -> Result<Identity, StartError> {
    let fault = |error: rcgen::Error| StartError::Certificate(error.to_string());

    let mut ca = CertificateParams::default();
    ca.distinguished_name
        .push(DnType::CommonName, "acr-emulator CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_key = KeyPair::generate().map_err(fault)?;
    let ca = CertifiedIssuer::self_signed(ca, ca_key).map_err(fault)?;

    let mut names = NAMES.map(str::to_owned).to_vec();
    names.push(format!("{registry}.localhost"));
    let mut leaf = CertificateParams::new(names).map_err(fault)?;
    leaf.distinguished_name
        .push(DnType::CommonName, "acr-emulator");
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().map_err(fault)?;
    let certificate = leaf.signed_by(&key, &ca).map_err(fault)?;

    let acceptor = acceptor(&certificate.pem(), &key.serialize_pem())?;
    let ca_pem = Some(ca.pem());
    Ok(Identity { acceptor, ca_pem })
}

/// Uses a certificate chain and its key.
pub(crate) fn given(certificate_pem: &str, key_pem: &str) -> Result<Identity, StartError> {
    Ok(Identity {
        acceptor: acceptor(certificate_pem, key_pem)?,
        ca_pem: None,
    })
}

fn acceptor(certificate_pem: &str, key_pem: &str) -> Result<TlsAcceptor, StartError> {
    let fault = |text: String| StartError::Certificate(text);
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate_pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| fault(format!("its chain: {error}")))?;
    if chain.is_empty() {
        return Err(fault("its chain holds no certificate in PEM".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())
        .map_err(|error| fault(format!("its key: {error}")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| fault(error.to_string()))?;
    // What the service speaks.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
