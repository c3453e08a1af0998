//! The registry's content in memory, and what each event does to it.

mod changes;

use std::collections::{BTreeSet, HashMap};

use acr_core::{Digest, RepositoryName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    blob::Blob,
    deleted::Deleted,
    effects::{Effects, Kind},
    event::Event,
    indexed::Indexed,
    repository::Repository,
};

/// An upload that was started and has not ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UploadRecord {
    pub(crate) repository: RepositoryName,
    pub(crate) started: Timestamp,
}

/// Everything but the blobs' bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) repositories: Indexed<Repository>,
    pub(crate) deleted: Deleted,
    /// The blobs that each repository knows. They outlive their repository.
    pub(super) blobs: HashMap<RepositoryName, HashMap<Digest, Blob>>,
    /// The blobs without a file: their size, and how many repositories know them.
    pub(super) zeros: HashMap<Digest, (u64, usize)>,
    pub(super) uploads: HashMap<String, UploadRecord>,
    /// When something was last put: the next put is later, if only by the clock's resolution.
    pub(super) last_put: Option<Timestamp>,
}

impl State {
    pub(crate) fn repository(&self, name: &RepositoryName) -> Option<&Repository> {
        self.repositories.get(name.as_str())
    }

    /// A blob, if this repository has it.
    pub(crate) fn blob(&self, repository: &RepositoryName, digest: &Digest) -> Option<Blob> {
        self.blobs.get(repository)?.get(digest).copied()
    }

    /// The repositories that know this blob.
    pub(crate) fn repositories_of_blob(&self, digest: &Digest) -> Vec<RepositoryName> {
        let knowing = self
            .blobs
            .iter()
            .filter(|(_, blobs)| blobs.contains_key(digest));
        knowing.map(|(name, _)| name.clone()).collect()
    }

    /// The size of a blob that has no file.
    pub(crate) fn zeros(&self, digest: &Digest) -> Option<u64> {
        self.zeros.get(digest).map(|(size, _)| *size)
    }

    /// All blobs that have a file, once for each repository that knows them.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Digest, &Blob)> {
        let blobs = self.blobs.values().flatten();
        blobs.filter(|(_, blob)| !blob.zeros)
    }

    pub(crate) fn upload(&self, uuid: &str) -> Option<&UploadRecord> {
        self.uploads.get(uuid)
    }

    /// All of them, by their ids.
    pub(crate) fn uploads(&self) -> impl Iterator<Item = (&str, &UploadRecord)> {
        let uploads = self.uploads.iter();
        uploads.map(|(id, upload)| (id.as_str(), upload))
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
    /// no sense: no event makes the emulator panic.
    pub(super) fn apply(&mut self, event: Event, effects: &mut Effects) {
        match event {
            Event::BlobLinked {
                repository,
                digest,
                blob,
            } => self.link(repository, digest, blob, effects),
            Event::BlobUnlinked { repository, digest } => {
                self.unlink(&repository, &digest, effects);
            }
            Event::ManifestPut {
                repository,
                tag,
                digest,
                manifest,
            } => self.put_manifest(&repository, tag, &digest, *manifest, effects),
            Event::ManifestDeleted {
                repository,
                digest,
                at,
                keep,
            } => self.remove_manifest(&repository, &digest, at, keep, effects),
            Event::TagDeleted {
                repository,
                tag,
                at,
                keep,
            } => self.remove_tag(&repository, &tag, at, keep, effects),
            Event::RepositoryDeleted {
                repository,
                at,
                keep,
            } => {
                if keep {
                    self.keep_repository(&repository, at, effects);
                }
                self.remove(&repository, effects);
            }
            Event::Restored {
                repository,
                digest,
                tag,
                at,
            } => {
                self.stamp(at, effects);
                self.bring_back(&repository, &digest, tag.as_ref(), at, effects);
            }
            Event::DeletedExpired { until } => self.drop_until(until, effects),
            Event::AttributesSet {
                repository,
                subject,
                attributes,
            } => self.set_attributes(&repository, &subject, attributes, effects),
            Event::TeleportSet {
                repository,
                enabled,
            } => {
                let set = |repository: &mut Repository| repository.teleport = Some(enabled);
                self.in_repository(&repository, effects, set);
            }
            Event::QuarantineSet {
                repository,
                digest,
                state,
            } => {
                effects.touch(Kind::Manifest, repository.as_str(), digest.as_str());
                self.in_repository(&repository, effects, |r| r.set_quarantine(&digest, state));
            }
            Event::ConversionSet {
                repository,
                convert,
            } => {
                let set = |repository: &mut Repository| repository.converts_pushed = Some(convert);
                self.in_repository(&repository, effects, set);
            }
            Event::UploadStarted {
                repository,
                uuid,
                at: started,
            } => {
                effects.touch(Kind::Upload, &uuid, "");
                let record = UploadRecord {
                    repository,
                    started,
                };
                self.uploads.insert(uuid, record);
            }
            Event::UploadEnded { uuid } => {
                effects.touch(Kind::Upload, &uuid, "");
                self.uploads.remove(&uuid);
            }
            Event::RepositorySeeded {
                repository,
                created,
                updated,
                attributes,
                teleport,
            } => self.in_made(&repository, created, effects, |repository| {
                repository.created = created;
                repository.updated = updated;
                repository.attributes = attributes;
                repository.teleport = teleport;
            }),
            Event::ManifestSeeded {
                repository,
                digest,
                manifest,
            } => {
                effects.touch(Kind::Manifest, repository.as_str(), digest.as_str());
                let at = manifest.updated;
                self.drop_manifest(&repository, &digest, effects);
                self.in_made(&repository, at, effects, |repository| {
                    repository.insert(&digest, *manifest);
                });
            }
            Event::TagSeeded {
                repository,
                tag,
                entry,
            } => {
                effects.touch(Kind::Tag, repository.as_str(), tag.as_str());
                self.in_repository(&repository, effects, |r| {
                    r.insert_tag(tag.as_str().into(), entry);
                });
            }
            Event::Stamped { at } => self.stamp(at, effects),
            Event::Cleared => {
                let unlinked = self.files().map(|(digest, _)| digest.clone());
                effects.unlinked.extend(unlinked);
                effects.clear();
                *self = Self::default();
            }
        }
    }
}
