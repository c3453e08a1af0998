//! The status page: what the registry holds and what it was asked, for people.
//!
//! Written on the server, without a script: what a client sent is text on it and nothing else.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;

use crate::{
    app::App,
    faults::InjectedFault,
    modes::{Settings, UploadMode},
    requests::{Listener, RequestRecord},
    store::{Attributes, Indexed, Manifest, Repository, State as Content, TagEntry},
};

const STYLE: &str = include_str!("page.css");
/// So many repositories, tags and manifests are shown; the API has the others.
const ROWS: usize = 100;
/// So many requests are shown, the newest first.
const REQUESTS: usize = 50;

/// Which repository is to be shown in full.
#[derive(Deserialize)]
pub(super) struct Choice {
    repository: Option<String>,
}

/// `GET /`.
pub(super) async fn show(State(app): State<Arc<App>>, Query(choice): Query<Choice>) -> Response {
    let content = app.store.read(|content| {
        html! {
            (repositories(content))
            @if let Some(name) = &choice.repository { (repository(content, name)) }
        }
    });
    let service = &app.settings.service;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content="5";
                title { (service) " – acr-emulator" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (service) }
                    span.quiet { "a local registry, by acr-emulator " (env!("CARGO_PKG_VERSION")) }
                }
                (facts(&app))
                (faults(&app.faults.all()))
                (content)
                (requests(&app.requests.newest(REQUESTS)))
            }
        }
    };
    let mut response = page.into_string().into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn facts(app: &App) -> Markup {
    html! {
        dl.facts {
            div { dt { "endpoint" } dd.mono { (app.settings.scheme()) "://" (app.settings.authority) } }
            div { dt { "its clock" } dd.mono { (moment(app.clock.now())) } }
            @for (name, value) in modes(&app.modes()) {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// The settings that are not as they are at first, and how uploads are taken.
fn modes(settings: &Settings) -> Vec<(&'static str, String)> {
    let uploads = match settings.uploads {
        UploadMode::Strict => "strict",
        UploadMode::Tolerant => "tolerant",
    };
    let mut shown = vec![("uploads", uploads.to_owned())];
    for (name, on) in [
        ("ABAC", settings.abac),
        ("soft delete", settings.soft_delete),
        ("quarantine", settings.quarantine),
    ] {
        if on {
            shown.push((name, "on".to_owned()));
        }
    }
    if let Some(calls) = settings.calls_per_second {
        shown.push(("calls per second", calls.to_string()));
    }
    shown
}

/// The rules in force, as they would be sent.
fn faults(all: &[InjectedFault]) -> Markup {
    html! {
        @if !all.is_empty() {
            section {
                h2 { "Active faults (" (all.len()) ")" }
                div.wide { table {
                    tr { th { "id" } th.number { "hits" } th.number { "seen" } th { "rule" } }
                    @for fault in all.iter().take(ROWS) {
                        tr {
                            td.mono { (fault.id) }
                            td.number { (fault.hits) }
                            td.number { (fault.seen) }
                            td.long.mono { (serde_json::to_string(&fault.rule).unwrap_or_default()) }
                        }
                    }
                } }
                (rest(all.len()))
            }
        }
    }
}

fn repositories(content: &Content) -> Markup {
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

fn repository(content: &Content, name: &str) -> Markup {
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

fn requests(newest: &[RequestRecord]) -> Markup {
    html! {
        section {
            h2 { "Recent requests" }
            @if newest.is_empty() {
                p.quiet { "None yet." }
            } @else {
                div.wide { table {
                    tr { th { "time" } th { "status" } th.number { "ms" } th { "request" } }
                    @for record in newest { (request(record)) }
                } }
            }
        }
    }
}

fn request(record: &RequestRecord) -> Markup {
    html! {
        tr {
            td.mono { (time_of_day(record)) }
            td class=(format!("mono {}", class(record.status))) { (record.status) }
            td.number { (format!("{:.1}", record.duration.as_secs_f64() * 1000.0)) }
            td.long {
                (record.operation.unwrap_or("no operation"))
                @if record.listener == Listener::Storage { " " span.badge { "storage" } }
                // Without its query, in which there may be signatures.
                div.mono title=(record.path) { (record.method) " " (shortened(&record.path)) }
                @if let Some(scope) = &record.scope { div.mono.quiet { (scope) } }
            }
        }
    }
}

fn rest(all: usize) -> Markup {
    html! {
        @if all > ROWS { p.quiet { "… and " (all - ROWS) " more" } }
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

/// A path with the beginnings of its digests only.
fn shortened(path: &str) -> String {
    const SHOWN: usize = 12;
    let mut shown = String::new();
    for part in path.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
        let hex = part.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        if hex.len() < 2 * SHOWN {
            shown.push_str(part);
        } else {
            shown.push_str(&part[..SHOWN]);
            shown.push('…');
            shown.push_str(&part[hex.len()..]);
        }
    }
    shown
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

/// To the second: the page is no log.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn time_of_day(record: &RequestRecord) -> String {
    Timestamp::try_from(record.at)
        .map(|at| at.strftime("%H:%M:%S%.3f").to_string())
        .unwrap_or_default()
}

fn class(status: u16) -> &'static str {
    match status {
        ..400 => "good",
        400..500 => "warn",
        _ => "bad",
    }
}

fn link(repository: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("repository", repository)
        .finish();
    format!("/?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shortened_where_there_is_a_digest() {
        let hex = "0123456789abcdef".repeat(4);
        let short = "0123456789ab…";
        for (path, shown) in [
            (
                "/v2/team/app/tags/list".to_owned(),
                "/v2/team/app/tags/list".to_owned(),
            ),
            (
                format!("/v2/a/blobs/sha256:{hex}"),
                format!("/v2/a/blobs/sha256:{short}"),
            ),
            (format!("/x//{hex}/data"), format!("/x//{short}/data")),
            (format!("sha256%3A{hex}"), "sha256%3A0123456789…".to_owned()),
            ("/v2/ümläute/é".to_owned(), "/v2/ümläute/é".to_owned()),
        ] {
            assert_eq!(shortened(&path), shown);
        }
    }
}
