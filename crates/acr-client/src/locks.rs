//! What is locked, at each of the three levels that count.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{ManifestProperties, RepositoryProperties, TagProperties};

mod read;
#[cfg(test)]
mod tests;

pub(crate) use read::{Item, explain};

/// The locks that count for an item: its own, and those of the levels around it.
///
/// A registry judges three levels. A repository's write lock holds everything in it. A manifest has
/// a lock of its own, and so has each tag; deleting a manifest takes its tags along, so that their
/// locks hold it too.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
/// let locks = repo.artifact("v1")?.locks().await?;
/// for lock in locks.delete_blockers() {
///     eprintln!("{lock}: {}", lock.unlock());
/// }
/// # Ok(())
/// # }
/// ```
///
/// After a call that the registry refused as disallowed, the client asks for these itself, so that
/// [`Error::hint`](crate::Error::hint) can name the level: at most three more requests, sent once,
/// within [`LOOK`](Self::LOOK) together. Should they fail, the error is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Locks {
    /// What they are the locks of.
    pub level: LockLevel,
    /// The repository's lock.
    pub repository: Lock,
    /// The manifest's lock, where the item is a manifest or a tag.
    pub manifest: Option<Lock>,
    /// The lock of the tag, where the item is a tag; those of the tags on the manifest, the first
    /// hundred by name, where it is a manifest.
    pub tags: Vec<Lock>,
    /// The manifest's quarantine, where the registry tells.
    pub quarantine_state: Option<String>,
}

/// What can be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LockLevel {
    /// A repository.
    Repository,
    /// A manifest.
    Manifest,
    /// A tag.
    Tag,
}

/// The four flags of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lock {
    /// What the item is.
    pub level: LockLevel,
    /// The repository's name, the manifest's digest or the tag's name.
    pub name: String,
    /// The repository that it is, or is in.
    pub repository: String,
    /// Whether it can be deleted.
    pub can_delete: bool,
    /// Whether it can be written to, tagged or moved. What cannot be written cannot be deleted
    /// either.
    pub can_write: bool,
    /// Whether it is listed.
    pub can_list: bool,
    /// Whether it can be pulled.
    pub can_read: bool,
}

impl Locks {
    /// How long the client looks for locks, after a call that was refused as disallowed.
    pub const LOOK: Duration = Duration::from_secs(5);

    /// Whether a lock forbids the item to be deleted.
    #[must_use]
    pub fn blocks_delete(&self) -> bool {
        self.delete_blockers().next().is_some()
    }

    /// Whether a lock forbids the item to be written: a repository to be pushed to, a manifest to be
    /// put again or tagged, a tag to be moved.
    #[must_use]
    pub fn blocks_write(&self) -> bool {
        self.write_blockers().next().is_some()
    }

    /// Whether a lock, or quarantine, forbids the item to be pulled.
    #[must_use]
    pub fn blocks_read(&self) -> bool {
        self.is_quarantined() || self.all().any(|lock| !lock.can_read)
    }

    /// The locks that forbid the item to be deleted.
    pub fn delete_blockers(&self) -> impl Iterator<Item = &Lock> {
        self.all().filter(|lock| match (self.level, lock.level) {
            // Of the levels around an item, only the repository's write lock holds it; of the
            // levels below, all do.
            (LockLevel::Repository, _) | (LockLevel::Manifest, LockLevel::Manifest) => lock.holds(),
            (_, LockLevel::Tag) => lock.holds(),
            (_, LockLevel::Repository) => !lock.can_write,
            (LockLevel::Tag, LockLevel::Manifest) => false,
        })
    }

    /// The locks that forbid the item to be written.
    pub fn write_blockers(&self) -> impl Iterator<Item = &Lock> {
        self.all()
            .filter(|lock| !lock.can_write)
            .filter(|lock| !(self.level == LockLevel::Manifest && lock.level == LockLevel::Tag))
    }

    /// Whether the image is in quarantine, as far as the registry tells.
    #[must_use]
    pub fn is_quarantined(&self) -> bool {
        self.quarantine_state
            .as_ref()
            .is_some_and(|state| !state.eq_ignore_ascii_case("passed"))
    }

    fn all(&self) -> impl Iterator<Item = &Lock> {
        std::iter::once(&self.repository)
            .chain(&self.manifest)
            .chain(&self.tags)
    }

    /// Which level is locked, and what unlocks it.
    pub(crate) fn hint(&self) -> Option<String> {
        const SHOWN: usize = 4;
        let mut locked = self
            .all()
            .filter(|lock| lock.holds() || !lock.can_read)
            .map(|lock| format!("{lock}: `{}` unlocks it", lock.unlock()));
        let mut parts: Vec<_> = locked.by_ref().take(SHOWN).collect();
        match locked.count() {
            0 => {}
            more => parts.push(format!("{more} more tags on it are locked")),
        }
        if let Some(state) = self
            .quarantine_state
            .as_ref()
            .filter(|_| self.is_quarantined())
        {
            parts.push(format!(
                "the manifest is in quarantine (`{state}`): whoever may write the quarantine lets it pass"
            ));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

impl Lock {
    /// Whether it forbids the item to be deleted: what cannot be written cannot be deleted either.
    fn holds(&self) -> bool {
        !(self.can_delete && self.can_write)
    }

    /// The call that takes the lock away, as one would write it.
    ///
    /// ```
    /// # fn f(lock: &acr_client::Lock) {
    /// println!("{}", lock.unlock());
    /// // repository("app")?.tag("v1")?.update_properties().can_write(true).await?
    /// # }
    /// ```
    #[must_use]
    pub fn unlock(&self) -> String {
        let Self {
            repository, name, ..
        } = self;
        let mut call = format!("repository(\"{repository}\")?");
        call += &match self.level {
            LockLevel::Repository => String::new(),
            LockLevel::Manifest => format!(".artifact(\"{name}\")?"),
            LockLevel::Tag => format!(".tag(\"{name}\")?"),
        };
        call += ".update_properties()";
        for (can, set) in [
            (self.can_write, ".can_write(true)"),
            (self.can_delete, ".can_delete(true)"),
            (self.can_read, ".can_read(true)"),
        ] {
            call += if can { "" } else { set };
        }
        call + ".await?"
    }
}

/// Such as "the tag `v1` is locked against writing".
impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} `{}` is ", self.level, self.name)?;
        let against: Vec<_> = [
            (self.can_write, "writing"),
            (self.can_delete, "deleting"),
            (self.can_read, "reading"),
        ]
        .into_iter()
        .filter_map(|(can, what)| (!can).then_some(what))
        .collect();
        match against.is_empty() {
            true => f.write_str("not locked"),
            false => write!(f, "locked against {}", against.join(" and ")),
        }
    }
}

impl fmt::Display for LockLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Repository => "repository",
            Self::Manifest => "manifest",
            Self::Tag => "tag",
        })
    }
}

macro_rules! lock_of {
    ($($type:ty => $level:ident, $name:ident, $repository:ident;)+) => {$(
        impl From<&$type> for Lock {
            fn from(properties: &$type) -> Self {
                Self {
                    level: LockLevel::$level,
                    name: properties.$name.to_string(),
                    repository: properties.$repository.to_string(),
                    can_delete: properties.can_delete,
                    can_write: properties.can_write,
                    can_list: properties.can_list,
                    can_read: properties.can_read,
                }
            }
        }
    )+};
}

lock_of! {
    RepositoryProperties => Repository, name, name;
    ManifestProperties => Manifest, digest, repository;
    TagProperties => Tag, name, repository;
}
