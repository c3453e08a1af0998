//! The status page: what the registry holds and what it was asked, for people.
//!
//! Written on the server, without a script: what a client sent is text on it and nothing else.

mod content;

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
};

const STYLE: &str = include_str!("page/style.css");
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
            (content::repositories(content))
            @if let Some(name) = &choice.repository { (content::repository(content, name)) }
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
