//! The state as rows of a database: each is a key and JSON.

use acr_core::{Digest, RepositoryName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    database::Change,
    effects::{Effects, Kind, Row},
    repository::{Manifest, Repository},
    state::State,
};

/// What there is one of.
#[derive(Serialize, Deserialize)]
struct Registry {
    last_put: Option<Timestamp>,
}

impl State {
    /// A row with what it holds now; nothing where it went.
    pub(super) fn change(&self, row: Row) -> Change {
        #[expect(clippy::expect_used, reason = "plain structures always serialise")]
        let value = self.encode(&row).expect("a row is plain JSON");
        (row, value)
    }

    fn encode(&self, row: &Row) -> serde_json::Result<Option<Vec<u8>>> {
        let repository = || self.repositories.get(&row.of);
        let deleted = || self.deleted.get(&row.of);
        match row.kind {
            Kind::Registry => json(Some(&Registry {
                last_put: self.last_put,
            })),
            Kind::Repository => json(repository()),
            Kind::Manifest => json(repository().and_then(|r| r.manifests.get(&row.item))),
            Kind::Tag => json(repository().and_then(|r| r.tags.get(&row.item))),
            Kind::Blob => json(self.encoded_blob(row)),
            Kind::Upload => json(self.uploads.get(&row.of)),
            Kind::DeletedManifest => json(deleted().and_then(|d| d.manifests.get(&row.item))),
            Kind::DeletedTag => json(deleted().and_then(|d| d.tags.get(&row.item))),
        }
    }

    fn encoded_blob(&self, row: &Row) -> Option<super::Blob> {
        self.blob(&row.of.parse().ok()?, &row.item.parse().ok()?)
    }

    /// Takes in a row; they come in the order of their keys.
    pub(super) fn restore(&mut self, row: &Row, value: &[u8]) -> Result<(), String> {
        let mut effects = Effects::default();
        match row.kind {
            Kind::Registry => self.last_put = read::<Registry>(value)?.last_put,
            Kind::Repository => {
                let repository: Repository = read(value)?;
                self.repositories
                    .insert(name(row)?.as_str().into(), repository);
            }
            Kind::Manifest => {
                let manifest: Manifest = read(value)?;
                let digest = digest(row)?;
                self.in_read(row, |repository| repository.insert(&digest, manifest))?;
            }
            Kind::Tag => {
                let entry = read(value)?;
                self.in_read(row, |r| r.insert_tag(row.item.as_str().into(), entry))?;
            }
            Kind::Blob => self.link(name(row)?, digest(row)?, read(value)?, &mut effects),
            Kind::Upload => {
                self.uploads.insert(row.of.clone(), read(value)?);
            }
            Kind::DeletedManifest => {
                let kept = read(value)?;
                let digest = row.item.as_str().into();
                self.in_deleted(&row.of, |deleted| deleted.manifests.insert(digest, kept));
            }
            Kind::DeletedTag => self.insert_deleted_tag(&row.of, read(value)?, &mut effects),
        }
        Ok(())
    }

    fn in_read(&mut self, row: &Row, change: impl FnOnce(&mut Repository)) -> Result<(), String> {
        let changed = self.repositories.change(&row.of, change);
        changed.ok_or_else(|| "its repository is missing".to_owned())
    }
}

fn json<T: Serialize>(value: Option<T>) -> serde_json::Result<Option<Vec<u8>>> {
    value.map(|value| serde_json::to_vec(&value)).transpose()
}

fn read<T: DeserializeOwned>(value: &[u8]) -> Result<T, String> {
    serde_json::from_slice(value).map_err(|error| error.to_string())
}

fn name(row: &Row) -> Result<RepositoryName, String> {
    row.of.parse().map_err(|error| format!("{error}"))
}

fn digest(row: &Row) -> Result<Digest, String> {
    row.item.parse().map_err(|error| format!("{error}"))
}
