//! Which locks forbid what, and how they are told.

use super::*;
use crate::LockBuilder;

fn lock(level: LockLevel, can_delete: bool, can_write: bool) -> Lock {
    let name = match level {
        LockLevel::Repository => "app",
        LockLevel::Manifest => "sha256:2c26",
        LockLevel::Tag => "v1",
    };
    Lock::builder(level, "app", name)
        .can_delete(can_delete)
        .can_write(can_write)
        .build()
}

/// The locks that count for an item of this level, only that of `locked` being on.
fn locks(level: LockLevel, locked: LockLevel, can_delete: bool, can_write: bool) -> Locks {
    let lock = |of| match of == locked {
        true => lock(of, can_delete, can_write),
        false => lock(of, true, true),
    };
    let locks = Locks::builder(level, lock(LockLevel::Repository));
    match level {
        LockLevel::Repository => locks.build(),
        _ => locks
            .manifest(lock(LockLevel::Manifest))
            .tags([lock(LockLevel::Tag)])
            .build(),
    }
}

#[test]
fn which_lock_forbids_what() {
    use LockLevel::{Manifest, Repository, Tag};
    let mut table = String::new();
    for (level, locked) in [
        (Repository, Repository),
        (Manifest, Repository),
        (Manifest, Manifest),
        (Manifest, Tag),
        (Tag, Repository),
        (Tag, Manifest),
        (Tag, Tag),
    ] {
        for (flag, can_delete, can_write) in [("delete", false, true), ("write", true, false)] {
            let locks = locks(level, locked, can_delete, can_write);
            let (delete, write) = (locks.blocks_delete(), locks.blocks_write());
            table += &format!(
                "{level}, {flag} off at the {locked}: delete {}, write {}\n",
                if delete { "no" } else { "yes" },
                if write { "no" } else { "yes" },
            );
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn what_is_open_forbids_nothing() {
    use LockLevel::{Manifest, Repository, Tag};
    for level in [Repository, Manifest, Tag] {
        let locks = locks(level, level, true, true);
        assert!(!locks.blocks_delete() && !locks.blocks_write() && !locks.blocks_read());
        assert_eq!(locks.hint(), None);
    }
}

#[test]
fn quarantine_and_a_read_lock_forbid_to_pull() {
    let mut locks = locks(LockLevel::Manifest, LockLevel::Manifest, true, true);
    for (state, is) in [
        (None, false),
        (Some("Passed"), false),
        (Some("Failed"), true),
    ] {
        locks.quarantine_state = state.map(ToOwned::to_owned);
        assert_eq!((locks.is_quarantined(), locks.blocks_read()), (is, is));
    }
    locks.quarantine_state = None;
    locks.repository.can_read = false;
    assert!(locks.blocks_read());
    insta::assert_snapshot!(locks.hint().unwrap());
}

#[test]
fn of_many_tags_some_are_named() {
    let tags: Vec<_> = (0..9)
        .map(|n| Lock::builder(LockLevel::Tag, "app", format!("v{n}")).can_write(false))
        .map(LockBuilder::build)
        .collect();
    let repository = lock(LockLevel::Repository, true, true);
    let locks = Locks::builder(LockLevel::Manifest, repository).tags(tags);
    insta::assert_snapshot!(locks.build().hint().unwrap());
}
