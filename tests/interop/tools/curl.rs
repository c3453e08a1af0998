//! curl: the token flow, and everything after it, by hand.

mod call;
mod downloads;
mod manifests;
mod properties;
mod tokens;
mod uploads;

use anyhow::Result;

use super::{cases::Cases, environment::Environment};
pub(super) use call::Curl;

pub(super) fn run(environment: &Environment, cases: &mut Cases) -> Result<()> {
    for registry in [&environment.https, &environment.http] {
        let folder = environment.work.join(registry.scheme());
        std::fs::create_dir_all(&folder)?;
        let curl = Curl::new(registry, folder);
        cases.client("curl", &curl.version()?);
        for (topic, run) in [
            ("tokens", tokens::run as fn(&Curl<'_>, &mut Cases)),
            ("uploads", uploads::run),
            ("manifests", manifests::run),
            ("downloads", downloads::run),
            ("properties", properties::run),
        ] {
            cases.about(&format!("{}: {topic}", registry.scheme()));
            run(&curl, cases);
        }
    }
    Ok(())
}
