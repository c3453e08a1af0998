//! Stand-ins for what gives Entra tokens: the identity endpoint of an App Service, and Entra itself.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Result, ensure};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

/// No request of a client for tokens is longer.
const MOST: usize = 64 * 1024;

/// A server that gives everybody an Entra token, and remembers the last request.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) url: String,
    /// What a right request holds.
    expected: &'static [&'static str],
    last: Arc<Mutex<Option<String>>>,
}

impl Fake {
    /// As Entra: over https, with a certificate that is written to this file.
    pub(crate) async fn entra(
        certificate: &Path,
        expected: &'static [&'static str],
    ) -> Result<Self> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()])?;
        std::fs::write(certificate, cert.pem())?;
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)?;
        Self::start(Some(TlsAcceptor::from(Arc::new(config))), expected).await
    }

    /// As the identity endpoint of an App Service.
    pub(crate) async fn app_service(expected: &'static [&'static str]) -> Result<Self> {
        Self::start(None, expected).await
    }

    async fn start(tls: Option<TlsAcceptor>, expected: &'static [&'static str]) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let url = match tls {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://127.0.0.1:{port}/token"),
        };
        let fake = Self {
            url,
            expected,
            last: Arc::default(),
        };
        let serving = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A connection that breaks is seen by the program.
                let _broken = match &tls {
                    None => serving.answer(stream).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => serving.answer(stream).await,
                        Err(error) => Err(error),
                    },
                };
            }
        });
        Ok(fake)
    }

    async fn answer(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let mut request = Vec::new();
        while !is_whole(&request) && request.len() < MOST {
            if stream.read_buf(&mut request).await? == 0 {
                break;
            }
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        // The year 2100, as the one wants it, and an hour, as the other does.
        let body = r#"{"access_token":"of anybody","token_type":"Bearer","resource":"any","expires_on":"4102444800","expires_in":3600}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    }

    /// Fails unless the last request was as expected.
    pub(crate) fn was_asked(&self) -> Result<()> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.as_deref().unwrap_or_default();
        for expected in self.expected {
            ensure!(
                last.contains(expected),
                "no `{expected}` in the request:\n{last}"
            );
        }
        Ok(())
    }
}

/// Whether head and body are there.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let length = name.eq_ignore_ascii_case("content-length");
        length.then(|| value.trim().parse().ok())?
    });
    body.len() >= length.unwrap_or(0)
}
