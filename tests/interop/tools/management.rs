//! The emulator's own port, for what a registry does not tell.

use anyhow::Result;
use serde::Deserialize;

use super::{environment::Registry, program::Program};

/// A request that the registry answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) operation: Option<String>,
    pub(super) query: Option<String>,
    pub(super) status: u16,
}

/// The requests of this operation that it answered with this status.
pub(super) fn requests(registry: &Registry, operation: &str, status: u16) -> Result<Vec<Request>> {
    let mut requests: Vec<Request> = serde_json::from_str(&call(registry, "/requests", &[])?)?;
    requests.retain(|request| {
        request.operation.as_deref() == Some(operation) && request.status == status
    });
    Ok(requests)
}

pub(super) fn forget_requests(registry: &Registry) -> Result<()> {
    call(registry, "/requests", &["-X", "DELETE"]).map(drop)
}

fn call(registry: &Registry, path: &str, arguments: &[&str]) -> Result<String> {
    let url = format!("{}{path}", registry.management);
    let curl = Program::new("curl").always(["-q", "-sSf", &url]);
    curl.run(arguments)
}
