//! What a line of a public API says of a function.

/// A function, as its line tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Function<'a> {
    /// What it belongs to, with its generics: `acr_client::Pager<T>`, or a module.
    pub(super) owner: &'a str,
    pub(super) name: &'a str,
    /// `self`, `&self`, `&mut self` or nothing.
    pub(super) receiver: &'a str,
    /// What it returns; empty for nothing.
    pub(super) returns: &'a str,
    pub(super) is_async: bool,
}

impl<'a> Function<'a> {
    /// Reads `pub async fn acr_client::Pager<T>::try_next(&mut self) -> …`.
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let mut rest = line;
        while rest.starts_with("#[") {
            rest = rest.split_once("] ")?.1;
        }
        let (qualifiers, rest) = rest.strip_prefix("pub ")?.split_once("fn ")?;
        if !qualifiers
            .split_whitespace()
            .all(|word| ["async", "const", "unsafe"].contains(&word))
        {
            return None;
        }
        let open = top_level(rest, |rest| rest.starts_with('('))?;
        let close = open + closing(&rest[open..])?;
        let path = rest[..open].trim_end();
        let path = match path.strip_suffix('>') {
            // Its own generics.
            Some(_) => &path[..last_top_level(path, '<')?],
            None => path,
        };
        let split = last_separator(path)?;
        let arguments = &rest[open + 1..close];
        let first = top_level(arguments, |rest| rest.starts_with(','))
            .map_or(arguments, |at| &arguments[..at]);
        let receiver = match first {
            "self" | "&self" | "&mut self" => first,
            _ => "",
        };
        let after = rest[close + 1..].strip_prefix(" -> ").unwrap_or_default();
        let returns =
            top_level(after, |rest| rest.starts_with(" where ")).map_or(after, |at| &after[..at]);
        Some(Self {
            owner: &path[..split],
            name: &path[split + 2..],
            receiver,
            returns,
            is_async: qualifiers.contains("async"),
        })
    }

    /// The name of the type that it belongs to, without path and generics.
    pub(super) fn owner_name(&self) -> &'a str {
        base(self.owner)
    }
}

/// The last name of a path, without generics: `Pager` of `acr_client::Pager<T>`.
pub(super) fn base(path: &str) -> &str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

/// The paths in a line: runs of names with `::` between them.
pub(super) fn paths(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .map(|path| path.trim_matches(':'))
        .filter(|path| path.contains("::"))
}

/// Where something begins that stands in no brackets.
fn top_level(text: &str, found: impl Fn(&str) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if depth == 0 && found(&text[at..]) {
            return Some(at);
        }
        depth = deeper(text, at, c, depth);
    }
    None
}

/// Where the bracket closes that the text begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        depth = deeper(text, at, c, depth);
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn deeper(text: &str, at: usize, c: char, depth: usize) -> usize {
    match c {
        '(' | '<' | '[' => depth + 1,
        // The end of an arrow closes nothing.
        '>' if text[..at].ends_with('-') => depth,
        ')' | '>' | ']' => depth.saturating_sub(1),
        _ => depth,
    }
}

fn last_top_level(text: &str, wanted: char) -> Option<usize> {
    let mut depth = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        if depth == 0 && c == wanted {
            last = Some(at);
        }
        depth = deeper(text, at, c, depth);
    }
    last
}

fn last_separator(path: &str) -> Option<usize> {
    let mut depth = 0;
    let mut last = None;
    for (at, c) in path.char_indices() {
        if depth == 0 && path[at..].starts_with("::") {
            last = Some(at);
        }
        depth = deeper(path, at, c, depth);
    }
    last
}
