use super::*;

const ALL: [Grantee; 5] = [
    Grantee::Entra,
    Grantee::EntraOfAbac,
    Grantee::Login,
    Grantee::Anonymous,
    Grantee::Given,
];

/// What is said to everybody for each action, and for some that come together.
#[test]
fn what_is_said() {
    let mut said = String::new();
    for missing in [
        "repository:app:pull",
        "repository:app:metadata_read",
        "repository:app:pull,push",
        "repository:app:metadata_write",
        "repository:app:delete",
        "repository:app:deleted_read,deleted_restore",
        "registry:catalog:*",
        "registry:deleted_catalog:*",
        "repository:app:*",
        "repository:*:pull",
        "repository:*:pull repository:app:delete",
        "repository:app:pull,push repository:base:delete",
        "repository:app:teleport",
        "registry:None:*",
    ] {
        said += &format!("{missing}\n");
        for grantee in ALL {
            let advice = advice(grantee, &missing.parse().unwrap());
            said += &format!("  {grantee:?}: {advice}\n");
        }
    }
    insta::assert_snapshot!(said);
}

/// Every action that this crate knows has its row, and each row is of one.
#[test]
fn no_action_is_left_out() {
    for action in [
        Action::Pull,
        Action::Push,
        Action::Delete,
        Action::MetadataRead,
        Action::MetadataWrite,
        Action::DeletedRead,
        Action::DeletedRestore,
    ] {
        let named = |(kind, name, _): &&(&str, &str, Grant)| {
            (*kind, *name) == ("repository", action.as_str())
        };
        assert_eq!(GRANTS.iter().filter(named).count(), 1, "{action}");
    }
    assert_eq!(needs(&Scope::catalog().into()).len(), 1);
    assert!(needs(&Scope::deleted_catalog().into())[0].grant.is_some());
}

/// The README has the same table.
#[test]
fn the_readme_says_the_same() {
    let readme = include_str!("../../README.md");
    for (kind, name, grant) in &GRANTS {
        let action = match *kind {
            "repository" => format!("`{name}`"),
            _ => format!("`registry:{name}:*`"),
        };
        let row = readme
            .lines()
            .find(|line| {
                line.split('|')
                    .nth(1)
                    .is_some_and(|cell| cell.contains(&action))
            })
            .unwrap_or_else(|| panic!("no row for {action}"));
        for said in [grant.role, grant.abac_role, grant.scope_map]
            .into_iter()
            .flatten()
        {
            assert!(row.contains(said), "{said} is missing: {row}");
        }
    }
}
