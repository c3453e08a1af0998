//! What other clients send, as far as it is known.
//!
//! Measured against a registry that asks for tokens, or said by their source; a figure for a
//! scenario that nobody measured stands only where it follows from these without doubt:
//!
//! - Python keeps neither token: each call is refused, exchanges, gets a token and is sent again.
//!   Four requests for each; 22 were measured for the upload.
//! - .NET keeps the refresh token, which concurrent callers share, and no access token: three
//!   requests for each call, and one exchange. The renewal of the refresh token is counted once.
//! - Go and JavaScript keep the last access token: the first call costs four, one with other scopes
//!   three, all others one. JavaScript's upload was measured.
//! - The chunk of all three is 4 MiB, and a blob of one chunk takes POST, PATCH, PUT. Go leaves the
//!   chunks to its caller.
//! - oci-client asks `/v2/` and then for a token, for each repository and kind of access, without
//!   a lock; it cannot list repositories, since it asks for the wrong scope. Told to send a blob in
//!   one piece, which cannot be taken up again, it needs four requests for it. It knows nothing
//!   of `/acr/v1`: a manifest is what it reads instead.
//! - az makes a new process for each command: two calls of `/v2/`, a token, the call.
//! - acr-cli has one token, for all repositories, and keeps it. A user's password it sends with
//!   every call, instead of a token.

use std::fmt;

use acr_tests::Who;

/// Another client.
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// With what it comes, to be compared with ours.
    pub(super) who: Who,
}

pub(super) const PEERS: [Peer; 8] = [
    Peer {
        name: "Python 1.2",
        who: Who::Entra,
    },
    Peer {
        name: ".NET",
        who: Who::Entra,
    },
    Peer {
        name: "Go",
        who: Who::Entra,
    },
    Peer {
        name: "JS 1.1",
        who: Who::Entra,
    },
    Peer {
        name: "Java",
        who: Who::Entra,
    },
    Peer {
        name: "oci-client 0.18",
        who: Who::Password,
    },
    Peer {
        name: "az 2.91",
        who: Who::Password,
    },
    Peer {
        name: "acr-cli",
        who: Who::RefreshToken,
    },
];

/// How many requests a client sends.
#[derive(Clone, Copy)]
pub(super) enum Figure {
    Known(usize),
    AtLeast(usize),
    /// With a token for every repository of the registry, which one that gives permissions by
    /// attributes (ABAC) does not make: no measure for tokens that allow what is needed.
    ForAll(usize),
    Unknown,
    /// It cannot do this.
    Never,
}

impl Figure {
    /// What ours must not exceed.
    pub(super) fn least(self) -> Option<usize> {
        match self {
            Self::Known(requests) | Self::AtLeast(requests) => Some(requests),
            Self::ForAll(_) | Self::Unknown | Self::Never => None,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(requests) => write!(f, "{requests}"),
            Self::AtLeast(requests) => write!(f, "≥ {requests}"),
            Self::ForAll(requests) => write!(f, "{requests} ¹"),
            Self::Unknown => f.write_str("?"),
            Self::Never => f.write_str(super::NONE),
        }
    }
}
