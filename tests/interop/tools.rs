//! The suites of command line tools, which have no program of their own to be driven by.

mod buildah;
mod cases;
mod containers;
mod curl;
mod environment;
mod image;
mod management;
mod podman;
mod probe;
mod program;
mod skopeo;

use anyhow::{Result, bail};

use cases::Cases;
use environment::Environment;

/// Runs one of them.
pub(crate) fn play(suite: &str) -> Result<()> {
    let environment = Environment::read()?;
    let mut cases = Cases::default();
    match suite {
        "oci-probe" => probe::run(&environment, &mut cases),
        "podman" => podman::run(&environment, &mut cases),
        "buildah" => buildah::run(&environment, &mut cases),
        "curl" => curl::run(&environment, &mut cases),
        "skopeo" => skopeo::run(&environment, &mut cases),
        _ => bail!("{suite} is no suite of this program"),
    }
}
