//! A registry that makes tokens and refuses requests without the right one.

use std::{
    collections::BTreeMap,
    error::Error as StdError,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use acr_auth::{Authenticator, AuthenticatorBuilder, Clock, Credential, Error};
use acr_core::{RegistryEndpoint, Scope, ScopeSet};
use acr_rest::{Client, Failure, Pipeline, RetryOptions, Trace, TransportOptions};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};

/// In every token and password, so that it can be looked for where none belongs.
pub(crate) const SECRET: &str = "S3CR3T";

/// The same within a `Basic` header: the beginning of `me:S3CR3T-password`.
const ENCODED: &str = "bWU6UzNDUjNULXBhc3N3b3Jk";

/// 1 May 2024, 10:00 UTC.
pub(crate) const START: u64 = 1_714_557_600;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// What the registry does out of the ordinary.
#[derive(Default)]
pub(crate) struct Rules {
    /// How `/oauth2/exchange` refuses.
    pub(crate) exchange: Option<(u16, &'static str)>,
    /// How `/oauth2/token` refuses.
    pub(crate) token: Option<(u16, &'static str)>,
    /// What tokens are made for, whatever is asked.
    pub(crate) grants: Option<&'static str>,
    /// What a request needs, whatever its kind; the client's guess is another.
    pub(crate) needs: Option<&'static str>,
    /// Where the challenge sends.
    pub(crate) realm: Option<String>,
    /// How many requests are refused, though their token is right.
    pub(crate) refusals: usize,
    /// What a refusal says of the token; `insufficient_scope` otherwise.
    pub(crate) error: Option<&'static str>,
    /// What it answers out of turn.
    pub(crate) answer: Option<Answer>,
    /// How many exchanges are refused with 401, though all is right.
    pub(crate) exchange_refusals: usize,
    /// How many calls of `/oauth2/token` are refused with 401, though all is right.
    pub(crate) token_refusals: usize,
    /// How long refresh tokens hold, instead of three hours.
    pub(crate) refresh_life: Option<Duration>,
    /// How long access tokens hold, instead of one.
    pub(crate) access_life: Option<Duration>,
}

/// An answer out of turn, to the requests for which there is one.
pub(crate) type Answer = Box<dyn Fn(&HttpMockRequest) -> Option<HttpMockResponse> + Send>;

/// The registry: it writes down what it is asked.
pub(crate) struct Registry {
    server: MockServer,
    requests: Arc<Mutex<Vec<HttpMockRequest>>>,
    service: Arc<Mutex<Service>>,
    pub(crate) clock: Arc<TestClock>,
}

impl Registry {
    pub(crate) async fn start() -> Self {
        Self::with(Rules::default()).await
    }

    pub(crate) async fn with(rules: Rules) -> Self {
        let server = MockServer::start_async().await;
        let requests = Arc::<Mutex<Vec<HttpMockRequest>>>::default();
        let clock = Arc::<TestClock>::default();
        let service = Arc::new(Mutex::new(Service {
            rules,
            realm: format!("{}/oauth2/token", server.base_url()),
            clock: Arc::clone(&clock),
            made: 0,
        }));
        let (seen, answering) = (Arc::clone(&requests), Arc::clone(&service));
        server
            .mock_async(move |when, then| {
                when.any_request();
                then.respond_with(move |request| {
                    seen.lock().unwrap().push(request.clone());
                    answering.lock().unwrap().answer(request)
                });
            })
            .await;
        Self {
            server,
            requests,
            service,
            clock,
        }
    }

    /// Changes what it does from now on.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Rules)) {
        change(&mut self.service.lock().unwrap().rules);
    }

    pub(crate) fn endpoint(&self) -> RegistryEndpoint {
        self.server.base_url().parse().unwrap()
    }

    pub(crate) fn authenticator(&self, credential: impl Into<Credential>) -> AuthenticatorBuilder {
        Authenticator::builder(&self.endpoint(), credential)
            .clock(Arc::clone(&self.clock) as _)
            .retry(RetryOptions::none())
    }

    /// A client of this registry that gets its tokens so.
    pub(crate) fn client(&self, credential: impl Into<Credential>) -> Client {
        self.client_with(&self.authenticator(credential).build().unwrap())
    }

    pub(crate) fn client_with(&self, authenticator: &Authenticator) -> Client {
        let transport = acr_rest::transport(&TransportOptions::default()).unwrap();
        let pipeline = Pipeline::new(transport)
            .with(authenticator.middleware())
            .with(Arc::new(Trace::default()));
        Client::connect(&self.endpoint(), pipeline)
    }

    /// `METHOD path` of every request so far.
    pub(crate) fn log(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let line = |request: &HttpMockRequest| {
            format!("{} {}", request.method_str(), request.uri().path())
        };
        requests.iter().map(line).collect()
    }

    /// What was asked since this was last called, as [`log`](Self::log) has it.
    pub(crate) fn news(&self) -> Vec<String> {
        let news = self.log();
        self.requests.lock().unwrap().clear();
        news
    }

    /// How many requests went to this path.
    pub(crate) fn count(&self, path: &str) -> usize {
        let log = self.log();
        log.iter().filter(|line| line.ends_with(path)).count()
    }

    /// An error and its sources, one on each line, and what to do about it; without the address,
    /// which is another one in each run.
    pub(crate) fn told(&self, error: &Error) -> String {
        let hint = error.hint().unwrap_or_else(|| "–".into());
        let told = format!("{}\nhint: {hint}", chain(error));
        told.replace(self.endpoint().authority(), "REGISTRY")
    }

    /// Everything that was sent: target, headers that matter, body; tokens are read, as they
    /// differ from run to run.
    pub(crate) fn sent(&self) -> String {
        let requests = self.requests.lock().unwrap();
        let shown: Vec<_> = requests.iter().map(|request| self.show(request)).collect();
        shown.join("\n---\n")
    }

    fn show(&self, request: &HttpMockRequest) -> String {
        let mut lines: Vec<_> = request
            .headers_vec()
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "authorization" | "content-type"))
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        lines.sort();
        let uri = request.uri_str();
        let text = format!(
            "{} {}\n{}\n{}",
            request.method_str(),
            uri.strip_prefix(&self.server.base_url()).unwrap_or(uri),
            lines.concat(),
            request.body_string()
        );
        let address = self.server.address().to_string();
        readable(
            &text
                .replace(&address, "REGISTRY")
                .replace(&address.replace(':', "%3A"), "REGISTRY"),
        )
    }
}

/// The text with the payload of each token in place of the token.
fn readable(text: &str) -> String {
    let mut words = Vec::new();
    for word in text.split_inclusive([' ', '\n', '=', '&']) {
        let (token, end) = match word.find([' ', '\n', '=', '&']) {
            Some(at) => word.split_at(at),
            None => (word, ""),
        };
        words.push(match payload(token) {
            Some(payload) => format!("<{payload}>{end}"),
            None => word.to_owned(),
        });
    }
    words.concat()
}

fn payload(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let ("e30", payload, _) = (parts.next()?, parts.next()?, parts.next()?) else {
        return None;
    };
    String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// A token as the service makes them, except for the signature.
pub(crate) fn token(claims: &str) -> String {
    format!("e30.{}.{SECRET}", URL_SAFE_NO_PAD.encode(claims))
}

struct Service {
    rules: Rules,
    realm: String,
    clock: Arc<TestClock>,
    made: usize,
}

impl Service {
    fn answer(&mut self, request: &HttpMockRequest) -> HttpMockResponse {
        let out_of_turn = self.rules.answer.as_ref();
        if let Some(answer) = out_of_turn.and_then(|answer| answer(request)) {
            return answer;
        }
        match request.uri().path() {
            "/oauth2/exchange" => self.exchange(),
            "/oauth2/token" => self.token(request),
            _ => self.resource(request),
        }
    }

    fn exchange(&mut self) -> HttpMockResponse {
        if let Some((status, code)) = self.rules.exchange {
            return refusal(status, code);
        }
        if let Some(left) = self.rules.exchange_refusals.checked_sub(1) {
            self.rules.exchange_refusals = left;
            return refusal(401, "UNAUTHORIZED");
        }
        self.made += 1;
        let exp = self.clock.seconds() + self.rules.refresh_life.unwrap_or(3 * HOUR).as_secs();
        let token = token(&format!(r#"{{"exp":{exp},"n":{}}}"#, self.made));
        json(200, &format!(r#"{{"refresh_token":"{token}"}}"#))
    }

    fn token(&mut self, request: &HttpMockRequest) -> HttpMockResponse {
        if let Some((status, code)) = self.rules.token {
            return refusal(status, code);
        }
        if let Some(left) = self.rules.token_refusals.checked_sub(1) {
            self.rules.token_refusals = left;
            return refusal(401, "UNAUTHORIZED");
        }
        self.made += 1;
        let asked = fields(request).remove("scope").unwrap_or_default();
        let scopes: ScopeSet = self.rules.grants.unwrap_or(&asked).parse().unwrap();
        let access: Vec<_> = scopes.iter().map(|scope| entry(&scope)).collect();
        let exp = self.clock.seconds() + self.rules.access_life.unwrap_or(HOUR).as_secs();
        let claims = format!(
            r#"{{"exp":{exp},"n":{},"access":[{}]}}"#,
            self.made,
            access.join(",")
        );
        let token = token(&claims);
        json(200, &format!(r#"{{"access_token":"{token}"}}"#))
    }

    fn resource(&mut self, request: &HttpMockRequest) -> HttpMockResponse {
        let granted = bearer(request).unwrap_or_default();
        let needs: ScopeSet = self.rules.needs.unwrap_or_default().parse().unwrap();
        let covered = needs.iter().all(|scope| {
            let claims: serde_json::Value = serde_json::from_str(&granted).unwrap_or_default();
            let entries = claims["access"].as_array().cloned().unwrap_or_default();
            entries.iter().any(|entry| {
                let actions = entry["actions"].as_array().cloned().unwrap_or_default();
                entry["name"] == scope.name()
                    && scope
                        .actions()
                        .all(|action| actions.contains(&action.to_string().into()))
            })
        });
        if covered && self.rules.refusals == 0 {
            return json(200, "{}");
        }
        self.rules.refusals = self.rules.refusals.saturating_sub(1);
        self.challenge(self.rules.needs)
    }

    fn challenge(&self, scope: Option<&str>) -> HttpMockResponse {
        let realm = self.rules.realm.as_ref().unwrap_or(&self.realm);
        let scope = scope.map_or(String::new(), |scope| format!(r#",scope="{scope}""#));
        let error = self.rules.error.unwrap_or("insufficient_scope");
        let challenge = format!(r#"Bearer realm="{realm}",service="reg"{scope},error="{error}""#);
        HttpMockResponse::builder()
            .status(401)
            .header("www-authenticate", challenge)
            .header("x-ms-correlation-request-id", "c0ffee")
            .body(r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#)
            .build()
    }
}

/// The claims of the token that a request carries.
pub(crate) fn bearer(request: &HttpMockRequest) -> Option<String> {
    let headers = request.headers_vec();
    let (_, value) = headers.iter().find(|(key, _)| key == "authorization")?;
    payload(value.strip_prefix("Bearer ")?)
}

/// One entry of a token's `access`.
fn entry(scope: &Scope) -> String {
    let actions: Vec<_> = scope
        .actions()
        .map(|action| format!(r#""{action}""#))
        .collect();
    format!(
        r#"{{"type":"{}","name":"{}","actions":[{}]}}"#,
        scope.kind(),
        scope.name(),
        actions.join(",")
    )
}

pub(crate) fn json(status: u16, body: &str) -> HttpMockResponse {
    HttpMockResponse::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8")
        .body(format!("{body}\n"))
        .build()
}

fn refusal(status: u16, code: &str) -> HttpMockResponse {
    json(
        status,
        &format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#),
    )
}

/// The fields of a form or of a query.
fn fields(request: &HttpMockRequest) -> BTreeMap<String, String> {
    let body = request.body_string();
    let uri = request.uri();
    let text = if body.is_empty() {
        uri.query().unwrap_or_default()
    } else {
        &body
    };
    let url = format!("http://form/?{text}");
    let url: reqwest::Url = url.parse().unwrap();
    url.query_pairs().into_owned().collect()
}

/// A clock that stands until it is moved.
#[derive(Debug, Default)]
pub(crate) struct TestClock(Mutex<Duration>);

impl TestClock {
    /// So long after the beginning.
    pub(crate) fn set(&self, since: Duration) {
        *self.0.lock().unwrap() = since;
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }

    fn seconds(&self) -> u64 {
        START + self.0.lock().unwrap().as_secs()
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.seconds())
    }
}

/// An Entra identity that counts how often it is asked.
#[derive(Debug, Default)]
pub(crate) struct Entra {
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) fails: bool,
}

#[async_trait::async_trait]
impl TokenCredential for Entra {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        self.asked.lock().unwrap().push(scopes.join(" "));
        if self.fails {
            let kind = azure_core::error::ErrorKind::Credential;
            return Err(azure_core::Error::with_message(kind, "nobody is signed in"));
        }
        let expires_on = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(START + 3600);
        Ok(AccessToken::new(
            format!("ENTRA-{SECRET}"),
            expires_on.into(),
        ))
    }
}

/// An Entra identity whose tokens follow the clock, each another one.
#[derive(Debug)]
pub(crate) struct Employee {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) asked: AtomicUsize,
    /// Gives the same token as before.
    pub(crate) stubborn: AtomicBool,
    pub(crate) fails: AtomicBool,
}

impl Employee {
    /// How long one of its tokens holds.
    pub(crate) const LIFE: Duration = Duration::from_secs(75 * 60);

    pub(crate) fn of(registry: &Registry) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::clone(&registry.clock),
            asked: AtomicUsize::new(0),
            stubborn: AtomicBool::new(false),
            fails: AtomicBool::new(false),
        })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl TokenCredential for Employee {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        if self.fails.load(Ordering::SeqCst) {
            let kind = azure_core::error::ErrorKind::Credential;
            return Err(azure_core::Error::with_message(kind, "no network"));
        }
        let number = match self.stubborn.load(Ordering::SeqCst) {
            true => 0,
            false => number,
        };
        Ok(AccessToken::new(
            format!("ENTRA-{number}-{SECRET}"),
            (self.clock.now() + Self::LIFE).into(),
        ))
    }
}

/// The password credential of most tests.
pub(crate) fn password() -> Credential {
    Credential::password("me", format!("{SECRET}-password"))
}

/// The engine's own error, out of what a call gave.
pub(crate) async fn engine_error(error: acr_rest::Error<()>) -> Error {
    let failure = Failure::read(error).await;
    chain(&failure);
    let found = acr_rest::find::<Error>(&failure);
    found.unwrap_or_else(|| panic!("{failure:?}")).clone()
}

/// An error and its sources, one on each line. No secret shows in any form of any of them.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut lines = Vec::new();
    let mut link = Some(error);
    while let Some(error) = link {
        let shown = format!("{error} {error:#} {error:?} {error:#?}");
        assert!(
            !shown.contains(SECRET) && !shown.contains(ENCODED),
            "{shown}"
        );
        lines.push(error.to_string());
        link = error.source();
    }
    lines.join("\n")
}
