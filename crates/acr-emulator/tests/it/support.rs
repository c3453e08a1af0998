//! A started emulator and a client that knows nothing but HTTP.

use acr_core::Digest;
use acr_emulator::{Emulator, EmulatorBuilder};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A client that follows no redirect.
pub(crate) fn client() -> Client {
    // A provider is needed even for http; whoever comes second finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(Policy::none()).build().unwrap()
}

pub(crate) struct Registry {
    pub(crate) emulator: Emulator,
    pub(crate) http: Client,
}

impl Registry {
    pub(crate) async fn start() -> Self {
        Self::with(Emulator::builder()).await
    }

    pub(crate) async fn with(builder: EmulatorBuilder) -> Self {
        Self {
            emulator: builder.start().await.unwrap(),
            http: client(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.endpoint())
    }

    /// A request without authorization.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// A request of the admin user, by password.
    pub(crate) fn admin(&self, method: Method, path: &str) -> RequestBuilder {
        let login = self.emulator.login();
        self.request(method, path)
            .basic_auth(login.username, Some(login.password.expose()))
    }

    /// What the admin user gets here.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.admin(Method::GET, path).send().await.unwrap()
    }

    /// The JSON that the admin user gets here.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// What deleting this gives the admin user.
    pub(crate) async fn delete(&self, path: &str) -> StatusCode {
        let sent = self.admin(Method::DELETE, path).send().await;
        sent.unwrap().status()
    }

    /// Changes attributes.
    pub(crate) async fn patch(&self, path: &str, attributes: Value) -> Value {
        let patch = self.admin(Method::PATCH, path).body(attributes.to_string());
        let response = patch.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) async fn push_blob(&self, repository: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let post = self.admin(Method::POST, &path).body(bytes.to_vec());
        assert_eq!(post.send().await.unwrap().status(), StatusCode::CREATED);
        digest
    }

    pub(crate) async fn put_manifest(
        &self,
        repository: &str,
        reference: &str,
        media_type: &str,
        body: String,
    ) -> Response {
        let path = format!("/v2/{repository}/manifests/{reference}");
        self.admin(Method::PUT, &path)
            .header("content-type", media_type)
            .body(body)
            .send()
            .await
            .unwrap()
    }

    /// Pushes a small image whose digest depends on `content`, and gives that digest.
    pub(crate) async fn push_image(&self, repository: &str, tag: &str, content: &str) -> Digest {
        let (layer, config) = (
            content.as_bytes(),
            br#"{"architecture":"ppc64le","os":"linux"}"#,
        );
        let layer_digest = self.push_blob(repository, layer).await;
        let config_digest = self.push_blob(repository, config).await;
        let body = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": config_digest, "size": config.len(),
            },
            "layers": [{
                "mediaType": "application/vnd.oci.image.layer.v1.tar",
                "digest": layer_digest, "size": layer.len(),
            }],
        })
        .to_string();
        let digest = Digest::of(body.as_bytes());
        let put = self.put_manifest(repository, tag, OCI_MANIFEST, body).await;
        assert_eq!(put.status(), StatusCode::CREATED);
        digest
    }

    /// Asks a token for a scope with a user name and password.
    pub(crate) async fn token(&self, username: &str, password: &str, scope: &str) -> String {
        let response = self
            .request(Method::GET, "/oauth2/token")
            .query(&[("service", "any"), ("scope", scope)])
            .basic_auth(username, Some(password))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let answer: Value = response.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Posts a form to a token endpoint.
    pub(crate) async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let post = self.request(Method::POST, path).form(form);
        post.send().await.unwrap()
    }
}

/// The value of a header, which must be there.
pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .unwrap_or_else(|| panic!("no {name} in {:?}", response.headers()))
        .to_str()
        .unwrap()
}

/// The code of the first error of an answer.
pub(crate) async fn code(response: Response) -> String {
    let body: Value = response.json().await.unwrap();
    body["errors"][0]["code"].as_str().unwrap().to_owned()
}

/// The payload of a token.
pub(crate) fn claims(token: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    let payload = token.split('.').nth(1).unwrap();
    // The standard alphabet must do, too.
    serde_json::from_slice(&STANDARD_NO_PAD.decode(payload).unwrap()).unwrap()
}
