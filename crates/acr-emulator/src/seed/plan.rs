//! From a seed to events, all of which are applied or none.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
};

use acr_core::{Digest, RepositoryName, Tag};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Seed, SeedAttributes, SeedError, SeedRepository, SeedTag, Seeded, blob, manifest, place::Place,
};
use crate::{
    app::App,
    manifest::MAX_CONFIG,
    store::{Attributes, Event, Hold, Manifest, Repository, State, Store, TagEntry},
};

/// Adds a seed to the registry. Takes its time and the disk's: not for a task that others wait for.
pub(crate) fn plant(app: &App, seed: Seed) -> Result<Seeded, SeedError> {
    let store = &app.store;
    // The files stay until the repositories know them, or go.
    let mut written = Vec::new();
    let mut plans = Vec::new();
    for (name, repository) in seed.repositories {
        plans.push(Plan::of(store, &name, repository, &mut written)?);
    }
    let now = app.clock.now();
    store.commit_blocking(|state| {
        let mut seeded = Seeded::default();
        let mut events = Vec::new();
        let mut stamp = state.put_time(now);
        for plan in plans {
            plan.events(state, &mut stamp, &mut events, &mut seeded)?;
        }
        events.push(Event::Stamped { at: stamp });
        Ok((events, seeded))
    })
}

/// What one repository gets: all that can be checked before the state is looked at.
#[derive(Debug)]
struct Plan {
    name: RepositoryName,
    /// Nothing for a repository that has blobs only.
    own: Option<Own>,
    blobs: Vec<blob::Sown>,
    manifests: Vec<manifest::Sown>,
    tags: Vec<(Tag, SownTag)>,
}

/// What is said of a repository itself.
#[derive(Debug, Default, PartialEq)]
struct Own {
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
    attributes: SeedAttributes,
}

#[derive(Debug)]
struct SownTag {
    digest: Digest,
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
    attributes: Attributes,
    signed: bool,
}

impl Plan {
    /// Checks a repository and writes its blobs' bytes.
    fn of(
        store: &Store,
        name: &str,
        given: SeedRepository,
        written: &mut Vec<Hold>,
    ) -> Result<Self, SeedError> {
        let place = Place {
            repository: name,
            item: "the repository itself".to_owned(),
        };
        let name: RepositoryName = name.parse().map_err(|error| place.fault(error))?;
        let own = Own {
            created: place.time(given.created_time.as_deref())?,
            updated: place.time(given.last_update_time.as_deref())?,
            attributes: given.changeable_attributes,
        };
        let nothing_but_blobs =
            !given.blobs.is_empty() && given.manifests.is_empty() && own == Own::default();

        let blobs = (1..).zip(given.blobs);
        let blobs = blobs.map(|(number, blob)| blob::check(place.repository, number, blob));
        let mut blobs: Vec<_> = blobs.collect::<Result<_, _>>()?;
        let contents: HashMap<_, _> = blobs
            .iter()
            .filter_map(|sown| Some((&sown.digest, sown.bytes.as_deref()?)))
            .collect();
        let config = |digest: &Digest| match contents.get(digest) {
            Some(bytes) => Some((*bytes).to_owned()),
            None => read_config(store, &name, digest),
        };
        let manifests = (1..)
            .zip(given.manifests)
            .map(|(number, manifest)| manifest::check(place.repository, number, manifest, config));
        let manifests = manifests.collect::<Result<_, _>>()?;
        let tags = given.tags.into_iter();
        let tags = tags.map(|(tag, given)| SownTag::of(place.repository, &tag, &given));
        let tags = tags.collect::<Result<_, _>>()?;
        for sown in &mut blobs {
            if let Some(bytes) = sown.bytes.take() {
                written.push(write(store, &sown.digest, &bytes)?);
            }
        }
        Ok(Self {
            own: (!nothing_but_blobs).then_some(own),
            name,
            blobs,
            manifests,
            tags,
        })
    }

    /// Turns what was checked into events, if the state allows for them.
    fn events(
        self,
        state: &State,
        stamp: &mut Timestamp,
        events: &mut Vec<Event>,
        seeded: &mut Seeded,
    ) -> Result<(), SeedError> {
        let name = self.name;
        seeded.repositories += 1;
        let before = state.repository(&name);
        if let Some(own) = self.own {
            events.push(own.event(name.clone(), before, *stamp));
        }
        for sown in self.blobs {
            seeded.blobs += 1;
            let (digest, blob) = sown.stored(*stamp);
            events.push(Event::BlobLinked {
                repository: name.clone(),
                digest,
                blob,
            });
        }
        // The times of the manifests that tags may be given to.
        let mut times = BTreeMap::new();
        for sown in self.manifests {
            seeded.manifests += 1;
            let (digest, tags, manifest) = sown.stored(|| {
                *stamp = State::after(*stamp);
                *stamp
            });
            times.insert(digest.clone(), (manifest.created, manifest.updated));
            let entries = tags.into_iter().map(|tag| {
                let entry = TagEntry::new(digest.clone(), manifest.created, manifest.updated);
                (tag, entry)
            });
            let tags: Vec<_> = entries.collect();
            events.push(Event::ManifestSeeded {
                repository: name.clone(),
                digest,
                manifest: Box::new(manifest),
            });
            seeded.tags += tags.len();
            events.extend(tags.into_iter().map(|(tag, entry)| Event::TagSeeded {
                repository: name.clone(),
                tag,
                entry,
            }));
        }
        for (tag, sown) in self.tags {
            let known = times.get(&sown.digest).copied().or_else(|| {
                let manifest: &Manifest = before?.manifest(&sown.digest)?;
                Some((manifest.created, manifest.updated))
            });
            let entry = sown.stored(name.as_str(), &tag, known)?;
            seeded.tags += 1;
            events.push(Event::TagSeeded {
                repository: name.clone(),
                tag,
                entry,
            });
        }
        Ok(())
    }
}

impl Own {
    /// What is not said stays as it was.
    fn event(self, name: RepositoryName, before: Option<&Repository>, now: Timestamp) -> Event {
        let created = self.created.or(before.map(|before| before.created));
        let created = created.or(self.updated).unwrap_or(now);
        let updated = self.updated.or(before.map(|before| before.updated));
        let attributes = before.map(|before| before.attributes).unwrap_or_default();
        let teleport = before.and_then(|before| before.teleport);
        Event::RepositorySeeded {
            repository: name,
            created,
            updated: updated.unwrap_or(created),
            attributes: self.attributes.on(attributes),
            teleport: self.attributes.teleport_enabled.or(teleport),
        }
    }
}

impl SownTag {
    fn of(repository: &str, tag: &str, given: &SeedTag) -> Result<(Tag, Self), SeedError> {
        let item = format!("tag `{tag}`");
        let place = Place { repository, item };
        let created = place.time(given.created_time.as_deref())?;
        let sown = Self {
            digest: place.digest(&given.digest)?,
            created,
            updated: place.time(given.last_update_time.as_deref())?.or(created),
            attributes: place.attributes(given.changeable_attributes)?,
            signed: given.signed,
        };
        Ok((tag.parse().map_err(|error| place.fault(error))?, sown))
    }

    /// The tag, of a manifest with these times.
    fn stored(
        self,
        repository: &str,
        tag: &Tag,
        manifest: Option<(Timestamp, Timestamp)>,
    ) -> Result<TagEntry, SeedError> {
        let Some((created, updated)) = manifest else {
            let item = format!("tag `{tag}`");
            let place = Place { repository, item };
            let fault = format!("{} is no manifest of this repository", self.digest);
            return Err(place.fault(fault));
        };
        let created = self.created.unwrap_or(created);
        let mut entry = TagEntry::new(self.digest, created, self.updated.unwrap_or(updated));
        entry.attributes = self.attributes;
        entry.signed = self.signed;
        Ok(entry)
    }
}

/// An image's configuration that was there before.
fn read_config(store: &Store, name: &RepositoryName, digest: &Digest) -> Option<Vec<u8>> {
    let blob = store.read(|state| state.blob(name, digest))?;
    let path = store.blobs.path(digest);
    (blob.size <= MAX_CONFIG).then(|| fs::read(path).ok())?
}

fn write(store: &Store, digest: &Digest, bytes: &[u8]) -> io::Result<Hold> {
    let path = store.blobs.upload_path(&Uuid::new_v4().to_string());
    fs::write(&path, bytes)?;
    let hold = store.blobs.hold(digest);
    store.blobs.adopt(&path, digest)?;
    Ok(hold)
}
