//! What goes wrong with one call.

use std::time::Duration;

use super::fault::{Kind, StatusFault};

/// What goes wrong with one call: nothing, mostly.
#[derive(Debug, Default)]
pub(crate) struct Effects(Vec<Kind>);

impl FromIterator<Kind> for Effects {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        Self(kinds.into_iter().collect())
    }
}

impl Effects {
    /// Adds others.
    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Waits, if the call is to be slow.
    pub(crate) async fn delay(&self) {
        let delays = self.0.iter().filter_map(|kind| match kind {
            Kind::Delay { milliseconds } => Some(Duration::from_millis(*milliseconds)),
            _ => None,
        });
        let delay = delays.sum::<Duration>();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    /// The status that takes the place of the answer.
    pub(crate) fn status(&self) -> Option<&StatusFault> {
        self.find(|kind| match kind {
            Kind::Status(fault) => Some(fault),
            _ => None,
        })
    }

    /// After how many bytes of its body the request breaks off.
    pub(crate) fn request_cut(&self) -> Option<u64> {
        self.find(|kind| match kind {
            Kind::CutRequest { after_bytes } => Some(*after_bytes),
            _ => None,
        })
    }

    /// The size of the pieces in which the request's body is taken, and the pause before each.
    pub(crate) fn request_trickle(&self) -> Option<(u64, Duration)> {
        self.find(|kind| match kind {
            Kind::TrickleRequest {
                bytes,
                every_milliseconds,
            } => Some((*bytes, Duration::from_millis(*every_milliseconds))),
            _ => None,
        })
    }

    /// After how many bytes of its body the answer breaks off.
    pub(super) fn answer_cut(&self) -> Option<u64> {
        self.find(|kind| match kind {
            Kind::CutAnswer { after_bytes } | Kind::ResetAnswer { after_bytes } => {
                Some(*after_bytes)
            }
            _ => None,
        })
    }

    /// Whether the connection is reset where it breaks.
    pub(super) fn resets(&self) -> bool {
        self.0
            .iter()
            .any(|kind| matches!(kind, Kind::ResetAnswer { .. }))
    }

    /// Whether the connection breaks before the answer begins.
    pub(crate) fn leaves_no_answer(&self) -> bool {
        self.request_cut().is_some() || self.answer_cut() == Some(0)
    }

    /// The size of an answer's pieces, and the pause before each.
    pub(super) fn trickle(&self) -> Option<(u64, Duration)> {
        self.find(|kind| match kind {
            Kind::Trickle {
                bytes,
                every_milliseconds,
            } => Some((*bytes, Duration::from_millis(*every_milliseconds))),
            _ => None,
        })
    }

    /// Whether the answer's digest is to be wrong.
    pub(super) fn is_digest_wrong(&self) -> bool {
        self.has(&Kind::WrongDigest {})
    }

    /// Which byte of the answer is to be wrong.
    pub(super) fn wrong_byte(&self) -> Option<u64> {
        self.find(|kind| match kind {
            Kind::WrongBytes { at_byte } => Some(*at_byte),
            _ => None,
        })
    }

    /// By how much the answer's length is to be wrong.
    pub(super) fn length_error(&self) -> Option<i64> {
        self.find(|kind| match kind {
            Kind::WrongLength { by } => Some(*by),
            _ => None,
        })
    }

    /// Whether the token shown counts as expired.
    pub(crate) fn is_token_expired(&self) -> bool {
        self.has(&Kind::TokenExpired {})
    }

    /// Whether the token shown is refused from now on.
    pub(crate) fn is_token_revoked(&self) -> bool {
        self.has(&Kind::TokenRevoked {})
    }

    /// Whether a pre-signed address, made or shown, is to have expired.
    pub(crate) fn is_presigned_expired(&self) -> bool {
        self.has(&Kind::PresignedExpired {})
    }

    /// How far what is known lies behind.
    pub(crate) fn lag(&self) -> Option<Duration> {
        self.find(|kind| match kind {
            Kind::ReplicaLag { milliseconds } => Some(Duration::from_millis(*milliseconds)),
            _ => None,
        })
    }

    /// Whether everything counts as locked.
    pub(crate) fn is_locked(&self) -> bool {
        self.has(&Kind::Locked {})
    }

    /// Of several faults of one kind, that of the rule that came first.
    fn find<'a, T>(&'a self, pick: impl FnMut(&'a Kind) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(pick)
    }

    fn has(&self, kind: &Kind) -> bool {
        self.0.contains(kind)
    }
}
