//! Secrets that come back: a server, or a proxy before it, may repeat in its error what it was sent.

use std::sync::Arc;

use acr_core::Secret;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use percent_encoding::percent_decode_str;
use reqwest::Request;

use crate::redact::{self, BLOT};

/// The fields of the forms of `/oauth2` that are secret.
const FIELDS: [&str; 3] = ["access_token", "password", "refresh_token"];

/// The secrets that a request was sent with, in each form in which they may come back; in the
/// extensions of its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent(Arc<[Secret]>);

impl Sent {
    pub(crate) fn with(request: &Request) -> Self {
        let mut secrets = Vec::new();
        if let Some(value) = request.headers().get(AUTHORIZATION) {
            credentials(value, &mut secrets);
        }
        let form = request.headers().get(CONTENT_TYPE);
        if form.is_some_and(|kind| kind == "application/x-www-form-urlencoded") {
            let body = request.body().and_then(reqwest::Body::as_bytes);
            fields(body.unwrap_or_default(), &mut secrets);
        }
        // As a text of JSON has it.
        let quoted = secrets.iter().filter_map(|secret| {
            let text = serde_json::to_string(secret).ok()?;
            Some(text.trim_matches('"').to_owned()).filter(|text| text != secret)
        });
        secrets.extend(quoted.collect::<Vec<_>>());
        // What holds another one goes first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets.into_iter().map(Secret::from).collect())
    }

    /// A body without them.
    pub(crate) fn blot_body(&self, body: Vec<u8>) -> Vec<u8> {
        let text = String::from_utf8_lossy(&body);
        match self.blotted(&text) {
            Some(blotted) => blotted.into_bytes(),
            None => body,
        }
    }

    /// Headers without them.
    pub(crate) fn blot_headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            let text = String::from_utf8_lossy(value.as_bytes());
            if self.blotted(&text).is_some() {
                *value = HeaderValue::from_static(BLOT);
            }
        }
    }

    /// `None` where there is none of them.
    pub(crate) fn blotted(&self, text: &str) -> Option<String> {
        redact::blotted(text, self.0.iter().map(Secret::expose))
    }
}

/// Those of an `Authorization` header: the token, or the password, alone and as it was sent.
fn credentials(value: &HeaderValue, secrets: &mut Vec<String>) {
    let Some((_, sent)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return;
    };
    secrets.push(sent.to_owned());
    let decoded = STANDARD.decode(sent).ok();
    let pair = decoded.and_then(|pair| String::from_utf8(pair).ok());
    if let Some((_, password)) = pair.as_deref().and_then(|pair| pair.split_once(':')) {
        secrets.push(password.to_owned());
    }
}

/// Those of a form, as they are and as they were sent.
fn fields(body: &[u8], secrets: &mut Vec<String>) {
    let body = String::from_utf8_lossy(body);
    for (name, sent) in body.split('&').filter_map(|field| field.split_once('=')) {
        if FIELDS.contains(&name) {
            let spaced = sent.replace('+', " ");
            let text = percent_decode_str(&spaced).decode_utf8_lossy().into_owned();
            secrets.extend((text != sent).then(|| sent.to_owned()));
            secrets.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::Method;

    /// What is left of this, where it answers a request with this header and form.
    fn left(authorization: &'static str, form: &'static str, told: &str) -> String {
        let url = "https://reg.azurecr.io/oauth2/token".parse().unwrap();
        let mut request = Request::new(Method::POST, url);
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, HeaderValue::from_static(authorization));
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, kind);
        *request.body_mut() = Some(form.into());
        let sent = Sent::with(&request);
        assert!(!format!("{sent:?}").contains("s3cret"));
        let mut headers = HeaderMap::new();
        headers.insert("x-told", HeaderValue::from_str(told).unwrap());
        sent.blot_headers(&mut headers);
        let body = sent.blot_body(told.as_bytes().to_vec());
        assert_eq!(headers["x-told"] == BLOT, body != told.as_bytes());
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn what_was_sent_is_blotted_out() {
        // me:s3cret "of" me
        let basic = "Basic bWU6czNjcmV0ICJvZiIgbWU=";
        for (authorization, form, told, expected) in [
            (
                "Bearer s3cret-token",
                "",
                "`s3cret-token` and s3cret-token",
                "`***` and ***",
            ),
            (basic, "", r#"s3cret "of" me is wrong"#, "*** is wrong"),
            (basic, "", r#"{"m":"s3cret \"of\" me"}"#, r#"{"m":"***"}"#),
            (basic, "", "bWU6czNjcmV0ICJvZiIgbWU= is", "*** is"),
            (
                "",
                "service=reg&password=s3cret%26+more",
                "s3cret& more",
                "***",
            ),
            (
                "",
                "refresh_token=s3cret%2Fa",
                "refresh_token=s3cret%2Fa",
                "refresh_token=***",
            ),
            (
                "",
                "access_token=s3cret-a&scope=secrets",
                "secrets s3cret-a",
                "secrets ***",
            ),
        ] {
            assert_eq!(left(authorization, form, told), expected, "{told}");
        }
    }

    #[test]
    fn other_words_are_left() {
        for (authorization, form) in [
            ("", ""),
            ("Bearer", "password"),
            ("Bearer ", "password=&grant_type=unauthorized"),
            // Too short to be told from a part of a word.
            ("Basic bWU6YQ==", "password=auth"),
        ] {
            assert_eq!(left(authorization, form, "unauthorized"), "unauthorized");
        }
    }
}
