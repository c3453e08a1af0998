//! docker's credential helper for Azure Container Registry: see
//! [`acr_auth::docker::credential_helper`].

use std::{
    env,
    io::{self, Read, Write},
    process::ExitCode,
};

use acr_auth::docker::credential_helper::CredentialHelper;
use acr_core::limits;

/// Also what went wrong goes to the standard output: so the protocol has it.
fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let helper = match CredentialHelper::from_env() {
        Ok(helper) => helper,
        Err(error) => {
            writeln!(out, "docker-credential-acr cannot be set up: {error}")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let verb = env::args().nth(1).unwrap_or_default();
    let mut input = Vec::new();
    if verb == "get" {
        let stdin = io::stdin().lock();
        stdin
            .take(limits::REGISTRY_NAME as u64 + 1)
            .read_to_end(&mut input)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let reply = runtime.block_on(helper.answer(&verb, &input));
    writeln!(out, "{}", reply.output().expose())?;
    Ok(ExitCode::from(reply.exit_code()))
}
