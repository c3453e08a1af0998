//! Looks at a repository, and carries a plan out.

use std::collections::BTreeSet;

use acr_client::{Deleted, Digest, ManifestKind, ManifestProperties, Repository};
use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::plan::{Found, Plan, subject_of_tag};

/// So many manifests are read at once.
const AT_ONCE: usize = 8;

/// These manifests of a repository, in their order, with what belongs to them. Each is read once:
/// only its content says what an index consists of, and what a signature is about.
pub(crate) async fn survey(
    repository: &Repository,
    mut manifests: Vec<ManifestProperties>,
) -> Result<Vec<Found>> {
    // One that is pushed or tagged while they are listed moves, and may be listed twice.
    let mut seen = BTreeSet::new();
    manifests.retain(|it| seen.insert(it.digest.clone()));
    let tags = repository.list_tags().try_collect().await?;
    let locked_tags = tags.iter().filter(|tag| !tag.can_delete || !tag.can_write);
    let by_tag: BTreeSet<_> = locked_tags.map(|tag| &tag.digest).collect();
    let found = manifests.into_iter().map(|manifest| {
        let by_tag = by_tag.contains(&manifest.digest);
        look(repository, manifest, by_tag)
    });
    let found: Vec<_> = stream::iter(found).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// A manifest with what belongs to it; nothing if it was deleted meanwhile.
async fn look(
    repository: &Repository,
    properties: ManifestProperties,
    by_tag: bool,
) -> Result<Option<Found>> {
    let content = match repository.get_manifest(&properties.digest).await {
        Err(error) if error.is_not_found() => return Ok(None),
        content => content?,
    };
    let (children, subject, unknown) = match content.kind() {
        Ok(ManifestKind::Index(index)) => (index.manifests, index.subject, false),
        Ok(ManifestKind::Image(image)) => (Vec::new(), image.subject, false),
        // It stays: who cannot read it cannot know what it is needed for.
        _ => (Vec::new(), None, true),
    };
    let subject = subject.map(|it| it.digest);
    let by_name = || {
        let tags = properties.tags.iter();
        tags.filter_map(|tag| subject_of_tag(tag.as_str())).next()
    };
    Ok(Some(Found {
        locked: by_tag || !properties.can_delete || !properties.can_write,
        tags: properties.tags.iter().map(ToString::to_string).collect(),
        children: children.into_iter().map(|it| it.digest).collect(),
        subject: subject.or_else(by_name),
        unknown,
        digest: properties.digest,
    }))
}

/// Deletes what the plan says. It gives how many manifests that were, and those that were locked
/// since the look at them.
pub(crate) async fn carry_out(
    repository: &Repository,
    plan: &Plan,
) -> Result<(usize, Vec<Digest>)> {
    let (mut deleted, mut left) = (0, Vec::new());
    for manifest in &plan.delete {
        let image = repository.artifact(&manifest.digest)?;
        if manifest.locked {
            unlock(repository, manifest).await?;
        }
        match image.delete().await {
            Ok(Deleted::Deleted) => deleted += 1,
            Ok(_) => {}
            Err(error) if error.is_locked() => left.push(manifest.digest.clone()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((deleted, left))
}

async fn unlock(repository: &Repository, manifest: &Found) -> Result<()> {
    let image = repository.artifact(&manifest.digest)?;
    image
        .update_properties()
        .can_write(true)
        .can_delete(true)
        .await?;
    for name in &manifest.tags {
        let tag = repository.tag(name)?;
        tag.update_properties()
            .can_write(true)
            .can_delete(true)
            .await?;
    }
    Ok(())
}
