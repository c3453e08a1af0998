//! `upstream`: what Microsoft's published description says otherwise than ours.
//!
//! Both are brought to a table of facts; every fact that only one has, or that they give otherwise,
//! is a difference. Those that are known and meant stand in a file, each with its reason. Any other
//! one fails, and so does a known one that is no difference any more: therefore no fact of either
//! description can change without being seen.

mod differences;
pub(crate) mod facts;
mod known;
mod report;
mod scaffold;
mod swagger;

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{document, generate::DESCRIPTION};

const KNOWN: &str = "openapi/upstream-differences.yaml";

/// Where a scaffold goes.
pub(crate) enum Output<'a> {
    Stdout,
    File(&'a Path),
}

/// Compares, and fails unless every difference is known and every known one is there.
pub(crate) fn compare(root: &Path, file: &Path) -> Result<()> {
    let outcome = examine(root, file)?;
    print!("{}", report::text(&outcome));
    if !outcome.is_clean() {
        bail!(
            "{} and {} disagree otherwise than {KNOWN} says",
            file.display(),
            DESCRIPTION
        );
    }
    Ok(())
}

fn examine(root: &Path, file: &Path) -> Result<known::Outcome> {
    let ours = document::load(&root.join(DESCRIPTION))?;
    let known = known::load(&root.join(KNOWN))?;
    outcome(&ours, &published(file)?, &known)
}

/// Writes the operations that the published description has and ours lacks, as a draft.
pub(crate) fn scaffold(root: &Path, file: &Path, output: &Output<'_>) -> Result<()> {
    let ours = document::load(&root.join(DESCRIPTION))?;
    let text = scaffold::text(&ours, &published(file)?)?;
    match output {
        Output::Stdout => print!("{text}"),
        Output::File(path) => std::fs::write(path, text)
            .with_context(|| format!("cannot write {}", path.display()))?,
    }
    Ok(())
}

/// The published description as OpenAPI 3, whatever it was written in.
fn published(file: &Path) -> Result<Value> {
    openapi(document::load(file)?).with_context(|| format!("cannot use {}", file.display()))
}

fn openapi(mut document: Value) -> Result<Value> {
    if document.get("swagger").is_some() {
        document = swagger::convert(&document)?;
    }
    match document["openapi"].as_str() {
        Some(version) if version.starts_with("3.0") || version.starts_with("3.1") => {}
        other => bail!("neither Swagger 2.0 nor OpenAPI 3.0 or 3.1: {other:?}"),
    }
    say_where_from(&mut document);
    Ok(document)
}

/// Marks each operation with its published name, as ours are.
fn say_where_from(document: &mut Value) {
    for operation in document::operations_mut(document) {
        if let Some(id) = operation.get("operationId").cloned() {
            operation
                .entry("x-acr-upstream")
                .or_insert_with(|| Value::Array(vec![id]));
        }
    }
}

fn outcome(ours: &Value, published: &Value, known: &known::Known) -> Result<known::Outcome> {
    let upstream = facts::collect(published).context("the published description")?;
    let ours = facts::collect(ours).context(DESCRIPTION)?;
    Ok(known.judge(differences::between(&upstream, &ours)))
}

#[cfg(test)]
mod tests;
