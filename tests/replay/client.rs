//! A client that sends a request as it was recorded: no URL is normalised, no redirect followed, no
//! header added but `Host` and the length.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Each line of its own, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first line of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.headers.iter().find(|(own, _)| own == name);
        line.map(|(_, value)| value.as_str())
    }
}

/// Sends a request to `http://host:port`.
pub(crate) async fn send(endpoint: &str, sent: &Sent) -> Result<Answer> {
    let address = endpoint.trim_start_matches("http://").trim_end_matches('/');
    let stream = TcpStream::connect(address)
        .await
        .context(address.to_owned())?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let uri: Uri = sent.path.parse().with_context(|| sent.path.clone())?;
    let mut request = Request::builder().method(sent.method.as_str()).uri(uri);
    request = request.header("host", address);
    for (name, value) in &sent.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(sent.body.clone())))?;
    let response = sender.send_request(request).await?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    connection.abort();
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    };
    Ok(Answer {
        status: parts.status.as_u16(),
        headers: parts.headers.iter().map(line).collect(),
        body,
    })
}
