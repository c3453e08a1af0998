//! Scopes: what an operation needs, and what a token gets of what was asked for.

use acr_core::RepositoryName;

use super::{identity::Identity, rights::Action, token::Access};
use crate::{
    query::Query,
    router::{ContentVerb, Operation, PropertyVerb, SettingVerb, UploadVerb},
};

/// The lists of all repositories, as scopes name them.
const CATALOG: &str = "catalog";
const DELETED_CATALOG: &str = "deleted_catalog";

/// One action on one thing, without which an operation is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) action: &'static str,
}

impl Need {
    fn repository(name: &str, action: Action) -> Self {
        Self {
            kind: "repository",
            name: name.to_owned(),
            action: action.as_str(),
        }
    }

    fn registry(name: &'static str) -> Self {
        Self {
            kind: "registry",
            name: name.to_owned(),
            action: "*",
        }
    }

    /// Whether an access token's entry covers this.
    pub(crate) fn is_met_by(&self, access: &Access) -> bool {
        let named = access.name == self.name || access.name == "*";
        let allowed = |action: &String| action == self.action || action == "*";
        access.kind == self.kind && named && access.actions.iter().any(allowed)
    }

    /// Whether an identity that shows its password has this right.
    pub(crate) fn is_right_of(&self, identity: &Identity) -> bool {
        match (Action::parse(self.action), self.name.as_str()) {
            (Some(action), name) => identity.may(name, action),
            (None, DELETED_CATALOG) => identity.may_list_deleted(),
            (None, _) => identity.may_list_repositories(),
        }
    }
}

/// What an operation needs. By method, as in docker's registry: reading is `pull`, writing `pull`
/// and `push`, DELETE is `delete`; what shows or changes properties has actions of its own.
pub(crate) fn needs(operation: &Operation, query: &Query) -> Vec<Need> {
    use Action::{Delete, DeletedRead, DeletedRestore, MetadataRead, MetadataWrite, Pull, Push};
    let (name, actions): (_, &[Action]) = match operation {
        Operation::Ping | Operation::Exchange | Operation::TokenByGet | Operation::TokenByPost => {
            return Vec::new();
        }
        Operation::ListRepositories(_) | Operation::QueryMetadata(None) => {
            return vec![Need::registry(CATALOG)];
        }
        Operation::ListDeletedRepositories => return vec![Need::registry(DELETED_CATALOG)],
        Operation::ListTagNames(name)
        | Operation::ListTags(name)
        | Operation::ListManifests(name)
        | Operation::Repository(PropertyVerb::Get, name)
        | Operation::Tag(PropertyVerb::Get, name, _)
        | Operation::ManifestProperties(PropertyVerb::Get, name, _)
        | Operation::QueryMetadata(Some(name)) => (name, &[MetadataRead]),
        Operation::Repository(PropertyVerb::Update, name)
        | Operation::Tag(PropertyVerb::Update, name, _)
        | Operation::ManifestProperties(PropertyVerb::Update, name, _) => (name, &[MetadataWrite]),
        Operation::Repository(PropertyVerb::Delete, name)
        | Operation::Tag(PropertyVerb::Delete, name, _)
        | Operation::ManifestProperties(PropertyVerb::Delete, name, _)
        | Operation::Manifest(ContentVerb::Delete, name, _)
        | Operation::Blob(ContentVerb::Delete, name, _)
        | Operation::Upload(UploadVerb::Cancel, name, _) => (name, &[Delete]),
        Operation::ListReferrers(name, _)
        | Operation::Manifest(ContentVerb::Read { .. }, name, _)
        | Operation::Blob(ContentVerb::Read { .. }, name, _)
        | Operation::Upload(UploadVerb::Status, name, _)
        | Operation::Streaming(SettingVerb::Get, name)
        | Operation::ArtifactStreaming(SettingVerb::Get, name, _)
        | Operation::Progress(name, _) => (name, &[Pull]),
        Operation::Manifest(ContentVerb::Put, name, _)
        | Operation::Blob(ContentVerb::Put, name, _)
        | Operation::StartUpload(name)
        | Operation::Upload(UploadVerb::Append | UploadVerb::Complete, name, _)
        | Operation::Streaming(SettingVerb::Set, name)
        | Operation::ArtifactStreaming(SettingVerb::Set, name, _)
        | Operation::Cancel(name, _) => (name, &[Pull, Push]),
        Operation::ListDeletedManifests(name) | Operation::ListDeletedTags(name) => {
            (name, &[DeletedRead])
        }
        Operation::RestoreDeleted(name, _) => (name, &[DeletedRead, DeletedRestore]),
    };
    let need = |action: &Action| Need::repository(name.as_str(), *action);
    let mut needs: Vec<Need> = actions.iter().map(need).collect();
    if let Operation::StartUpload(_) = operation {
        needs.extend(mount_source(query).map(|from| Need::repository(from, Pull)));
    }
    needs
}

/// The repository that a blob is to be mounted from, if this is a mount.
fn mount_source(query: &Query) -> Option<&str> {
    query.get("mount")?;
    let valid = |from: &&str| from.parse::<RepositoryName>().is_ok();
    query.get("from").filter(valid)
}

/// What an identity gets of the scopes that it asks for: possibly nothing. With `abac` a scope of
/// all repositories is ignored, as on a registry that gives its permissions by their attributes.
pub(crate) fn grant<'a>(
    identity: &Identity,
    scopes: impl Iterator<Item = &'a str>,
    abac: bool,
) -> Vec<Access> {
    let wildcard = |scope: &&str| {
        let mut parts = scope.splitn(3, ':');
        parts.next() == Some("repository") && parts.next().is_some_and(|name| name.contains('*'))
    };
    scopes
        .filter(|scope| !abac || !wildcard(scope))
        .filter_map(|scope| granted(identity, scope))
        .collect()
}

fn granted(identity: &Identity, scope: &str) -> Option<Access> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    let actions: Vec<String> = match (kind, name, actions) {
        ("registry", CATALOG, "*") if identity.may_list_repositories() => vec!["*".to_owned()],
        ("registry", DELETED_CATALOG, "*") if identity.may_list_deleted() => vec!["*".to_owned()],
        ("repository", ..) => {
            let mut asked = Vec::new();
            for action in actions.split(',') {
                match action {
                    "*" => asked.extend(Action::ALL),
                    _ => asked.extend(Action::parse(action)),
                }
            }
            let mut allowed: Vec<String> = Vec::new();
            for action in asked.into_iter().filter(|a| identity.may(name, *a)) {
                if !allowed.iter().any(|known| known == action.as_str()) {
                    allowed.push(action.as_str().to_owned());
                }
            }
            allowed
        }
        _ => Vec::new(),
    };
    (!actions.is_empty()).then(|| Access {
        kind: kind.to_owned(),
        name: name.to_owned(),
        actions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::rights::Role;

    fn actions(identity: &Identity, scope: &str) -> Option<String> {
        granted(identity, scope).map(|access| access.actions.join(","))
    }

    #[test]
    fn a_token_gets_what_is_asked_and_allowed() {
        let pull = Identity::Principal(String::new(), Role::AcrPull);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(actions(&pull, "repository:a/b:pull,push"), some("pull"));
        assert_eq!(actions(&pull, "repository:a:*"), some("pull,metadata_read"));
        let twice = actions(&pull, "repository:a:pull,pull,*");
        assert_eq!(twice, some("pull,metadata_read"), "each action once");
        assert_eq!(actions(&pull, "repository:a:push"), None);
        assert_eq!(actions(&pull, "repository:*:pull"), some("pull"));
        assert_eq!(actions(&pull, "registry:catalog:*"), some("*"));
        assert_eq!(actions(&pull, "registry:None:*"), None);
        for nonsense in ["", ":", "repository", "repository:a", "x:y:z"] {
            assert_eq!(actions(&pull, nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn what_was_deleted_has_actions_of_its_own() {
        let owner = Identity::Principal(String::new(), Role::Owner);
        let push = Identity::Principal(String::new(), Role::AcrPush);
        let scope = "repository:a:deleted_read,deleted_restore";
        assert_eq!(
            actions(&owner, scope).as_deref(),
            Some("deleted_read,deleted_restore")
        );
        assert_eq!(actions(&push, scope), None);
        let catalog = "registry:deleted_catalog:*";
        assert_eq!(actions(&owner, catalog).as_deref(), Some("*"));
        assert_eq!(actions(&push, catalog), None);
    }

    #[test]
    fn a_mount_needs_the_source_too() {
        let operation = Operation::StartUpload("app".parse().unwrap());
        let query = Query::parse(Some("mount=sha256%3Aabc&from=library%2Fbase"));
        let needs = needs(&operation, &query);
        let shown: Vec<_> = needs.iter().map(|n| (&*n.name, n.action)).collect();
        assert_eq!(
            shown,
            [("app", "pull"), ("app", "push"), ("library/base", "pull")]
        );
    }
}
