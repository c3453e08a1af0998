//! One call of curl, and what came back.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::super::{environment::Registry, program::Program};

pub(in super::super) struct Curl<'a> {
    pub(in super::super) registry: &'a Registry,
    folder: PathBuf,
}

/// What came back last, after redirects that were followed.
pub(in super::super) struct Answer {
    pub(in super::super) status: u16,
    headers: Vec<(String, String)>,
    pub(in super::super) body: Vec<u8>,
}

impl<'a> Curl<'a> {
    pub(in super::super) fn new(registry: &'a Registry, folder: PathBuf) -> Self {
        Self { registry, folder }
    }

    pub(in super::super) fn version(&self) -> Result<String> {
        let told = Program::new("curl").run(["--version"])?;
        let version = told.split_whitespace().nth(1);
        Ok(version.context("curl without a version")?.to_owned())
    }

    /// A call with these arguments; the path may be an absolute URL.
    pub(in super::super) fn call(&self, path: &str, arguments: &[&str]) -> Result<Answer> {
        let (headers, body) = (self.folder.join("headers"), self.folder.join("body"));
        fs::write(&body, "")?;
        let mut curl = Program::new("curl").always(["-q", "-sS", "--max-time", "60"]);
        if let Some(ca) = &self.registry.ca {
            curl = curl.always(["--cacert".to_owned(), ca.display().to_string()]);
        }
        let url = match path.starts_with("http") {
            true => path.to_owned(),
            false => format!("{}{path}", self.registry.endpoint),
        };
        let (headers, body) = (headers.as_path(), body.as_path());
        let status = curl
            .always(["-w", "%{http_code}", "-o"])
            .always([body.display().to_string(), "-D".to_owned()])
            .always([headers.display().to_string(), url])
            .run(arguments)?;
        Ok(Answer {
            status: status.parse()?,
            headers: last_headers(&fs::read_to_string(headers)?),
            body: fs::read(body)?,
        })
    }

    /// A call with a token.
    pub(in super::super) fn authorized(
        &self,
        token: &str,
        path: &str,
        more: &[&str],
    ) -> Result<Answer> {
        let header = format!("Authorization: Bearer {token}");
        let mut arguments = vec!["-H", &header];
        arguments.extend(more);
        self.call(path, &arguments)
    }

    /// A token for these scopes, by user name and password.
    pub(in super::super) fn token(&self, scope: &str) -> Result<String> {
        let credentials = self.registry.credentials();
        let (service, scope) = (self.form("service"), format!("scope={scope}"));
        let answer = self.call(
            "/oauth2/token",
            &[
                "-u",
                &credentials,
                "-G",
                "--data-urlencode",
                &service,
                "--data-urlencode",
                &scope,
            ],
        )?;
        answer.expect(200)?.text("access_token")
    }

    /// `service=…`, as a form has it.
    pub(in super::super) fn form(&self, field: &str) -> String {
        format!("{field}={}", self.registry.host())
    }

    /// A file of these bytes, as curl wants to have it named.
    pub(in super::super) fn file(&self, name: &str, bytes: &[u8]) -> Result<String> {
        let path = self.folder.join(name);
        fs::write(&path, bytes)?;
        Ok(format!("@{}", path.display()))
    }
}

impl Answer {
    pub(in super::super) fn expect(self, status: u16) -> Result<Self> {
        let body = String::from_utf8_lossy(&self.body);
        ensure!(
            self.status == status,
            "{} instead of {status}: {body}",
            self.status
        );
        Ok(self)
    }

    /// That it is this error.
    pub(in super::super) fn expect_error(self, status: u16, code: &str) -> Result<Self> {
        let answer = self.expect(status)?;
        let told = answer.json()?["errors"][0]["code"].clone();
        ensure!(told == code, "{told} instead of {code}");
        Ok(answer)
    }

    pub(in super::super) fn header(&self, name: &str) -> Result<&str> {
        let named = |(given, _): &&(String, String)| given.eq_ignore_ascii_case(name);
        let found = self.headers.iter().find(named);
        let (_, value) = found.with_context(|| format!("there is no {name}"))?;
        Ok(value)
    }

    pub(in super::super) fn expect_header(self, name: &str, value: &str) -> Result<Self> {
        let told = self.header(name)?;
        ensure!(told == value, "{name}: {told} instead of {value}");
        Ok(self)
    }

    pub(in super::super) fn expect_no_header(self, name: &str) -> Result<Self> {
        ensure!(self.header(name).is_err(), "there is a {name}");
        Ok(self)
    }

    pub(in super::super) fn expect_body(self, body: &[u8]) -> Result<Self> {
        let shown = String::from_utf8_lossy(&self.body[..self.body.len().min(200)]);
        ensure!(
            self.body == body,
            "another body of {} bytes: {shown}",
            self.body.len()
        );
        Ok(self)
    }

    pub(in super::super) fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// A string of the body.
    pub(in super::super) fn text(&self, field: &str) -> Result<String> {
        let body = self.json()?;
        let text = body[field].as_str();
        Ok(text
            .with_context(|| format!("no {field} in {body}"))?
            .to_owned())
    }
}

/// Of redirects and of `100 Continue` curl writes the headers too.
fn last_headers(dump: &str) -> Vec<(String, String)> {
    let blocks = dump.split("\r\n\r\n").filter(|block| !block.is_empty());
    let last = blocks.last().unwrap_or_default();
    let lines = last.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}
