//! What every public call sends, byte for byte, and what its caller gets.
//!
//! A case makes a call of a registry that answers from a script ([`registry`]) and keeps code,
//! requests and outcome in a snapshot. It is named `Type__method`, and `Type__method@case` where one
//! does not show all. `cargo xtask public-api` finds every call and every option in the public API,
//! and fails where no snapshot shows one: a success and a failure of each call are needed. After an
//! intended change, `INSTA_UPDATE=always cargo test -p acr-client --test calls` writes them anew.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
mod registry;

mod answers;
mod artifacts;
mod blobs;
#[cfg(feature = "blocking")]
mod blocking;
mod bounds;
mod deleted;
mod health;
mod lists;
mod locks;
mod manifests;
mod metadata;
mod options;
mod properties;
mod ranges;
mod sets;
mod streaming;
mod tokens;
mod uploads;
