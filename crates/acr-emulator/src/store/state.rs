//! The registry's content in memory, and what each event does to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use acr_core::{Digest, RepositoryName, Tag};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{Event, Subject};
use crate::manifest::Summary;

/// The four switches of a repository, tag or manifest, in the order of the service's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attributes {
    pub(crate) delete_enabled: bool,
    pub(crate) write_enabled: bool,
    pub(crate) read_enabled: bool,
    pub(crate) list_enabled: bool,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            delete_enabled: true,
            write_enabled: true,
            read_enabled: true,
            list_enabled: true,
        }
    }
}

impl Attributes {
    /// Whether the thing itself may be deleted: a write lock protects it as well.
    pub(crate) fn deletable(self) -> bool {
        self.delete_enabled && self.write_enabled
    }
}

/// A repository: it comes with its first manifest and goes with its last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Repository {
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) attributes: Attributes,
    /// By digest.
    pub(crate) manifests: BTreeMap<String, Manifest>,
    pub(crate) tags: BTreeMap<String, TagEntry>,
    /// When deleted tags and manifests were last updated: a list in time order goes on after an
    /// item that is no longer there.
    pub(crate) departed: BTreeMap<String, Timestamp>,
}

/// What a tag points to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TagEntry {
    pub(crate) digest: Digest,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) attributes: Attributes,
}

/// A manifest and what is known of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The exact bytes; a manifest is JSON and so always text.
    pub(crate) content: String,
    pub(crate) media_type: String,
    pub(crate) summary: Summary,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) attributes: Attributes,
    pub(crate) tags: BTreeSet<String>,
}

impl Manifest {
    /// A manifest that is put for the first time.
    pub(crate) fn new(
        content: String,
        media_type: String,
        summary: Summary,
        at: Timestamp,
    ) -> Self {
        Self {
            content,
            media_type,
            summary,
            created: at,
            updated: at,
            attributes: Attributes::default(),
            tags: BTreeSet::new(),
        }
    }
}

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
    /// The sizes of the blobs that each repository knows. They outlive their repository.
    blobs: HashMap<RepositoryName, HashMap<Digest, u64>>,
    uploads: HashMap<String, UploadRecord>,
    /// When something was last put: the next put is later, if only by the clock's resolution.
    last_put: Option<Timestamp>,
}

impl State {
    pub(crate) fn repository(&self, name: &RepositoryName) -> Option<&Repository> {
        self.repositories.get(name.as_str())
    }

    /// The size of a blob, if this repository has it.
    pub(crate) fn blob(&self, repository: &RepositoryName, digest: &Digest) -> Option<u64> {
        self.blobs.get(repository)?.get(digest).copied()
    }

    /// How many repositories know this blob.
    pub(crate) fn blob_links(&self, digest: &Digest) -> usize {
        let knows = |blobs: &&HashMap<Digest, u64>| blobs.contains_key(digest);
        self.blobs.values().filter(knows).count()
    }

    pub(crate) fn upload(&self, uuid: &str) -> Option<&UploadRecord> {
        self.uploads.get(uuid)
    }

    pub(crate) fn upload_ids(&self) -> BTreeSet<String> {
        self.uploads.keys().cloned().collect()
    }

    /// The time of the next put: never that of another, so that time orders are total.
    pub(crate) fn put_time(&self, now: Timestamp) -> Timestamp {
        let resolution = jiff::SignedDuration::from_nanos(100);
        let next = self.last_put.and_then(|at| at.checked_add(resolution).ok());
        next.map_or(now, |next| next.max(now))
    }

    /// Makes a change. What it names is created where it is missing and ignored where that makes
    /// no sense, so that a damaged journal cannot stop the emulator.
    pub(crate) fn apply(&mut self, event: Event) {
        match event {
            Event::BlobLinked {
                repository,
                digest,
                size,
            } => {
                let blobs = self.blobs.entry(repository).or_default();
                blobs.insert(digest, size);
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
                let repository = self
                    .repositories
                    .entry(repository.into())
                    .or_insert_with(|| Repository::new(at));
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
            Event::Cleared => *self = Self::default(),
        }
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

impl Repository {
    fn new(at: Timestamp) -> Self {
        Self {
            created: at,
            updated: at,
            attributes: Attributes::default(),
            manifests: BTreeMap::new(),
            tags: BTreeMap::new(),
            departed: BTreeMap::new(),
        }
    }

    pub(crate) fn manifest(&self, digest: &Digest) -> Option<&Manifest> {
        self.manifests.get(digest.as_str())
    }

    pub(crate) fn tag_entry(&self, tag: &Tag) -> Option<&TagEntry> {
        self.tags.get(tag.as_str())
    }

    fn put(&mut self, digest: &Digest, manifest: Manifest) {
        self.updated = manifest.updated;
        self.departed.remove(digest.as_str());
        self.manifests
            .entry(digest.to_string())
            .and_modify(|before| before.updated = manifest.updated)
            .or_insert(manifest);
    }

    fn tag(&mut self, tag: Tag, digest: &Digest, at: Timestamp) {
        let name = String::from(tag);
        self.departed.remove(&name);
        let before = self.tags.get(&name);
        let entry = TagEntry {
            digest: digest.clone(),
            created: before.map_or(at, |entry| entry.created),
            updated: at,
            attributes: before.map_or_else(Attributes::default, |entry| entry.attributes),
        };
        if let Some(before) = self.tags.insert(name.clone(), entry)
            && let Some(manifest) = self.manifests.get_mut(before.digest.as_str())
        {
            manifest.tags.remove(&name);
        }
        if let Some(manifest) = self.manifests.get_mut(digest.as_str()) {
            manifest.tags.insert(name);
        }
    }

    fn remove_manifest(&mut self, digest: &Digest, at: Timestamp) {
        let Some(manifest) = self.manifests.remove(digest.as_str()) else {
            return;
        };
        for tag in &manifest.tags {
            self.remove_tag(tag, at);
        }
        self.updated = at;
        self.departed.insert(digest.to_string(), manifest.updated);
    }

    fn remove_tag(&mut self, tag: &str, at: Timestamp) {
        let Some(entry) = self.tags.remove(tag) else {
            return;
        };
        if let Some(manifest) = self.manifests.get_mut(entry.digest.as_str()) {
            manifest.tags.remove(tag);
        }
        self.updated = at;
        self.departed.insert(tag.to_owned(), entry.updated);
    }

    /// New attributes leave the time of the last update as it was.
    fn set_attributes(&mut self, subject: &Subject, attributes: Attributes) {
        let place = match subject {
            Subject::Repository => Some(&mut self.attributes),
            Subject::Tag(tag) => {
                let entry = self.tags.get_mut(tag.as_str());
                entry.map(|entry| &mut entry.attributes)
            }
            Subject::Manifest(digest) => {
                let manifest = self.manifests.get_mut(digest.as_str());
                manifest.map(|manifest| &mut manifest.attributes)
            }
        };
        if let Some(place) = place {
            *place = attributes;
        }
    }
}
