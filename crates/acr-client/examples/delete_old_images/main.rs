//! Deletes all images of a repository but the newest three. What a kept image needs stays too.
//!
//! ```console
//! $ cargo run --example delete_old_images                           # in a repository made for it
//! $ export CONTAINERREGISTRY_ENDPOINT=https://myregistry.azurecr.io
//! $ cargo run --example delete_old_images -- --repository team/app  # says what it would do
//! $ cargo run --example delete_old_images -- --repository team/app --yes
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod cleanup;
#[path = "../demo/registry.rs"]
mod demo;
mod plan;

use acr_client::{OrderBy, Repository};
use anyhow::Result;
use clap::Parser;

/// Deletes all images of a repository but the newest.
#[derive(Parser)]
struct Args {
    /// An existing repository, instead of one made for this run
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// So many images stay
    #[arg(long, default_value_t = 3)]
    keep: usize,
    /// Also images that are locked
    #[arg(long)]
    unlock: bool,
    /// Really delete from an existing repository
    #[arg(long)]
    yes: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let demo = demo::Demo::start().await?;
    if let Some(name) = &args.repository {
        return clean_up(&demo.registry.repository(name)?, &args).await;
    }
    let story = async |repository: Repository| {
        for version in ["v1", "v2", "v3"] {
            demo::push_image(&repository, version, &[version]).await?;
        }
        demo::push_index(&repository, "v4", &["v4"]).await?;
        demo::push_image(&repository, "v5", &["v5"]).await?;
        clean_up(&repository, &Args { yes: true, ..args }).await
    };
    demo.in_new_repository(story).await
}

async fn clean_up(repository: &Repository, args: &Args) -> Result<()> {
    // First all is read, then it is planned, and only then is anything deleted: a list goes on
    // behind the last item of a page, and that should still be there.
    let list = repository
        .list_manifests()
        .order(OrderBy::LastUpdatedDescending);
    let found = cleanup::survey(repository, list.try_collect().await?).await?;
    let plan = plan::plan(&found, args.keep, args.unlock);
    for (manifest, why) in &plan.keep {
        let tags = manifest.tags.join(", ");
        println!("keep    {}  {why:?}  {tags}", manifest.digest);
    }
    for manifest in &plan.delete {
        println!("delete  {}  {}", manifest.digest, manifest.tags.join(", "));
    }
    if !args.yes {
        println!("nothing was deleted: say --yes if this is what you want");
        return Ok(());
    }
    let (deleted, left) = cleanup::carry_out(repository, &plan).await?;
    println!("{deleted} deleted");
    for digest in left {
        println!("{digest} was locked meanwhile, and stays");
    }
    Ok(())
}
