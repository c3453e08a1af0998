//! `generate`: from the API description to the Rust code that speaks it.

mod paths;

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::quote;
use schemars::schema::{InstanceType, SchemaObject};
use serde::Deserialize as _;
use serde_json::Value;
use syn::{ImplItem, Item};

use crate::{diff, document, fixups};

pub(crate) const DESCRIPTION: &str = "openapi/acr.yaml";
pub(crate) const OUTPUT: &str = "crates/acr-rest/src/generated.rs";
const COMMAND: &str = "cargo xtask generate";

/// Generates the code and writes it, or with `check` compares it with what is there.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let code = code(document::load(&root.join(DESCRIPTION))?)?;
    let output = root.join(OUTPUT);
    if !check {
        std::fs::write(&output, code)
            .with_context(|| format!("cannot write {}", output.display()))?;
        println!("wrote {OUTPUT}");
        return Ok(());
    }
    let present = std::fs::read_to_string(&output)
        .with_context(|| format!("cannot read {OUTPUT}: run `{COMMAND}`"))?;
    if present != code {
        bail!(
            "{OUTPUT} is not what {DESCRIPTION} generates; run `{COMMAND}`\n{}",
            diff::short(&present, &code)
        );
    }
    println!("{OUTPUT} is up to date");
    Ok(())
}

/// The generated code for a description, formatted. The same description gives the same bytes.
pub(crate) fn code(mut document: Value) -> Result<String> {
    fixups::adapt(&mut document)?;
    of_adapted(&document)
}

/// The same for a description that is adapted already.
pub(crate) fn of_adapted(document: &Value) -> Result<String> {
    let tokens = Generator::new(&settings())
        .generate_tokens(&openapi(document)?)
        .context("the generator refuses the description")?;
    let mut file: syn::File = syn::parse2(tokens).context("the generator wrote no Rust")?;
    drop_default_constructor(&mut file)?;
    paths::append(&mut file, document)?;
    Ok(format!("{}{}", header(), prettyplease::unparse(&file)))
}

fn openapi(document: &Value) -> Result<OpenAPI> {
    OpenAPI::deserialize(document).context("the description is no OpenAPI 3.0")
}

fn header() -> String {
    format!(
        "// Generated from {DESCRIPTION} by `{COMMAND}`. Do not edit: change the description.\n\n"
    )
}

fn settings() -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::pipeline::Pipeline))
        // Serialised in one order, whatever the run.
        .with_map_type("::std::collections::BTreeMap")
        .with_conversion(
            text("date-time"),
            "::jiff::Timestamp",
            [TypeImpl::Display, TypeImpl::FromStr].into_iter(),
        )
        .with_conversion(
            text("password"),
            "::acr_core::Secret",
            [TypeImpl::FromStr].into_iter(),
        );
    settings
}

fn text(format: &str) -> SchemaObject {
    SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        format: Some(format.to_owned()),
        ..SchemaObject::default()
    }
}

/// Removes `Client::new`: its transport has a limit of 15 seconds for a whole transfer, which
/// cuts large blobs, and undoes compression, which breaks digests.
fn drop_default_constructor(file: &mut syn::File) -> Result<()> {
    for item in &mut file.items {
        let Item::Impl(block) = item else { continue };
        let before = block.items.len();
        block
            .items
            .retain(|item| !matches!(item, ImplItem::Fn(f) if f.sig.ident == "new"));
        if block.items.len() < before {
            return Ok(());
        }
    }
    bail!("the generator writes no `Client::new` any more: stop removing it")
}

#[cfg(test)]
mod tests;
