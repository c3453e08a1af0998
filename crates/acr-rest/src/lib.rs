#![doc = include_str!("../README.md")]

mod api_version;
mod carried;
mod clock;
mod exact;
mod exchange;
mod failure;
#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::restriction, rustdoc::all, reason = "generated from openapi/acr.yaml")]
mod generated;
pub mod governor;
mod guard;
mod payload;
mod pipeline;
pub mod redact;
mod reflected;
pub mod retry;
pub mod trace;
mod transport;
mod unreached;

pub use acr_core;
pub use api_version::{ApiVersion, ApiVersionError};
pub use carried::{chain_text, find};
pub use clock::{Clock, SystemClock};
pub use exact::exact_body;
pub use exchange::{Capture, Captured, Exchange, OnExchange};
pub use failure::{ErrorResponse, Failure, answered, collect};
pub use generated::{Client, types};
pub use governor::{Governor, Lane, LaneThrottle, Throttle, ThrottleOptions};
pub use guard::{Silence, Timeouts, TooLong};
pub use payload::PayloadError;
pub use pipeline::{Operation, Pipeline};
pub use progenitor_client::{ByteStream, Error, ResponseValue};
pub use retry::{Retry, RetryOptions};
pub use trace::{LogError, LogOptions, Trace, call_span};
pub use transport::{
    ClientCertificate, Proxy, TransportError, TransportOptions, transport, transport_from,
};
pub use unreached::Unreached;

/// The version of the service's API that the bindings describe: what `api_version` is for, where a
/// call takes one. The service answers the same without it.
pub const API_VERSION: &str = "2021-07-01";
