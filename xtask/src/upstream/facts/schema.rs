//! The facts of a schema: its own type, and one line for each member.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use crate::document::{reference_name, resolve};

/// The part that stands for the schema as a whole.
pub(super) const WHOLE: &str = "(whole)";

/// Whether references are followed to what they lead to, or told by name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum References {
    Followed,
    Named,
}

/// Writes down what a schema says: its type at `at` (the whole, if that is empty), and every member
/// below it.
pub(super) fn describe(
    document: &Value,
    at: &str,
    schema: &Value,
    references: References,
    facts: &mut BTreeMap<String, String>,
) -> Result<()> {
    let mut walk = Walk {
        document,
        references,
        open: BTreeSet::new(),
        facts,
    };
    walk.visit(at, schema, "")
}

/// The type alone, in one line.
pub(super) fn summary(document: &Value, schema: &Value) -> Result<String> {
    Ok(Merged::of(document, schema, References::Followed)?.text())
}

struct Walk<'a> {
    document: &'a Value,
    references: References,
    /// The schemas that are being walked, so that a recursive one comes to an end.
    open: BTreeSet<String>,
    facts: &'a mut BTreeMap<String, String>,
}

impl Walk<'_> {
    fn visit(&mut self, at: &str, schema: &Value, suffix: &str) -> Result<()> {
        let name = reference_name(schema).map(str::to_owned);
        if let Some(name) = name.as_ref().filter(|name| self.open.contains(*name)) {
            self.put(at, format!("{name} again{suffix}"));
            return Ok(());
        }
        self.open.extend(name.clone());
        let merged = Merged::of(self.document, schema, self.references)?;
        self.put(at, format!("{}{suffix}", merged.text()));
        self.visit_inner(at, &merged)?;
        name.map(|name| self.open.remove(&name));
        Ok(())
    }

    fn visit_inner(&mut self, at: &str, merged: &Merged) -> Result<()> {
        for (name, property) in &merged.properties {
            let inner = if at.is_empty() {
                name.clone()
            } else {
                format!("{at}.{name}")
            };
            let required = merged.required.contains(name);
            self.visit(
                &inner,
                property,
                if required { ", required" } else { ", optional" },
            )?;
        }
        if let Some(items) = &merged.items {
            self.visit(&format!("{at}[]"), items, "")?;
        }
        if let Some(values) = &merged.values {
            self.visit(&format!("{at}{{}}"), values, "")?;
        }
        Ok(())
    }

    fn put(&mut self, at: &str, text: String) {
        let at = if at.is_empty() { WHOLE } else { at };
        self.facts.insert(at.to_owned(), text);
    }
}

/// A schema with its references and `allOf` parts brought together.
#[derive(Default)]
struct Merged {
    kind: String,
    /// A part of it has members, and does not say that it is an object.
    untyped: bool,
    format: String,
    nullable: bool,
    read_only: bool,
    values_known: Vec<String>,
    values_closed: bool,
    properties: BTreeMap<String, Value>,
    required: BTreeSet<String>,
    items: Option<Value>,
    values: Option<Value>,
}

impl Merged {
    fn of(document: &Value, schema: &Value, references: References) -> Result<Self> {
        let mut merged = Self::default();
        merged.add(document, schema, references, 0)?;
        Ok(merged)
    }

    fn add(
        &mut self,
        document: &Value,
        schema: &Value,
        references: References,
        depth: usize,
    ) -> Result<()> {
        // A nesting deeper than this is a loop of `allOf`.
        anyhow::ensure!(depth < 16, "schemas contain each other");
        self.nullable |= schema["nullable"] == true || schema["x-nullable"] == true;
        self.read_only |= schema["readOnly"] == true;
        if let Some(name) = reference_name(schema) {
            if references == References::Named {
                self.kind = name.to_owned();
                return Ok(());
            }
            return self.add(document, resolve(document, schema)?, references, depth + 1);
        }
        let parts = schema["allOf"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        // A base among others is part of the schema and always followed; alone, it is a reference
        // that was wrapped to say more about it.
        let alone = parts.len() == 1 && schema["properties"].is_null();
        for part in parts {
            let part = if alone {
                part
            } else {
                resolve(document, part)?
            };
            self.add(document, part, references, depth + 1)?;
        }
        self.add_own(schema);
        self.add_alternatives(document, schema, references, depth)
    }

    /// OpenAPI 3.1 says "or null" and "one of these or another" by alternatives.
    fn add_alternatives(
        &mut self,
        document: &Value,
        schema: &Value,
        references: References,
        depth: usize,
    ) -> Result<()> {
        for key in ["anyOf", "oneOf"] {
            let parts = schema[key]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            for part in parts {
                self.add(document, part, references, depth + 1)?;
            }
            let open = parts
                .iter()
                .any(|part| part["type"] == "string" && part["enum"].is_null());
            self.values_closed &= !open;
        }
        Ok(())
    }

    fn add_own(&mut self, schema: &Value) {
        for kind in strings(&schema["type"]) {
            match kind.as_str() {
                "null" => self.nullable = true,
                _ => self.kind = kind,
            }
        }
        let has_members = schema["properties"].is_object()
            || schema["additionalProperties"].is_object()
            || schema["additionalProperties"] == true;
        self.untyped |= has_members && schema["type"].is_null();
        if let Some(format) = schema["format"].as_str() {
            self.format = format.to_owned();
        }
        if schema["contentMediaType"].is_string() {
            "string".clone_into(&mut self.kind);
            "binary".clone_into(&mut self.format);
        }
        let open = schema["x-ms-enum"]["modelAsString"] == true;
        for (key, closed) in [("enum", !open), ("x-acr-known-values", false)] {
            let known = strings(&schema[key]);
            if !known.is_empty() {
                self.values_known = known;
                self.values_closed = closed;
            }
        }
        let properties = schema["properties"].as_object().into_iter().flatten();
        self.properties
            .extend(properties.map(|(name, value)| (name.clone(), value.clone())));
        self.required.extend(strings(&schema["required"]));
        self.items = schema.get("items").cloned().or(self.items.take());
        self.values = schema
            .get("additionalProperties")
            .filter(|values| values.is_object() || **values == Value::Bool(true))
            .cloned()
            .or(self.values.take());
    }

    fn text(&self) -> String {
        let kind = match self.kind.as_str() {
            "" => "any",
            kind => kind,
        };
        let mut text = match self.format.as_str() {
            "" => kind.to_owned(),
            format => format!("{kind}({format})"),
        };
        if !self.values_known.is_empty() {
            let word = if self.values_closed {
                "one of"
            } else {
                "such as"
            };
            text.push_str(&format!(" {word} {}", self.values_known.join("|")));
        }
        if self.untyped {
            text.push_str(" without type");
        }
        if self.nullable {
            text.push_str(" or null");
        }
        if self.read_only {
            text.push_str(", read-only");
        }
        text
    }
}

/// The strings of a list, or one that stands alone.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}
