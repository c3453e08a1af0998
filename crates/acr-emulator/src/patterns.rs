//! Patterns of repository names: a name, a prefix and `/*`, or `*`.

use acr_core::RepositoryName;

/// Whether some repository can fit this.
pub(crate) fn is_pattern(text: &str) -> bool {
    let name = text.strip_suffix("/*").unwrap_or(text);
    text == "*" || name.parse::<RepositoryName>().is_ok()
}

/// Whether a repository fits a pattern.
pub(crate) fn fits(pattern: &str, repository: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        Some(prefix) => prefix.ends_with('/') && repository.starts_with(prefix),
        None => pattern == repository,
    }
}
