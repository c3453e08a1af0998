//! A status in the place of an answer.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::StatusFault;
use crate::{
    auth::{Need, challenge},
    call::Call,
    errors::{ApiError, plain_text},
    headers,
};

impl StatusFault {
    /// The status, which was checked with the rule.
    pub(crate) fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The registry's answer: a 401 challenges, and a 5xx is the front's, a line of text, unless
    /// the rule says which error it is.
    pub(crate) fn answer(&self, call: &Call, needs: &[Need]) -> Response {
        let status = self.status_code();
        let (code, message) = (self.code.clone(), self.message.clone());
        let mut response = if status.is_server_error() && code.is_none() && message.is_none() {
            plain_text(status, format!("{status}\n"))
        } else {
            ApiError::injected(status, code, message).into_response()
        };
        if status == StatusCode::UNAUTHORIZED {
            let challenge = challenge(call, needs, None);
            headers::set(&mut response, header::WWW_AUTHENTICATE, &challenge);
        }
        self.set_retry_after(&mut response);
        response
    }

    /// Adds what the rule says of trying again.
    pub(crate) fn set_retry_after(&self, response: &mut Response) {
        if let Some(seconds) = self.retry_after_seconds {
            headers::set(response, header::RETRY_AFTER, &seconds.to_string());
        }
    }
}
