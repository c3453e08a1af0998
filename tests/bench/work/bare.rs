//! The same by reqwest and sha2 alone, with a token at hand: what no client can be faster than.

mod download;
mod hash;
mod many;
mod upload;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use serde::Deserialize;

use super::{Case, Client, Job, timed};

pub(super) async fn run(client: Client, case: Case, job: &Job) -> Result<f64> {
    let loops = Loops::new(client, job).await?;
    match case {
        Case::Upload | Case::UploadDigest => timed(upload::file(&loops)).await,
        Case::UploadStream => timed(upload::stream(&loops)).await,
        Case::Download => timed(download::discarded(&loops)).await,
        Case::DownloadFile => timed(download::to_file(&loops)).await,
        Case::Push => timed(many::push(&loops)).await,
        Case::Pull => timed(many::pull(&loops)).await,
        Case::Tags => timed(many::tags(&loops)).await,
    }
}

struct Loops<'a> {
    client: Client,
    http: reqwest::Client,
    job: &'a Job,
    repository: String,
}

impl<'a> Loops<'a> {
    async fn new(client: Client, job: &'a Job) -> Result<Self> {
        let repository = format!("bench/{}", job.count);
        let token = token(job, &repository).await?;
        let mut headers = HeaderMap::new();
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
        let http = builder(job.ca()?)?.default_headers(headers).build()?;
        Ok(Self {
            client,
            http,
            job,
            repository,
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v2/{}/{path}", self.job.endpoint, self.repository)
    }
}

pub(super) fn builder(ca: Option<String>) -> Result<reqwest::ClientBuilder> {
    let mut roots = RootCertStore::empty();
    if let Some(ca) = ca {
        roots.add(CertificateDer::from_pem_slice(ca.as_bytes())?)?;
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy())
}

async fn token(job: &Job, repository: &str) -> Result<String> {
    #[derive(Deserialize)]
    struct Given {
        access_token: String,
    }

    let scope = format!("repository:{repository}:metadata_read,pull,push");
    let authority = job
        .endpoint
        .split("://")
        .nth(1)
        .context("an endpoint with a scheme")?;
    let form = [
        ("grant_type", "password"),
        ("service", authority),
        ("scope", &scope),
        ("username", job.username.as_deref().unwrap_or("bench")),
        ("password", job.password.as_deref().unwrap_or("bench")),
    ];
    let url = format!("{}/oauth2/token", job.endpoint);
    let answer = builder(job.ca()?)?
        .build()?
        .post(url)
        .form(&form)
        .send()
        .await?;
    let given: Given = answer.error_for_status()?.json().await?;
    Ok(given.access_token)
}
