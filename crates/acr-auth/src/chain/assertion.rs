//! How a certificate proves who one is: a JWT signed with its key.
//!
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials> has its form.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use azure_core::{Uuid, error::ErrorKind, http::ClientMethodOptions};
use azure_identity::ClientAssertion;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::certificate::Certificate;
use crate::Clock;

/// How long an assertion holds. It is used once, at once; the rest is for clocks that differ.
const LIFE: Duration = Duration::from_secs(600);

/// What signs for a service principal.
#[derive(Debug)]
pub(super) struct CertificateAssertion {
    pub(super) certificate: Certificate,
    pub(super) client: String,
    pub(super) audience: String,
    /// Whether the certificates themselves are sent, for an application that trusts their issuer and
    /// subject instead of one certificate.
    pub(super) with_chain: bool,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait::async_trait]
impl ClientAssertion for CertificateAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let mut header = json!({
            "alg": "PS256",
            "typ": "JWT",
            "x5t#S256": self.certificate.thumbprint(),
        });
        if self.with_chain {
            header["x5c"] = json!(self.certificate.chain());
        }
        let now = self.clock.now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        let claims = json!({
            "aud": self.audience,
            "iss": self.client,
            "sub": self.client,
            "jti": Uuid::new_v4().to_string(),
            "iat": now.as_secs(),
            "nbf": now.as_secs(),
            "exp": (now + LIFE).as_secs(),
        });
        let encoded = |part: String| URL_SAFE_NO_PAD.encode(part);
        let signed = format!(
            "{}.{}",
            encoded(header.to_string()),
            encoded(claims.to_string())
        );
        let signature = self.certificate.sign(signed.as_bytes()).map_err(|error| {
            azure_core::Error::with_message(ErrorKind::Credential, error.to_string())
        })?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
