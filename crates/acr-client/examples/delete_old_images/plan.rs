//! Which manifests of a repository go, and which stay.
//!
//! The newest images stay, with all that they need: the platforms of an index, and what is attached
//! to them, such as signatures. To keep the newest manifests as they are listed would not do: the
//! platforms of one index may be all of them, and those of a kept index be none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use acr_client::Digest;

/// A manifest, and what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) digest: Digest,
    pub(crate) tags: Vec<String>,
    /// It, or a tag on it, cannot be deleted. One that cannot be written cannot be deleted either.
    pub(crate) locked: bool,
    /// The manifests of an index.
    pub(crate) children: Vec<Digest>,
    /// The manifest that this one is about, such as the image of a signature.
    pub(crate) subject: Option<Digest>,
    /// It is of a type that cannot be read: what it needs, and what needs it, is not known.
    pub(crate) unknown: bool,
}

/// What is going to happen.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// In this order: whoever stops half-way leaves no index without its platforms.
    pub(crate) delete: Vec<Found>,
    pub(crate) keep: Vec<(Found, Why)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Newest,
    /// A kept index names it, or it is about a manifest that is kept.
    Needed,
    Locked,
    /// Nobody knows what it is.
    Unknown,
}

/// Keeps the newest `keep` images of these manifests, of which the newest comes first, and whatever
/// those need. What is locked stays too, unless it is to be unlocked; and what cannot be read.
pub(crate) fn plan(newest_first: &[Found], keep: usize, unlock: bool) -> Plan {
    let is_there: BTreeSet<_> = newest_first.iter().map(|it| &it.digest).collect();
    let children = newest_first.iter().flat_map(|it| &it.children);
    let of_an_index: BTreeSet<_> = children.collect();
    // An image is what is part of nothing else.
    let is_image = |it: &Found| {
        let attached = it.subject.as_ref().is_some_and(|it| is_there.contains(it));
        !it.unknown && !attached && !of_an_index.contains(&it.digest)
    };
    let newest: Vec<_> = newest_first
        .iter()
        .filter(|it| is_image(it))
        .take(keep)
        .collect();
    let mut stays: BTreeMap<Digest, Why> = BTreeMap::new();
    if !unlock {
        let locked = newest_first.iter().filter(|it| it.locked);
        stays.extend(locked.map(|it| (it.digest.clone(), Why::Locked)));
    }
    let unknown = newest_first.iter().filter(|it| it.unknown);
    stays.extend(unknown.map(|it| (it.digest.clone(), Why::Unknown)));
    stays.extend(newest.iter().map(|it| (it.digest.clone(), Why::Newest)));
    let roots: Vec<_> = stays.keys().cloned().collect();
    for needed in belonging_to(newest_first, roots) {
        stays.entry(needed).or_insert(Why::Needed);
    }

    let images = newest_first.iter().filter(|it| is_image(it));
    let order = belonging_to(newest_first, images.map(|it| it.digest.clone()).collect());
    let place = |it: &Found| order.iter().position(|digest| *digest == it.digest);
    let mut plan = Plan::default();
    for manifest in newest_first.iter().cloned() {
        match stays.get(&manifest.digest) {
            Some(why) => plan.keep.push((manifest, *why)),
            None => plan.delete.push(manifest),
        }
    }
    plan.delete.sort_by_key(|it| place(it));
    plan
}

/// The image that a tag of this form is about, such as `sha256-….sig`: how signatures and the like
/// are attached where they have no `subject`.
pub(crate) fn subject_of_tag(tag: &str) -> Option<Digest> {
    let (algorithm, rest) = tag.split_once('-')?;
    let hex = rest.split('.').next()?;
    format!("{algorithm}:{hex}").parse().ok()
}

/// These manifests and all that belongs to them, those that need others before those others.
fn belonging_to(all: &[Found], roots: Vec<Digest>) -> Vec<Digest> {
    let by_digest: BTreeMap<_, _> = all.iter().map(|it| (&it.digest, it)).collect();
    let mut attached: BTreeMap<&Digest, Vec<&Digest>> = BTreeMap::new();
    for manifest in all {
        if let Some(subject) = &manifest.subject {
            attached.entry(subject).or_default().push(&manifest.digest);
        }
    }
    let (mut order, mut seen) = (Vec::new(), BTreeSet::new());
    let mut next: VecDeque<_> = roots.into();
    while let Some(digest) = next.pop_front() {
        if !seen.insert(digest.clone()) {
            continue;
        }
        if let Some(manifest) = by_digest.get(&digest) {
            next.extend(manifest.children.iter().cloned());
        }
        next.extend(
            attached
                .get(&digest)
                .into_iter()
                .flatten()
                .copied()
                .cloned(),
        );
        order.push(digest);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(name: &str) -> Digest {
        Digest::of(name.as_bytes())
    }

    fn found(name: &str) -> Found {
        Found {
            digest: digest(name),
            tags: vec![name.to_owned()],
            locked: false,
            children: Vec::new(),
            subject: None,
            unknown: false,
        }
    }

    fn index(name: &str, children: &[&str]) -> Found {
        Found {
            children: children.iter().map(|it| digest(it)).collect(),
            ..found(name)
        }
    }

    fn about(name: &str, subject: &str) -> Found {
        Found {
            subject: Some(digest(subject)),
            ..found(name)
        }
    }

    fn locked(found: Found) -> Found {
        Found {
            locked: true,
            ..found
        }
    }

    fn names(found: &[Found]) -> Vec<&str> {
        found.iter().map(|it| it.tags[0].as_str()).collect()
    }

    #[test]
    fn what_cannot_be_read_stays_and_is_not_counted() {
        let unknown = Found {
            unknown: true,
            ..found("schema 1")
        };
        let plan = plan(&[unknown, found("new"), found("old")], 1, false);
        assert_eq!(names(&plan.delete), ["old"]);
        assert_eq!(plan.keep[0].1, Why::Unknown);
    }

    #[test]
    fn a_tag_tells_what_a_signature_is_about() {
        let image = digest("image");
        for suffix in ["", ".sig", ".att"] {
            let tag = format!("sha256-{}{suffix}", image.hex());
            assert_eq!(subject_of_tag(&tag), Some(image.clone()));
        }
        for tag in ["v1", "sha256-1234.sig", "2024-01-01"] {
            assert_eq!(subject_of_tag(tag), None, "{tag}");
        }
    }

    #[test]
    fn the_oldest_images_go() {
        let all = ["e", "d", "c", "b", "a"].map(found).to_vec();
        let plan = plan(&all, 3, false);
        assert_eq!(names(&plan.delete), ["b", "a"]);
        assert!(plan.keep.iter().all(|(_, why)| *why == Why::Newest));
    }

    /// The platforms were pushed before the index, and older images between them: a `skip(3)` of
    /// the list would delete `arm64`, `amd64` and the second newest image.
    #[test]
    fn the_platforms_of_a_kept_index_stay_and_are_not_counted() {
        let all = vec![
            index("new", &["amd64", "arm64"]),
            found("second"),
            found("third"),
            found("fourth"),
            found("amd64"),
            found("arm64"),
        ];
        let plan = plan(&all, 3, false);
        assert_eq!(names(&plan.delete), ["fourth"]);
        let needed = plan.keep.iter().filter(|(_, why)| *why == Why::Needed);
        assert_eq!(
            needed.map(|(it, _)| &it.tags[0]).collect::<Vec<_>>(),
            ["amd64", "arm64"]
        );
    }

    #[test]
    fn a_platform_that_two_indexes_share_stays_with_the_kept_one() {
        let all = vec![
            index("new", &["shared", "arm64"]),
            index("old", &["shared", "s390x"]),
            found("shared"),
            found("arm64"),
            found("s390x"),
        ];
        let plan = plan(&all, 1, false);
        assert_eq!(names(&plan.delete), ["old", "s390x"]);
    }

    #[test]
    fn an_index_of_an_index_keeps_what_lies_below() {
        let all = vec![
            index("top", &["inner"]),
            found("leaf"),
            index("inner", &["leaf"]),
        ];
        assert!(plan(&all, 1, false).delete.is_empty());
    }

    /// Signatures are newer than what they sign.
    #[test]
    fn what_is_attached_goes_and_stays_with_its_image() {
        let all = vec![
            about("signature of old", "old"),
            about("signature of new", "new"),
            about("note on the signature", "signature of new"),
            found("new"),
            found("old"),
        ];
        let plan = plan(&all, 1, false);
        assert_eq!(names(&plan.delete), ["old", "signature of old"]);
    }

    #[test]
    fn what_is_attached_to_something_that_is_gone_is_an_image_of_its_own() {
        let all = vec![found("new"), about("left over", "gone")];
        assert_eq!(names(&plan(&all, 1, false).delete), ["left over"]);
    }

    #[test]
    fn what_is_locked_stays_with_what_it_needs_unless_it_is_unlocked() {
        let all = || {
            vec![
                found("new"),
                locked(index("old", &["amd64"])),
                found("amd64"),
            ]
        };
        let careful = plan(&all(), 1, false);
        assert!(careful.delete.is_empty());
        assert_eq!(careful.keep[1].1, Why::Locked);
        assert_eq!(names(&plan(&all(), 1, true).delete), ["old", "amd64"]);
    }

    #[test]
    fn an_index_goes_before_its_platforms_whatever_their_age() {
        let all = vec![found("new"), found("amd64"), index("old", &["amd64"])];
        assert_eq!(names(&plan(&all, 1, false).delete), ["old", "amd64"]);
    }

    #[test]
    fn nothing_is_kept_of_none_and_all_of_few() {
        assert_eq!(plan(&[found("a")], 0, false).delete.len(), 1);
        assert!(plan(&[found("a")], 3, false).delete.is_empty());
        assert!(plan(&[], 3, false).delete.is_empty());
    }
}
