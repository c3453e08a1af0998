//! The registry that a group of exchanges is replayed against, and who asks it.

mod form;

use acr_emulator::{Emulator, Role};
use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    client::{Answer, Sent, send},
    exchange::Exchange,
    json::Json,
    target::Target,
};

/// The name under which a password is a token.
const NULL_GUID: &str = "00000000-0000-0000-0000-000000000000";

/// An emulator, and the tokens that it gave.
pub(crate) struct Registry {
    pub(crate) emulator: Emulator,
    /// Everything that a repository knows is allowed in these.
    repositories: Vec<String>,
    refresh: Option<String>,
    access: Option<String>,
}

/// What the exchanges tell of the registry itself.
pub(crate) struct Kind {
    pub(crate) service: String,
    pub(crate) anonymous: bool,
    pub(crate) repositories: Vec<String>,
}

impl Registry {
    pub(crate) async fn start(kind: Kind) -> Result<Self> {
        let builder = Emulator::builder()
            .service(kind.service)
            .anonymous_pull(kind.anonymous)
            .principal(form::STRANGER, Role::NoRole);
        Ok(Self {
            emulator: builder.start().await?,
            repositories: kind.repositories,
            refresh: None,
            access: None,
        })
    }

    /// Adds what was there before.
    pub(crate) async fn seed(&self, seed: &serde_json::Value) -> Result<()> {
        let answer = send(
            self.emulator.management(),
            &Sent {
                method: "POST".to_owned(),
                path: "/seed".to_owned(),
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: seed.to_string().into_bytes(),
            },
        )
        .await?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        ensure!(answer.status < 300, "the seed is refused: {text}: {seed}");
        Ok(())
    }

    /// The authorization of a request, where it had one; if the recorder dropped it, what the
    /// answer tells of it.
    pub(crate) async fn authorization(
        &mut self,
        exchange: &Exchange,
        kept: bool,
    ) -> Result<Option<String>> {
        let shown = exchange.asked("authorization");
        if kept && shown.is_none() {
            return Ok(None);
        }
        match Target::of(exchange) {
            Target::Exchange => return Ok(None),
            Target::Token if exchange.method == "POST" => return Ok(None),
            Target::Token => return self.for_a_token(exchange).await.map(Some),
            _ => {}
        }
        let challenge = exchange.answered("www-authenticate").unwrap_or_default();
        let lacks = challenge.contains("error=\"insufficient_scope\"");
        let garbled = challenge.contains("error=\"invalid_token\"");
        let token = match &self.access {
            _ if garbled => "no.token.atall".to_owned(),
            _ if exchange.status == 401 && !lacks => return Ok(None),
            Some(token) if shown.is_some() => token.clone(),
            _ if lacks => self.token("registry:None:*").await?,
            _ => self.sufficient().await?,
        };
        Ok(Some(format!("Bearer {token}")))
    }

    /// A token that allows everything in all repositories of the recording.
    pub(crate) async fn sufficient(&self) -> Result<String> {
        let actions = "pull,push,delete,metadata_read,metadata_write,deleted_read,deleted_restore";
        let mut scopes = vec!["registry:catalog:*".to_owned()];
        let repositories = self.repositories.iter();
        scopes.extend(repositories.map(|name| format!("repository:{name}:{actions}")));
        self.token(&scopes.join("%20")).await
    }

    async fn token(&self, scope: &str) -> Result<String> {
        let path = format!("/oauth2/token?service=any&scope={scope}");
        let answer = self.ask("GET", &path, Some(self.admin()), "").await?;
        let token =
            Json::parse(&answer.body).and_then(|j| Some(j.text("access_token")?.to_owned()));
        token.context("the registry gave no token")
    }

    /// `Basic`, as the answer shows it was: with the admin's password, a refresh token's, or none
    /// that is right.
    async fn for_a_token(&mut self, exchange: &Exchange) -> Result<String> {
        let refresh = exchange
            .answer_json()
            .is_some_and(|j| j.get("refresh_token").is_some());
        if exchange.status >= 400 {
            return Ok(basic("nobody", "wrong"));
        }
        if refresh {
            return Ok(basic(NULL_GUID, &self.refresh_token().await?));
        }
        Ok(self.admin())
    }

    /// The refresh token that the registry gave last, or a new one.
    async fn refresh_token(&mut self) -> Result<String> {
        if let Some(token) = &self.refresh {
            return Ok(token.clone());
        }
        let form = "grant_type=access_token&service=any&access_token=entra";
        let answer = self.ask("POST", "/oauth2/exchange", None, form).await?;
        let token =
            Json::parse(&answer.body).and_then(|j| Some(j.text("refresh_token")?.to_owned()));
        let token = token.context("the registry gave no refresh token")?;
        self.refresh = Some(token.clone());
        Ok(token)
    }

    /// Keeps the tokens of an answer.
    pub(crate) fn learn(&mut self, answer: &Answer) {
        let Some(json) = Json::parse(&answer.body) else {
            return;
        };
        if let Some(token) = json.text("refresh_token") {
            self.refresh = Some(token.to_owned());
        }
        if let Some(token) = json.text("access_token") {
            self.access = Some(token.to_owned());
        }
    }

    /// Forgets the access token: no client keeps one from one test to the next.
    pub(crate) fn next_file(&mut self) {
        self.access = None;
    }

    /// Opens an upload that the recording found open, with so many bytes in it.
    pub(crate) async fn open_upload(&self, repository: &str, received: usize) -> Result<Answer> {
        let authorization = Some(format!("Bearer {}", self.sufficient().await?));
        let path = format!("/v2/{repository}/blobs/uploads/");
        let answer = self.ask("POST", &path, authorization.clone(), "").await?;
        if received == 0 {
            return Ok(answer);
        }
        let location = answer.header("location").unwrap_or_default().to_owned();
        self.ask("PATCH", &location, authorization, &".".repeat(received))
            .await
    }

    fn admin(&self) -> String {
        let login = self.emulator.login();
        basic(&login.username, login.password.expose())
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        authorization: Option<String>,
        body: &str,
    ) -> Result<Answer> {
        let mut headers = Vec::new();
        headers.extend(authorization.map(|value| ("authorization".to_owned(), value)));
        let sent = Sent {
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            body: body.as_bytes().to_vec(),
        };
        send(self.emulator.endpoint(), &sent).await
    }
}

fn basic(username: &str, password: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{username}:{password}"))
    )
}
