//! What was deleted and can be restored, for as long as that is.

use acr_core::{Digest, RepositoryName, Tag};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    effects::{Effects, Kind},
    indexed::{Dated, Indexed},
    repository::Manifest,
    state::State,
};

/// Everything that was deleted and can be restored, by repository.
pub(crate) type Deleted = Indexed<DeletedRepository>;

/// What was deleted of one repository, which itself may be there or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeletedRepository {
    /// By digest.
    pub(crate) manifests: Indexed<DeletedManifest>,
    /// By key: one name may be there several times, once for each manifest that lost it.
    pub(crate) tags: Indexed<DeletedTag>,
}

/// A manifest that was deleted, as it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DeletedManifest {
    pub(crate) at: Timestamp,
    pub(crate) manifest: Manifest,
    /// The tags that went with it.
    pub(crate) tags: Vec<String>,
}

/// A tag that was taken from a manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DeletedTag {
    pub(crate) at: Timestamp,
    pub(crate) tag: String,
    pub(crate) digest: Digest,
}

impl Dated for DeletedManifest {
    fn updated(&self) -> Timestamp {
        self.at
    }
}

impl Dated for DeletedTag {
    fn updated(&self) -> Timestamp {
        self.at
    }
}

/// As old as the oldest that it holds: that is the next to go.
impl Dated for DeletedRepository {
    fn updated(&self) -> Timestamp {
        let manifest = self.manifests.oldest_first(None).next();
        let tag = self.tags.oldest_first(None).next();
        let manifest = manifest.map_or(Timestamp::MAX, |(_, manifest)| manifest.at);
        manifest.min(tag.map_or(Timestamp::MAX, |(_, tag)| tag.at))
    }
}

impl DeletedTag {
    /// Its place among all of its repository: by name, and what was deleted last comes last. No
    /// tag has an `@`, and all times of this era have as many digits.
    fn key(&self) -> String {
        let Self { at, tag, digest } = self;
        format!("{tag}@{:020}@{digest}", at.as_nanosecond())
    }
}

impl DeletedRepository {
    /// The key of the tag that a manifest lost.
    fn key_of(&self, tag: &str, digest: &Digest) -> Option<String> {
        let from = format!("{tag}@");
        let named = self.tags.by_name(Some(&from));
        let mut named = named.take_while(|(_, kept)| kept.tag == tag);
        let found = named.find(|(_, kept)| kept.digest == *digest);
        found.map(|(key, _)| key.to_owned())
    }

    fn is_empty(&self) -> bool {
        self.manifests.is_empty() && self.tags.is_empty()
    }
}

/// What happens to deleted things.
impl State {
    /// Whether anything was deleted at this time or before.
    pub(crate) fn has_deleted_until(&self, time: Timestamp) -> bool {
        let oldest = self.deleted.oldest_first(None).next();
        oldest.is_some_and(|(_, repository)| repository.updated() <= time)
    }

    /// Keeps a manifest that goes, with its tags.
    pub(super) fn keep_manifest(
        &mut self,
        of: &RepositoryName,
        digest: &Digest,
        mut manifest: Manifest,
        at: Timestamp,
        effects: &mut Effects,
    ) {
        let tags: Vec<_> = manifest.tags.names().map(str::to_owned).collect();
        for tag in &tags {
            self.keep_tag(of, tag, digest, at, effects);
        }
        manifest.tags = Indexed::default();
        let kept = DeletedManifest { at, manifest, tags };
        effects.touch(Kind::DeletedManifest, of.as_str(), digest.as_str());
        self.in_deleted(of.as_str(), |deleted| {
            deleted.manifests.insert(digest.as_str().into(), kept);
        });
    }

    /// Keeps a tag that is taken from a manifest.
    pub(super) fn keep_tag(
        &mut self,
        of: &RepositoryName,
        tag: &str,
        digest: &Digest,
        at: Timestamp,
        effects: &mut Effects,
    ) {
        self.drop_tag(of, tag, digest, effects);
        let kept = DeletedTag {
            at,
            tag: tag.to_owned(),
            digest: digest.clone(),
        };
        self.insert_deleted_tag(of.as_str(), kept, effects);
    }

    /// Keeps all of a repository that goes.
    pub(super) fn keep_repository(
        &mut self,
        name: &RepositoryName,
        at: Timestamp,
        effects: &mut Effects,
    ) {
        let Some(repository) = self.repository(name) else {
            return;
        };
        let manifests = repository.manifests.iter();
        let manifests: Vec<(Digest, Manifest)> = manifests
            .filter_map(|(digest, manifest)| Some((digest.parse().ok()?, manifest.clone())))
            .collect();
        for (digest, manifest) in manifests {
            self.keep_manifest(name, &digest, manifest, at, effects);
        }
    }

    /// Brings a manifest back, as it was; and a tag of it.
    pub(super) fn bring_back(
        &mut self,
        name: &RepositoryName,
        digest: &Digest,
        tag: Option<&Tag>,
        at: Timestamp,
        effects: &mut Effects,
    ) {
        let kept = self.drop_manifest(name, digest, effects);
        effects.touch(Kind::Manifest, name.as_str(), digest.as_str());
        if let Some(tag) = tag {
            self.drop_tag(name, tag.as_str(), digest, effects);
            effects.touch(Kind::Tag, name.as_str(), tag.as_str());
        }
        self.in_made(name, at, effects, |repository| {
            repository.updated = at;
            if let Some(kept) = kept {
                repository.insert(digest, kept.manifest);
            }
            if let Some(tag) = tag {
                repository.tag(tag, digest, at);
            }
        });
    }

    /// Forgets a deleted manifest, but not the tags that it lost.
    pub(super) fn drop_manifest(
        &mut self,
        of: &RepositoryName,
        digest: &Digest,
        effects: &mut Effects,
    ) -> Option<DeletedManifest> {
        self.deleted
            .get(of.as_str())?
            .manifests
            .get(digest.as_str())?;
        effects.touch(Kind::DeletedManifest, of.as_str(), digest.as_str());
        self.in_deleted(of.as_str(), |deleted| {
            deleted.manifests.remove(digest.as_str())
        })
    }

    fn drop_tag(&mut self, of: &RepositoryName, tag: &str, digest: &Digest, effects: &mut Effects) {
        let deleted = self.deleted.get(of.as_str());
        if let Some(key) = deleted.and_then(|deleted| deleted.key_of(tag, digest)) {
            effects.touch(Kind::DeletedTag, of.as_str(), &key);
            self.in_deleted(of.as_str(), |deleted| deleted.tags.remove(&key));
        }
    }

    /// Forgets what was deleted at this time or before.
    pub(super) fn drop_until(&mut self, time: Timestamp, effects: &mut Effects) {
        for of in until(&self.deleted, time) {
            let Some(deleted) = self.deleted.get(&of) else {
                continue;
            };
            let manifests = until(&deleted.manifests, time);
            let tags = until(&deleted.tags, time);
            for digest in &manifests {
                effects.touch(Kind::DeletedManifest, &of, digest);
            }
            for key in &tags {
                effects.touch(Kind::DeletedTag, &of, key);
            }
            self.in_deleted(&of, |deleted| {
                for digest in &manifests {
                    deleted.manifests.remove(digest);
                }
                for key in &tags {
                    deleted.tags.remove(key);
                }
            });
        }
    }

    pub(super) fn insert_deleted_tag(&mut self, of: &str, kept: DeletedTag, effects: &mut Effects) {
        let key = kept.key();
        effects.touch(Kind::DeletedTag, of, &key);
        self.in_deleted(of, |deleted| deleted.tags.insert(key.into(), kept));
    }

    /// Changes what was deleted of a repository; that is forgotten when it is nothing any more.
    pub(super) fn in_deleted<T>(
        &mut self,
        of: &str,
        change: impl FnOnce(&mut DeletedRepository) -> T,
    ) -> T {
        let mut deleted = self.deleted.remove(of).unwrap_or_default();
        let outcome = change(&mut deleted);
        if !deleted.is_empty() {
            self.deleted.insert(of.into(), deleted);
        }
        outcome
    }
}

/// The names of the items of this time and before.
fn until<T: Dated>(items: &Indexed<T>, time: Timestamp) -> Vec<String> {
    let oldest = items.oldest_first(None);
    let older = oldest.take_while(|(_, item)| item.updated() <= time);
    older.map(|(name, _)| name.to_owned()).collect()
}
