//! JSON whose objects keep the order of their keys.
//!
//! The order is part of what is compared. `serde_json` keeps it only with a feature that would
//! change the emulator's own answers in the same build.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    /// `null`, a boolean or a number, as it is written.
    Plain(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, its keys in their order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole text.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(entries) = self else {
            return None;
        };
        entries.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// The text of a key.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::as_text)
    }

    /// This, if it is a string.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a key, if it is a whole one.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Self::Plain(plain) => plain.parse().ok(),
            _ => None,
        }
    }

    /// The elements of a key; none where it is absent or no array.
    pub(crate) fn list(&self, key: &str) -> &[Self] {
        match self.get(key) {
            Some(Self::List(list)) => list,
            _ => &[],
        }
    }

    /// The keys and values; none where this is no object.
    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The same without the order, to be put together with other values.
    pub(crate) fn unordered(&self) -> serde_json::Value {
        serde_json::from_str(&self.to_string()).unwrap_or_default()
    }

    /// With these separators: between entries, after a colon, and what a line is indented by.
    pub(crate) fn write(&self, style: Style<'_>) -> String {
        let mut out = String::new();
        self.write_at(&mut out, style, 0);
        out
    }

    fn write_at(&self, out: &mut String, style: Style<'_>, depth: usize) {
        match self {
            Self::Plain(plain) => out.push_str(plain),
            Self::Text(text) => out.push_str(&quoted(text)),
            Self::List(list) => {
                let items = list.iter().map(|item| (None, item));
                write_items(out, style, depth, ['[', ']'], items);
            }
            Self::Object(entries) => {
                let items = entries.iter().map(|(key, item)| (Some(key.as_str()), item));
                write_items(out, style, depth, ['{', '}'], items);
            }
        }
    }
}

/// How a text is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style<'a> {
    pub(crate) comma: &'a str,
    pub(crate) colon: &'a str,
    /// The end of a line and one step of indentation; `None` puts all on one line.
    pub(crate) lines: Option<(&'a str, &'a str)>,
}

/// Without a byte too many.
pub(crate) const COMPACT: Style<'static> = Style {
    comma: ",",
    colon: ":",
    lines: None,
};

fn write_items<'a>(
    out: &mut String,
    style: Style<'_>,
    depth: usize,
    [open, close]: [char; 2],
    items: impl ExactSizeIterator<Item = (Option<&'a str>, &'a Json)>,
) {
    let empty = items.len() == 0;
    let new_line = |out: &mut String, depth: usize| {
        if let Some((end, step)) = style.lines {
            out.push_str(end);
            (0..depth).for_each(|_| out.push_str(step));
        }
    };
    out.push(open);
    for (at, (key, item)) in items.enumerate() {
        if at > 0 {
            out.push_str(style.comma);
        }
        new_line(out, depth + 1);
        if let Some(key) = key {
            out.push_str(&quoted(key));
            out.push_str(style.colon);
        }
        item.write_at(out, style, depth + 1);
    }
    if !empty {
        new_line(out, depth);
    }
    out.push(close);
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write(COMPACT))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Plain("null".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Object(entries))
    }
}
