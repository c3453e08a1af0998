//! What can go wrong.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What goes wrong with a call; see [`FaultRule`](crate::FaultRule).
///
/// As JSON it is an object with the one name of the fault, such as `{"cutAnswer": {"afterBytes":
/// 1000}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fault(pub(super) Kind);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub(super) enum Kind {
    Status(StatusFault),
    Delay { milliseconds: u64 },
    Trickle { bytes: u64, every_milliseconds: u64 },
    TrickleRequest { bytes: u64, every_milliseconds: u64 },
    CutRequest { after_bytes: u64 },
    CutAnswer { after_bytes: u64 },
    ResetAnswer { after_bytes: u64 },
    WrongDigest {},
    WrongBytes { at_byte: u64 },
    WrongLength { by: i64 },
    TokenExpired {},
    TokenRevoked {},
    PresignedExpired {},
    ReplicaLag { milliseconds: u64 },
    Locked {},
}

impl Fault {
    /// The call is answered with this status, 400 to 599, and nothing is done. Also for calls
    /// without a token. A number too small or too large is refused with the rule.
    #[must_use]
    pub fn status(status: u16) -> StatusFault {
        StatusFault {
            status,
            retry_after_seconds: None,
            code: None,
            message: None,
        }
    }

    /// The call waits before anything is done. Also calls without a token. At most an hour.
    #[must_use]
    pub fn delay(by: Duration) -> Self {
        let milliseconds = milliseconds(by);
        Self(Kind::Delay { milliseconds })
    }

    /// The answer's body comes in pieces of so many bytes, with a pause before each.
    #[must_use]
    pub fn trickle(bytes: u64, every: Duration) -> Self {
        let every_milliseconds = milliseconds(every);
        Self(Kind::Trickle {
            bytes,
            every_milliseconds,
        })
    }

    /// The request's body is taken in pieces of so many bytes, with a pause before each: once what
    /// lies between client and registry is full, the client has to wait.
    #[must_use]
    pub fn trickle_request(bytes: u64, every: Duration) -> Self {
        let every_milliseconds = milliseconds(every);
        Self(Kind::TrickleRequest {
            bytes,
            every_milliseconds,
        })
    }

    /// So many bytes of the request's body are taken, and an upload keeps them; then the connection
    /// breaks without an answer. A body that is shorter is taken whole, and what it asks for is
    /// done, before the connection breaks.
    #[must_use]
    pub fn cut_request(after_bytes: u64) -> Self {
        Self(Kind::CutRequest { after_bytes })
    }

    /// What is asked for is done, but after so many bytes of the answer's body the connection
    /// breaks. With 0 it breaks before the first header. An answer that is not longer goes out
    /// whole.
    #[must_use]
    pub fn cut_answer(after_bytes: u64) -> Self {
        Self(Kind::CutAnswer { after_bytes })
    }

    /// As [`Fault::cut_answer`], but the connection is reset instead of ended: of what was written
    /// last, the client may lose some, too.
    #[must_use]
    pub fn reset_answer(after_bytes: u64) -> Self {
        Self(Kind::ResetAnswer { after_bytes })
    }

    /// The answer's `Docker-Content-Digest` names another digest.
    #[must_use]
    pub fn wrong_digest() -> Self {
        Self(Kind::WrongDigest {})
    }

    /// One byte of the answer's body is another, that at this place or else the last.
    #[must_use]
    pub fn wrong_bytes(at_byte: u64) -> Self {
        Self(Kind::WrongBytes { at_byte })
    }

    /// The answer's `Content-Length` says so much more than there is, or less. Where it says more
    /// the connection breaks when the bytes are at their end; where it says less the others are not
    /// sent.
    #[must_use]
    pub fn wrong_length(by: i64) -> Self {
        Self(Kind::WrongLength { by })
    }

    /// The token that the call shows is refused as one that has expired, this once.
    #[must_use]
    pub fn token_expired() -> Self {
        Self(Kind::TokenExpired {})
    }

    /// The token that the call shows is refused from now on.
    #[must_use]
    pub fn token_revoked() -> Self {
        Self(Kind::TokenRevoked {})
    }

    /// The address to which a blob's download is redirected has already expired; at the storage
    /// host (`download_blob`) the address shown counts as expired.
    #[must_use]
    pub fn presigned_expired() -> Self {
        Self(Kind::PresignedExpired {})
    }

    /// The call comes to a replica that does not know what was put less than this ago, by the
    /// emulator's clock.
    #[must_use]
    pub fn replica_lag(lag: Duration) -> Self {
        let milliseconds = milliseconds(lag);
        Self(Kind::ReplicaLag { milliseconds })
    }

    /// The call is answered as if what it is about were locked.
    #[must_use]
    pub fn locked() -> Self {
        Self(Kind::Locked {})
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A [`Fault`] that is a status; see [`Fault::status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusFault {
    pub(crate) status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

impl StatusFault {
    /// The answer has a `Retry-After` of so many seconds. It has none unless set.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The error's code. Unless set it is that of the service for this status, where that is known.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The error's message. Unless set it is that of the service for this status, where that is
    /// known.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

impl From<StatusFault> for Fault {
    fn from(fault: StatusFault) -> Self {
        Self(Kind::Status(fault))
    }
}

impl Kind {
    /// The name of this fault, as in JSON.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Delay { .. } => "delay",
            Self::Trickle { .. } => "trickle",
            Self::TrickleRequest { .. } => "trickleRequest",
            Self::CutRequest { .. } => "cutRequest",
            Self::CutAnswer { .. } => "cutAnswer",
            Self::ResetAnswer { .. } => "resetAnswer",
            Self::WrongDigest {} => "wrongDigest",
            Self::WrongBytes { .. } => "wrongBytes",
            Self::WrongLength { .. } => "wrongLength",
            Self::TokenExpired {} => "tokenExpired",
            Self::TokenRevoked {} => "tokenRevoked",
            Self::PresignedExpired {} => "presignedExpired",
            Self::ReplicaLag { .. } => "replicaLag",
            Self::Locked {} => "locked",
        }
    }

    /// Whether this is decided when a call arrives, before it is known whether it is allowed.
    pub(super) fn is_of_arrival(&self) -> bool {
        matches!(self, Self::Status(_) | Self::Delay { .. }) || self.is_of_token()
    }

    /// Whether this concerns the token that a call shows.
    pub(super) fn is_of_token(&self) -> bool {
        matches!(self, Self::TokenExpired {} | Self::TokenRevoked {})
    }

    /// Whether this can happen to an operation at all.
    pub(super) fn can_happen_to(&self, operation: &str) -> bool {
        match self {
            Self::WrongDigest {} => matches!(
                operation,
                "get_manifest"
                    | "head_manifest"
                    | "put_manifest"
                    | "get_blob"
                    | "head_blob"
                    | "start_upload"
                    | "complete_upload"
            ),
            Self::TokenExpired {} | Self::TokenRevoked {} => operation != "download_blob",
            Self::PresignedExpired {} => matches!(operation, "get_blob" | "download_blob"),
            Self::ReplicaLag { .. } => matches!(
                operation,
                "get_manifest"
                    | "head_manifest"
                    | "put_manifest"
                    | "get_blob"
                    | "head_blob"
                    | "start_upload"
                    | "list_tag_names"
                    | "list_referrers"
                    | "list_tags"
                    | "get_tag"
                    | "list_manifests"
                    | "get_manifest_properties"
            ),
            Self::Locked {} => operation != "download_blob" && has_repository(operation),
            _ => true,
        }
    }
}

/// Whether an operation is about a repository.
pub(super) fn has_repository(operation: &str) -> bool {
    !crate::router::WITHOUT_REPOSITORY.contains(&operation)
}
