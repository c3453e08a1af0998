//! The gate before every operation: a token or password that covers it, or a challenge.

use http::{HeaderValue, header};

use super::{
    grant::Need,
    identity::{Identity, basic},
    token::TokenKind,
};
use crate::{call::Call, errors::ApiError};

/// Lets a call through, and says whose it is; or says what it lacks.
///
/// # Errors
/// 401 with the challenge that names the scopes needed.
pub(crate) fn authorize(call: &Call, needs: &[Need]) -> Result<Identity, ApiError> {
    let refused = |error: Option<&str>| Err(refusal(call, needs, error));
    let Some(authorization) = call.headers.get(header::AUTHORIZATION) else {
        return refused(None);
    };
    let authorization = authorization.to_str().unwrap_or_default();
    let (identity, covered) = match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            let claims = call.verify_token(token.trim());
            let Some(claims) = claims.filter(|c| c.grant_type == TokenKind::AccessToken) else {
                return refused(Some("invalid_token"));
            };
            let access = claims.access.unwrap_or_default();
            let met = |need: &Need| access.iter().any(|entry| need.is_met_by(entry));
            let identity = call.app.directory.subject(&claims.sub);
            (identity, needs.iter().all(met))
        }
        // A password is as good as a token here, but an ACR token is not a password here.
        _ => {
            let Some((username, password)) = basic(&call.headers) else {
                return refused(None);
            };
            let identity = call.app.directory.login(&username, password.expose());
            let Some(identity) = identity else {
                return refused(None);
            };
            let covered = needs.iter().all(|need| need.is_right_of(&identity));
            (identity, covered)
        }
    };
    if covered {
        Ok(identity)
    } else {
        refused(Some("insufficient_scope"))
    }
}

fn refusal(call: &Call, needs: &[Need], error: Option<&str>) -> ApiError {
    let mut refusal = ApiError::unauthorized(needs);
    if let Ok(value) = HeaderValue::from_str(&challenge(call, needs, error)) {
        refusal = refusal.with_header(header::WWW_AUTHENTICATE, value);
    }
    refusal
}

/// What a call needs, and where a token for it is to be had.
pub(crate) fn challenge(call: &Call, needs: &[Need], error: Option<&str>) -> String {
    let mut challenge = format!(
        r#"Bearer realm="{}/oauth2/token",service="{}""#,
        call.origin(),
        call.app.settings.service
    );
    if let Some(scope) = scope_text(needs) {
        challenge.push_str(&format!(r#",scope="{scope}""#));
    }
    if let Some(error) = error {
        challenge.push_str(&format!(r#",error="{error}""#));
    }
    challenge
}

/// The scopes that cover these needs, as one text; none where nothing in particular is needed.
pub(crate) fn scope_text(needs: &[Need]) -> Option<String> {
    let mut text = String::new();
    let mut last: Option<&Need> = None;
    for need in needs {
        if last.is_some_and(|l| l.kind == need.kind && l.name == need.name) {
            text.push_str(&format!(",{}", need.action));
        } else {
            let space = if last.is_some() { " " } else { "" };
            text.push_str(&format!(
                "{space}{}:{}:{}",
                need.kind, need.name, need.action
            ));
        }
        last = Some(need);
    }
    last.is_some().then_some(text)
}
