//! What can go wrong, and what one does about it: what is not there, what is locked, too many
//! calls, a limit of time. And what is logged of it.
//!
//! ```console
//! $ cargo run --example handle_errors
//! $ RUST_LOG=acr_rest=info,acr_auth=debug cargo run --example handle_errors
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use std::time::Duration;

use acr_client::{Error, ErrorKind, LogOptions, Repository, RetryOptions};
use acr_emulator::{Fault, FaultRule};
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let demo = demo::Demo::start().await?;
    if let Some(emulator) = &demo.emulator {
        // The first two lists find the registry busy, and a manifest takes long.
        let busy = FaultRule::new(Fault::status(429));
        emulator.inject(busy.on(["list_tags"]).times(2))?;
        let slow = FaultRule::new(Fault::delay(Duration::from_secs(60)));
        emulator.inject(slow.on(["get_manifest"]))?;
    }
    demo.in_new_repository(go_wrong).await
}

async fn go_wrong(app: Repository) -> Result<()> {
    demo::push_image(&app, "layer", &["v1"]).await?;

    // Not there: a predicate. Nobody compares texts or numbers.
    if let Err(error) = app.tag("v2")?.properties().await {
        println!("not found: {}", error.is_not_found());
    }

    // Locked: the hint says what to do.
    let image = app.artifact("v1")?;
    image.update_properties().can_delete(false).await?;
    if let Err(error) = image.delete().await {
        tell(&error);
    }

    // Too many calls: they are repeated by themselves, here with another patience than usual.
    let patient = RetryOptions::default()
        .max_attempts(5)
        .initial_delay(Duration::from_millis(10));
    let tags = app.list_tags().retry(patient).try_collect().await?;
    println!("{} tags, after a while", tags.len());

    // A limit for the whole call, and its bodies in the log.
    let call = app
        .get_manifest("v1")
        .timeout(Duration::from_millis(50))
        .log(LogOptions::bodies());
    match call.await {
        Ok(manifest) => println!("in time: {}", manifest.digest),
        Err(error) => match error.kind() {
            ErrorKind::Timeout { after } => println!("given up after {after:?}"),
            _ => return Err(error.into()),
        },
    }
    Ok(())
}

fn tell(error: &Error) {
    println!("{error}");
    println!("  status  {:?}, code {:?}", error.status(), error.code());
    println!("  request {:?}", error.correlation_id());
    println!("  hint    {}", error.hint().unwrap_or_default());
}
