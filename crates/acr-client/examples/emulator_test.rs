//! How to test code that uses acr-client: the function below, against an emulator that each test
//! starts for itself.
//!
//! ```console
//! $ cargo test --example emulator_test
//! $ cargo run --example emulator_test
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{OrderBy, Repository, Result};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let demo = demo::Demo::start().await?;
    let repository = demo.registry.repository("library/hello-world")?;
    println!(
        "the newest release: {:?}",
        newest_release(&repository).await?
    );
    Ok(())
}

/// What is tested: the newest tag that is a release.
async fn newest_release(repository: &Repository) -> Result<Option<String>> {
    let mut tags = repository.list_tags().order(OrderBy::LastUpdatedDescending);
    while let Some(tag) = tags.try_next().await? {
        if tag.name.as_str().starts_with('v') {
            return Ok(Some(tag.name.to_string()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use acr_client::{ContainerRegistryClient, RetryOptions};
    use acr_emulator::{Emulator, Fault, FaultRule};

    use super::*;

    /// A registry of the test's own, which is gone with the first value.
    async fn app() -> (Emulator, Repository) {
        let emulator = Emulator::start().await.unwrap();
        let registry = ContainerRegistryClient::builder(emulator.endpoint())
            .credential(emulator.login())
            .retry(RetryOptions::none())
            .build()
            .unwrap();
        (emulator, registry.repository("team/app").unwrap())
    }

    #[tokio::test]
    async fn the_newest_is_the_one_pushed_last() {
        let (emulator, app) = app().await;
        for tag in ["v2", "v1", "latest"] {
            demo::push_image(&app, tag, &[tag]).await.unwrap();
            emulator.advance_clock(Duration::from_secs(60));
        }
        assert_eq!(newest_release(&app).await.unwrap().as_deref(), Some("v1"));
    }

    #[tokio::test]
    async fn without_a_release_there_is_none() {
        let (_emulator, app) = app().await;
        demo::push_image(&app, "layer", &["latest"]).await.unwrap();
        assert_eq!(newest_release(&app).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_busy_registry_is_told() {
        let (emulator, app) = app().await;
        let busy = FaultRule::new(Fault::status(429)).on(["list_tags"]);
        emulator.inject(busy).unwrap();
        assert!(newest_release(&app).await.unwrap_err().is_throttled());
    }
}
