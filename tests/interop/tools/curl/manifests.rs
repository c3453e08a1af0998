//! Manifests in and out, tags, referrers, and how all of it goes.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{
    super::{
        cases::{Cases, needed},
        image::{OCI_INDEX, OCI_MANIFEST, digest_of},
    },
    call::{Answer, Curl},
};

const SCOPE: &str = "repository:man/ifest:*";
const CONFIG: &[u8] = b"{}";

pub(super) fn run(curl: &Curl<'_>, cases: &mut Cases) {
    let Some(token) = cases.case("a token", || curl.token(SCOPE)) else {
        return;
    };
    let client = Client { curl, token };
    let put = cases.case("a manifest is put under a tag", || {
        client.blob(CONFIG)?;
        let manifest = serde_json::to_vec(&manifest(&json!({})))?;
        let answer = client.put("v1", OCI_MANIFEST, &manifest)?.expect(201)?;
        let digest = digest_of(&manifest);
        answer
            .expect_header("Docker-Content-Digest", &digest)?
            .expect_header("Location", &format!("/v2/man/ifest/manifests/{digest}"))?;
        Ok(manifest)
    });
    gets(&client, cases, &put);
    refusals(&client, cases);
    referrers(&client, cases, &put);
    lists(&client, cases);
    deletes(&client, cases, &put);
}

struct Client<'a> {
    curl: &'a Curl<'a>,
    token: String,
}

impl Client<'_> {
    fn send(&self, path: &str, more: &[&str]) -> Result<Answer> {
        self.curl.authorized(&self.token, path, more)
    }

    fn blob(&self, bytes: &[u8]) -> Result<Answer> {
        let path = format!("/v2/man/ifest/blobs/uploads/?digest={}", digest_of(bytes));
        let file = self.curl.file("blob", bytes)?;
        self.send(
            &path,
            &[
                "-H",
                "Content-Type: application/octet-stream",
                "--data-binary",
                &file,
            ],
        )?
        .expect(201)
    }

    fn put(&self, reference: &str, media_type: &str, manifest: &[u8]) -> Result<Answer> {
        let (file, content_type) = (
            self.curl.file("manifest", manifest)?,
            format!("Content-Type: {media_type}"),
        );
        let path = format!("/v2/man/ifest/manifests/{reference}");
        self.send(
            &path,
            &["-X", "PUT", "-H", &content_type, "--data-binary", &file],
        )
    }
}

fn manifest(more: &Value) -> Value {
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(CONFIG), "size": CONFIG.len()},
        "layers": [],
    });
    if let (Some(manifest), Some(more)) = (manifest.as_object_mut(), more.as_object()) {
        manifest.extend(more.clone());
    }
    manifest
}

fn gets(client: &Client<'_>, cases: &mut Cases, put: &Option<Vec<u8>>) {
    for by in ["tag", "digest"] {
        cases.case(&format!("GET and HEAD by {by}"), || {
            let manifest = needed(put)?;
            let digest = digest_of(manifest);
            let reference = if by == "tag" { "v1" } else { &digest };
            let path = format!("/v2/man/ifest/manifests/{reference}");
            let accept = format!("Accept: {OCI_INDEX}, {OCI_MANIFEST}");
            let answer = client
                .send(&path, &["-H", &accept])?
                .expect(200)?
                .expect_body(manifest)?;
            let head = client.send(&path, &["-I", "-H", &accept])?.expect(200)?;
            for answer in [answer, head] {
                answer
                    .expect_header("Content-Type", OCI_MANIFEST)?
                    .expect_header("Content-Length", &manifest.len().to_string())?
                    .expect_header("Docker-Content-Digest", &digest)?
                    .expect_header("Etag", &format!("\"{digest}\""))?;
            }
            Ok(())
        });
    }
    cases.case("a slash in the name may be escaped", || {
        client
            .send("/v2/man%2Fifest/manifests/v1", &[])?
            .expect(200)?
            .expect_body(needed(put)?)
    });
    cases.case("an index of it", || {
        let manifest = needed(put)?;
        let child = json!({"mediaType": OCI_MANIFEST, "digest": digest_of(manifest), "size": manifest.len(),
            "platform": {"architecture": "amd64", "os": "linux"}});
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child]});
        let index = serde_json::to_vec(&index)?;
        client.put("index", OCI_INDEX, &index)?.expect(201)?.expect_header("Docker-Content-Digest", &digest_of(&index))?;
        client.send("/v2/man/ifest/manifests/index", &[])?.expect(200)?.expect_body(&index)
    });
}

fn refusals(client: &Client<'_>, cases: &mut Cases) {
    cases.case("a tag and a digest that are not there", || {
        client
            .send("/v2/man/ifest/manifests/none", &[])?
            .expect_error(404, "MANIFEST_UNKNOWN")?;
        let path = format!("/v2/man/ifest/manifests/{}", digest_of(b"none"));
        client
            .send(&path, &[])?
            .expect_error(404, "MANIFEST_UNKNOWN")?;
        client.send(&path, &["-I"])?.expect(404)
    });
    cases.case("what is no manifest is refused", || {
        client
            .put("bad", OCI_MANIFEST, b"{}")?
            .expect_error(400, "MANIFEST_INVALID")
    });
    cases.case("another type than the body's is refused", || {
        let manifest = serde_json::to_vec(&manifest(&json!({})))?;
        client
            .put("bad", OCI_INDEX, &manifest)?
            .expect_error(400, "MANIFEST_INVALID")
    });
    cases.case("another digest than the body's is refused", || {
        let manifest = serde_json::to_vec(&manifest(&json!({})))?;
        client
            .put(&digest_of(b"else"), OCI_MANIFEST, &manifest)?
            .expect_error(400, "DIGEST_INVALID")
    });
}

fn referrers(client: &Client<'_>, cases: &mut Cases, put: &Option<Vec<u8>>) {
    cases.case("referrers of an image, all and by type", || {
        let subject = needed(put)?;
        let digest = digest_of(subject);
        let descriptor = json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": subject.len()});
        for (kind, note) in [("application/x-sbom", "one"), ("application/x-signature", "two")] {
            let referrer = manifest(&json!({"artifactType": kind, "subject": descriptor, "annotations": {"note": note}}));
            let referrer = serde_json::to_vec(&referrer)?;
            let answer = client.put(&digest_of(&referrer), OCI_MANIFEST, &referrer)?.expect(201)?;
            answer.expect_header("OCI-Subject", &digest)?;
        }
        let path = format!("/v2/man/ifest/referrers/{digest}");
        let all = client.send(&path, &[])?.expect(200)?.expect_header("Content-Type", OCI_INDEX)?;
        ensure!(all.json()?["manifests"].as_array().map(Vec::len) == Some(2));
        let path = format!("{path}?artifactType=application%2Fx-sbom");
        let some = client.send(&path, &[])?.expect(200)?.expect_header("OCI-Filters-Applied", "artifactType")?;
        let some = some.json()?;
        ensure!(some["manifests"].as_array().map(Vec::len) == Some(1), "{some}");
        ensure!(some["manifests"][0]["annotations"]["note"] == "one", "{some}");
        Ok(())
    });
}

fn lists(client: &Client<'_>, cases: &mut Cases) {
    let names = ["index", "t1", "t2", "t3", "t4", "v1"];
    cases.case("five tags more", || {
        let manifest = serde_json::to_vec(&manifest(&json!({})))?;
        for tag in &names[1..5] {
            client.put(tag, OCI_MANIFEST, &manifest)?.expect(201)?;
        }
        Ok(())
    });
    cases.case("tags/list by pages, along Link", || {
        let pages = pages(
            client,
            "/v2/man/ifest/tags/list?n=4",
            "/v2/man/ifest/tags/list?last=t3&n=4&orderby=",
        )?;
        let told: Vec<_> = pages.iter().flat_map(|page| array(&page["tags"])).collect();
        ensure!(told == names, "{told:?}");
        Ok(())
    });
    cases.case("_tags by pages, along Link", || {
        let pages = pages(
            client,
            "/acr/v1/man%2Fifest/_tags?n=4",
            "/acr/v1/man%2Fifest/_tags?last=t3&n=4&orderby=",
        )?;
        let told: Vec<_> = pages
            .iter()
            .flat_map(|page| array(&page["tags"]))
            .map(|tag| tag["name"].clone())
            .collect();
        ensure!(told == names, "{told:?}");
        Ok(())
    });
    cases.case("a page that takes the rest has no Link", || {
        let answer = client
            .send("/v2/man/ifest/tags/list?n=6", &[])?
            .expect(200)?;
        answer.expect_no_header("Link")
    });
    cases.case("_manifests, newest first", || {
        let answer = client
            .send("/acr/v1/man/ifest/_manifests?orderby=timedesc", &[])?
            .expect(200)?
            .json()?;
        let times: Vec<_> = array(&answer["manifests"])
            .into_iter()
            .map(|one| one["lastUpdateTime"].to_string())
            .collect();
        ensure!(times.len() == 4, "{answer}");
        ensure!(
            times.is_sorted_by(|newer, older| newer >= older),
            "{times:?}"
        );
        Ok(())
    });
}

/// All pages; the first one's link must be this one.
fn pages(client: &Client<'_>, first: &str, second: &str) -> Result<Vec<Value>> {
    let (mut next, mut pages) = (Some(first.to_owned()), Vec::new());
    while let Some(path) = next {
        let answer = client.send(&path, &[])?.expect(200)?;
        pages.push(answer.json()?);
        let link = answer.header("Link").ok();
        if pages.len() == 1 {
            ensure!(
                link == Some(&format!("<{second}>; rel=\"next\"")),
                "{link:?}"
            );
        }
        let target = link.and_then(|link| link.strip_prefix('<')?.strip_suffix(">; rel=\"next\""));
        next = target.map(str::to_owned);
    }
    Ok(pages)
}

fn array(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn deletes(client: &Client<'_>, cases: &mut Cases, put: &Option<Vec<u8>>) {
    cases.case("a deleted tag leaves its manifest", || {
        client
            .send("/acr/v1/man/ifest/_tags/t1", &["-X", "DELETE"])?
            .expect(202)?;
        client
            .send("/v2/man/ifest/manifests/t1", &[])?
            .expect(404)?;
        let path = format!("/v2/man/ifest/manifests/{}", digest_of(needed(put)?));
        client.send(&path, &[])?.expect(200)
    });
    cases.case("a deleted manifest takes its tags along", || {
        let path = format!("/v2/man/ifest/manifests/{}", digest_of(needed(put)?));
        client.send(&path, &["-X", "DELETE"])?.expect(202)?;
        client.send(&path, &[])?.expect(404)?;
        client.send("/v2/man/ifest/manifests/v1", &[])?.expect(404)
    });
    cases.case("a manifest is not deleted by its tag", || {
        client
            .send("/v2/man/ifest/manifests/index", &["-X", "DELETE"])?
            .expect_error(405, "UNSUPPORTED")
    });
    cases.case("a deleted repository tells what went", || {
        let answer = client
            .send("/acr/v1/man/ifest", &["-X", "DELETE"])?
            .expect(202)?
            .json()?;
        ensure!(array(&answer["manifestsDeleted"]).len() == 3, "{answer}");
        ensure!(array(&answer["tagsDeleted"]) == ["index"], "{answer}");
        client
            .send("/acr/v1/man/ifest", &[])?
            .expect_error(404, "NAME_UNKNOWN")
    });
}
