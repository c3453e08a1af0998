//! The registry's content in memory, and what each event does to it.

use std::collections::{BTreeSet, HashMap};

use acr_core::{Digest, RepositoryName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    blob::Blob,
    deleted::Deleted,
    effects::{Effects, Kind},
    event::{Event, Subject},
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
            } => {
                let at = manifest.updated;
                self.stamp(at, effects);
                self.drop_manifest(&repository, &digest, effects);
                effects.touch(Kind::Manifest, repository.as_str(), digest.as_str());
                if let Some(tag) = &tag {
                    effects.touch(Kind::Tag, repository.as_str(), tag.as_str());
                }
                self.in_made(&repository, at, effects, |repository| {
                    repository.put(&digest, *manifest);
                    if let Some(tag) = tag {
                        repository.tag(&tag, &digest, at);
                    }
                });
            }
            Event::ManifestDeleted {
                repository,
                digest,
                at,
                keep,
            } => {
                let kept = self.repository(&repository).filter(|_| keep);
                let kept = kept.and_then(|kept| kept.manifest(&digest)).cloned();
                effects.touch(Kind::Manifest, repository.as_str(), digest.as_str());
                let tags =
                    self.in_repository(&repository, effects, |r| r.remove_manifest(&digest, at));
                for tag in tags.unwrap_or_default() {
                    effects.touch(Kind::Tag, repository.as_str(), &tag);
                }
                if let Some(kept) = kept {
                    self.keep_manifest(&repository, &digest, kept, at, effects);
                }
            }
            Event::TagDeleted {
                repository,
                tag,
                at,
                keep,
            } => {
                let lost = self.repository(&repository).filter(|_| keep);
                let lost = lost.and_then(|lost| Some(lost.tag_entry(&tag)?.digest.clone()));
                effects.touch(Kind::Tag, repository.as_str(), tag.as_str());
                self.in_repository(&repository, effects, |r| r.remove_tag(tag.as_str(), at));
                if let Some(digest) = lost {
                    self.keep_tag(&repository, tag.as_str(), &digest, at, effects);
                }
            }
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
            } => {
                match &subject {
                    Subject::Repository => {}
                    Subject::Tag(tag) => {
                        effects.touch(Kind::Tag, repository.as_str(), tag.as_str());
                    }
                    Subject::Manifest(digest) => {
                        effects.touch(Kind::Manifest, repository.as_str(), digest.as_str());
                    }
                }
                self.in_repository(&repository, effects, |r| {
                    r.set_attributes(&subject, attributes);
                });
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

    fn stamp(&mut self, at: Timestamp, effects: &mut Effects) {
        self.last_put = self.last_put.max(Some(at));
        effects.touch(Kind::Registry, "", "");
    }

    /// Bytes are better than zeros, whichever came first.
    pub(super) fn link(
        &mut self,
        repository: RepositoryName,
        digest: Digest,
        blob: Blob,
        effects: &mut Effects,
    ) {
        let before = self.blob(&repository, &digest);
        let had_file = before.is_some_and(|before| !before.zeros);
        if blob.zeros && had_file {
            return;
        }
        effects.touch(Kind::Blob, repository.as_str(), digest.as_str());
        self.forget_zeros(before, &digest);
        if blob.zeros {
            let known = self.zeros.entry(digest.clone()).or_insert((blob.size, 0));
            *known = (blob.size, known.1 + 1);
        } else if !had_file {
            effects.linked.push(digest.clone());
        }
        self.blobs
            .entry(repository)
            .or_default()
            .insert(digest, blob);
    }

    fn unlink(&mut self, repository: &RepositoryName, digest: &Digest, effects: &mut Effects) {
        let Some(blobs) = self.blobs.get_mut(repository) else {
            return;
        };
        let before = blobs.remove(digest);
        if blobs.is_empty() {
            self.blobs.remove(repository);
        }
        effects.touch(Kind::Blob, repository.as_str(), digest.as_str());
        self.forget_zeros(before, digest);
        if before.is_some_and(|before| !before.zeros) {
            effects.unlinked.push(digest.clone());
        }
    }

    fn forget_zeros(&mut self, before: Option<Blob>, digest: &Digest) {
        if before.is_some_and(|before| before.zeros)
            && let Some((_, links)) = self.zeros.get_mut(digest)
        {
            *links -= 1;
            if *links == 0 {
                self.zeros.remove(digest);
            }
        }
    }

    fn remove(&mut self, name: &RepositoryName, effects: &mut Effects) {
        let name = name.as_str();
        let Some(repository) = self.repositories.remove(name) else {
            return;
        };
        effects.touch(Kind::Repository, name, "");
        for digest in repository.manifests.names() {
            effects.touch(Kind::Manifest, name, digest);
        }
        for tag in repository.tags.names() {
            effects.touch(Kind::Tag, name, tag);
        }
    }

    /// Changes a repository, which is made where it is missing.
    pub(super) fn in_made(
        &mut self,
        name: &RepositoryName,
        at: Timestamp,
        effects: &mut Effects,
        change: impl FnOnce(&mut Repository),
    ) {
        let name = name.as_str();
        if self.repositories.get(name).is_none() {
            self.repositories.insert(name.into(), Repository::new(at));
        }
        effects.touch(Kind::Repository, name, "");
        self.repositories.change(name, change);
    }

    /// Changes a repository, which goes when its last manifest has gone.
    fn in_repository<T>(
        &mut self,
        name: &RepositoryName,
        effects: &mut Effects,
        change: impl FnOnce(&mut Repository) -> T,
    ) -> Option<T> {
        let name = name.as_str();
        // One that was seeded may have had none all along.
        let has_any = |repository: &Repository| !repository.manifests.is_empty();
        let had_any = self.repositories.get(name).is_some_and(has_any);
        let outcome = self.repositories.change(name, change);
        effects.touch(Kind::Repository, name, "");
        if had_any && !self.repositories.get(name).is_some_and(has_any) {
            self.repositories.remove(name);
        }
        outcome
    }
}
