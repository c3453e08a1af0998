//! What came out of a call.

use acr_client::ResponseInfo;
use acr_core::ErrorInfo;
use http::HeaderMap;
use serde_json::Value;

/// Whose method a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Via {
    Client,
    Auth,
    Rest,
}

impl Via {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "acr-client",
            Self::Auth => "acr-auth",
            Self::Rest => "acr-rest",
        }
    }
}

/// A call that was made, and what came out of it.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) via: Via,
    /// The method, as one finds it in the documentation.
    pub(crate) method: &'static str,
    pub(crate) told: Told,
}

/// What a call returned.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Value(Returned),
    Error(Failed),
}

/// A value, taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Returned {
    /// Its fields, by the names that they have on the wire.
    pub(crate) fields: Option<Value>,
    /// The bytes of content, as they are.
    pub(crate) content: Option<Vec<u8>>,
    /// Whether it says that the thing was not there.
    pub(crate) was_missing: bool,
    /// What it says that the wire has in headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The last answer beside its body, where the call gives it.
    pub(crate) status: Option<u16>,
    pub(crate) response: Option<HeaderMap>,
}

/// An error, taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failed {
    pub(crate) status: Option<u16>,
    pub(crate) errors: Vec<ErrorInfo>,
    /// The scopes that the registry asked for.
    pub(crate) wanted: Option<String>,
    /// Seconds.
    pub(crate) retry_after: Option<u64>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) is_digest_mismatch: bool,
    /// The line that is shown.
    pub(crate) text: String,
}

impl Returned {
    pub(crate) fn fields(value: Value) -> Self {
        Self {
            fields: Some(value),
            ..Self::default()
        }
    }

    pub(crate) fn content(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            content: Some(bytes.into()),
            ..Self::default()
        }
    }

    /// The thing was not there, and the call says so.
    pub(crate) fn missing() -> Self {
        Self {
            was_missing: true,
            ..Self::default()
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &(impl ToString + ?Sized)) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn with(mut self, response: ResponseInfo) -> Self {
        self.status = Some(response.status.as_u16());
        self.response = Some(response.headers);
        self
    }
}

impl From<&acr_client::Error> for Failed {
    fn from(error: &acr_client::Error) -> Self {
        Self {
            status: error.status().map(|status| status.as_u16()),
            errors: error.errors().to_vec(),
            wanted: error.wanted_scopes().map(ToString::to_string),
            retry_after: error.retry_after().map(|after| after.as_secs()),
            correlation_id: error.correlation_id().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
            is_digest_mismatch: error.is_digest_mismatch(),
            text: error.to_string(),
        }
    }
}

impl Failed {
    pub(crate) fn of_response(response: &acr_rest::ErrorResponse, text: String) -> Self {
        Self {
            status: Some(response.status.as_u16()),
            errors: response.body.errors.clone(),
            retry_after: response.retry_after().map(|after| after.as_secs()),
            correlation_id: header(response, "x-ms-correlation-request-id"),
            request_id: header(response, "x-ms-request-id"),
            text,
            ..Self::default()
        }
    }
}

impl From<&acr_auth::Error> for Failed {
    fn from(error: &acr_auth::Error) -> Self {
        let text = acr_rest::chain_text(error);
        let failed = match error.response() {
            Some(response) => Self::of_response(response, text),
            None => Self {
                text,
                ..Self::default()
            },
        };
        Self {
            wanted: error.wanted().map(ToString::to_string),
            ..failed
        }
    }
}

fn header(response: &acr_rest::ErrorResponse, name: &str) -> Option<String> {
    let value = response.headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}
