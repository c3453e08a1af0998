//! What every operation sends, byte for byte, and what its caller gets to see.
//!
//! A case calls an operation on a registry that answers from a script ([`recorder`]) and keeps both
//! sides of the exchange in a snapshot, named after the operation. [`coverage`] fails when an
//! operation has none.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod content;
mod coverage;
mod deleted;
mod errors;
mod limits;
mod metadata;
mod pipeline;
mod recorder;
mod retry;
mod streaming;
mod table;
mod tokens;
mod told;
mod transport;
mod uploads;
mod waits;
