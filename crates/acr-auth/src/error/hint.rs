//! What to do about an error.

use std::borrow::Cow;

use acr_rest::ErrorResponse;
use http::StatusCode;

use super::{Error, RealmFault, Refusal, TokenStep};
use crate::{
    Grantee,
    roles::{self, advice},
};

impl Error {
    /// What to do about it, where that is known: which role, or which action of a scope map, grants
    /// what is missing.
    #[must_use]
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Denied { step, response, .. } => denied(*step, response),
            Self::Throttled { .. } => Some(
                "wait, for as long as `retry_after()` says if it says so; authenticators that share a `TokenCache` \
                 ask for fewer tokens"
                    .into(),
            ),
            Self::ForeignRealm { fault, .. } => realm(*fault).map(Cow::from),
            Self::Refused {
                grantee, refusal, ..
            } => Some(refused(self, *grantee, *refusal)),
            Self::Unrepeatable { .. } => Some(
                "call again with a new body: the token that is wanted is asked for first then".into(),
            ),
            Self::Unusable { .. } => Some("is this the address of a registry?".into()),
            _ => None,
        }
    }
}

fn refused(error: &Error, grantee: Grantee, refusal: Refusal) -> Cow<'static, str> {
    let missing = error.missing().unwrap_or_default();
    match (refusal, grantee) {
        (Refusal::Unchallenged, _) => "no registry answers so: is this the address of one, or does a \
             proxy before it want a login of its own?"
            .into(),
        (Refusal::Invalid, Grantee::Given) => {
            "the access token that was given is not one of this registry, or holds no longer: get a \
             new one"
                .into()
        }
        (Refusal::Invalid, _) => "the registry does not know a token that was made just now: does the \
             login server belong to another registry?"
            .into(),
        _ if missing.is_empty() => "the token allows what is wanted, and is refused all the same: was \
             the right taken away, or does a network rule or policy of the registry forbid it?"
            .into(),
        _ => advice(grantee, &missing).into(),
    }
}

fn denied(step: TokenStep, response: &ErrorResponse) -> Option<Cow<'static, str>> {
    let network = response.body.is_network_rule();
    let hint = match (response.status, step) {
        (StatusCode::FORBIDDEN, _) if network => {
            "the registry's network rules keep this machine out: https://aka.ms/acr/firewall".into()
        }
        (StatusCode::FORBIDDEN, _) => {
            let (classic, abac) = roles::LEAST;
            format!(
                "the identity has no role on this registry: {classic} is the least one, or {abac} \
                 where permissions are given repository by repository (ABAC)"
            )
            .into()
        }
        (StatusCode::UNAUTHORIZED, TokenStep::Exchange) => {
            "the registry does not take the Entra token: is the identity of the registry's tenant, \
             and does the registry take tokens for the audience that was asked for?"
                .into()
        }
        (StatusCode::UNAUTHORIZED, TokenStep::RefreshToken) => {
            "the refresh token is not one of this registry, or was revoked: get a new one".into()
        }
        (StatusCode::UNAUTHORIZED, TokenStep::Password) => {
            "check the user name and password; the admin user may be off, and passwords of \
             repository-scoped tokens end"
                .into()
        }
        (StatusCode::UNAUTHORIZED, TokenStep::Anonymous) => {
            "the registry lets nobody in who does not log in: name a credential, or have anonymous \
             pull turned on"
                .into()
        }
        (StatusCode::NOT_FOUND, _) => {
            "there is no token endpoint here: is this the address of a registry? Behind a custom domain, \
             name the registry's own host with `.login_server(…)`"
                .into()
        }
        (status, _) if status.is_redirection() => {
            "what is here sends on to another address, and credentials do not follow: is this the \
             address of a registry? Behind a custom domain, name the registry's own host with \
             `.login_server(…)`"
                .into()
        }
        _ => return None,
    };
    Some(hint)
}

fn realm(fault: RealmFault) -> Option<&'static str> {
    match fault {
        RealmFault::OtherHost | RealmFault::OtherService => Some(
            "if the endpoint is a custom domain of the registry, or a proxy before it, name the \
             registry's own host with `.login_server(…)`",
        ),
        RealmFault::PlainHttp => Some(
            "a proxy before the registry does not tell it that it is reached over https: name the \
             registry's own host as the endpoint, or have the proxy mended",
        ),
        RealmFault::Unreadable => None,
    }
}
