//! What a registry holds, in tables.

use maud::{Markup, html};

use super::{ROWS, moment, rest};
use crate::store::{Attributes, Indexed, Manifest, Repository, State as Content, TagEntry};

pub(super) fn repositories(content: &Content) -> Markup {
    let all = &content.repositories;
    html! {
        section {
            h2 { "Repositories (" (all.len()) ")" }
            @if all.is_empty() {
                p.quiet { "None yet: a repository comes with its first manifest." }
            } @else {
                div.wide { table {
                    tr {
                        th { "name" } th.number { "tags" } th.number { "manifests" }
                        th { "last update" } th { "locks" }
                    }
                    @for (name, repository) in all.iter().take(ROWS) {
                        tr {
                            td.long.mono { a href=(link(name)) { (name) } }
                            td.number { (repository.tags.len()) }
                            td.number { (repository.manifests.len()) }
                            td.mono { (moment(repository.updated)) }
                            td { (locks(repository.attributes)) }
                        }
                    }
                } }
                (rest(all.len()))
            }
        }
    }
}

pub(super) fn repository(content: &Content, name: &str) -> Markup {
    html! {
        section {
            @match content.repositories.get(name) {
                None => { h2 { (name) } p.quiet { "There is no such repository." } }
                Some(repository) => {
                    h2 { "Tags of " (name) " (" (repository.tags.len()) ")" }
                    (tags(&repository.tags))
                    h2 { "Manifests of " (name) " (" (repository.manifests.len()) ")" }
                    (manifests(repository))
                }
            }
            p { a href="/" { "Close" } }
        }
    }
}

fn tags(all: &Indexed<TagEntry>) -> Markup {
    html! {
        div.wide { table {
            tr { th { "tag" } th { "digest" } th { "last update" } th { "locks" } }
            @for (tag, entry) in all.iter().take(ROWS) {
                tr {
                    td.mono { (tag) }
                    td.mono { (digest(entry.digest.as_str())) }
                    td.mono { (moment(entry.updated)) }
                    td { (locks(entry.attributes)) }
                }
            }
        } }
        (rest(all.len()))
    }
}

fn manifests(repository: &Repository) -> Markup {
    html! {
        div.wide { table {
            tr {
                th { "digest" } th { "media type" } th { "platform" } th.number { "image size" }
                th { "tags" } th { "last update" } th { "locks" }
            }
            @for (name, manifest) in repository.manifests.iter().take(ROWS) {
                tr {
                    td.mono { (digest(name)) }
                    td.long.mono { (manifest.media_type) }
                    td { (platform(manifest)) }
                    td.number { (manifest.summary.image_size) }
                    td.mono { (some_of(manifest)) }
                    td.mono { (moment(manifest.updated)) }
                    td { (locks(manifest.attributes)) }
                }
            }
        } }
        (rest(repository.manifests.len()))
    }
}

/// What is not allowed; nothing where all is.
fn locks(attributes: Attributes) -> Markup {
    let off = [
        ("delete", attributes.delete_enabled),
        ("write", attributes.write_enabled),
        ("read", attributes.read_enabled),
        ("list", attributes.list_enabled),
    ];
    html! {
        @for (name, _) in off.iter().filter(|(_, enabled)| !enabled) {
            span.badge.warn { "no " (name) } " "
        }
    }
}

/// The beginning of a digest; the whole of it where the pointer rests.
fn digest(whole: &str) -> Markup {
    let (algorithm, hex) = whole.split_once(':').unwrap_or_default();
    let short = hex.get(..12).unwrap_or(hex);
    html! { span title=(whole) { (algorithm) ":" (short) "…" } }
}

fn platform(manifest: &Manifest) -> String {
    let summary = &manifest.summary;
    let parts = [&summary.os, &summary.architecture];
    let known: Vec<&str> = parts.into_iter().filter_map(Option::as_deref).collect();
    known.join("/")
}

fn some_of(manifest: &Manifest) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = manifest.tags.names().take(SHOWN).collect();
    let more = if manifest.tags.len() > SHOWN {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(", "))
}

fn link(repository: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("repository", repository)
        .finish();
    format!("/?{query}")
}
