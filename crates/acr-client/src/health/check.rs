//! The steps, one after the other.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use acr_auth::Authenticator;
use acr_core::{RegistryEndpoint, Scope, ScopeSet};
use acr_rest::{ErrorResponse, Operation, Unreached};
use http::{Method, StatusCode};

use super::{CheckHealthOptions, HealthCheck, HealthOutcome, HealthReport, HealthStep, advice};
use crate::{Error, ErrorKind, Result, call::Context, shared::Shared};

/// How long the lookup of a name may take: as long as making a connection.
const LOOKUP: Duration = Duration::from_secs(15);

/// How many of a name's addresses are told.
const ADDRESSES: usize = 8;

/// What a step saw.
struct Found {
    outcome: HealthOutcome,
    detail: String,
    advice: Option<String>,
    error: Option<Arc<Error>>,
}

/// Takes the steps. What fails stands in the report.
pub(super) async fn run(
    shared: Arc<Shared>,
    call: Context,
    options: CheckHealthOptions,
) -> Result<HealthReport> {
    let wanted = options.wanted(&call.attempt)?;
    let authenticator = &shared.authenticator;
    let registry = &shared.endpoint;

    let (mut dns, has_address) = timed(HealthCheck::Dns, look_up(registry)).await;
    let (mut connection, answer) = timed(HealthCheck::Connection, connect(registry, &call)).await;
    if !has_address {
        lay_to_its_cause(&mut dns, &mut connection);
    }
    let mut report = HealthReport {
        registry: registry.clone(),
        steps: vec![dns, connection],
        wanted,
        granted: None,
    };

    let Some(answer) = answer else {
        return Ok(report.without_the_rest("there is no connection"));
    };
    let (challenge, asked) = timed(HealthCheck::Challenge, judge(authenticator, answer)).await;
    report.steps.push(challenge);
    if !asked {
        return Ok(report.without_the_rest("the registry did not ask for a token"));
    }
    let (exchange, may_go_on) = timed(HealthCheck::Exchange, exchange(authenticator)).await;
    report.steps.push(exchange);
    if !may_go_on {
        return Ok(report.without_the_rest("there is no refresh token"));
    }
    let scopes = match report.wanted.is_empty() {
        true => Scope::catalog().into(),
        false => report.wanted.clone(),
    };
    let (access, token) = timed(HealthCheck::AccessToken, access(authenticator, &scopes)).await;
    report.steps.push(access);
    let Some(token) = token else {
        return Ok(report.without_the_rest("there is no access token"));
    };
    report.granted = token.granted().cloned();
    let actions = async { (compare(&report.wanted, &token), ()) };
    let (actions, ()) = timed(HealthCheck::Actions, actions).await;
    report.steps.push(actions);
    Ok(report)
}

/// The name, looked up, and whether it has an address.
async fn look_up(registry: &RegistryEndpoint) -> (Found, bool) {
    let host = registry.host();
    let port = registry.url().port_or_known_default().unwrap_or(443);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<std::net::IpAddr>().is_ok() {
        let detail = format!("{bare} is an address, and no name to look up");
        return (Found::new(HealthOutcome::Skipped, detail), true);
    }
    let answer = tokio::time::timeout(LOOKUP, tokio::net::lookup_host((host, port))).await;
    let problem = match answer {
        Ok(Ok(addresses)) => {
            let mut addresses: Vec<_> = addresses.map(|a| a.ip().to_string()).collect();
            addresses.dedup();
            addresses.truncate(ADDRESSES);
            if !addresses.is_empty() {
                let detail = format!("{host} is {}", addresses.join(", "));
                return (Found::new(HealthOutcome::Passed, detail), true);
            }
            format!("{host} has no address")
        }
        Ok(Err(error)) => format!("{host} has no address: {error}"),
        Err(_) => format!("there was no answer to what {host} is within {LOOKUP:?}"),
    };
    (Found::failed(problem, advice::of_dns(registry)), false)
}

/// One request without a token, and its answer, whatever that is.
async fn connect(
    registry: &RegistryEndpoint,
    call: &Context,
) -> (Found, Option<reqwest::Response>) {
    let mut url = registry.url().clone();
    url.set_path("/v2/");
    let request = reqwest::Request::new(Method::GET, url);
    let operation = Operation("check_docker_v2_support");
    match call.storage.send(request, operation).await {
        Ok(answer) => {
            let secured = match registry.is_https() {
                true => "over TLS",
                false => "over plain http",
            };
            let detail = format!("it answered {}, {secured}", answer.status().as_u16());
            (Found::new(HealthOutcome::Passed, detail), Some(answer))
        }
        Err(error) => {
            let error = Error::of_rest(format!("reach {registry}"), error).await;
            (Found::of(error, None), None)
        }
    }
}

/// Where the name has no address, either nothing can be reached, or something else knows the
/// address: a proxy, or who pinned it.
fn lay_to_its_cause(dns: &mut HealthStep, connection: &mut HealthStep) {
    let nowhere = connection.error.as_deref().map(unreached) == Some(Unreached::Other);
    let (other, why) = match nowhere {
        true => (connection, "there is no address to connect to".to_owned()),
        false => {
            let why = format!(
                "{}; a proxy, or who pinned the address, knows one",
                dns.detail
            );
            (dns, why)
        }
    };
    other.outcome = HealthOutcome::Skipped;
    other.detail = why;
    other.advice = None;
    other.error = None;
}

/// Whether the answer to a request without a token is what a registry answers.
async fn judge(authenticator: &Authenticator, answer: reqwest::Response) -> (Found, bool) {
    let attempt = format!("get a challenge of {}", authenticator.endpoint());
    let status = answer.status();
    if status.is_success() {
        let detail = format!(
            "it answered {} to a request without a token, where a registry asks for one",
            status.as_u16()
        );
        return (
            Found::failed(detail, advice::of_answer(status).to_owned()),
            false,
        );
    }
    if status == StatusCode::UNAUTHORIZED {
        match authenticator.is_asked(answer.headers()) {
            Ok(true) => {
                let detail = format!("it asks for a token of {}", authenticator.token_host());
                return (Found::new(HealthOutcome::Passed, detail), true);
            }
            Ok(false) => {}
            Err(error) => {
                let error = Error::new(attempt, ErrorKind::Auth(Box::new(error)));
                return (Found::of(error, Some(advice::of_answer(status))), false);
            }
        }
    }
    let answer = ErrorResponse::read(answer).await;
    let error = Error::new(attempt, ErrorKind::Response(Box::new(answer)));
    (Found::of(error, Some(advice::of_answer(status))), false)
}

/// A refresh token, and whether it goes on: with one, or where none is needed.
async fn exchange(authenticator: &Authenticator) -> (Found, bool) {
    match authenticator.refresh_token().await {
        Ok(Some(token)) => {
            let detail = format!("a refresh token until {}", time(token.expires_at()));
            (Found::new(HealthOutcome::Passed, detail), true)
        }
        Ok(None) => {
            let detail = "this credential needs no exchange".to_owned();
            (Found::new(HealthOutcome::Skipped, detail), true)
        }
        Err(error) => (no_token(authenticator, error), false),
    }
}

async fn access(
    authenticator: &Authenticator,
    scopes: &ScopeSet,
) -> (Found, Option<acr_auth::AccessToken>) {
    match authenticator.access_token(scopes).await {
        Ok(token) => {
            let detail = format!("an access token until {}", time(token.expires_at()));
            (Found::new(HealthOutcome::Passed, detail), Some(token))
        }
        Err(error) => (no_token(authenticator, error), None),
    }
}

fn no_token(authenticator: &Authenticator, error: acr_auth::Error) -> Found {
    let attempt = format!("get a token of {}", authenticator.token_host());
    Found::of(Error::new(attempt, ErrorKind::Auth(Box::new(error))), None)
}

/// What is wanted, beside what the token allows.
fn compare(wanted: &ScopeSet, token: &acr_auth::AccessToken) -> Found {
    if wanted.is_empty() {
        let detail = "no repository was named".to_owned();
        return Found::new(HealthOutcome::Skipped, detail);
    }
    let Some(granted) = token.granted() else {
        let detail = "what the token allows cannot be read".to_owned();
        return Found::new(HealthOutcome::Skipped, detail);
    };
    let missing = token.missing(wanted);
    if missing.is_empty() {
        return Found::new(HealthOutcome::Passed, format!("granted `{wanted}`"));
    }
    let granted = match granted.is_empty() {
        true => "nothing".to_owned(),
        false => format!("`{granted}`"),
    };
    let detail = format!("wanted `{wanted}`, granted {granted}, missing `{missing}`");
    Found::failed(detail, token.advice(&missing))
}

/// A step, with the time that it took.
async fn timed<V>(check: HealthCheck, tried: impl Future<Output = (Found, V)>) -> (HealthStep, V) {
    let started = Instant::now();
    let (found, value) = tried.await;
    (found.step(check, started.elapsed()), value)
}

/// In UTC, as RFC 3339 writes it, to the second.
fn time(time: SystemTime) -> String {
    let exact = jiff::Timestamp::try_from(time).ok();
    let whole = exact.and_then(|time| jiff::Timestamp::from_second(time.as_second()).ok());
    whole.map_or_else(
        || "a time that no calendar has".to_owned(),
        |time| time.to_string(),
    )
}

/// Why a registry was not reached, by the error of a call.
fn unreached(error: &Error) -> Unreached {
    match error.kind() {
        ErrorKind::Transport(source) => Unreached::of(source.as_ref()),
        _ => Unreached::Other,
    }
}

impl Found {
    fn new(outcome: HealthOutcome, detail: String) -> Self {
        Self {
            outcome,
            detail,
            advice: None,
            error: None,
        }
    }

    fn failed(detail: String, advice: String) -> Self {
        Self {
            advice: Some(advice),
            ..Self::new(HealthOutcome::Failed, detail)
        }
    }

    /// With the error's own hint, or else this advice.
    fn of(error: Error, advice: Option<&str>) -> Self {
        let hint = error.hint().map(String::from);
        Self {
            outcome: HealthOutcome::Failed,
            detail: error.to_string(),
            advice: hint.or(advice.map(str::to_owned)),
            error: Some(Arc::new(error)),
        }
    }

    fn step(self, check: HealthCheck, elapsed: Duration) -> HealthStep {
        HealthStep {
            check,
            outcome: self.outcome,
            detail: self.detail,
            advice: self.advice,
            error: self.error,
            elapsed,
        }
    }
}

impl HealthReport {
    /// What was not tried, because of this.
    fn without_the_rest(mut self, why: &str) -> Self {
        let all = [
            HealthCheck::Challenge,
            HealthCheck::Exchange,
            HealthCheck::AccessToken,
            HealthCheck::Actions,
        ];
        for check in all.into_iter().skip(self.steps.len().saturating_sub(2)) {
            let found = Found::new(HealthOutcome::Skipped, why.to_owned());
            self.steps.push(found.step(check, Duration::ZERO));
        }
        self
    }
}
