//! The changes that there are.

use acr_core::{Digest, RepositoryName, Tag};
use jiff::Timestamp;

use super::{
    blob::Blob,
    repository::{Attributes, Manifest, TagEntry},
};

/// One change of the registry's content.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    BlobLinked {
        repository: RepositoryName,
        digest: Digest,
        blob: Blob,
    },
    BlobUnlinked {
        repository: RepositoryName,
        digest: Digest,
    },
    ManifestPut {
        repository: RepositoryName,
        tag: Option<Tag>,
        digest: Digest,
        manifest: Box<Manifest>,
    },
    ManifestDeleted {
        repository: RepositoryName,
        digest: Digest,
        at: Timestamp,
        /// Whether it can be restored; so below.
        keep: bool,
    },
    TagDeleted {
        repository: RepositoryName,
        tag: Tag,
        at: Timestamp,
        keep: bool,
    },
    RepositoryDeleted {
        repository: RepositoryName,
        at: Timestamp,
        keep: bool,
    },
    /// A deleted manifest is back, or only a tag of it.
    Restored {
        repository: RepositoryName,
        digest: Digest,
        tag: Option<Tag>,
        at: Timestamp,
    },
    /// What was deleted until then can no longer be restored.
    DeletedExpired {
        until: Timestamp,
    },
    AttributesSet {
        repository: RepositoryName,
        subject: Subject,
        attributes: Attributes,
    },
    TeleportSet {
        repository: RepositoryName,
        enabled: bool,
    },
    QuarantineSet {
        repository: RepositoryName,
        digest: Digest,
        state: String,
    },
    ConversionSet {
        repository: RepositoryName,
        convert: bool,
    },
    UploadStarted {
        repository: RepositoryName,
        uuid: String,
        at: Timestamp,
    },
    UploadEnded {
        uuid: String,
    },
    /// Given as it is, as the two below: nothing follows from it.
    RepositorySeeded {
        repository: RepositoryName,
        created: Timestamp,
        updated: Timestamp,
        attributes: Attributes,
        teleport: Option<bool>,
    },
    ManifestSeeded {
        repository: RepositoryName,
        digest: Digest,
        manifest: Box<Manifest>,
    },
    TagSeeded {
        repository: RepositoryName,
        tag: Tag,
        entry: TagEntry,
    },
    /// Times up to this one were given out.
    Stamped {
        at: Timestamp,
    },
    Cleared,
}

/// What attributes belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Repository,
    Tag(Tag),
    Manifest(Digest),
}
