//! A certificate and its key, from a file.

use std::{fmt, io, path::Path};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeyPair,
    signature::RSA_PSS_SHA256,
};
use rustls_pki_types::pem::{PemObject, SectionKind};
use tokio::{fs::File, io::AsyncReadExt};
use zeroize::Zeroizing;

/// A certificate that can sign: RSA, since Entra takes no other.
pub(super) struct Certificate {
    key: KeyPair,
    /// In DER form, the one that belongs to the key first.
    chain: Vec<Vec<u8>>,
}

/// Why a file cannot be used. It says what to do about it.
#[derive(Debug, thiserror::Error)]
pub(super) enum CertificateError {
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("the file is too long for a certificate")]
    TooLong,
    #[error(
        "the file is not PEM; if it is PKCS#12 (PFX), convert it: openssl pkcs12 -in FILE -out FILE.pem -nodes"
    )]
    NotPem,
    #[error("the file is not good PEM: {0}")]
    BadPem(String),
    #[error(
        "its private key is encrypted; decrypt it: (openssl pkey -in FILE; openssl x509 -in FILE) > FILE.pem"
    )]
    Encrypted,
    #[error("it has no certificate")]
    NoCertificate,
    #[error("it has no RSA private key")]
    NoKey,
    #[error("its private key cannot be used: {0} (RSA of 2048 to 4096 bits is needed)")]
    Key(String),
    #[error("none of its certificates belongs to its private key")]
    OtherKey,
    #[error("its private key cannot sign, so that it must be damaged")]
    Unsigned,
}

/// In bytes. A certificate, its key and its authorities have a few thousand.
const LONGEST: u64 = 1024 * 1024;

impl Certificate {
    pub(super) async fn read(path: &Path) -> Result<Self, CertificateError> {
        let mut text = Zeroizing::new(Vec::new());
        let mut file = File::open(path).await?.take(LONGEST + 1);
        file.read_to_end(&mut text).await?;
        if text.len() as u64 > LONGEST {
            return Err(CertificateError::TooLong);
        }
        Self::from_pem(&text)
    }

    fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        let contains = |word: &str| text.windows(word.len()).any(|part| part == word.as_bytes());
        if !contains("-----BEGIN ") {
            return Err(CertificateError::NotPem);
        }
        if contains("BEGIN ENCRYPTED PRIVATE KEY") || contains("Proc-Type: 4,ENCRYPTED") {
            return Err(CertificateError::Encrypted);
        }
        let (mut key, mut chain) = (None, Vec::new());
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
            let bad = |error: rustls_pki_types::pem::Error| match error {
                // The others quote what they could not read.
                rustls_pki_types::pem::Error::MissingSectionEnd { .. } => "a section has no end",
                _ => "a section cannot be decoded",
            };
            let (kind, der) =
                section.map_err(|error| CertificateError::BadPem(bad(error).to_owned()))?;
            match kind {
                SectionKind::Certificate => chain.push(der),
                SectionKind::PrivateKey if key.is_none() => {
                    key = Some(KeyPair::from_pkcs8(&Zeroizing::new(der)));
                }
                SectionKind::RsaPrivateKey if key.is_none() => {
                    key = Some(KeyPair::from_der(&Zeroizing::new(der)));
                }
                _ => {}
            }
        }
        let key = key.ok_or(CertificateError::NoKey)?;
        let key = key.map_err(|error| CertificateError::Key(error.to_string()))?;
        if chain.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        // A certificate holds its public key in the very form in which ring gives it.
        let public = key.public().as_ref();
        let own = |der: &Vec<u8>| der.windows(public.len()).any(|part| part == public);
        let at = chain.iter().position(own);
        chain[..=at.ok_or(CertificateError::OtherKey)?].rotate_right(1);
        Ok(Self { key, chain })
    }

    /// By which Entra finds the certificate among those of the application (`x5t#S256`).
    pub(super) fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.own()))
    }

    /// The certificate and those of its authorities, as the header `x5c` holds them.
    pub(super) fn chain(&self) -> Vec<String> {
        self.chain.iter().map(|der| STANDARD.encode(der)).collect()
    }

    /// A signature by RSASSA-PSS with SHA-256 (`PS256`).
    pub(super) fn sign(&self, text: &[u8]) -> Result<Vec<u8>, CertificateError> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), text, &mut signature)
            .map_err(|_| CertificateError::Unsigned)?;
        Ok(signature)
    }

    fn own(&self) -> &[u8] {
        self.chain.first().map_or(&[], Vec::as_slice)
    }
}

/// Without its key.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("thumbprint", &self.thumbprint())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PEM: &[u8] = include_bytes!("tests/files/application.pem");

    proptest! {
        #[test]
        fn no_file_panics(at in 0..PEM.len(), piece in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut text = PEM.to_vec();
            let end = PEM.len().min(at + piece.len());
            text.splice(at..end, piece);
            // A key may be damaged where it is only noticed once something is signed.
            if let Ok(certificate) = Certificate::from_pem(&text) {
                let signed = certificate.sign(b"text");
                let unsigned = matches!(signed, Err(CertificateError::Unsigned));
                prop_assert!(signed.is_ok() || unsigned);
            }
        }
    }

    #[test]
    fn a_key_that_is_damaged_within() {
        let mut text = PEM.to_vec();
        text[1147] = b'/';
        let certificate = Certificate::from_pem(&text).unwrap();
        let error = certificate.sign(b"text").unwrap_err();
        assert!(matches!(error, CertificateError::Unsigned), "{error}");
    }
}
