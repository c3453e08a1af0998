//! The token engine against a registry that answers from rules: what is asked of it, how often,
//! and what the caller learns.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "engine/caching.rs"]
mod caching;
#[path = "engine/challenges.rs"]
mod challenges;
#[path = "engine/covering.rs"]
mod covering;
#[path = "engine/credentials.rs"]
mod credentials;
#[path = "engine/docker.rs"]
mod docker;
#[path = "engine/flights.rs"]
mod flights;
#[path = "engine/gated.rs"]
mod gated;
#[path = "engine/given.rs"]
mod given;
#[path = "engine/hosts.rs"]
mod hosts;
#[path = "engine/levels.rs"]
mod levels;
#[path = "engine/refusals.rs"]
mod refusals;
#[path = "engine/registry.rs"]
mod registry;
#[path = "engine/settings.rs"]
mod settings;
#[path = "engine/sharing.rs"]
mod sharing;
