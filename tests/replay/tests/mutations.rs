//! Each change of a recording is seen, in the field that it was made in.

use serde_json::{Value, json};

use super::{differing, recorder::recording, replayed};
use crate::run::Outcome;

/// The exchange of this method, path and status.
fn find<'a>(all: &'a mut [Value], method: &str, path: &str, status: u16) -> &'a mut Value {
    let mut found = all.iter_mut().filter(|exchange| {
        exchange["method"] == method
            && exchange["url"].as_str().unwrap().contains(path)
            && exchange["status"] == status
    });
    found.next().unwrap()
}

/// Replaces a text in the first line of a header of the answer.
fn header(exchange: &mut Value, name: &str, from: &str, to: &str) {
    let line = exchange["resp_headers"][name][0].as_str().unwrap();
    assert!(line.contains(from), "{name}: {line}");
    exchange["resp_headers"][name][0] = line.replace(from, to).into();
}

/// Replaces a text in the body of the answer.
fn body(exchange: &mut Value, from: &str, to: &str) {
    let text = exchange["resp_body"].as_str().unwrap();
    assert!(text.contains(from), "{text}");
    exchange["resp_body"] = text.replace(from, to).into();
}

#[tokio::test]
async fn what_was_recorded_of_the_emulator_comes_again() {
    let exchanges = recording().await;
    assert_eq!(exchanges.len(), 17);
    let outcomes = replayed(&[("test.jsonl", &exchanges)]).await;
    for (exchange, outcome) in outcomes {
        assert!(
            matches!(outcome, Outcome::Compared { .. }),
            "{}",
            exchange.url
        );
    }
    assert_eq!(differing(&exchanges).await, []);
}

#[tokio::test]
async fn every_change_of_a_recording_is_seen() {
    type Change = fn(&mut [Value]);
    let catalog = "/acr/v1/_catalog";
    assert!(
        recording()
            .await
            .iter()
            .any(|e| e["url"].as_str().unwrap().contains(catalog))
    );
    let changes: [(&str, Change); 25] = [
        ("status", |all| {
            find(all, "GET", "_catalog", 200)["status"] = 206.into();
        }),
        ("header x-content-type-options", |all| {
            let headers = &mut find(all, "GET", "_catalog", 200)["resp_headers"];
            headers
                .as_object_mut()
                .unwrap()
                .remove("x-content-type-options");
        }),
        ("header x-more", |all| {
            find(all, "GET", "_catalog", 200)["resp_headers"]["x-more"] = json!(["1"]);
        }),
        ("header strict-transport-security", |all| {
            let headers = &mut find(all, "GET", "_catalog", 200)["resp_headers"];
            headers["strict-transport-security"]
                .as_array_mut()
                .unwrap()
                .pop();
        }),
        ("header content-type", |all| {
            header(
                find(all, "GET", "_catalog", 200),
                "content-type",
                "utf-8",
                "UTF-8",
            );
        }),
        ("header content-length", |all| {
            find(all, "HEAD", "/blobs/", 200)["resp_headers"]["content-length"] = json!(["13"]);
        }),
        ("header content-length", |all| {
            find(all, "GET", "_tags", 200)["resp_headers"]["content-length"] = json!(["1"]);
        }),
        ("header link url query last", |all| {
            header(
                find(all, "GET", "_catalog", 200),
                "link",
                "last=app",
                "last=other",
            );
        }),
        ("header link url query ", |all| {
            header(find(all, "GET", "_catalog", 200), "link", "&orderby=", "");
        }),
        ("header link url query", |all| {
            header(
                find(all, "GET", "_catalog", 200),
                "link",
                "last=app&n=1",
                "n=1&last=app",
            );
        }),
        ("header link form", |all| {
            header(
                find(all, "GET", "_catalog", 200),
                "link",
                "rel=\"next\"",
                "rel=next",
            );
        }),
        ("header www-authenticate scope", |all| {
            header(
                find(all, "GET", "_catalog", 401),
                "www-authenticate",
                "catalog:*",
                "catalog:a",
            );
        }),
        ("header www-authenticate error", |all| {
            let (from, to) = (",error=\"insufficient_scope\"", "");
            let of = find(all, "GET", "_tags", 401);
            // With no token the challenge would be the one without an error.
            header(of, "www-authenticate", from, to);
            of["resp_headers"]["www-authenticate"] =
                json!([of["resp_headers"]["www-authenticate"][0]
                    .as_str()
                    .unwrap()
                    .to_owned()
                    + ",error=\"invalid_scope\""]);
        }),
        ("header www-authenticate form", |all| {
            header(
                find(all, "GET", "_catalog", 401),
                "www-authenticate",
                ",service",
                ", service",
            );
        }),
        ("header location path", |all| {
            header(
                find(all, "PUT", "/uploads/", 201),
                "location",
                "/v2/app/",
                "/v2/app2/",
            );
        }),
        ("header location query", |all| {
            header(
                find(all, "PATCH", "/uploads/", 202),
                "location",
                "_nouploadcache=false&",
                "",
            );
        }),
        ("header docker-upload-uuid", |all| {
            let id = "11111111-1111-1111-1111-111111111111";
            let of = find(all, "PATCH", "/uploads/", 202);
            of["resp_headers"]["docker-upload-uuid"] = json!([id]);
        }),
        ("header range", |all| {
            header(
                find(all, "POST", "/uploads/", 202),
                "range",
                "0-0",
                "bytes=0-0",
            );
        }),
        ("header docker-content-digest", |all| {
            header(
                find(all, "GET", "/blobs/", 307),
                "docker-content-digest",
                "sha256:",
                "sha512:",
            );
        }),
        ("header x-ms-blob-type", |all| {
            header(
                find(all, "GET", "core.windows.net", 200),
                "x-ms-blob-type",
                "Append",
                "Block",
            );
        }),
        ("body", |all| {
            body(
                find(all, "GET", "_tags", 200),
                "\"registry\":\"registry.azurecr.io\",",
                "",
            );
        }),
        ("body", |all| {
            let (one, other) = (
                "\"registry\":\"registry.azurecr.io\"",
                "\"imageName\":\"lib/other\"",
            );
            let (from, to) = (format!("{one},{other}"), format!("{other},{one}"));
            body(find(all, "GET", "_tags", 200), &from, &to);
        }),
        ("body.errors[0].detail", |all| {
            body(
                find(all, "GET", "/blobs/", 404),
                "\"detail\":\"sha256:",
                "\"detail\":\"",
            );
        }),
        ("body.errors[0].code", |all| {
            body(
                find(all, "GET", "/blobs/", 404),
                "BLOB_UNKNOWN",
                "NAME_UNKNOWN",
            );
        }),
        ("body.errors[0].detail[0].Action", |all| {
            body(
                find(all, "GET", "_tags", 401),
                "metadata_read",
                "metadata_write",
            );
        }),
    ];
    let exchanges = recording().await;
    for (field, change) in changes {
        let mut changed = exchanges.clone();
        change(&mut changed);
        let found = differing(&changed).await;
        let seen = found
            .iter()
            .any(|difference| difference.field.starts_with(field));
        assert!(seen, "{field}: {found:#?}");
    }
}

#[tokio::test]
async fn a_second_answer_that_contradicts_the_first_is_seen() {
    let mut exchanges = recording().await;
    let tags = exchanges.iter_mut().filter(|exchange| {
        exchange["url"].as_str().unwrap().contains("_tags") && exchange["status"] == 200
    });
    body(tags.last().unwrap(), "2021-05-01", "2021-05-02");
    let found = differing(&exchanges).await;
    let fields: Vec<_> = found
        .iter()
        .map(|difference| difference.field.as_str())
        .collect();
    assert_eq!(fields, ["body.tag.createdTime", "body.tag.lastUpdateTime"]);
}
