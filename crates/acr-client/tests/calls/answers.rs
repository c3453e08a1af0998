//! Answers as the service gives them.

use acr_client::Digest;
use httpmock::HttpMockResponse;

/// The configuration of the image in these answers.
pub(crate) const CONFIG: &[u8] = b"{}";
/// Its only layer.
pub(crate) const LAYER: &[u8] = b"layer";

const ALL: &str =
    r#"{"deleteEnabled":true,"writeEnabled":true,"readEnabled":true,"listEnabled":true}"#;
const LOCKED: &str =
    r#"{"deleteEnabled":false,"writeEnabled":false,"readEnabled":true,"listEnabled":true}"#;

/// An answer of the script.
#[derive(Clone)]
pub(crate) struct Answer {
    /// What the target of the request has in it; any other waits for the answers behind.
    to: &'static str,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer without headers or a body.
pub(crate) fn status(status: u16) -> Answer {
    Answer {
        to: "",
        status,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

/// A JSON body, ended by a newline as the service does.
pub(crate) fn json(code: u16, body: impl Into<String>) -> Answer {
    status(code)
        .header("content-type", "application/json; charset=utf-8")
        .header("x-ms-correlation-request-id", "c0ffee")
        .body(body.into() + "\n")
}

/// An error in the service's usual form.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
    json(status, body)
}

pub(crate) fn no_repository() -> Answer {
    error(
        404,
        "NAME_UNKNOWN",
        r#"repository \"team/app\" is not found"#,
    )
}

pub(crate) fn no_manifest() -> Answer {
    error(404, "MANIFEST_UNKNOWN", "manifest unknown")
}

pub(crate) fn no_tag() -> Answer {
    error(404, "TAG_UNKNOWN", "the specified tag does not exist")
}

/// What a locked item answers.
pub(crate) fn locked() -> Answer {
    error(
        405,
        "REGISTRY_DISALLOWED_OPERATION",
        "The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation",
    )
}

pub(crate) fn forbidden() -> Answer {
    error(403, "DENIED", "requested access to the resource is denied")
}

pub(crate) fn unavailable() -> Answer {
    error(503, "UNAVAILABLE", "service unavailable")
}

/// What a registry answers to a HEAD for what it does not have.
pub(crate) fn nothing() -> Answer {
    status(404).header("docker-distribution-api-version", "registry/2.0")
}

impl Answer {
    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }

    /// The answer to a request whose target has this in it, where several are sent at once.
    pub(crate) fn to(self, target: &'static str) -> Self {
        Self { to: target, ..self }
    }

    pub(crate) fn is_to(&self, target: &str) -> bool {
        target.contains(self.to)
    }

    pub(crate) fn is_to_some(&self) -> bool {
        !self.to.is_empty()
    }

    /// A further page, at this target.
    pub(crate) fn next(self, target: &str) -> Self {
        self.header("link", format!(r#"<{target}>; rel="next""#))
    }

    /// With the addresses in its headers.
    pub(crate) fn at(mut self, addresses: &[(&str, &str)]) -> Self {
        for (_, value) in &mut self.headers {
            for (name, address) in addresses {
                *value = value.replace(name, address);
            }
        }
        self
    }
}

impl From<Answer> for HttpMockResponse {
    fn from(answer: Answer) -> Self {
        Self::builder()
            .status(answer.status)
            .headers(answer.headers)
            .body(answer.body)
            .build()
    }
}

/// The manifest of the image in these answers.
pub(crate) fn image() -> String {
    let (config, layer) = (Digest::of(CONFIG), Digest::of(LAYER));
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":2}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{layer}","size":5}}]}}"#
    )
}

/// Its digest.
pub(crate) fn digest() -> Digest {
    Digest::of(image().as_bytes())
}

/// The manifest itself.
pub(crate) fn manifest() -> Answer {
    status(200)
        .header("content-type", "application/vnd.oci.image.manifest.v1+json")
        .header("docker-content-digest", digest().to_string())
        .body(image())
}

/// That it was stored.
pub(crate) fn manifest_stored(of: &Digest) -> Answer {
    status(201).header("docker-content-digest", of.to_string())
}

const SESSION: &str =
    "/v2/team/app/blobs/uploads/11111111-2222-3333-4444-555555555555?_nouploadcache=false&_state=";

/// An open upload that has so many bytes. It goes on at another address after each request.
pub(crate) fn open(state: &str, bytes: u64) -> Answer {
    status(202)
        .header("location", format!("{SESSION}{state}"))
        .header("docker-upload-uuid", "11111111-2222-3333-4444-555555555555")
        .header("range", format!("0-{}", bytes.saturating_sub(1)))
}

/// A blob that was stored, or mounted.
pub(crate) fn stored(digest: &Digest) -> Answer {
    status(201)
        .header("location", format!("/v2/team/app/blobs/{digest}"))
        .header("docker-content-digest", digest.to_string())
}

pub(crate) fn no_blob() -> Answer {
    error(404, "BLOB_UNKNOWN", "blob unknown to registry")
}

/// The answer to a HEAD for this blob, which leaves its bytes out.
pub(crate) fn blob_there(bytes: &[u8]) -> Answer {
    status(200)
        .header("content-type", "application/octet-stream")
        .header("docker-content-digest", Digest::of(bytes).to_string())
        .body(bytes)
}

/// The registry sends to the storage host, whose address is the key.
pub(crate) fn redirect() -> Answer {
    status(307).header(
        "location",
        "http://STORAGE/layer?se=2023-03-07T02%3A03%3A10Z&sig=S3CR3T",
    )
}

const TIMES: &str =
    r#""createdTime":"2023-03-07T02:03:10.5343706Z","lastUpdateTime":"2023-03-08T02:03:10Z""#;

pub(crate) fn repository_properties(flags: &str) -> Answer {
    json(
        200,
        format!(
            r#"{{"registry":"reg.azurecr.io","imageName":"team/app",{TIMES},"manifestCount":3,"tagCount":2,"changeableAttributes":{flags}}}"#
        ),
    )
}

/// An entry of a list of tags.
pub(crate) fn tag(name: &str, flags: &str) -> String {
    let digest = digest();
    format!(
        r#"{{"name":"{name}","digest":"{digest}",{TIMES},"signed":false,"changeableAttributes":{flags}}}"#
    )
}

/// An entry of a list of manifests.
pub(crate) fn manifest_entry(digest: &Digest, flags: &str) -> String {
    format!(
        r#"{{"digest":"{digest}","imageSize":7,{TIMES},"architecture":"amd64","os":"linux","mediaType":"application/vnd.oci.image.manifest.v1+json","configMediaType":"application/vnd.oci.image.config.v1+json","tags":["v1"],"changeableAttributes":{flags}}}"#
    )
}

pub(crate) fn tag_properties(name: &str, flags: &str) -> Answer {
    let tag = tag(name, flags);
    json(
        200,
        format!(r#"{{"registry":"reg.azurecr.io","imageName":"team/app","tag":{tag}}}"#),
    )
}

pub(crate) fn manifest_properties(flags: &str) -> Answer {
    let manifest = manifest_entry(&digest(), flags);
    json(
        200,
        format!(r#"{{"registry":"reg.azurecr.io","imageName":"team/app","manifest":{manifest}}}"#),
    )
}

/// A page of tags with these names.
pub(crate) fn tags(names: &[&str]) -> Answer {
    let entries: Vec<_> = names.iter().map(|name| tag(name, ALL)).collect();
    json(
        200,
        format!(
            r#"{{"registry":"reg.azurecr.io","imageName":"team/app","tags":[{}]}}"#,
            entries.join(",")
        ),
    )
}

/// A page of manifests.
pub(crate) fn manifests(digests: &[Digest]) -> Answer {
    let entries: Vec<_> = digests
        .iter()
        .map(|digest| manifest_entry(digest, ALL))
        .collect();
    json(
        200,
        format!(
            r#"{{"registry":"reg.azurecr.io","imageName":"team/app","manifests":[{}]}}"#,
            entries.join(",")
        ),
    )
}

/// All four flags set.
pub(crate) fn all() -> &'static str {
    ALL
}

/// Neither to be written to nor to be deleted.
pub(crate) fn read_only() -> &'static str {
    LOCKED
}
