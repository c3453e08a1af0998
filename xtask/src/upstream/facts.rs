//! An API description as a flat table of facts, so that two of them can be compared line by line.
//!
//! A fact is a place, such as `GET /acr/v1/{}/_tags` and `query last`, with what the description
//! says there, such as `string, optional`. Names of path parameters and descriptions play no part.

mod schema;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::document::{self, inline};

/// Where a fact stands: the operation or definition, and the part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) subject: String,
    pub(crate) part: String,
}

pub(crate) type Facts = BTreeMap<Place, String>;

/// All facts of an OpenAPI 3 document.
pub(crate) fn collect(document: &Value) -> Result<Facts> {
    let mut document = document.clone();
    inline(&mut document)?;
    of_inlined(&document)
}

/// All facts of a document whose shared parts stand where they are used.
pub(super) fn of_inlined(document: &Value) -> Result<Facts> {
    let mut variants: BTreeMap<String, Vec<BTreeMap<String, Fact>>> = BTreeMap::new();
    for (path, method, operation) in document::operations(document) {
        let shared = &document["paths"][path]["parameters"];
        let key = operation_key(method, path);
        let facts =
            operation_facts(document, path, shared, operation).with_context(|| key.clone())?;
        variants.entry(key).or_default().push(facts);
    }
    let mut all = whole::of_document(document)?;
    for (subject, variants) in variants {
        for (part, text) in fold(&variants) {
            all.insert(
                Place {
                    subject: subject.clone(),
                    part,
                },
                text,
            );
        }
    }
    for (name, definition) in document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let mut facts = BTreeMap::new();
        schema::describe(
            document,
            "",
            definition,
            schema::References::Named,
            &mut facts,
        )
        .with_context(|| format!("schema {name}"))?;
        let subject = format!("schema {name}");
        all.extend(facts.into_iter().map(|(part, text)| {
            (
                Place {
                    subject: subject.clone(),
                    part,
                },
                text,
            )
        }));
    }
    Ok(all)
}

/// Method and path, without the names of parameters, and without the query that some documents
/// append to tell operations of one path apart.
pub(crate) fn operation_key(method: &str, path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let mut key = format!("{} ", method.to_uppercase());
    let mut named = false;
    for character in path.chars() {
        match character {
            '{' => {
                named = true;
                key.push_str("{}");
            }
            '}' => named = false,
            _ if named => {}
            other => key.push(other),
        }
    }
    key
}

/// What one variant of an operation says at one place; `required` where it is something to send.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fact {
    text: String,
    required: Option<bool>,
}

impl Fact {
    fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            required: None,
        }
    }
}

/// One table for all variants of an operation. What not every variant has, or not every variant
/// requires, is optional; where they contradict each other, all of it stands.
fn fold(variants: &[BTreeMap<String, Fact>]) -> BTreeMap<String, String> {
    let parts: BTreeSet<&String> = variants.iter().flat_map(BTreeMap::keys).collect();
    let fold_part = |part: &String| {
        let facts: Vec<&Fact> = variants
            .iter()
            .filter_map(|facts| facts.get(part))
            .collect();
        let texts: BTreeSet<&str> = facts.iter().map(|fact| fact.text.as_str()).collect();
        let text = texts.into_iter().collect::<Vec<_>>().join(" + ");
        if facts.iter().all(|fact| fact.required.is_none()) {
            return text;
        }
        let required =
            facts.len() == variants.len() && facts.iter().all(|fact| fact.required == Some(true));
        format!("{text}, {}", if required { "required" } else { "optional" })
    };
    parts
        .into_iter()
        .map(|part| (part.clone(), fold_part(part)))
        .collect()
}

fn operation_facts(
    document: &Value,
    path: &str,
    shared: &Value,
    operation: &Value,
) -> Result<BTreeMap<String, Fact>> {
    let mut facts = BTreeMap::new();
    let id = operation["operationId"]
        .as_str()
        .unwrap_or("without a name");
    facts.insert("operation".to_owned(), Fact::plain(own_name(id)));
    whole::of_operation(document, operation, &mut facts);
    let lists = [shared, &operation["parameters"]];
    for parameter in lists.into_iter().filter_map(Value::as_array).flatten() {
        let (place, fact) = parameter_fact(document, path, parameter)?;
        facts.insert(place, fact);
    }
    if let Some(body) = operation.get("requestBody") {
        request_facts(document, body, &mut facts)?;
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        response_facts(document, status, response, &mut facts)?;
    }
    Ok(facts)
}

/// The name of an operation without the group that some documents put before it.
pub(crate) fn own_name(id: &str) -> &str {
    id.split_once('_').map_or(id, |(_, name)| name)
}

fn parameter_fact(document: &Value, path: &str, parameter: &Value) -> Result<(String, Fact)> {
    let name = parameter["name"]
        .as_str()
        .context("a parameter without a name")?;
    let place = match parameter["in"]
        .as_str()
        .context("a parameter that is nowhere")?
    {
        "path" => format!("path {}", position(path, name)),
        "header" => format!("header {}", name.to_lowercase()),
        other => format!("{other} {name}"),
    };
    let text = value_text(document, parameter)?;
    Ok((
        place,
        Fact {
            text,
            required: Some(parameter["required"] == true),
        },
    ))
}

/// The type of a parameter or header.
fn value_text(document: &Value, holder: &Value) -> Result<String> {
    let text = schema::summary(document, &holder["schema"])?;
    Ok(match holder["x-acr-opaque"] == true {
        true => format!("{text}, opaque"),
        false => text,
    })
}

fn position(path: &str, name: &str) -> usize {
    let before = path
        .split(&format!("{{{name}}}"))
        .next()
        .unwrap_or_default();
    before.matches('{').count() + 1
}

fn request_facts(document: &Value, body: &Value, facts: &mut BTreeMap<String, Fact>) -> Result<()> {
    let required = Some(body["required"] == true);
    facts.insert(
        "request body".to_owned(),
        Fact {
            text: "a body".to_owned(),
            required,
        },
    );
    body_facts(
        document,
        "request",
        &body["content"],
        schema::References::Followed,
        facts,
    )
}

/// Success bodies are followed down to their last member. Those of errors are named alone: they
/// are the same everywhere, and the schema that is named has its own facts.
fn response_facts(
    document: &Value,
    status: &str,
    response: &Value,
    facts: &mut BTreeMap<String, Fact>,
) -> Result<()> {
    facts.insert(status.to_owned(), Fact::plain("a response"));
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let text = value_text(document, header)?;
        facts.insert(
            format!("{status} header {}", name.to_lowercase()),
            Fact::plain(text),
        );
    }
    let references = match status.starts_with('2') {
        true => schema::References::Followed,
        false => schema::References::Named,
    };
    body_facts(document, status, &response["content"], references, facts)
}

fn body_facts(
    document: &Value,
    place: &str,
    content: &Value,
    references: schema::References,
    facts: &mut BTreeMap<String, Fact>,
) -> Result<()> {
    for (media_type, body) in content.as_object().into_iter().flatten() {
        let mut members = BTreeMap::new();
        schema::describe(document, "", &body["schema"], references, &mut members)?;
        if let Some(known) = body["x-acr-known-media-types"].as_array() {
            let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
            let place = format!("{place} {media_type} such as");
            facts.insert(place, Fact::plain(known.join("|")));
        }
        for (member, text) in members {
            let place = match member.as_str() {
                schema::WHOLE => format!("{place} {media_type}"),
                member => format!("{place} {media_type} {member}"),
            };
            facts.insert(place, Fact::plain(text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
