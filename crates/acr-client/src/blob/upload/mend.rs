//! What is done about a request of an upload that failed: the registry is asked how far it is, and
//! the upload goes on from there; or it begins again, where the registry has given the session up
//! and the source still has its beginning.
//!
//! | what came | what is done |
//! |---|---|
//! | no answer, 408, 429, 5xx, a length that was cut short | wait, ask the status, go on at its address from its place |
//! | a stream's 401, a 416 without a place | the same at once |
//! | a 416 with place and address, fewer bytes taken than were sent | go on there |
//! | 404, or a code that the upload is unknown or invalid | after the last request: is the blob there? Else begin again, as often as is allowed |
//! | anything else, and a 404 to what begins again | give up |

use std::time::Duration;

use acr_core::{Algorithm, Digest, ErrorCode};
use http::StatusCode;

use super::transfer::Transfer;
use crate::{
    Error, ErrorKind, Result, Resumption,
    blob::{
        properties,
        session::{self, Session},
    },
    call::Context,
};

/// The error that ended an upload waits at most this long for the session to be cancelled.
const CANCEL: Duration = Duration::from_secs(5);

/// What a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nobody knows how much arrived.
    Unsure,
    /// The registry refused it before it took anything of it, and the next try would be another one.
    Refused,
    /// The registry has said where to go on, and the session stands there.
    Corrected,
    /// The registry no longer knows the session.
    Lost,
    /// Going on would not help.
    Final,
}

impl Fault {
    pub(super) fn of(error: &Error) -> Self {
        if let ErrorKind::Auth(auth) = error.kind() {
            return match **auth {
                acr_auth::Error::Unrepeatable { .. } => Self::Refused,
                // Nobody was there to give one.
                acr_auth::Error::Unanswered { .. } if error.is_retryable() => Self::Unsure,
                // Tokens were tried for as often as is allowed.
                _ => Self::Final,
            };
        }
        let cut_short = error.code() == Some(&ErrorCode::ContentLengthInvalid);
        match error.status() {
            _ if matches!(error.kind(), ErrorKind::UploadLost { .. }) => Self::Final,
            _ if session::is_gone(error) => Self::Lost,
            Some(StatusCode::RANGE_NOT_SATISFIABLE) => Self::Refused,
            _ if error.is_retryable() || cut_short => Self::Unsure,
            _ => Self::Final,
        }
    }

    /// What it is where the request was not about the session.
    fn beside(error: &Error) -> Self {
        match Self::of(error) {
            Self::Unsure => Self::Unsure,
            _ => Self::Final,
        }
    }
}

/// Whether the registry has refused the content for good: nobody need go on with it.
fn is_refused(error: &Error) -> bool {
    error.is_digest_mismatch()
        || error.is_too_large()
        || error.code() == Some(&ErrorCode::SizeInvalid)
}

impl Transfer {
    /// Makes it possible to go on after a failure, before which the registry was known to have so
    /// many bytes. It gives the digest when there is nothing left to do.
    pub(super) async fn mend(
        &mut self,
        fault: Fault,
        failure: Error,
        known: u64,
    ) -> Result<Option<Digest>> {
        let (mut fault, mut failure, mut asked) = (fault, failure, false);
        loop {
            // That a session is lost shows when it is asked about: both are one failure.
            if fault != Fault::Lost || !asked {
                failure = self.wait(fault, failure).await?;
            }
            asked = matches!(fault, Fault::Unsure | Fault::Refused);
            let outcome = match fault {
                Fault::Final => return Err(failure),
                Fault::Corrected => self.stand(known).map(|()| None),
                Fault::Unsure | Fault::Refused => self.ask(known).await.map(|()| None),
                Fault::Lost => self.after_loss(failure).await,
            };
            (fault, failure) = match outcome {
                Ok(outcome) => return Ok(outcome),
                Err(next) if fault == Fault::Lost => (Fault::beside(&next), next),
                Err(next) => (self.fault(&next), next),
            };
        }
    }

    /// What a failure is to this transfer.
    pub(super) fn fault(&mut self, failure: &Error) -> Fault {
        let out_of_order = failure.status() == Some(StatusCode::RANGE_NOT_SATISFIABLE);
        match out_of_order && self.session.corrected_by(failure) {
            true => Fault::Corrected,
            false => Fault::of(failure),
        }
    }

    /// Waits before one goes on. It gives the failure back, as an error where it is the last.
    async fn wait(&mut self, fault: Fault, failure: Error) -> Result<Error> {
        let asked = match fault {
            Fault::Final => return Err(failure),
            Fault::Unsure => failure.retry_after(),
            // The next request is another one.
            Fault::Refused | Fault::Corrected | Fault::Lost => Some(Duration::ZERO),
        };
        let wait = self.patience.wait(asked);
        let failures = self.patience.failures();
        let Some(wait) = wait else {
            tracing::debug!(failures, ?fault, "the upload does not go on");
            return Err(failure.after(failures));
        };
        let bytes = self.session.bytes;
        tracing::debug!(
            failures,
            ?fault,
            bytes,
            ?wait,
            "a request of the upload failed"
        );
        tokio::time::sleep(wait).await;
        Ok(failure)
    }

    /// Asks the registry how far the upload is.
    async fn ask(&mut self, known: u64) -> Result<()> {
        self.session.status(&self.once).await?;
        self.stand(known)
    }

    /// Takes the place where the session stands for the right one, if the source can go on there.
    fn stand(&mut self, known: u64) -> Result<()> {
        let bytes = self.session.bytes;
        if bytes > self.sent && !self.is_shared {
            return Err(self.session.miscounted(self.sent));
        }
        self.sent = self.sent.max(bytes);
        self.is_gone = false;
        if !self.supply.can_give(bytes) {
            return Err(self.lost(None));
        }
        self.patience.progressed(bytes);
        self.told.resumed(Resumption::at(bytes, known));
        Ok(())
    }

    /// The session is gone: because it was ended after all, or else the upload begins again.
    async fn after_loss(&mut self, failure: Error) -> Result<Option<Digest>> {
        self.is_gone = true;
        let repository = self.session.repository.clone();
        if let Some(digest) = self.ending.clone()
            && let Some(there) = properties::head(&self.once, &repository, &digest).await?
        {
            // Under a digest that was given wrong another blob may be there.
            return match self.supply.size().is_none_or(|size| size == there.size) {
                true => Ok(Some(digest)),
                false => Err(failure),
            };
        }
        if !self.supply.can_give(0) {
            return Err(self.lost(Some(failure)));
        }
        if !self.patience.restarted() {
            tracing::debug!("the upload does not begin once more");
            return Err(failure);
        }
        self.session = Session::start(&self.once, repository, Algorithm::Sha256).await?;
        self.session.verifier = None;
        (self.sent, self.ending) = (0, None);
        (self.is_gone, self.is_shared, self.is_kept) = (false, false, false);
        self.told.resumed(Resumption::Restarted);
        Ok(None)
    }

    fn lost(&self, answer: Option<Error>) -> Error {
        let response = answer.and_then(|answer| match answer.into_kind() {
            ErrorKind::Response(response) => Some(response),
            _ => None,
        });
        let sent = self.sent;
        Error::new(
            self.session.attempt(),
            ErrorKind::UploadLost { sent, response },
        )
    }

    /// Discards what was sent, where nobody can go on with it.
    pub(super) async fn cancel(&mut self, call: &Context, failure: &Error) {
        let kept = self.is_kept && !is_refused(failure);
        if !self.is_gone && !kept {
            discard(call, &self.session).await;
        }
    }
}

/// Cancels a session. That it failed is worth nothing beside the error that led here: the registry
/// discards a session by itself after a while.
pub(super) async fn discard(call: &Context, session: &Session) {
    match tokio::time::timeout(CANCEL, session.cancel(call)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            tracing::debug!(status = ?error.status(), "the upload could not be cancelled");
        }
        Err(_) => tracing::debug!("the upload could not be cancelled in time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failure_is() {
        let answered = |status: u16, code: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            Fault::of(&Error::builder(status).error(code, "no").build())
        };
        for (status, code, expected) in [
            (503, "UNAVAILABLE", Fault::Unsure),
            (429, "TOOMANYREQUESTS", Fault::Unsure),
            (400, "CONTENT_LEN_INVALID", Fault::Unsure),
            (416, "BLOB_UPLOAD_INVALID", Fault::Lost),
            (416, "RANGE_ERROR", Fault::Refused),
            (404, "BLOB_UPLOAD_UNKNOWN", Fault::Lost),
            (404, "NOT_FOUND", Fault::Lost),
            (400, "DIGEST_INVALID", Fault::Final),
            (403, "DENIED", Fault::Final),
            (413, "SIZE_INVALID", Fault::Final),
        ] {
            assert_eq!(answered(status, code), expected, "{status} {code}");
        }
        let told = |kind: ErrorKind| Fault::of(&Error::with_kind("upload a blob", kind));
        let broken = std::io::Error::other("the disk is gone");
        assert_eq!(told(ErrorKind::Io(broken)), Fault::Final);
        let lost = ErrorKind::UploadLost {
            sent: 7,
            response: None,
        };
        assert_eq!(told(lost), Fault::Final);
        let silent = acr_rest::Silence::Request(Duration::from_secs(60));
        assert_eq!(told(ErrorKind::Transport(silent.into())), Fault::Unsure);

        // The endpoint for tokens is out of reach; or it refuses.
        let unanswered = |source| {
            let (registry, step) = ("reg".to_owned(), acr_auth::TokenStep::Password);
            let source = std::sync::Arc::new(source);
            let error = acr_auth::Error::Unanswered {
                registry,
                step,
                source,
            };
            ErrorKind::Auth(Box::new(error))
        };
        let silent = acr_rest::Silence::Request(Duration::from_secs(60));
        let silent = acr_rest::Failure::Transport(silent.into());
        assert_eq!(told(unanswered(silent)), Fault::Unsure);
        let registry = "reg".to_owned();
        let nobody = acr_auth::Error::NoLogin { registry };
        assert_eq!(told(ErrorKind::Auth(Box::new(nobody))), Fault::Final);
    }
}
