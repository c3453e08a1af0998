//! The table of paths that the generated code has beside its methods.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use heck::ToSnakeCase as _;
use quote::quote;
use serde_json::Value;
use syn::{ImplItem, Item};

use crate::document;

/// Adds the table of the paths of all operations, by the names of their methods.
///
/// An argument that is empty or `..` changes the path of a request, since such segments are resolved
/// when the URL is parsed. Whoever sends it can tell by the table. A path with an opaque parameter is
/// whatever the service gave, and is not in it.
pub(super) fn append(file: &mut syn::File, document: &Value) -> Result<()> {
    let paths = paths(document)?;
    let methods = methods(file);
    for method in paths.keys() {
        ensure!(
            methods.contains(method),
            "there is no method {method}: the generator names them otherwise"
        );
    }
    let entries = paths.iter().map(|(method, path)| quote!((#method, #path)));
    file.items.push(syn::parse2(quote! {
        /// The path of each operation, for the check that no argument changes it.
        pub(crate) const PATHS: &[(&str, &str)] = &[#(#entries),*];
    })?);
    Ok(())
}

fn paths(document: &Value) -> Result<BTreeMap<String, &str>> {
    let mut paths = BTreeMap::new();
    for (path, method, operation) in document::operations(document) {
        let shared = &document["paths"][path]["parameters"];
        let parameters = [shared, &operation["parameters"]];
        let opaque = |parameter: &Value| parameter["x-acr-opaque"] == true;
        let mut parameters = parameters.into_iter().filter_map(Value::as_array).flatten();
        if parameters.any(|parameter| parameter["in"] == "path" && opaque(parameter)) {
            continue;
        }
        let id = operation["operationId"]
            .as_str()
            .with_context(|| format!("{method} {path} has no operationId"))?;
        paths.insert(id.to_snake_case(), path);
    }
    Ok(paths)
}

fn methods(file: &syn::File) -> Vec<String> {
    let blocks = file.items.iter().filter_map(|item| match item {
        Item::Impl(block) => Some(&block.items),
        _ => None,
    });
    blocks
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(function) => Some(function.sig.ident.to_string()),
            _ => None,
        })
        .collect()
}
