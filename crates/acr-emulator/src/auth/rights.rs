//! What identities may do: roles for Entra principals, scope maps for repository-scoped tokens.

use std::{collections::BTreeSet, str::FromStr};

use crate::patterns;

/// An action as it stands in scopes and tokens, on one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    Pull,
    Push,
    Delete,
    MetadataRead,
    MetadataWrite,
    DeletedRead,
    DeletedRestore,
}

impl Action {
    pub(crate) const ALL: [Self; 7] = [
        Self::Pull,
        Self::Push,
        Self::Delete,
        Self::MetadataRead,
        Self::MetadataWrite,
        Self::DeletedRead,
        Self::DeletedRestore,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
            Self::MetadataRead => "metadata_read",
            Self::MetadataWrite => "metadata_write",
            Self::DeletedRead => "deleted_read",
            Self::DeletedRestore => "deleted_restore",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

const QUARANTINE_READ: &str = "quarantine/read";
const QUARANTINE_WRITE: &str = "quarantine/write";

/// Why a text is no role, scope map or action of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct ParseRightsError {
    text: String,
    what: &'static str,
}

/// An Azure role, as far as it concerns a registry's content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Everything.
    #[default]
    Owner,
    /// Everything.
    Contributor,
    /// Pull, list and read properties.
    Reader,
    /// Pull, list and read properties.
    AcrPull,
    /// What [`Role::AcrPull`] may, and push and change properties.
    AcrPush,
    /// Delete, and nothing else.
    AcrDelete,
    /// What [`Role::AcrPull`] may, also with images in quarantine.
    AcrQuarantineReader,
    /// What [`Role::AcrPush`] may, also with images in quarantine; and let them out of it.
    AcrQuarantineWriter,
    /// Nothing: the exchange for a refresh token is denied with 403.
    NoRole,
}

impl Role {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Owner, "Owner"),
        (Self::Contributor, "Contributor"),
        (Self::Reader, "Reader"),
        (Self::AcrPull, "AcrPull"),
        (Self::AcrPush, "AcrPush"),
        (Self::AcrDelete, "AcrDelete"),
        (Self::AcrQuarantineReader, "AcrQuarantineReader"),
        (Self::AcrQuarantineWriter, "AcrQuarantineWriter"),
        (Self::NoRole, "None"),
    ];

    /// The actions that a refresh token of this role claims to permit.
    pub(crate) fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Owner | Self::Contributor => &[
                "read",
                "write",
                "delete",
                "deleted/read",
                "deleted/restore/action",
            ],
            Self::Reader | Self::AcrPull => &["read"],
            Self::AcrPush => &["read", "write"],
            Self::AcrDelete => &["delete"],
            Self::AcrQuarantineReader => &["read", QUARANTINE_READ],
            Self::AcrQuarantineWriter => &["read", "write", QUARANTINE_READ, QUARANTINE_WRITE],
            Self::NoRole => &[],
        }
    }

    /// Whether images in quarantine can be pulled: not even the owner can without this.
    pub(crate) fn may_pull_quarantined(self) -> bool {
        self.permissions().contains(&QUARANTINE_READ)
    }

    /// Whether images can be let out of quarantine.
    pub(crate) fn may_end_quarantine(self) -> bool {
        self.permissions().contains(&QUARANTINE_WRITE)
    }

    pub(crate) fn allows(self, action: Action) -> bool {
        let permission = match action {
            Action::Pull | Action::MetadataRead => "read",
            Action::Push | Action::MetadataWrite => "write",
            Action::Delete => "delete",
            Action::DeletedRead => "deleted/read",
            Action::DeletedRestore => "deleted/restore/action",
        };
        self.permissions().contains(&permission)
    }
}

impl FromStr for Role {
    type Err = ParseRightsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|(_, name)| name.eq_ignore_ascii_case(text));
        found.map(|(role, _)| role).ok_or_else(|| ParseRightsError {
            text: text.to_owned(),
            what: "a role: Owner, Contributor, Reader, AcrPull, AcrPush, AcrDelete, \
                   AcrQuarantineReader, AcrQuarantineWriter or None",
        })
    }
}

/// An action of a scope map, under the name that Azure gives it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScopeAction {
    /// `content/read`: pull.
    ContentRead,
    /// `content/write`: push.
    ContentWrite,
    /// `content/delete`: delete.
    ContentDelete,
    /// `metadata/read`: list tags and manifests, read properties.
    MetadataRead,
    /// `metadata/write`: change properties.
    MetadataWrite,
}

impl ScopeAction {
    fn action(self) -> Action {
        match self {
            Self::ContentRead => Action::Pull,
            Self::ContentWrite => Action::Push,
            Self::ContentDelete => Action::Delete,
            Self::MetadataRead => Action::MetadataRead,
            Self::MetadataWrite => Action::MetadataWrite,
        }
    }
}

impl FromStr for ScopeAction {
    type Err = ParseRightsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "content/read" => Ok(Self::ContentRead),
            "content/write" => Ok(Self::ContentWrite),
            "content/delete" => Ok(Self::ContentDelete),
            "metadata/read" => Ok(Self::MetadataRead),
            "metadata/write" => Ok(Self::MetadataWrite),
            _ => Err(ParseRightsError {
                text: text.to_owned(),
                what: "an action of a scope map, such as content/read",
            }),
        }
    }
}

/// What a repository-scoped token may do in which repositories.
///
/// ```
/// use acr_emulator::{ScopeAction, ScopeMap};
///
/// let map = ScopeMap::new()
///     .allow("app", [ScopeAction::ContentRead, ScopeAction::MetadataRead])
///     .allow("team/*", [ScopeAction::ContentRead]);
/// assert_eq!(map, "app=content/read,metadata/read;team/*=content/read".parse()?);
/// # Ok::<(), acr_emulator::ParseRightsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeMap {
    entries: Vec<(String, BTreeSet<Action>)>,
}

impl ScopeMap {
    /// A map that allows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows these actions in a repository; in those below a prefix with `prefix/*`, in all with
    /// `*`.
    #[must_use]
    pub fn allow(
        mut self,
        repository: impl Into<String>,
        actions: impl IntoIterator<Item = ScopeAction>,
    ) -> Self {
        let actions = actions.into_iter().map(ScopeAction::action).collect();
        self.entries.push((repository.into(), actions));
        self
    }

    /// What was given for a repository and can never fit one.
    pub(crate) fn invalid_patterns(&self) -> impl Iterator<Item = &str> {
        let patterns = self.entries.iter().map(|(pattern, _)| pattern.as_str());
        patterns.filter(|pattern| !patterns::is_pattern(pattern))
    }

    pub(crate) fn allows(&self, repository: &str, action: Action) -> bool {
        self.entries.iter().any(|(pattern, actions)| {
            patterns::fits(pattern, repository) && actions.contains(&action)
        })
    }
}

impl FromStr for ScopeMap {
    type Err = ParseRightsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut map = Self::new();
        for entry in text.split(';') {
            let (repository, actions) = entry.split_once('=').ok_or_else(|| ParseRightsError {
                text: entry.to_owned(),
                what: "an entry of a scope map, such as app=content/read,metadata/read",
            })?;
            let actions: Vec<_> = actions
                .split(',')
                .map(str::parse)
                .collect::<Result<_, _>>()?;
            map = map.allow(repository, actions);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_maps_fit_names_prefixes_and_everything() {
        let map: ScopeMap = "app=content/read;team/*=content/write".parse().unwrap();
        assert!(map.allows("app", Action::Pull));
        assert!(!map.allows("app", Action::Push));
        assert!(!map.allows("application", Action::Pull));
        assert!(map.allows("team/a/b", Action::Push));
        assert!(!map.allows("team", Action::Push));
        assert!(!map.allows("*", Action::Pull), "only * covers *");
        let all: ScopeMap = "*=metadata/read".parse().unwrap();
        assert!(all.allows("*", Action::MetadataRead));
        assert!("app".parse::<ScopeMap>().is_err());
        assert!("app=pull".parse::<ScopeMap>().is_err());
    }

    #[test]
    fn roles() {
        assert!(Role::AcrPull.allows(Action::MetadataRead));
        assert!(!Role::AcrPull.allows(Action::Push));
        assert!(!Role::AcrPush.allows(Action::Delete));
        assert!(!Role::AcrDelete.allows(Action::Pull));
        assert!(!Role::Owner.may_pull_quarantined());
        assert!(Role::AcrQuarantineReader.may_pull_quarantined());
        assert!(!Role::AcrQuarantineReader.may_end_quarantine());
        assert!(Role::AcrQuarantineWriter.may_end_quarantine());
        assert_eq!("acrpull".parse(), Ok(Role::AcrPull));
        assert!("King".parse::<Role>().is_err());
    }
}
