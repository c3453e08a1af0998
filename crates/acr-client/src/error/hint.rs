//! What to do about an error.

use std::borrow::Cow;

use acr_core::ErrorCode;
use acr_rest::{ErrorResponse, Unreached};
use http::StatusCode;

use super::{Error, ErrorKind};

impl Error {
    /// What to do about it, where that is known: at which level the lock is and the call that takes
    /// it away, which role or which action of a scope map grants what is missing, what to wait for.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// eprintln!("{error}\n{}", error.hint().unwrap_or_default());
    /// # }
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match &self.0.kind {
            ErrorKind::Auth(error) => return error.hint(),
            ErrorKind::Response(response) => return self.of_response(response),
            ErrorKind::Transport(source) => self.of_transport(Unreached::of(source.as_ref())),
            ErrorKind::Timeout { .. } => {
                "`.timeout(…)` allows a call more time; it holds for tokens, waits and every attempt together"
            }
            ErrorKind::DigestMismatch { .. } => {
                "nothing was stored or delivered under the expected digest: it is that of other bytes, \
                 something on the way changes what it carries, or the registry's copy is damaged"
            }
            ErrorKind::OtherTags(_) => {
                "`.with_all_tags()` deletes them along; `tag(…).delete()` removes one name only"
            }
            ErrorKind::NoPlatform { available, .. } if !available.is_empty() => {
                "`.platform(…)` takes one of those; a processor also runs lower variants of it"
            }
            ErrorKind::UploadLost { .. } => {
                "upload anew: from a file, which can be read again, it would have begun again by itself; \
                 and after a cut only some registries keep an upload"
            }
            ErrorKind::Link(_) => {
                "a proxy before the registry may have rewritten it: name the host that the registry \
                 knows itself by as the endpoint"
            }
            ErrorKind::UnexpectedAnswer(_) => {
                "is this the address of a registry, and does nothing before it change its answers?"
            }
            _ => return None,
        };
        Some(hint.into())
    }

    fn of_transport(&self, why: Unreached) -> &'static str {
        match why {
            Unreached::Refused => {
                "nothing listens there: check the registry's host and port, and the proxy"
            }
            Unreached::Tls => {
                "a proxy that opens TLS needs its certificate trusted by this machine or named to the \
                 client; a certificate for another name means another host"
            }
            Unreached::TimedOut => {
                "the server was silent for too long: the client's timeouts say how long is too long"
            }
            _ if self.is_connect() => {
                "check the registry's name and the way to it: DNS, proxy, private endpoint; \
                 `check_health()` tells which step fails"
            }
            _ => "the connection broke: call again, or allow more attempts with `RetryOptions`",
        }
    }

    fn of_response(&self, response: &ErrorResponse) -> Option<Cow<'static, str>> {
        if self.is_firewall() {
            return Some(
                "the registry's network rules keep this machine out: https://aka.ms/acr/firewall"
                    .into(),
            );
        }
        if self.is_locked() {
            return Some(self.of_lock());
        }
        let hint = response.code().and_then(of_code);
        hint.or_else(|| of_status(response)).map(Cow::Borrowed)
    }

    fn of_lock(&self) -> Cow<'static, str> {
        let locks = self.0.locks.as_ref();
        match locks.and_then(crate::Locks::hint) {
            Some(hint) => hint.into(),
            None if locks.is_some() => {
                "neither the repository nor the manifest or tag is locked now: the registry itself may \
                 be read-only, or the image quarantined"
                    .into()
            }
            None => {
                "the repository, tag or manifest is locked (or the manifest is quarantined): \
                 `locks()` tells where, and `update_properties().can_write(true).can_delete(true)` \
                 unlocks it"
                    .into()
            }
        }
    }
}

fn of_code(code: &ErrorCode) -> Option<&'static str> {
    Some(match code {
        ErrorCode::TooManyRequests => {
            "wait for as long as `retry_after()` says; higher service tiers allow more calls"
        }
        ErrorCode::ManifestBlobUnknown => {
            "upload the manifest's config and layers to the same repository first; behind \
             geo-replication, stay with one replica for a whole push (`pin_address()`)"
        }
        ErrorCode::ManifestInvalid => {
            "the media type that it is put with and the `mediaType` in it must be the same, and its \
             required members be there"
        }
        ErrorCode::DigestInvalid => {
            "the content that arrived is not that of the digest: send it again"
        }
        ErrorCode::SizeInvalid => {
            "the content that arrived has another length than was said: send it again"
        }
        ErrorCode::NameUnknown => {
            "a repository begins with its first push and ends with its last manifest; \
             `list_repositories()` tells which there are"
        }
        ErrorCode::NameInvalid | ErrorCode::TagInvalid => "no registry takes such a name",
        ErrorCode::TagUnknown => "`list_tags()` tells which there are",
        ErrorCode::ManifestUnknown => {
            "`list_tags()` and `list_manifests()` tell which there are; an image in quarantine is not \
             found by its tags"
        }
        ErrorCode::BlobUnknown => {
            "blobs are held by each repository for itself: `mount_blob` takes one over from another"
        }
        ErrorCode::BlobUploadUnknown | ErrorCode::BlobUploadInvalid => {
            "the upload cannot go on: it ended, was cancelled, or broke off inside a chunk; upload anew"
        }
        ErrorCode::BlobUploadRangeInvalid => {
            "the chunk does not begin where the upload stands: ask for its status, and go on from there"
        }
        ErrorCode::ContentLengthInvalid => {
            "the body that arrived is not as long as was said: send it again"
        }
        ErrorCode::OperationUnknown => "no such operation was started, or it is forgotten by now",
        ErrorCode::Unsupported => {
            "the registry does not do it in this way; another service tier may"
        }
        ErrorCode::Denied => {
            "the identity may not do this on the registry, or a policy of the registry forbids it"
        }
        _ => return None,
    })
}

fn of_status(response: &ErrorResponse) -> Option<&'static str> {
    Some(match response.status {
        StatusCode::TOO_MANY_REQUESTS => {
            "wait for as long as `retry_after()` says; higher service tiers allow more calls"
        }
        StatusCode::NOT_FOUND => {
            "no registry answers so to a name that it could know: is this the address of one, and \
             the name one that it takes?"
        }
        // The answer to a HEAD has no body that could say more.
        StatusCode::FORBIDDEN if response.body == acr_core::ErrorBody::default() => {
            "a right is missing, or a rule of the network keeps this machine out: `check_health()` \
             tells more"
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            "something before the registry limits how much is sent at once"
        }
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => "the proxy wants a login of its own",
        status if status.is_redirection() => {
            "what is here sends on to another address, and that is not followed: is this the address \
             of a registry?"
        }
        status if status.is_server_error() => {
            "the service fails for the moment: call again later; `correlation_id()` is what Azure's \
             support asks for"
        }
        _ => return None,
    })
}
