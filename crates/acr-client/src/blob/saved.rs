//! What of an upload can be kept, for another process to go on with.

use std::fmt;

use acr_core::{Algorithm, DigestVerifier, HashState, Secret, ServerPath};
use serde::{Deserialize, Serialize};

use crate::{
    Error, ErrorKind, Repository, Result,
    blob::session::{Session, UPLOAD, is_gone},
    call::Context,
};

/// An upload that is under way, to be stored and gone on with by another process: its address, how
/// many bytes the registry has, and where their hash stands.
///
/// It is made by [`UploadSession::save`](crate::UploadSession::save), and while
/// [`upload_blob`](crate::Repository::upload_blob) runs by
/// [`on_checkpoint`](crate::UploadBlob::on_checkpoint). It is stored by serde. Whoever has it and a
/// token for the repository can go on with the upload or spoil it, so it is a secret: it does not
/// print, and a file of it should be readable by its owner alone.
///
/// The hash is there to be compared: [`resume`](crate::UploadBlob::resume) does not go on with a source
/// that begins otherwise than what was sent.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> Result<(), Box<dyn std::error::Error>> {
/// use acr_client::SavedUpload;
///
/// let upload = repo.start_upload().await?;
/// upload.send_chunk("some ").await?;
/// std::fs::write("upload.json", serde_json::to_vec(&upload.save()?)?)?;
///
/// // Later, in another process:
/// let saved: SavedUpload = serde_json::from_slice(&std::fs::read("upload.json")?)?;
/// let resumed = repo.resume_upload(saved).await?;
/// println!("{:?}", resumed.how);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct SavedUpload {
    registry: String,
    repository: String,
    id: String,
    location: Secret,
    bytes: u64,
    /// A text, so that one of another version costs no more than to hash again.
    hash: Option<String>,
}

/// How an upload went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Resumption {
    /// Where it was left: the registry has exactly the bytes that were known to be there.
    Continued {
        /// How many.
        bytes: u64,
    },
    /// At another place than was known: a request had been cut off, and the registry kept a part of
    /// it.
    ContinuedAfterCut {
        /// How many bytes it has.
        bytes: u64,
    },
    /// From the start: the registry had given the upload up.
    Restarted,
}

impl Resumption {
    /// How many bytes did not have to be sent again.
    #[must_use]
    pub fn bytes(self) -> u64 {
        match self {
            Self::Continued { bytes } | Self::ContinuedAfterCut { bytes } => bytes,
            Self::Restarted => 0,
        }
    }

    /// An upload of which `known` bytes were known to be there goes on behind `bytes`.
    pub(crate) fn at(bytes: u64, known: u64) -> Self {
        match bytes == known {
            true => Self::Continued { bytes },
            false => Self::ContinuedAfterCut { bytes },
        }
    }
}

impl SavedUpload {
    /// The registry's name for the upload, for logs.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many bytes the registry had.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn of(session: &Session) -> Self {
        let repository = &session.repository;
        let hash = session.verifier.as_ref().map(DigestVerifier::state);
        Self {
            registry: repository.shared.endpoint.as_str().to_owned(),
            repository: repository.name.as_str().to_owned(),
            id: session.id.clone(),
            location: Secret::from(session.location.as_str()),
            bytes: session.bytes,
            hash: hash.map(String::from),
        }
    }

    /// Where the hash of the bytes stands, if it is readable and of exactly these.
    pub(super) fn hash(&self) -> Option<HashState> {
        let state: HashState = self.hash.as_ref()?.parse().ok()?;
        (state.bytes() == self.bytes).then_some(state)
    }

    /// Goes on with it, or begins anew where the registry no longer knows it.
    pub(crate) async fn go_on(
        &self,
        call: &Context,
        repository: Repository,
    ) -> Result<(Session, Resumption)> {
        let hash = self.hash();
        let algorithm = hash
            .as_ref()
            .map_or(Algorithm::Sha256, HashState::algorithm);
        let mut session = self.restored(repository.clone(), hash.as_ref())?;
        match session.status(call).await {
            Ok(()) => {
                let how = Resumption::at(session.bytes, self.bytes);
                Ok((session, how))
            }
            Err(error) if is_gone(&error) => {
                tracing::debug!(id = self.id, "the upload is lost: another one is begun");
                let session = Session::start(call, repository, algorithm).await?;
                Ok((session, Resumption::Restarted))
            }
            Err(error) => Err(error),
        }
    }

    /// As it was. What is not of this repository is refused; and whatever stands in the address, it
    /// leads to this registry.
    fn restored(&self, repository: Repository, hash: Option<&HashState>) -> Result<Session> {
        let attempt = repository.attempt(UPLOAD);
        let endpoint = &repository.shared.endpoint;
        if self.registry != endpoint.as_str() || self.repository != repository.name.as_str() {
            let (registry, name) = (&self.registry, &self.repository);
            let why = format!("the saved upload is one to `{name}` of {registry}");
            return Err(Error::invalid(attempt, why));
        }
        if !is_of(repository.name.as_str(), self.location.expose()) {
            let why = "the saved upload has no address of an upload to this repository";
            return Err(Error::invalid(attempt, why));
        }
        let location = format!("/{}", self.location.expose());
        let location = ServerPath::resolve(endpoint, &location)
            .map_err(|error| Error::new(&attempt, ErrorKind::Link(error)))?;
        Ok(Session {
            repository,
            id: self.id.clone(),
            location: location.as_str().trim_start_matches('/').to_owned(),
            bytes: self.bytes,
            verifier: hash.map(DigestVerifier::resume),
        })
    }
}

/// Whether this is the address of an upload to the repository, whose slashes may be escaped: what was
/// stored may have been changed, and a token goes there.
fn is_of(repository: &str, location: &str) -> bool {
    let path = location.split(['?', '#']).next().unwrap_or_default();
    let path = path.replace("%2F", "/").replace("%2f", "/");
    let id = path
        .strip_prefix("v2/")
        .and_then(|path| path.strip_prefix(repository))
        .and_then(|path| path.strip_prefix("/blobs/uploads/"));
    let leads_back = |part: &str| {
        matches!(
            part.replace("%2e", ".").replace("%2E", ".").as_str(),
            "." | ".."
        )
    };
    id.is_some_and(|id| !id.is_empty() && !id.split('/').any(leads_back))
}

impl fmt::Debug for SavedUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedUpload")
            .field("registry", &self.registry)
            .field("repository", &self.repository)
            .field("id", &self.id)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> SavedUpload {
        let mut verifier = DigestVerifier::new(Algorithm::Sha256);
        verifier.update(b"some ");
        SavedUpload {
            registry: "https://reg.azurecr.io".to_owned(),
            repository: "app".to_owned(),
            id: "7".to_owned(),
            location: Secret::from("v2/app/blobs/uploads/7?_state=s3cret"),
            bytes: 5,
            hash: Some(verifier.state().into()),
        }
    }

    #[test]
    fn it_goes_round_and_does_not_print_its_address() {
        let saved = saved();
        let text = serde_json::to_string(&saved).unwrap();
        let read: SavedUpload = serde_json::from_str(&text).unwrap();
        assert_eq!(read.location, saved.location);
        assert_eq!(read.hash().unwrap().bytes(), 5);
        assert!(!format!("{saved:?}").contains("s3cret"));
    }

    #[test]
    fn a_hash_of_another_version_or_place_is_left_out() {
        let mut other = saved();
        other.bytes = 6;
        assert!(other.hash().is_none());
        let mut other = saved();
        other.hash = other.hash.map(|hash| hash.replace("0.11", "0.12"));
        assert!(other.hash().is_none());
    }

    #[test]
    fn the_address_of_anything_else_is_none() {
        assert!(is_of("team/app", "v2/team/app/blobs/uploads/7?_state=x"));
        assert!(is_of("team/app", "v2/team%2Fapp/blobs/uploads/7"));
        for other in [
            "",
            "v2/team/app/blobs/uploads/",
            "v2/team/app/blobs/uploads/?_state=x",
            "v2/team/other/blobs/uploads/7",
            "v2/team/app/manifests/v1",
            "v2/team/app/blobs/uploads/../../manifests/v1",
            "v2/team/app/blobs/uploads/%2e%2E/%2e./manifests/v1",
            "v2/team/app/blobs/uploads/..%2f..%2Fmanifests",
            "/v2/team/app/blobs/uploads/7",
            "acr/v1/team/app",
        ] {
            assert!(!is_of("team/app", other), "{other}");
        }
    }

    #[test]
    fn where_an_upload_goes_on() {
        let continued = Resumption::at(5, 5);
        assert_eq!(continued, Resumption::Continued { bytes: 5 });
        let after_cut = Resumption::at(9, 5);
        assert_eq!(after_cut, Resumption::ContinuedAfterCut { bytes: 9 });
        assert_eq!(after_cut.bytes(), 9);
        assert_eq!(Resumption::Restarted.bytes(), 0);
    }
}
