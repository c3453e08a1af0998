//! What goes wrong with an answer on its way out.

use acr_core::Digest;
use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use futures_util::StreamExt;
use http::{HeaderValue, Method, StatusCode, Version, header, request::Parts};

use super::{
    Effects,
    body::{Chunk, first, flipped, trickling},
};
use crate::{breaker::Breaker, headers};

/// The way out of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// What breaks the connection.
    breaker: Breaker,
    /// HEAD: there are headers only.
    head: bool,
    /// Whether several answers share the connection: then an answer's end is marked, and the
    /// connection need not break to show it.
    multiplexed: bool,
}

impl Way {
    /// The way out of the answer to this request.
    pub(crate) fn of(request: &Parts, breaker: Breaker) -> Self {
        Self {
            breaker,
            head: request.method == Method::HEAD,
            multiplexed: request.version == Version::HTTP_2,
        }
    }
}

impl Effects {
    /// The answer as it goes out. Where there is to be none this does not return.
    pub(crate) async fn spoil(&self, mut response: Response, way: Way) -> Response {
        if self.request_cut().is_some() {
            way.breaker.cut().await;
        }
        if self.answer_cut() == Some(0) {
            break_off(way.breaker.clone(), self.resets()).await;
        }
        if self.is_digest_wrong() {
            falsify_digest(&mut response);
        }
        let spoils_body = self.wrong_byte().is_some()
            || self.length_error().is_some()
            || self.trickle().is_some()
            || self.answer_cut().is_some();
        let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
        if !spoils_body || bodiless.contains(&response.status()) {
            return response;
        }
        let (mut response, length) = measured(response).await;
        let claimed = match self.length_error() {
            Some(by) => length.saturating_add_signed(by),
            None => length,
        };
        headers::set(&mut response, header::CONTENT_LENGTH, &claimed.to_string());
        if way.head {
            return response;
        }
        response.map(|body| self.spoil_body(body, length, claimed, way))
    }

    fn spoil_body(&self, body: Body, length: u64, claimed: u64, way: Way) -> Body {
        let mut chunks = body.into_data_stream().boxed();
        if let Some(at) = self.wrong_byte() {
            chunks = flipped(chunks, at.min(length.saturating_sub(1))).boxed();
        }
        if let Some((bytes, every)) = self.trickle() {
            chunks = trickling(chunks, bytes, every).boxed();
        }
        if claimed < length {
            chunks = first(chunks, claimed, async { None }).boxed();
        }
        if let Some(after) = self.answer_cut().filter(|after| *after < length) {
            let resets = self.resets();
            chunks = first(chunks, after, break_off(way.breaker, resets)).boxed();
        } else if claimed > length && !way.multiplexed {
            chunks = first(chunks, length, break_off(way.breaker, false)).boxed();
        }
        Body::from_stream(chunks)
    }
}

/// Nothing more comes: the connection breaks.
async fn break_off(breaker: Breaker, resets: bool) -> Option<Chunk> {
    match resets {
        true => match breaker.reset().await {},
        false => match breaker.end().await {},
    }
}

/// A digest that differs from the true one in its last digit.
fn falsify_digest(response: &mut Response) {
    let headers = response.headers_mut();
    let Some(value) = headers.get_mut(&headers::CONTENT_DIGEST) else {
        return;
    };
    let Some((rest, last)) = value.to_str().ok().and_then(|text| {
        text.parse::<Digest>().ok()?;
        text.split_at_checked(text.len() - 1)
    }) else {
        return;
    };
    let other = if last == "0" { "1" } else { "0" };
    if let Ok(other) = HeaderValue::from_str(&format!("{rest}{other}")) {
        *value = other;
    }
}

/// The length of a body. One that has none beforehand is made of JSON and in memory already.
async fn measured(response: Response) -> (Response, u64) {
    let said = response.headers().get(header::CONTENT_LENGTH);
    let said = said.and_then(|value| value.to_str().ok()?.parse().ok());
    if let Some(length) = said.or(response.body().size_hint().exact()) {
        return (response, length);
    }
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await;
    let bytes = bytes.unwrap_or_default();
    let length = bytes.len() as u64;
    (Response::from_parts(parts, Body::from(bytes)), length)
}
