//! The registry's content in memory, and what each event does to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use acr_core::{Digest, RepositoryName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{blob::Blob, event::Event, repository::Repository};

/// An upload that was started and has not ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UploadRecord {
    pub(crate) repository: RepositoryName,
    pub(crate) started: Timestamp,
}

/// Everything but the blobs' bytes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// By name.
    pub(crate) repositories: BTreeMap<String, Repository>,
    /// The blobs that each repository knows. They outlive their repository.
    blobs: HashMap<RepositoryName, HashMap<Digest, Blob>>,
    uploads: HashMap<String, UploadRecord>,
    /// When something was last put: the next put is later, if only by the clock's resolution.
    last_put: Option<Timestamp>,
}

impl State {
    pub(crate) fn repository(&self, name: &RepositoryName) -> Option<&Repository> {
        self.repositories.get(name.as_str())
    }

    /// A blob, if this repository has it.
    pub(crate) fn blob(&self, repository: &RepositoryName, digest: &Digest) -> Option<Blob> {
        self.blobs.get(repository)?.get(digest).copied()
    }

    /// How many repositories know this blob.
    pub(crate) fn blob_links(&self, digest: &Digest) -> usize {
        let knows = |blobs: &&HashMap<Digest, Blob>| blobs.contains_key(digest);
        self.blobs.values().filter(knows).count()
    }

    /// The size of a blob that has no file.
    pub(crate) fn zeros(&self, digest: &Digest) -> Option<u64> {
        let found = self.blobs.values().filter_map(|blobs| blobs.get(digest));
        let mut zeros = found.filter(|blob| blob.zeros);
        zeros.next().map(|blob| blob.size)
    }

    pub(crate) fn upload(&self, uuid: &str) -> Option<&UploadRecord> {
        self.uploads.get(uuid)
    }

    pub(crate) fn upload_ids(&self) -> BTreeSet<String> {
        self.uploads.keys().cloned().collect()
    }

    /// The time of the next put: never that of another, so that time orders are total.
    pub(crate) fn put_time(&self, now: Timestamp) -> Timestamp {
        let next = self.last_put.map(Self::after);
        next.map_or(now, |next| next.max(now))
    }

    /// The next time that the clock can tell from this one.
    pub(crate) fn after(at: Timestamp) -> Timestamp {
        let resolution = jiff::SignedDuration::from_nanos(100);
        at.checked_add(resolution).unwrap_or(at)
    }

    /// Makes a change. What it names is created where it is missing and ignored where that makes
    /// no sense: no journal makes the emulator panic.
    pub(crate) fn apply(&mut self, event: Event) {
        match event {
            Event::BlobLinked {
                repository,
                digest,
                blob,
            } => {
                let blobs = self.blobs.entry(repository).or_default();
                blobs.insert(digest, blob);
            }
            Event::BlobUnlinked { repository, digest } => {
                if let Some(blobs) = self.blobs.get_mut(&repository) {
                    blobs.remove(&digest);
                }
            }
            Event::ManifestPut {
                repository,
                tag,
                digest,
                manifest,
            } => {
                let at = manifest.updated;
                self.last_put = Some(at);
                let repository = self.made(repository, at);
                repository.put(&digest, *manifest);
                if let Some(tag) = tag {
                    repository.tag(tag, &digest, at);
                }
            }
            Event::ManifestDeleted {
                repository,
                digest,
                at,
            } => self.in_repository(&repository, |r| r.remove_manifest(&digest, at)),
            Event::TagDeleted {
                repository,
                tag,
                at,
            } => self.in_repository(&repository, |r| r.remove_tag(tag.as_str(), at)),
            Event::RepositoryDeleted { repository } => {
                self.repositories.remove(repository.as_str());
            }
            Event::AttributesSet {
                repository,
                subject,
                attributes,
            } => self.in_repository(&repository, |r| r.set_attributes(&subject, attributes)),
            Event::QuarantineSet {
                repository,
                digest,
                state,
            } => self.in_repository(&repository, |r| r.set_quarantine(&digest, state)),
            Event::UploadStarted {
                repository,
                uuid,
                at: started,
            } => {
                let record = UploadRecord {
                    repository,
                    started,
                };
                self.uploads.insert(uuid, record);
            }
            Event::UploadEnded { uuid } => {
                self.uploads.remove(&uuid);
            }
            Event::RepositorySeeded {
                repository,
                created,
                updated,
                attributes,
                teleport,
            } => {
                let repository = self.made(repository, created);
                repository.created = created;
                repository.updated = updated;
                repository.attributes = attributes;
                repository.teleport = teleport;
            }
            Event::ManifestSeeded {
                repository,
                digest,
                manifest,
            } => {
                let repository = self.made(repository, manifest.updated);
                repository.insert(&digest, *manifest);
            }
            Event::TagSeeded {
                repository,
                tag,
                entry,
            } => self.in_repository(&repository, |r| r.insert_tag(tag, entry)),
            Event::Stamped { at } => self.last_put = self.last_put.max(Some(at)),
            Event::Cleared => *self = Self::default(),
        }
    }

    /// The repository of this name, which is made where it is missing.
    fn made(&mut self, name: RepositoryName, at: Timestamp) -> &mut Repository {
        let entry = self.repositories.entry(name.into());
        entry.or_insert_with(|| Repository::new(at))
    }

    /// Changes a repository, which goes when its last manifest has gone.
    fn in_repository(&mut self, name: &RepositoryName, change: impl FnOnce(&mut Repository)) {
        if let Some(repository) = self.repositories.get_mut(name.as_str()) {
            change(repository);
            if repository.manifests.is_empty() {
                self.repositories.remove(name.as_str());
            }
        }
    }
}
