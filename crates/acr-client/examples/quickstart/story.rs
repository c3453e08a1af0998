//! What the quickstart does, step by step.

use std::{path::Path, time::Instant};

use acr_client::{Artifact, ContainerRegistryClient, Repository, TagName};
use anyhow::{Result, bail, ensure};

use crate::layout::{self, Moved};

pub(crate) async fn tell(
    registry: &ContainerRegistryClient,
    repository: &Repository,
    source: &Path,
    target: &Path,
) -> Result<()> {
    let tag = layout::tag(source)?;
    step(
        1,
        "Push: first the blobs, then the manifest that names them, under a tag",
    );
    let started = Instant::now();
    let pushed = layout::push(repository, source, &tag).await?;
    show(&pushed, started);

    step(
        2,
        "List: the registry has repositories, a repository has tags",
    );
    for name in registry.list_repositories().try_collect().await? {
        println!("   {name}");
    }
    for tag in repository.list_tags().try_collect().await? {
        println!(
            "   {}:{} -> {}",
            repository.name(),
            tag.name,
            short(tag.digest.as_str())
        );
    }

    let image = repository.artifact(&tag)?;
    step(3, "Read: repository, tag and manifest have properties each");
    read(repository, &image, &tag).await?;

    step(
        4,
        "Lock: now nobody can delete or overwrite it, until it is unlocked",
    );
    lock_and_unlock(&image).await?;

    step(
        5,
        "Pull: every byte is checked against its digest before it is believed",
    );
    let started = Instant::now();
    let pulled = layout::pull(&image, target, &tag).await?;
    show(&pulled, started);
    ensure!(
        pushed.digests() == pulled.digests(),
        "what came back is not what was pushed"
    );
    println!("   the same {} digests as pushed", pulled.items.len());
    Ok(())
}

async fn read(repository: &Repository, image: &Artifact, tag: &TagName) -> Result<()> {
    let properties = repository.properties().await?;
    println!(
        "   repository  {} manifests, {} tags",
        properties.manifest_count.unwrap_or_default(),
        properties.tag_count.unwrap_or_default()
    );
    let properties = repository.tag(tag)?.properties().await?;
    println!(
        "   tag         {tag}, made {}, can be deleted: {}",
        properties
            .created_at
            .map_or_else(|| "once".to_owned(), |at| at.to_string()),
        properties.can_delete
    );
    let properties = image.properties().await?;
    let platform = (
        properties.operating_system.as_deref(),
        properties.architecture.as_deref(),
    );
    let kind = properties
        .media_type
        .map_or_else(|| "unknown type".to_owned(), |kind| kind.to_string());
    println!("   manifest    {kind}");
    println!("               {}", properties.digest);
    if let (Some(os), Some(architecture)) = platform {
        println!(
            "               for {os}/{architecture}, {} bytes",
            properties.size.unwrap_or_default()
        );
    }
    Ok(())
}

async fn lock_and_unlock(image: &Artifact) -> Result<()> {
    image
        .update_properties()
        .can_write(false)
        .can_delete(false)
        .await?;
    println!("   locked");
    match image.delete().with_all_tags().await {
        Err(error) if error.is_locked() => {
            println!("   deleting it fails, as it should:\n     {error}");
            println!("   hint: {}", error.hint().unwrap_or_default());
        }
        Err(error) => return Err(error.into()),
        Ok(_) => bail!("a locked image was deleted"),
    }
    let unlocked = image
        .update_properties()
        .can_write(true)
        .can_delete(true)
        .await?;
    println!("   unlocked, can be deleted: {}", unlocked.can_delete);
    Ok(())
}

pub(crate) async fn delete(
    registry: &ContainerRegistryClient,
    repository: &Repository,
) -> Result<()> {
    step(6, "Delete: the repository goes, with everything in it");
    match repository.delete().await? {
        Some(deleted) => {
            println!(
                "   {} manifests and {} tags are gone",
                deleted.manifests.len(),
                deleted.tags.len()
            );
        }
        None => bail!("the repository was gone already"),
    }
    let left = registry.list_repositories().try_collect().await?;
    ensure!(
        !left.contains(repository.name()),
        "the repository is still listed"
    );
    println!("   repositories left: {}", left.len());
    Ok(())
}

fn step(number: u32, what: &str) {
    println!("\n{number}. {what}");
}

fn show(moved: &Moved, started: Instant) {
    let elapsed = started.elapsed();
    let bytes: u64 = moved.items.iter().map(|item| item.size).sum();
    for item in &moved.items {
        println!(
            "   {:<9} {:>10} bytes  {}",
            item.what,
            item.size,
            short(item.digest.as_str())
        );
    }
    println!(
        "   {bytes} bytes in {:.0} ms",
        elapsed.as_secs_f64() * 1000.0
    );
}

fn short(digest: &str) -> String {
    digest
        .chars()
        .take("sha256:".len() + 12)
        .collect::<String>()
        + "…"
}
