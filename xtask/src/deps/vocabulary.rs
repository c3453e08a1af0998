//! What the emulator may name of acr-core.
//!
//! It shares names, digests, media types and secrets with the client. Challenges, scopes, links and
//! error bodies it writes itself: were they shared, one misreading of the service would pass on both
//! sides of every test.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

const SOURCES: &str = "crates/acr-emulator/src";
const SHARED: &str = "acr_core";
const ALLOWED: [&str; 12] = [
    "Algorithm",
    "Digest",
    "DigestError",
    "DigestVerifier",
    "Login",
    "MediaType",
    "NameError",
    "Reference",
    "RegistryEndpoint",
    "RepositoryName",
    "Secret",
    "Tag",
];

/// Everything else that the emulator's sources name of acr-core.
pub(super) fn of_the_emulator(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in rust_files(&root.join(SOURCES))? {
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let shown = file.strip_prefix(root).unwrap_or(&file).display();
        for name in foreign_names(&text).with_context(|| format!("cannot read {shown}"))? {
            problems.push(format!("{shown} must not use {SHARED}::{name}"));
        }
    }
    Ok(problems)
}

/// The names behind `acr_core::` that are not allowed. Tokens are read, not items, so that the
/// arguments of macros count too.
pub(super) fn foreign_names(source: &str) -> Result<Vec<String>> {
    let tokens: TokenStream = source
        .parse()
        .map_err(|error| anyhow::anyhow!("no Rust source: {error}"))?;
    let mut names = Vec::new();
    collect(tokens, &mut names);
    names.retain(|name| !ALLOWED.contains(&name.as_str()));
    Ok(names)
}

fn collect(tokens: TokenStream, names: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) if ident == SHARED => names.extend(named(&tokens[index + 1..])),
            TokenTree::Group(group) => collect(group.stream(), names),
            _ => {}
        }
    }
}

/// What follows the crate's name: one name, several in braces, or the crate as a whole.
fn named(rest: &[TokenTree]) -> Vec<String> {
    match rest {
        [TokenTree::Punct(a), TokenTree::Punct(b), target, ..]
            if a.as_char() == ':' && b.as_char() == ':' =>
        {
            match target {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    first_of_each(group.stream())
                }
                target => vec![target.to_string()],
            }
        }
        _ => vec!["(the crate itself)".to_owned()],
    }
}

fn first_of_each(list: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = list.into_iter().collect();
    let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
    tokens
        .split(comma)
        .filter_map(|entry| entry.first())
        .map(ToString::to_string)
        .collect()
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
