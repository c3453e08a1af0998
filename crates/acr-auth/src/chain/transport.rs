//! HTTP as the credentials of azure_identity need it.

use std::sync::Arc;

use acr_core::limits;
use azure_core::{
    error::{Error, ErrorKind},
    http::{
        AsyncRawResponse, ClientOptions, ExponentialRetryOptions, HttpClient, Request,
        RetryOptions, StatusCode, Transport,
    },
};
use futures_util::StreamExt;
use serde_json::Value;

use super::authority::Authority;

/// What every link is given: never azure_core's default transport, which finds no TLS provider here
/// and would panic.
pub(super) fn client_options(
    client: &Arc<dyn HttpClient>,
    authority: Option<&Authority>,
) -> ClientOptions {
    let client = Bounded(Arc::clone(client));
    ClientOptions {
        transport: Some(Transport::new(Arc::new(client))),
        cloud: authority.map(|authority| Arc::new(authority.cloud())),
        // The link as a whole has a time limit, and others may come after it.
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: 2,
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Reads no more of an answer than a token can need, says the status of one that is no JSON, such as a
/// proxy's, and hands over refusals in the form that azure_identity can read.
#[derive(Debug)]
struct Bounded(Arc<dyn HttpClient>);

#[async_trait::async_trait]
impl HttpClient for Bounded {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.0.execute_request(request).await?;
        let (status, headers, mut stream) = answer.deconstruct();
        let host = request.url().host_str().unwrap_or_default();
        let mut body = Vec::new();
        while let Some(piece) = stream.next().await {
            body.extend_from_slice(&piece?);
            if body.len() > limits::TOKEN_RESPONSE {
                return Err(Error::with_message(
                    ErrorKind::DataConversion,
                    format!("the answer of {host} is too long for one with a token"),
                ));
            }
        }
        match serde_json::from_slice(&body) {
            Err(_) => Err(Error::with_message(
                http(status),
                format!("{host} answered {status}, and not with JSON"),
            )),
            Ok(json) => {
                let body = match status.is_success() {
                    true => body,
                    false => without_escapes(json).to_string().into_bytes(),
                };
                Ok(AsyncRawResponse::from_bytes(status, headers, body))
            }
        }
    }
}

/// azure_identity 1.0 borrows the description of a refusal from its JSON, so that one with an escape in
/// it, such as a line break, would fail to parse: neither what Entra said nor its status would be told.
fn without_escapes(mut json: Value) -> Value {
    for (_, value) in json.as_object_mut().into_iter().flatten() {
        if let Value::String(text) = value {
            *text = unescaped(text);
        }
    }
    json
}

/// A text as it comes out of [`without_escapes`].
pub(super) fn unescaped(text: &str) -> String {
    let plain = text.chars().map(|c| match c {
        '"' => '\'',
        '\\' => '/',
        c if c.is_control() => ' ',
        c => c,
    });
    plain.collect()
}

/// A refusal by HTTP, as azure_core names it, without the answer.
pub(super) fn http(status: StatusCode) -> ErrorKind {
    ErrorKind::HttpResponse {
        status,
        error_code: None,
        raw_response: None,
    }
}
