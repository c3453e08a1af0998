//! The token endpoints: Entra token → refresh token → access token, and passwords.

use http::HeaderMap;
use serde::Serialize;

use super::Answer;
use crate::{
    auth::{Access, EntraFault, Identity, NULL_GUID, Role, TokenKind, basic, grant},
    call::Call,
    errors::ApiError,
    query::Query,
    reply,
};

/// The longest form that is read: tokens are some KiB long.
const MAX_FORM: usize = 128 * 1024;

#[derive(Serialize)]
struct AccessAnswer {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

#[derive(Serialize)]
struct RefreshAnswer {
    refresh_token: String,
}

/// POST `/oauth2/exchange`: an Entra token for a refresh token.
pub(crate) async fn exchange(call: &Call) -> Answer {
    let form = Query::form(&call.read_body(MAX_FORM).await?);
    let field = |name| form.get(name).unwrap_or_default();
    let token = match field("grant_type") {
        "access_token" | "access_token_refresh_token" => field("access_token"),
        "refresh_token" => field("refresh_token"),
        _ => return Err(ApiError::unsupported_grant()),
    };
    let app = &call.app;
    if !call.takes_token(token) {
        return Err(ApiError::bad_credentials());
    }
    let identity = app.directory.entra(token, app.clock.unix());
    let identity = identity.map_err(|EntraFault| ApiError::bad_credentials())?;
    if let Identity::Principal(_, Role::NoRole) = identity {
        return Err(ApiError::no_role());
    }
    Ok(reply::chunked_json(&RefreshAnswer {
        refresh_token: app.tokens.refresh_token(&identity, app.modes().abac),
    }))
}

/// POST `/oauth2/token`: a refresh token, a password or nothing for an access token.
pub(crate) async fn token_by_post(call: &Call) -> Answer {
    let form = Query::form(&call.read_body(MAX_FORM).await?);
    let field = |name| form.get(name).unwrap_or_default();
    let bearer = match field("grant_type") {
        "refresh_token" => of_own_token(call, field("refresh_token"), &[TokenKind::RefreshToken]),
        "password" => match field("username") {
            "" => call.app.directory.anonymous().map(Bearer::of),
            username => of_login(call, username, field("password")),
        },
        _ => return Err(ApiError::unsupported_grant()),
    };
    let bearer = bearer.ok_or_else(ApiError::bad_credentials)?;
    Ok(answer(call, bearer, &form, None))
}

/// GET `/oauth2/token`: what docker sends, with a password in the header or without.
pub(crate) fn token_by_get(call: &Call) -> Answer {
    let login = basic(&call.headers);
    let bearer = match &login {
        Some((username, password)) => of_login(call, username, password.expose()),
        None if has_authorization(&call.headers) => None,
        None => call.app.directory.anonymous().map(Bearer::of),
    };
    let bearer = bearer.ok_or_else(ApiError::bad_credentials)?;
    // Who came with a refresh token gets it back beside the access token.
    let refresh = login.filter(|_| bearer.refreshable);
    let refresh = refresh.map(|(_, password)| password.expose().to_owned());
    Ok(answer(call, bearer, &call.query, refresh))
}

fn has_authorization(headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::AUTHORIZATION)
}

/// Somebody who has proved who it is.
struct Bearer {
    identity: Identity,
    /// What an access token that was shown allows, and until when: more than that no token gets
    /// that was had for it.
    limit: Option<(Vec<Access>, i64)>,
    refreshable: bool,
}

impl Bearer {
    fn of(identity: Identity) -> Self {
        Self {
            identity,
            limit: None,
            refreshable: false,
        }
    }
}

fn of_login(call: &Call, username: &str, password: &str) -> Option<Bearer> {
    if username == NULL_GUID {
        let kinds = [TokenKind::RefreshToken, TokenKind::AccessToken];
        return of_own_token(call, password, &kinds);
    }
    let identity = call.app.directory.login(username, password);
    identity.map(Bearer::of)
}

fn of_own_token(call: &Call, token: &str, kinds: &[TokenKind]) -> Option<Bearer> {
    let claims = call.verify_token(token)?;
    if !kinds.contains(&claims.grant_type) {
        return None;
    }
    let refreshable = claims.grant_type == TokenKind::RefreshToken;
    Some(Bearer {
        identity: call.app.directory.principal(&claims.sub),
        limit: (!refreshable).then(|| (claims.access.unwrap_or_default(), claims.exp)),
        refreshable,
    })
}

fn answer(
    call: &Call,
    bearer: Bearer,
    asked: &Query,
    refresh_token: Option<String>,
) -> axum::response::Response {
    let scopes = asked.all("scope").flat_map(str::split_whitespace);
    let (tokens, abac) = (&call.app.tokens, call.app.modes().abac);
    let access_token = match bearer.limit {
        None => {
            let access = grant(&bearer.identity, scopes, abac);
            tokens.access_token(&bearer.identity, access, None)
        }
        Some((limit, exp)) => {
            // The token that was shown is the only right here, whoever it was made for.
            let everything = Identity::Principal(bearer.identity.subject().to_owned(), Role::Owner);
            let access = within(grant(&everything, scopes, abac), &limit);
            tokens.access_token(&bearer.identity, access, Some(exp))
        }
    };
    reply::chunked_json(&AccessAnswer {
        access_token,
        refresh_token,
    })
}

/// What of `access` an access token allows.
fn within(access: Vec<Access>, limit: &[Access]) -> Vec<Access> {
    let narrowed = access.into_iter().map(|mut entry| {
        let same = |other: &&Access| {
            other.kind == entry.kind && (other.name == entry.name || other.name == "*")
        };
        let allowed: Vec<_> = limit.iter().filter(same).flat_map(|o| &o.actions).collect();
        entry.actions.retain(|action| allowed.contains(&action));
        entry
    });
    narrowed.filter(|entry| !entry.actions.is_empty()).collect()
}
