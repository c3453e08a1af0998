//! What the API description must give up before the code generator can take it.
//!
//! The description is faithful to the service; the generator knows only a part of OpenAPI, and some
//! of what it knows does harm here. Each fixup bridges one such gap, says why, and tells how many
//! places it changed. One that changes nothing is an error: the gap it bridged is gone.

mod bodies;
mod responses;
mod rules;
mod schemas;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::document;

/// One named change to the description.
pub(crate) struct Fixup {
    pub(crate) name: &'static str,
    pub(crate) apply: fn(&mut Value) -> Result<usize>,
}

macro_rules! fixups {
    ($($module:ident :: $name:ident),* $(,)?) => {
        &[$(Fixup { name: stringify!($name), apply: $module::$name }),*]
    };
}

/// All fixups, in the order in which they run.
pub(crate) const ALL: &[Fixup] = fixups![
    responses::drop_error_responses,
    bodies::manifests_are_bytes,
    bodies::other_bodies_are_bytes,
    schemas::drop_unused_schemas,
    schemas::answers_may_lack_members,
];

/// Runs every fixup over the document, its shared parts put in place, then checks what is left against the rules.
pub(crate) fn adapt(document: &mut Value) -> Result<()> {
    document::inline(document)?;
    for fixup in ALL {
        apply(fixup, document)?;
    }
    rules::check(document)
}

fn apply(fixup: &Fixup, document: &mut Value) -> Result<()> {
    let changed = (fixup.apply)(document).with_context(|| format!("fixup {}", fixup.name))?;
    ensure!(changed > 0, "fixup {} never applied: remove it", fixup.name);
    Ok(())
}

#[cfg(test)]
mod tests;
