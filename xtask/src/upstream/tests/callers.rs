//! Which handwritten sources call which generated method.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{ImplItem, Item};

use crate::generate::OUTPUT;

/// The methods of generated code, each with its signature.
pub(super) fn methods(code: &str) -> BTreeMap<String, String> {
    let file = syn::parse_file(code).unwrap();
    let blocks = file.items.into_iter().filter_map(|item| match item {
        Item::Impl(block) => Some(block.items),
        _ => None,
    });
    let functions = blocks.flatten().filter_map(|item| match item {
        ImplItem::Fn(function) if function.sig.asyncness.is_some() => Some(function.sig),
        _ => None,
    });
    functions
        .map(|signature| {
            let text = signature.to_token_stream().to_string();
            (signature.ident.to_string(), text)
        })
        .collect()
}

/// For each file below `crates` that calls any of these methods: the file, as `acr-x/src/y.rs`.
pub(super) fn files(root: &Path, methods: &BTreeSet<String>) -> BTreeSet<String> {
    let crates = root.join("crates");
    let mut found = BTreeSet::new();
    for file in rust_files(&crates) {
        let tokens: TokenStream = fs::read_to_string(&file).unwrap().parse().unwrap();
        if file != root.join(OUTPUT) && calls(tokens, methods) {
            let shown = file.strip_prefix(&crates).unwrap();
            found.insert(shown.display().to_string());
        }
    }
    found
}

/// Whether `.method(` occurs in code; comments are no code.
fn calls(tokens: TokenStream, methods: &BTreeSet<String>) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let here = tokens.windows(3).any(|window| match window {
        [
            TokenTree::Punct(dot),
            TokenTree::Ident(name),
            TokenTree::Group(arguments),
        ] => {
            dot.as_char() == '.'
                && arguments.delimiter() == Delimiter::Parenthesis
                && methods.contains(&name.to_string())
        }
        _ => false,
    });
    here || tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => calls(group.stream(), methods),
        _ => false,
    })
}

pub(super) fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// What CONTRIBUTING.md says will fail: the words in backticks of one row of its table.
pub(super) fn told(root: &Path, changed: &str) -> Vec<String> {
    let text = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let start = format!("| {changed} |");
    let row = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(&start));
    let row = row.unwrap_or_else(|| panic!("CONTRIBUTING.md has no row for {changed}"));
    let words = row.split('`').skip(1).step_by(2);
    words.map(str::to_owned).collect()
}

/// Whether one of the words names this file: by its own name, or by that of the module or folder
/// that it belongs to.
pub(super) fn is_told(words: &[String], file: &str) -> bool {
    words.iter().any(|word| {
        let folder = word.strip_suffix(".rs").unwrap_or(word);
        let folder = format!("/{}/", folder.trim_end_matches('/'));
        file.ends_with(&format!("/{word}")) || file == word || file.contains(&folder)
    })
}
