//! Repositories, their manifests and tags.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use acr_core::{Digest, Tag};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    event::Subject,
    indexed::{Dated, Indexed},
};
use crate::manifest::Summary;

/// The four switches of a repository, tag or manifest, in the order of the service's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Attributes {
    /// May it be deleted?
    pub delete_enabled: bool,
    /// May it be changed?
    pub write_enabled: bool,
    /// May it be pulled?
    pub read_enabled: bool,
    /// Is it listed?
    pub list_enabled: bool,
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
    /// Whether it can be loaded while it runs; not known of every repository.
    #[serde(default)]
    pub(crate) teleport: Option<bool>,
    /// Whether pushed images are converted for streaming, if that was ever said.
    #[serde(default)]
    pub(crate) converts_pushed: Option<bool>,
    /// By digest.
    #[serde(skip)]
    pub(crate) manifests: Indexed<Manifest>,
    #[serde(skip)]
    pub(crate) tags: Indexed<TagEntry>,
    #[serde(skip)]
    referrers: Referrers,
}

/// The manifests about a subject, all of them and those of each type: newest first, ties by digest.
type Referrers = BTreeMap<(Digest, Option<String>), BTreeSet<(Reverse<Timestamp>, Arc<str>)>>;

/// What a tag points to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TagEntry {
    pub(crate) digest: Digest,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) attributes: Attributes,
    #[serde(default)]
    pub(crate) signed: bool,
}

impl TagEntry {
    pub(crate) fn new(digest: Digest, created: Timestamp, updated: Timestamp) -> Self {
        Self {
            digest,
            created,
            updated,
            attributes: Attributes::default(),
            signed: false,
        }
    }
}

/// The bytes of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// The exact bytes; a manifest is JSON and so always text.
    Text(String),
    /// As many spaces: the manifest was seeded without its content.
    Blank(u64),
}

impl Content {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Blank(size) => *size,
        }
    }

    pub(crate) fn bytes(&self) -> Bytes {
        match self {
            Self::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
            Self::Blank(size) => vec![b' '; usize::try_from(*size).unwrap_or_default()].into(),
        }
    }
}

/// The state of a manifest that is in quarantine, and of one that is no longer.
pub(crate) const QUARANTINED: &str = "Quarantined";
pub(crate) const PASSED: &str = "Passed";

/// A manifest and what is known of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) content: Content,
    pub(crate) media_type: String,
    pub(crate) summary: Summary,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) attributes: Attributes,
    /// Shown in listings, where it is known.
    #[serde(default)]
    pub(crate) quarantine: Option<String>,
    /// When each of its tags was last updated. The tags themselves have the rows on disk.
    #[serde(skip)]
    pub(crate) tags: Indexed<Timestamp>,
}

impl Dated for Repository {
    fn updated(&self) -> Timestamp {
        self.updated
    }
}

impl Dated for TagEntry {
    fn updated(&self) -> Timestamp {
        self.updated
    }
}

impl Dated for Manifest {
    fn updated(&self) -> Timestamp {
        self.updated
    }
}

impl Manifest {
    /// Whether it is held back: it was quarantined and has not passed.
    pub(crate) fn is_held(&self) -> bool {
        let state = self.quarantine.as_deref();
        state.is_some_and(|state| state != PASSED)
    }

    /// A manifest that is put for the first time.
    pub(crate) fn new(
        content: Content,
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
            quarantine: None,
            tags: Indexed::default(),
        }
    }
}

impl Manifest {
    /// Where it is found among the referrers of its subject.
    fn referrer_keys(&self) -> impl Iterator<Item = (Digest, Option<String>)> {
        let subject = self.summary.subject.clone();
        let types = [None, self.summary.artifact_type.clone()];
        // A manifest without a type is among all of them only, and there once.
        let count = 1 + usize::from(types[1].is_some());
        let types = types.into_iter().take(count);
        subject.into_iter().flat_map(move |subject| {
            let types = types.clone();
            types.map(move |artifact_type| (subject.clone(), artifact_type))
        })
    }
}

impl Repository {
    pub(super) fn new(at: Timestamp) -> Self {
        Self {
            created: at,
            updated: at,
            attributes: Attributes::default(),
            teleport: None,
            converts_pushed: None,
            manifests: Indexed::default(),
            tags: Indexed::default(),
            referrers: Referrers::new(),
        }
    }

    pub(crate) fn manifest(&self, digest: &Digest) -> Option<&Manifest> {
        self.manifests.get(digest.as_str())
    }

    pub(crate) fn tag_entry(&self, tag: &Tag) -> Option<&TagEntry> {
        self.tags.get(tag.as_str())
    }

    /// The manifests about a subject, of one type or all, after one of them, newest first.
    pub(crate) fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&str, &Manifest)> {
        let key = (subject.clone(), artifact_type.map(str::to_owned));
        let after = after.and_then(|digest| {
            let created = match self.manifests.get(digest) {
                Some(manifest) => manifest.created,
                // Of one that is gone only the last put is remembered, mostly the only one.
                None => self.manifests.departed(digest)?,
            };
            Some((Reverse(created), digest.into()))
        });
        let start = after.map_or(Unbounded, Excluded);
        let found = self.referrers.get(&key).into_iter();
        let found = found.flat_map(move |found| found.range((start.clone(), Unbounded)));
        found.filter_map(|(_, digest)| Some((&**digest, self.manifests.get(digest)?)))
    }

    pub(super) fn put(&mut self, digest: &Digest, manifest: Manifest) {
        let updated = manifest.updated;
        self.updated = updated;
        let again = |before: &mut Manifest| before.updated = updated;
        let known = self.manifests.change(digest.as_str(), again);
        if known.is_none() {
            self.insert(digest, manifest);
        }
    }

    /// Puts a manifest as it is in the place of another, which leaves it its tags.
    pub(super) fn insert(&mut self, digest: &Digest, mut manifest: Manifest) {
        if let Some(before) = self.manifests.get(digest.as_str()) {
            manifest.tags = before.tags.clone();
        }
        self.forget_referrer(digest);
        let name: Arc<str> = digest.as_str().into();
        for key in manifest.referrer_keys() {
            let moment = (Reverse(manifest.created), Arc::clone(&name));
            self.referrers.entry(key).or_default().insert(moment);
        }
        self.manifests.insert(name, manifest);
    }

    fn forget_referrer(&mut self, digest: &Digest) {
        let Some(manifest) = self.manifests.get(digest.as_str()) else {
            return;
        };
        for key in manifest.referrer_keys() {
            let moment = (Reverse(manifest.created), digest.as_str().into());
            if let Some(found) = self.referrers.get_mut(&key) {
                found.remove(&moment);
                if found.is_empty() {
                    self.referrers.remove(&key);
                }
            }
        }
    }

    pub(super) fn tag(&mut self, tag: &Tag, digest: &Digest, at: Timestamp) {
        let before = self.tags.get(tag.as_str());
        let created = before.map_or(at, |entry| entry.created);
        let mut entry = TagEntry::new(digest.clone(), created, at);
        entry.attributes = before.map(|entry| entry.attributes).unwrap_or_default();
        self.insert_tag(tag.as_str().into(), entry);
    }

    pub(super) fn insert_tag(&mut self, name: Arc<str>, entry: TagEntry) {
        let (digest, updated) = (entry.digest.clone(), entry.updated);
        if let Some(before) = self.tags.insert(Arc::clone(&name), entry) {
            let without = |manifest: &mut Manifest| manifest.tags.remove(&name);
            self.manifests.change(before.digest.as_str(), without);
        }
        let with = |manifest: &mut Manifest| manifest.tags.insert(name, updated);
        self.manifests.change(digest.as_str(), with);
    }

    /// Removes a manifest and its tags, and gives these.
    pub(super) fn remove_manifest(&mut self, digest: &Digest, at: Timestamp) -> Vec<String> {
        self.forget_referrer(digest);
        let Some(manifest) = self.manifests.remove(digest.as_str()) else {
            return Vec::new();
        };
        self.updated = at;
        let tags = manifest.tags.names().map(str::to_owned);
        let tags: Vec<_> = tags.collect();
        for tag in &tags {
            self.remove_tag(tag, at);
        }
        tags
    }

    pub(super) fn remove_tag(&mut self, tag: &str, at: Timestamp) {
        let Some(entry) = self.tags.remove(tag) else {
            return;
        };
        let without = |manifest: &mut Manifest| manifest.tags.remove(tag);
        self.manifests.change(entry.digest.as_str(), without);
        self.updated = at;
    }

    pub(super) fn set_quarantine(&mut self, digest: &Digest, state: String) {
        let change = |manifest: &mut Manifest| manifest.quarantine = Some(state);
        self.manifests.change(digest.as_str(), change);
    }

    /// New attributes leave the time of the last update as it was.
    pub(super) fn set_attributes(&mut self, subject: &Subject, attributes: Attributes) {
        match subject {
            Subject::Repository => self.attributes = attributes,
            Subject::Tag(tag) => {
                let change = |entry: &mut TagEntry| entry.attributes = attributes;
                self.tags.change(tag.as_str(), change);
            }
            Subject::Manifest(digest) => {
                let change = |manifest: &mut Manifest| manifest.attributes = attributes;
                self.manifests.change(digest.as_str(), change);
            }
        }
    }
}
