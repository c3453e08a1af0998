//! What a token allows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use crate::{RepositoryName, name::shown};

/// What may be done with a repository or with the registry's catalog.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Read manifests and blobs.
    Pull,
    /// Write manifests and blobs.
    Push,
    /// Delete repositories, manifests, tags and blobs.
    Delete,
    /// Read properties and list tags and manifests.
    MetadataRead,
    /// Change properties.
    MetadataWrite,
    /// See what was deleted and is kept for a while.
    DeletedRead,
    /// Bring back what was deleted.
    DeletedRestore,
    /// Everything there is.
    All,
    /// An action that this crate has no name for.
    Other(String),
}

impl Action {
    /// As it stands in a scope.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
            Self::MetadataRead => "metadata_read",
            Self::MetadataWrite => "metadata_write",
            Self::DeletedRead => "deleted_read",
            Self::DeletedRestore => "deleted_restore",
            Self::All => "*",
            Self::Other(text) => text,
        }
    }
}

impl From<&str> for Action {
    fn from(text: &str) -> Self {
        match text {
            "pull" => Self::Pull,
            "push" => Self::Push,
            "delete" => Self::Delete,
            "metadata_read" => Self::MetadataRead,
            "metadata_write" => Self::MetadataWrite,
            "deleted_read" => Self::DeletedRead,
            "deleted_restore" => Self::DeletedRestore,
            "*" => Self::All,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Actions on one resource: `repository:app:pull,push` or `registry:catalog:*`.
///
/// The actions are kept in one order, because the service itself names them in a random one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    kind: String,
    name: String,
    actions: BTreeSet<Action>,
}

/// The text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a scope: it must look like `repository:name:action,action`")]
pub struct ScopeError(String);

impl Scope {
    /// Actions on a repository.
    #[must_use]
    pub fn repository(name: &RepositoryName, actions: impl IntoIterator<Item = Action>) -> Self {
        Self::new("repository", name.as_str(), actions)
    }

    /// Listing the repositories of the whole registry.
    #[must_use]
    pub fn catalog() -> Self {
        Self::new("registry", "catalog", [Action::All])
    }

    /// Listing the deleted repositories of the whole registry.
    #[must_use]
    pub fn deleted_catalog() -> Self {
        Self::new("registry", "deleted_catalog", [Action::All])
    }

    /// From its parts, as the claims of a token name them.
    ///
    /// # Errors
    /// [`ScopeError`] when the parts would not be these once they are put together: one is empty, a
    /// colon or comma stands where it would separate, or there is white space; and when there is
    /// no action.
    pub fn from_parts<'a>(
        kind: &str,
        name: &str,
        actions: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ScopeError> {
        Self::checked(kind, name, actions)
            .ok_or_else(|| ScopeError(format!("{}:{}:…", shown(kind), shown(name))))
    }

    fn checked<'a>(
        kind: &str,
        name: &str,
        actions: impl IntoIterator<Item = &'a str>,
    ) -> Option<Self> {
        let clean = |part: &str, separators: &[char]| {
            !part.is_empty()
                && !part.contains(|c: char| c.is_whitespace() || c.is_control())
                && !part.contains(separators)
        };
        let actions: BTreeSet<_> = actions
            .into_iter()
            .map(|action| clean(action, &[':', ',']).then(|| Action::from(action)))
            .collect::<Option<_>>()?;
        let whole = clean(kind, &[':']) && clean(name, &[]) && !actions.is_empty();
        whole.then(|| Self::new(kind, name, actions))
    }

    fn new(kind: &str, name: &str, actions: impl IntoIterator<Item = Action>) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            actions: actions.into_iter().collect(),
        }
    }

    /// `repository` or `registry`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The repository's name, or `catalog`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What may be done with it, sorted.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter()
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The name may hold colons (a host with a port), the other two parts cannot.
        let parts = text.split_once(':').and_then(|(kind, rest)| {
            let (name, actions) = rest.rsplit_once(':')?;
            Some((kind, name, actions))
        });
        let scope = parts.and_then(|(kind, name, actions)| {
            let actions = actions.split(',').filter(|action| !action.is_empty());
            Self::checked(kind, name, actions)
        });
        scope.ok_or_else(|| ScopeError(shown(text)))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.kind, self.name)?;
        for (i, action) in self.actions.iter().enumerate() {
            write!(f, "{}{action}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// Several scopes that one token is to cover, each resource once.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeSet(BTreeMap<(String, String), BTreeSet<Action>>);

impl ScopeSet {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes, sorted.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().map(|((kind, name), actions)| Scope {
            kind: kind.clone(),
            name: name.clone(),
            actions: actions.clone(),
        })
    }

    /// Whether everything that `wanted` names is in here too.
    #[must_use]
    pub fn covers(&self, wanted: &Self) -> bool {
        wanted.0.iter().all(|(resource, actions)| {
            self.0.get(resource).is_some_and(|granted| {
                granted.contains(&Action::All) || granted.is_superset(actions)
            })
        })
    }

    /// What `wanted` names and this does not.
    #[must_use]
    pub fn missing(&self, wanted: &Self) -> Self {
        let uncovered = |(resource, actions): (&(String, String), &BTreeSet<Action>)| {
            let granted = self.0.get(resource);
            if granted.is_some_and(|g| g.contains(&Action::All)) {
                return None;
            }
            let left: BTreeSet<_> = actions
                .iter()
                .filter(|a| granted.is_none_or(|g| !g.contains(a)))
                .cloned()
                .collect();
            (!left.is_empty()).then(|| (resource.clone(), left))
        };
        Self(wanted.0.iter().filter_map(uncovered).collect())
    }
}

/// A scope without actions asks for nothing, and is left out.
impl Extend<Scope> for ScopeSet {
    fn extend<I: IntoIterator<Item = Scope>>(&mut self, scopes: I) {
        for scope in scopes.into_iter().filter(|scope| !scope.actions.is_empty()) {
            self.0
                .entry((scope.kind, scope.name))
                .or_default()
                .extend(scope.actions);
        }
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = Self::default();
        set.extend(scopes);
        set
    }
}

impl From<Scope> for ScopeSet {
    fn from(scope: Scope) -> Self {
        Self::from_iter([scope])
    }
}

/// Scopes separated by spaces, as a challenge and a token request write them.
impl FromStr for ScopeSet {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_ascii_whitespace().map(str::parse).collect()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            write!(f, "{}{scope}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(text: &str) -> ScopeSet {
        text.parse().unwrap()
    }

    #[test]
    fn the_order_of_actions_does_not_matter() {
        assert_eq!(set("repository:a:push,pull"), set("repository:a:pull,push"));
        assert_eq!(
            set("repository:a:push repository:a:pull").to_string(),
            "repository:a:pull,push"
        );
    }

    #[test]
    fn the_scopes_of_a_mount() {
        let mount = set("repository:to:pull,push repository:from:pull");
        assert_eq!(
            mount.to_string(),
            "repository:from:pull repository:to:pull,push"
        );
        assert!(mount.covers(&set("repository:to:pull")));
        assert!(!mount.covers(&set("repository:from:push")));
        assert_eq!(
            mount.missing(&set("repository:from:pull,delete")),
            set("repository:from:delete")
        );
    }

    #[test]
    fn a_star_covers_everything() {
        assert!(set("repository:a:*").covers(&set("repository:a:pull,metadata_read")));
        assert!(
            set("repository:a:*")
                .missing(&set("repository:a:pull"))
                .is_empty()
        );
    }

    #[test]
    fn refused() {
        for bad in [
            "",
            "repository",
            "repository:a",
            "repository::pull",
            "a b:c:d",
            "repository:a:",
            "repository:a:,",
            "repository:a:pull,\u{85}",
        ] {
            assert!(bad.parse::<Scope>().is_err(), "{bad}");
        }
    }

    #[test]
    fn parts_that_would_be_others_in_a_text() {
        let scope = Scope::from_parts("repository", "host:5000/a", ["push", "pull"]).unwrap();
        assert_eq!(scope.to_string(), "repository:host:5000/a:pull,push");
        for (kind, name, actions) in [
            ("repository:x", "a", &["pull"][..]),
            ("repository", "a", &["b:pull"]),
            ("repository", "a", &["pull,push"]),
            ("repository", "a", &["pull", ""]),
            ("repository", "a", &[]),
            ("repository", "a b", &["pull"]),
            ("", "a", &["pull"]),
        ] {
            assert!(
                Scope::from_parts(kind, name, actions.iter().copied()).is_err(),
                "{kind} {name} {actions:?}"
            );
        }
    }

    #[test]
    fn without_an_action_nothing_is_asked_for() {
        let none = Scope::repository(&"a".parse().unwrap(), []);
        assert!(ScopeSet::from(none).is_empty());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            if let Ok(scopes) = text.parse::<ScopeSet>() {
                prop_assert_eq!(scopes.to_string().parse::<ScopeSet>().unwrap(), scopes);
            }
        }
    }
}
