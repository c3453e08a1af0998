//! Which role, or which action of a scope map, grants what a token lacks.

use std::collections::{BTreeMap, BTreeSet};

use acr_core::{Action, Scope, ScopeSet};

const PULL: &str = "AcrPull";
const PUSH: &str = "AcrPush";
const DELETE: &str = "AcrDelete";
const CONTRIBUTOR: &str = "Contributor";

const READER: &str = "Container Registry Repository Reader";
const WRITER: &str = "Container Registry Repository Writer";
const REPOSITORY_CONTRIBUTOR: &str = "Container Registry Repository Contributor";
const LISTER: &str = "Container Registry Repository Catalog Lister";

/// What grants one action: the least of the built-in roles, and the action of a scope map.
struct Grant {
    /// On a registry whose roles hold for all of its repositories.
    role: Option<&'static str>,
    /// On a registry that gives its permissions repository by repository (ABAC): the roles of the
    /// other kind do not count there.
    abac_role: Option<&'static str>,
    /// For a repository-scoped token.
    scope_map: Option<&'static str>,
}

/// By the names that scopes have for it. Sources: Microsoft's directory of the built-in roles of
/// Azure Container Registry, by which AcrPush does not lock anything; its page on repository-scoped
/// tokens; and for the catalog, which is listed to those alone whose scope map names all
/// repositories, Azure/acr#751.
#[rustfmt::skip]
const GRANTS: [(&str, &str, Grant); 9] = [
    ("repository", "pull", Grant { role: Some(PULL), abac_role: Some(READER), scope_map: Some("content/read") }),
    ("repository", "metadata_read", Grant { role: Some(PULL), abac_role: Some(READER), scope_map: Some("metadata/read") }),
    ("repository", "push", Grant { role: Some(PUSH), abac_role: Some(WRITER), scope_map: Some("content/write") }),
    ("repository", "metadata_write", Grant { role: Some(CONTRIBUTOR), abac_role: Some(WRITER), scope_map: Some("metadata/write") }),
    ("repository", "delete", Grant { role: Some(DELETE), abac_role: Some(REPOSITORY_CONTRIBUTOR), scope_map: Some("content/delete") }),
    ("repository", "deleted_read", Grant { role: Some(CONTRIBUTOR), abac_role: None, scope_map: None }),
    ("repository", "deleted_restore", Grant { role: Some(CONTRIBUTOR), abac_role: None, scope_map: None }),
    ("registry", "catalog", Grant { role: Some(PULL), abac_role: Some(LISTER), scope_map: Some("metadata/read") }),
    ("registry", "deleted_catalog", Grant { role: Some(CONTRIBUTOR), abac_role: None, scope_map: None }),
];

/// Roles that grant what others do, and more.
const INCLUDED: [(&str, &[&str]); 4] = [
    (PUSH, &[PULL]),
    (CONTRIBUTOR, &[PULL, PUSH, DELETE]),
    (WRITER, &[READER]),
    (REPOSITORY_CONTRIBUTOR, &[READER, WRITER]),
];

/// Who a token was made for, which decides what has to be done for it to allow more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grantee {
    /// An Entra identity, on a registry whose roles hold for all of its repositories; also where
    /// its refresh token was given.
    Entra,
    /// An Entra identity, on a registry that gives its permissions repository by repository (ABAC).
    EntraOfAbac,
    /// A user name: the admin user, a service principal, or a repository-scoped token.
    Login,
    /// Nobody in particular.
    Anonymous,
    /// Whoever made the access token that was given.
    Given,
}

/// The least roles of a registry of this kind by which an identity may do anything.
pub(crate) const LEAST: (&str, &str) = (PULL, READER);

/// What to do so that this is granted.
pub(crate) fn advice(grantee: Grantee, missing: &ScopeSet) -> String {
    let classic = |grant: &Grant| grant.role;
    match grantee {
        Grantee::Entra => roles(
            "the identity needs a role on the registry",
            missing,
            classic,
        ),
        Grantee::EntraOfAbac => of_abac(missing),
        Grantee::Login => of_login(missing),
        Grantee::Anonymous => format!(
            "who does not log in may read at most, where that is on: name a credential; {}",
            roles("an identity needs a role on the registry", missing, classic)
        ),
        Grantee::Given => {
            format!("the access token that was given does not allow this: get one for `{missing}`")
        }
    }
}

fn of_abac(missing: &ScopeSet) -> String {
    let of_all = |scope: &Scope| scope.kind() == "repository" && scope.name().contains('*');
    let (of_all, named): (Vec<_>, Vec<_>) = missing.iter().partition(of_all);
    let mut advice = Vec::new();
    if let Some(scope) = of_all.first() {
        advice.push(format!(
            "this registry gives its permissions repository by repository (ABAC) and ignores scopes \
             of all repositories, such as `{scope}`: ask for each repository by its name"
        ));
    }
    if !named.is_empty() {
        let lead = format!(
            "the identity needs a role on this registry, which gives its permissions repository by \
             repository (ABAC), so that {PULL}, {PUSH} and {DELETE} do not count"
        );
        let named = named.into_iter().collect();
        advice.push(roles(&lead, &named, |grant| grant.abac_role));
    }
    advice.join("; ")
}

fn of_login(missing: &ScopeSet) -> String {
    let mut entries: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut never = BTreeSet::new();
    for needed in needs(missing) {
        match needed.grant.and_then(|grant| grant.scope_map) {
            Some(entry) => entries
                .entry(needed.repository)
                .or_default()
                .insert(format!("`{entry}`")),
            None => never.insert(format!("`{}`", needed.scope)),
        };
    }
    let mut advice = Vec::new();
    if !entries.is_empty() {
        let entries = entries
            .iter()
            .map(|(repository, entries)| format!("{} on {repository}", listed(entries)));
        advice.push(format!(
            "a repository-scoped token needs {} in its scope map",
            entries.collect::<Vec<_>>().join(", ")
        ));
    }
    if !never.is_empty() {
        let never = listed(&never);
        advice.push(format!("a repository-scoped token never gets {never}"));
    }
    let lead = "a service principal needs a role on the registry";
    advice.push(roles(lead, missing, |grant| grant.role));
    advice.join("; ")
}

/// Which roles grant what, each action once, with this before them; and what none grants.
fn roles(lead: &str, missing: &ScopeSet, role: impl Fn(&Grant) -> Option<&'static str>) -> String {
    let mut granted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    for needed in needs(missing) {
        match needed.grant.and_then(&role) {
            Some(role) => granted.entry(role).or_default().insert(needed.what),
            None => unknown.insert(needed.what),
        };
    }
    for (role, included) in INCLUDED {
        if granted.contains_key(role) {
            let taken: Vec<_> = included
                .iter()
                .filter_map(|other| granted.remove(other))
                .flatten()
                .collect();
            granted.entry(role).or_default().extend(taken);
        }
    }
    let grants = granted
        .iter()
        .map(|(role, what)| format!("{role} grants {}", listed(what)));
    let mut sentences = Vec::new();
    if !granted.is_empty() {
        sentences.push(format!("{lead}: {}", grants.collect::<Vec<_>>().join(", ")));
    }
    if !unknown.is_empty() {
        let unknown = listed(&unknown);
        sentences.push(format!("no built-in role is known to grant {unknown}"));
    }
    sentences.join("; ")
}

/// One action that is missing.
struct Needed {
    /// Where a scope map has to allow it: a list of repositories is of all of them.
    repository: String,
    /// What a role grants: the action, on all repositories alike; or a list of the registry.
    what: String,
    scope: String,
    grant: Option<&'static Grant>,
}

fn needs(missing: &ScopeSet) -> Vec<Needed> {
    let mut needs = Vec::new();
    for scope in missing.iter() {
        for action in scope.actions() {
            let of_this = |(kind, name, _): &&(&str, &str, Grant)| {
                *kind == scope.kind()
                    && match *kind {
                        "registry" => *name == scope.name(),
                        // All that is asked of a repository that is not lost.
                        _ if *action == Action::All => !name.starts_with("deleted"),
                        _ => *name == action.as_str(),
                    }
            };
            let text = format!("{}:{}:{action}", scope.kind(), scope.name());
            let of_repository = scope.kind() == "repository";
            let needed = |name: &str, grant| Needed {
                repository: match of_repository {
                    true => scope.name().to_owned(),
                    false => "all repositories (`*`)".to_owned(),
                },
                what: match of_repository {
                    true => format!("`{name}`"),
                    false => format!("`{text}`"),
                },
                scope: text.clone(),
                grant,
            };
            let before = needs.len();
            let found = GRANTS.iter().filter(of_this);
            needs.extend(found.map(|(_, name, grant)| needed(name, Some(grant))));
            if needs.len() == before {
                needs.push(needed(action.as_str(), None));
            }
        }
    }
    needs
}

fn listed(what: &BTreeSet<String>) -> String {
    what.iter().cloned().collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests;
