//! The facts that belong to the document and to operations as wholes: who may call, what the
//! challenge asks for, which headers come with every answer.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use super::{Fact, Facts, Place, schema};

/// Security and common headers of the document.
pub(super) fn of_document(document: &Value) -> Result<Facts> {
    let mut facts = Facts::new();
    let mut put = |part: String, text: String| {
        let subject = "document".to_owned();
        facts.insert(Place { subject, part }, text);
    };
    if let Some(text) = alternatives(&document["security"]) {
        put("security".to_owned(), text);
    }
    let schemes = document["components"]["securitySchemes"].as_object();
    for (name, scheme) in schemes.into_iter().flatten() {
        put(format!("security scheme {name}"), scheme_text(scheme));
    }
    let headers = document["x-acr-common-headers"].as_array();
    for entry in headers.into_iter().flatten() {
        let name = entry["name"].as_str().unwrap_or_default().to_lowercase();
        let text = schema::summary(document, &entry["header"]["schema"])?;
        put(format!("common header {name}"), text);
        if let Some(place) = entry["where"].as_str() {
            put(format!("common header {name} in"), place.to_owned());
        }
    }
    Ok(facts)
}

/// What an operation says beside its parameters and answers.
pub(super) fn of_operation(
    document: &Value,
    operation: &Value,
    facts: &mut BTreeMap<String, Fact>,
) {
    let mut put = |part: &str, text: String| {
        facts.insert(part.to_owned(), Fact::plain(text));
    };
    // What repeats the rule of the document says nothing of its own.
    let security = alternatives(&operation["security"]);
    if let Some(text) =
        security.filter(|own| Some(own) != alternatives(&document["security"]).as_ref())
    {
        put("security", text);
    }
    if let Some(scopes) = operation["x-acr-scope"].as_array() {
        let scopes: Vec<&str> = scopes.iter().filter_map(Value::as_str).collect();
        let text = match scopes.as_slice() {
            [] => "none".to_owned(),
            scopes => scopes.join(" "),
        };
        put("scope", text);
    }
    if let Some(ids) = operation["x-acr-upstream"].as_array() {
        let ids: BTreeSet<&str> = ids.iter().filter_map(Value::as_str).collect();
        put("published as", Vec::from_iter(ids).join(" + "));
    }
}

/// `a and b or c`, as the lists of a `security` mean it; `none` where no credentials are asked for.
fn alternatives(security: &Value) -> Option<String> {
    let together = |scheme: &Value| {
        let names = scheme.as_object().into_iter().flatten();
        Vec::from_iter(names.map(|(name, _)| name.as_str())).join(" and ")
    };
    let texts: BTreeSet<String> = security.as_array()?.iter().map(together).collect();
    Some(match texts.is_empty() {
        true => "none".to_owned(),
        false => Vec::from_iter(texts).join(" or "),
    })
}

fn scheme_text(scheme: &Value) -> String {
    ["type", "scheme", "bearerFormat", "in", "name"]
        .into_iter()
        .filter_map(|key| scheme[key].as_str())
        .collect::<Vec<_>>()
        .join(" ")
}
