//! Each error as one line: what was tried, on what, what came back.

use std::{fmt, time::SystemTime};

use acr_core::ScopeSet;

use super::{Error, RealmFault, Refusal};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credential(_) => f.write_str("the credential gave no Entra token"),
            Self::Provider { registry, .. } => {
                write!(f, "the credential provider gave nothing for {registry}")
            }
            Self::Expired {
                registry,
                what,
                ended,
            } => write!(
                f,
                "the {what} given for {registry} ended at {}: get a new one, for example with \
                 `az acr login --expose-token`",
                time(*ended)
            ),
            Self::Malformed { what } => write!(f, "this is no credential: {what}"),
            Self::Setting { what } => write!(f, "a setting cannot be used: {what}"),
            Self::Contradiction { what } => {
                write!(f, "the settings contradict each other: {what}")
            }
            Self::NoLogin { registry } => write!(
                f,
                "there is nobody to log in to {registry} as: it is used anonymously"
            ),
            Self::Denied {
                registry,
                step,
                response,
            }
            | Self::Throttled {
                registry,
                step,
                response,
                ..
            } => write!(f, "no token from {registry} ({step}): {response}"),
            Self::Unanswered { registry, step, .. } => {
                write!(f, "no token from {registry} ({step})")
            }
            Self::Unusable { registry, step } => {
                write!(f, "{registry} answered without a usable token ({step})")
            }
            Self::ForeignRealm {
                registry,
                realm,
                fault,
            } => foreign(f, registry, realm, *fault),
            Self::ForeignTarget { registry, target } => {
                write!(f, "a token of {registry} does not go to {target}")
            }
            Self::Refused {
                registry,
                wanted,
                granted,
                refusal,
                response,
                ..
            } => {
                write!(
                    f,
                    "{registry} refused {}: wanted {}",
                    said(*refusal),
                    shown(wanted)
                )?;
                match granted {
                    None => f.write_str(", granted what cannot be read")?,
                    Some(granted) => {
                        let missing = granted.missing(wanted);
                        write!(
                            f,
                            ", granted {}, missing {}",
                            shown(granted),
                            shown(&missing)
                        )?;
                    }
                }
                write!(f, ": {response}")
            }
            Self::Unrepeatable {
                registry,
                wanted,
                response,
            } => write!(
                f,
                "{registry} wants another token, for {}, and the body of the request cannot be sent \
                 twice: {response}",
                shown(wanted)
            ),
            Self::Transport(_) => f.write_str("the token engine cannot be set up"),
            Self::LoginServer(_) => f.write_str("the login server cannot be used"),
        }
    }
}

/// Both hosts, and how to say that the other one is meant.
fn foreign(
    f: &mut fmt::Formatter<'_>,
    registry: &str,
    realm: &str,
    fault: RealmFault,
) -> fmt::Result {
    match fault {
        RealmFault::OtherHost => write!(
            f,
            "{registry} sends for a token to {realm}: credentials go to no other host than the one \
             that was named, unless this is the registry's own and is named too: \
             `.login_server(\"{realm}\")`"
        ),
        RealmFault::OtherService => write!(
            f,
            "{registry} wants a token of {realm}: credentials are for no other registry than the one \
             that was named, unless this is its own name and is named too: \
             `.login_server(\"{realm}\")`"
        ),
        RealmFault::PlainHttp => write!(
            f,
            "{registry} sends for a token to {realm}: no credential goes over plain http"
        ),
        RealmFault::Unreadable => {
            write!(f, "{registry} sends for a token to {realm}")
        }
    }
}

fn said(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Insufficient => "the request for want of rights",
        Refusal::Invalid => "the token as invalid",
        Refusal::Unexplained => "the request",
        Refusal::Unchallenged => "the request without a challenge for a token",
    }
}

fn shown(scopes: &ScopeSet) -> String {
    match scopes.is_empty() {
        true => "nothing".to_owned(),
        false => format!("`{scopes}`"),
    }
}

/// In UTC, as RFC 3339 writes it.
fn time(time: SystemTime) -> String {
    match jiff::Timestamp::try_from(time) {
        Ok(time) => time.to_string(),
        Err(_) => "a time that no calendar has".to_owned(),
    }
}
