//! What is done to the content by one kind of event.

use acr_core::{Digest, RepositoryName, Tag};
use jiff::Timestamp;

use super::State;
use crate::store::{
    blob::Blob,
    effects::{Effects, Kind},
    event::Subject,
    repository::{Attributes, Manifest, Repository},
};

impl State {
    pub(super) fn put_manifest(
        &mut self,
        name: &RepositoryName,
        tag: Option<Tag>,
        digest: &Digest,
        manifest: Manifest,
        effects: &mut Effects,
    ) {
        let at = manifest.updated;
        self.stamp(at, effects);
        self.drop_manifest(name, digest, effects);
        effects.touch(Kind::Manifest, name.as_str(), digest.as_str());
        if let Some(tag) = &tag {
            effects.touch(Kind::Tag, name.as_str(), tag.as_str());
        }
        self.in_made(name, at, effects, |repository| {
            repository.put(digest, manifest);
            if let Some(tag) = tag {
                repository.tag(&tag, digest, at);
            }
        });
    }

    /// Removes a manifest with its tags; with `keep` they can be restored.
    pub(super) fn remove_manifest(
        &mut self,
        name: &RepositoryName,
        digest: &Digest,
        at: Timestamp,
        keep: bool,
        effects: &mut Effects,
    ) {
        let kept = self.repository(name).filter(|_| keep);
        let kept = kept.and_then(|kept| kept.manifest(digest)).cloned();
        effects.touch(Kind::Manifest, name.as_str(), digest.as_str());
        let tags = self.in_repository(name, effects, |r| r.remove_manifest(digest, at));
        for tag in tags.unwrap_or_default() {
            effects.touch(Kind::Tag, name.as_str(), &tag);
        }
        if let Some(kept) = kept {
            self.keep_manifest(name, digest, kept, at, effects);
        }
    }

    /// Removes a tag; with `keep` it can be restored.
    pub(super) fn remove_tag(
        &mut self,
        name: &RepositoryName,
        tag: &Tag,
        at: Timestamp,
        keep: bool,
        effects: &mut Effects,
    ) {
        let lost = self.repository(name).filter(|_| keep);
        let lost = lost.and_then(|lost| Some(lost.tag_entry(tag)?.digest.clone()));
        effects.touch(Kind::Tag, name.as_str(), tag.as_str());
        self.in_repository(name, effects, |r| r.remove_tag(tag.as_str(), at));
        if let Some(digest) = lost {
            self.keep_tag(name, tag.as_str(), &digest, at, effects);
        }
    }

    pub(super) fn set_attributes(
        &mut self,
        name: &RepositoryName,
        subject: &Subject,
        attributes: Attributes,
        effects: &mut Effects,
    ) {
        match subject {
            Subject::Repository => {}
            Subject::Tag(tag) => effects.touch(Kind::Tag, name.as_str(), tag.as_str()),
            Subject::Manifest(digest) => {
                effects.touch(Kind::Manifest, name.as_str(), digest.as_str());
            }
        }
        self.in_repository(name, effects, |r| r.set_attributes(subject, attributes));
    }

    pub(super) fn stamp(&mut self, at: Timestamp, effects: &mut Effects) {
        self.last_put = self.last_put.max(Some(at));
        effects.touch(Kind::Registry, "", "");
    }

    /// Bytes are better than zeros, whichever came first.
    pub(in crate::store) fn link(
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

    pub(super) fn unlink(
        &mut self,
        repository: &RepositoryName,
        digest: &Digest,
        effects: &mut Effects,
    ) {
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

    pub(super) fn remove(&mut self, name: &RepositoryName, effects: &mut Effects) {
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
    pub(in crate::store) fn in_made(
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
    pub(super) fn in_repository<T>(
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
