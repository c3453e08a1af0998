//! The registry's own API: the catalog, properties, locks.

use anyhow::{Result, ensure};

use super::{
    super::{
        cases::{Cases, needed},
        image::{OCI_MANIFEST, digest_of},
    },
    call::{Answer, Curl},
};

const MANIFEST: &[u8] = br#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;
const LOCKED: &str = "REGISTRY_DISALLOWED_OPERATION";

pub(super) fn run(curl: &Curl<'_>, cases: &mut Cases) {
    let token = cases.case("two repositories", || {
        let token = curl.token("repository:lock/a:* repository:lock/b:* registry:catalog:*")?;
        for name in ["lock/a", "lock/b"] {
            let upload = format!("/v2/{name}/blobs/uploads/?digest={}", digest_of(b"{}"));
            let bytes = ["-H", "Content-Type: application/octet-stream", "-d", "{}"];
            curl.authorized(&token, &upload, &bytes)?.expect(201)?;
            put(curl, &token, name, "v1")?.expect(201)?;
        }
        Ok(token)
    });
    let send = |path: &str, more: &[&str]| curl.authorized(needed(&token)?, path, more);
    cases.case("the catalog by pages", || {
        let first = send("/acr/v1/_catalog?n=1&last=lock", &[])?.expect(200)?;
        ensure!(first.json()?["repositories"] == serde_json::json!(["lock/a"]));
        let first = first.expect_header(
            "Link",
            r#"</acr/v1/_catalog?last=lock%2Fa&n=1&orderby=>; rel="next""#,
        )?;
        ensure!(first.header("Link").is_ok());
        let last = send("/acr/v1/_catalog?last=lock%2Fa&n=1&orderby=", &[])?.expect(200)?;
        ensure!(last.json()?["repositories"] == serde_json::json!(["lock/b"]));
        Ok(())
    });
    cases.case("properties of repository, tag and manifest", || {
        let repository = send("/acr/v1/lock%2Fa", &[])?.expect(200)?.json()?;
        ensure!(
            repository["imageName"] == "lock/a" && repository["tagCount"] == 1,
            "{repository}"
        );
        let tag = send("/acr/v1/lock/a/_tags/v1", &[])?.expect(200)?.json()?;
        ensure!(tag["tag"]["digest"] == digest_of(MANIFEST), "{tag}");
        let manifest = send(
            &format!("/acr/v1/lock/a/_manifests/{}", digest_of(MANIFEST)),
            &[],
        )?;
        let manifest = manifest.expect(200)?.json()?;
        ensure!(
            manifest["manifest"]["mediaType"] == OCI_MANIFEST,
            "{manifest}"
        );
        ensure!(manifest["manifest"]["tags"][0] == "v1", "{manifest}");
        Ok(())
    });
    let manifest = format!("/acr/v1/lock/a/_manifests/{}", digest_of(MANIFEST));
    for (what, path) in [
        ("tag", "/acr/v1/lock/a/_tags/v1"),
        ("manifest", &manifest),
        ("repository", "/acr/v1/lock/a"),
    ] {
        cases.case(
            &format!("a {what} locked against deletion"),
            || -> Result<()> {
                patch(&send, path, r#"{"deleteEnabled":false}"#)?;
                // A manifest is deleted where it is pulled.
                let delete = path.replace("/acr/v1/lock/a/_manifests/", "/v2/lock/a/manifests/");
                send(&delete, &["-X", "DELETE"])?.expect_error(405, LOCKED)?;
                patch(&send, path, r#"{"deleteEnabled":true}"#)?;
                Ok(())
            },
        );
    }
    cases.case(
        "a repository locked against writing, and opened again",
        || {
            patch(&send, "/acr/v1/lock/a", r#"{"writeEnabled":false}"#)?;
            put(curl, needed(&token)?, "lock/a", "v2")?.expect_error(405, LOCKED)?;
            put(curl, needed(&token)?, "lock/b", "v2")?.expect(201)?;
            patch(&send, "/acr/v1/lock/a", r#"{"writeEnabled":true}"#)?;
            put(curl, needed(&token)?, "lock/a", "v2")?.expect(201)
        },
    );
    cases.case("a tag locked against writing stays where it is", || {
        patch(
            &send,
            "/acr/v1/lock/b/_tags/v1",
            r#"{"writeEnabled":false}"#,
        )?;
        put(curl, needed(&token)?, "lock/b", "v1")?.expect_error(405, LOCKED)?;
        let after = send("/acr/v1/lock/b/_tags/v1", &[])?.expect(200)?.json()?;
        ensure!(
            after["tag"]["changeableAttributes"]["writeEnabled"] == false,
            "{after}"
        );
        ensure!(
            after["tag"]["changeableAttributes"]["readEnabled"] == true,
            "{after}"
        );
        Ok(())
    });
}

fn patch(
    send: &impl Fn(&str, &[&str]) -> Result<Answer>,
    path: &str,
    json: &str,
) -> Result<Answer> {
    send(
        path,
        &[
            "-X",
            "PATCH",
            "-H",
            "Content-Type: application/json",
            "-d",
            json,
        ],
    )?
    .expect(200)
}

fn put(curl: &Curl<'_>, token: &str, name: &str, tag: &str) -> Result<Answer> {
    let (path, file) = (
        format!("/v2/{name}/manifests/{tag}"),
        curl.file("manifest", MANIFEST)?,
    );
    let content_type = format!("Content-Type: {OCI_MANIFEST}");
    curl.authorized(
        token,
        &path,
        &["-X", "PUT", "-H", &content_type, "--data-binary", &file],
    )
}
