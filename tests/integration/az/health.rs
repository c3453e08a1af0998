//! Each way in which a registry cannot be reached or used, and what is said of it.

use std::net::{Ipv4Addr, TcpListener};

use acr_client::{
    Action, ContainerRegistryClient, Credential, HealthCheck, HealthOutcome, HealthReport,
    RetryOptions,
};
use acr_emulator::{Emulator, Fault, FaultRule, Role, ScopeAction, ScopeMap};
use acr_tests::{FakeEntra, client, registry, secret};
use httpmock::MockServer;

/// The report without what differs from run to run: ports, times and ids.
fn told(report: &HealthReport) -> String {
    let mut text = String::new();
    for step in &report.steps {
        text += &format!("{} {}: {}\n", step.outcome, step.check, step.detail);
        if let Some(advice) = &step.advice {
            text += &format!("  {advice}\n");
        }
    }
    let port = report.registry.authority().rsplit(':').next().unwrap();
    let mut text = text.replace(&format!(":{port}"), ":PORT");
    for (before, behind) in [("until ", "\n"), (" [request ", "]")] {
        let mut pieces = text.split(before);
        let mut kept = pieces.next().unwrap().to_owned();
        for piece in pieces {
            kept += before;
            kept += "…";
            kept += &piece[piece.find(behind).unwrap()..];
        }
        text = kept;
    }
    text
}

fn outcomes(report: &HealthReport) -> Vec<(HealthCheck, HealthOutcome)> {
    let steps = report.steps.iter();
    steps.map(|step| (step.check, step.outcome)).collect()
}

/// The check that failed, which must be the only one.
fn failed(report: &HealthReport) -> HealthCheck {
    let of_failed = |outcome| outcome == HealthOutcome::Failed;
    let failed = outcomes(report);
    let failed: Vec<_> = failed.iter().filter(|(_, o)| of_failed(*o)).collect();
    assert_eq!(failed.len(), 1, "{report}");
    assert_eq!(report.failure().map(|step| step.check), Some(failed[0].0));
    assert!(!report.is_healthy());
    failed[0].0
}

fn at(endpoint: &str) -> ContainerRegistryClient {
    let builder = ContainerRegistryClient::builder(endpoint).retry(RetryOptions::none());
    builder.build().unwrap()
}

async fn report(registry: &ContainerRegistryClient) -> HealthReport {
    registry.check_health().await.unwrap()
}

/// What is said when this comes instead of the challenge.
async fn instead_of_the_challenge(fault: impl Into<Fault>) -> String {
    let (emulator, registry) = registry().await;
    emulator.inject(FaultRule::new(fault).on(["ping"])).unwrap();
    let report = report(&registry).await;
    assert_eq!(failed(&report), HealthCheck::Challenge);
    let step = report.step(HealthCheck::Challenge).unwrap();
    assert!(step.error.is_some() && step.advice.is_some(), "{report}");
    told(&report)
}

#[tokio::test]
async fn all_is_well() {
    let (emulator, admin) = registry().await;
    let report = admin
        .check_health()
        .repository("team/app")
        .actions([Action::Pull, Action::Push])
        .await
        .unwrap();
    assert!(
        report.is_healthy() && report.missing().is_empty(),
        "{report}"
    );
    insta::assert_snapshot!("all_is_well_by_password", told(&report));

    let entra = client(
        &emulator,
        FakeEntra::credential(secret("Entra-t0ken-of-anybody")),
    );
    let checked = entra.check_health().repository("team/app").await.unwrap();
    insta::assert_snapshot!("all_is_well_by_exchange", told(&checked));
    emulator.clear_requests();
    entra
        .repository("team/app")
        .unwrap()
        .streaming()
        .await
        .unwrap_err();
    // The token that the check made is the one that the call needs.
    assert_eq!(emulator.requests().len(), 1);
}

#[tokio::test]
async fn without_a_repository_nothing_is_compared() {
    let (_emulator, registry) = registry().await;
    let report = report(&registry).await;
    assert!(report.is_healthy(), "{report}");
    let actions = report.step(HealthCheck::Actions).unwrap();
    assert_eq!(actions.outcome, HealthOutcome::Skipped);
}

#[tokio::test]
async fn a_name_that_is_none() {
    let report = report(&at("registry.invalid")).await;
    assert_eq!(failed(&report), HealthCheck::Dns);
    let dns = report.step(HealthCheck::Dns).unwrap();
    assert!(
        dns.detail.starts_with("registry.invalid has no address"),
        "{report}"
    );
    insta::assert_snapshot!(dns.advice.as_ref().unwrap());
    let rest = report.steps[1..].iter();
    assert!(
        rest.clone()
            .all(|step| step.outcome == HealthOutcome::Skipped)
    );
    assert_eq!(rest.count(), 5);
}

#[tokio::test]
async fn a_port_on_which_nothing_listens() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let report = report(&at(&format!("http://localhost:{port}"))).await;
    assert_eq!(failed(&report), HealthCheck::Connection);
    let step = report.step(HealthCheck::Connection).unwrap();
    assert!(step.error.is_some(), "{report}");
    insta::assert_snapshot!(step.advice.as_ref().unwrap());
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted() {
    let emulator = Emulator::builder().https().start().await.unwrap();
    let report = report(&at(emulator.endpoint())).await;
    assert_eq!(failed(&report), HealthCheck::Connection);
    let step = report.step(HealthCheck::Connection).unwrap();
    insta::assert_snapshot!(step.advice.as_ref().unwrap());

    let trusting = ContainerRegistryClient::builder(emulator.endpoint())
        .credential(emulator.login())
        .extra_root_certificate(emulator.ca_pem().unwrap())
        .build()
        .unwrap();
    let report = trusting.check_health().await.unwrap();
    assert!(report.is_healthy(), "{report}");
    let step = report.step(HealthCheck::Connection).unwrap();
    assert_eq!(step.detail, "it answered 401, over TLS");
}

/// Not the lookup of the name failed then, but what came of the address.
#[tokio::test]
async fn a_name_that_only_the_client_knows() {
    let name = "registry.invalid";
    let own = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let emulator = Emulator::builder()
        .certificate(own.cert.pem(), own.signing_key.serialize_pem())
        .start()
        .await
        .unwrap();
    let port = emulator.endpoint().rsplit(':').next().unwrap();
    let endpoint = format!("https://{name}:{port}");
    let address = (Ipv4Addr::LOCALHOST, port.parse().unwrap()).into();
    let pinned = || {
        let builder = ContainerRegistryClient::builder(endpoint.as_str());
        builder.retry(RetryOptions::none()).resolve(name, address)
    };
    let trusting = pinned().extra_root_certificate(own.cert.pem());
    let known = report(&trusting.build().unwrap()).await;
    let outcome = |report: &HealthReport, check| report.step(check).unwrap().outcome;
    assert_eq!(outcome(&known, HealthCheck::Dns), HealthOutcome::Skipped);
    assert_eq!(
        outcome(&known, HealthCheck::Connection),
        HealthOutcome::Passed
    );
    let dns = known.step(HealthCheck::Dns).unwrap();
    let why = "; a proxy, or who pinned the address, knows one";
    assert!(dns.detail.ends_with(why) && dns.advice.is_none(), "{known}");

    let untrusted = report(&pinned().build().unwrap()).await;
    assert_eq!(failed(&untrusted), HealthCheck::Connection);
    assert_eq!(
        outcome(&untrusted, HealthCheck::Dns),
        HealthOutcome::Skipped
    );
}

#[tokio::test]
async fn a_registry_that_does_not_answer_in_time() {
    let (emulator, _admin) = registry().await;
    let slow = Fault::delay(std::time::Duration::from_secs(60));
    emulator.inject(FaultRule::new(slow).on(["ping"])).unwrap();
    let hurried = ContainerRegistryClient::builder(emulator.endpoint())
        .retry(RetryOptions::none())
        .response_timeout(std::time::Duration::from_millis(50))
        .build()
        .unwrap();
    let report = report(&hurried).await;
    assert_eq!(failed(&report), HealthCheck::Connection);
    insta::assert_snapshot!(told(&report));
}

#[tokio::test]
async fn a_registry_in_trouble() {
    insta::assert_snapshot!(instead_of_the_challenge(Fault::status(503)).await);
}

#[tokio::test]
async fn a_registry_that_has_had_too_many_calls() {
    let throttled = Fault::status(429).retry_after(7);
    insta::assert_snapshot!(instead_of_the_challenge(throttled).await);
}

#[tokio::test]
async fn a_registry_whose_network_rules_keep_one_out() {
    let message = "client with IP '192.0.2.7' is not allowed access. Refer \
                   https://aka.ms/acr/firewall to grant access.";
    let firewall = Fault::status(403).code("DENIED").message(message);
    insta::assert_snapshot!(instead_of_the_challenge(firewall).await);
}

#[tokio::test]
async fn what_is_no_registry() {
    let server = MockServer::start_async().await;
    let page = server
        .mock_async(|_, then| {
            then.status(200).body("welcome");
        })
        .await;
    let registry = at(&server.base_url());
    let checked = report(&registry).await;
    assert_eq!(failed(&checked), HealthCheck::Challenge);
    insta::assert_snapshot!(told(&checked));
    page.delete_async().await;

    // It wants the credential elsewhere: nothing is sent there.
    let elsewhere = r#"Bearer realm="https://evil.example/oauth2/token",service="evil.example""#;
    let answer = server
        .mock_async(|_, then| {
            then.status(401).header("www-authenticate", elsewhere);
        })
        .await;
    let checked = report(&registry).await;
    assert_eq!(failed(&checked), HealthCheck::Challenge);
    insta::assert_snapshot!("a_challenge_that_sends_elsewhere", told(&checked));
    assert_eq!(answer.calls_async().await, 1);
}

#[tokio::test]
async fn a_password_that_is_wrong() {
    let (emulator, _admin) = registry().await;
    let name = emulator.login().username;
    let stranger = client(
        &emulator,
        Credential::password(name, secret("Wr0ng-pa55word")),
    );
    let report = report(&stranger).await;
    assert_eq!(failed(&report), HealthCheck::AccessToken);
    let step = report.step(HealthCheck::AccessToken).unwrap();
    assert!(step.error.as_ref().unwrap().is_unauthorized(), "{report}");
    insta::assert_snapshot!(told(&report));
}

#[tokio::test]
async fn an_identity_without_a_role() {
    let emulator = Emulator::builder().default_role(Role::NoRole);
    let emulator = emulator.start().await.unwrap();
    let nobody = client(
        &emulator,
        FakeEntra::credential(secret("Entra-t0ken-of-a-stranger")),
    );
    let report = report(&nobody).await;
    assert_eq!(failed(&report), HealthCheck::Exchange);
    insta::assert_snapshot!(told(&report));
}

#[tokio::test]
async fn a_token_endpoint_that_has_had_too_many_calls() {
    let (emulator, registry) = registry().await;
    let busy = Fault::status(429).retry_after(7);
    emulator.inject(FaultRule::new(busy).on(["token"])).unwrap();
    let report = report(&registry).await;
    assert_eq!(failed(&report), HealthCheck::AccessToken);
    let step = report.step(HealthCheck::AccessToken).unwrap();
    let error = step.error.as_ref().unwrap();
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(7)));
    insta::assert_snapshot!(told(&report));
}

#[tokio::test]
async fn a_token_that_allows_less() {
    let reader = ScopeMap::new().allow("app", [ScopeAction::ContentRead]);
    let emulator = Emulator::builder().token("ci", secret("Pa55-of-the-token"), reader);
    let emulator = emulator.start().await.unwrap();
    let registry = client(
        &emulator,
        Credential::password("ci", secret("Pa55-of-the-token")),
    );
    let check = registry.check_health().repository("app");
    let report = check.actions([Action::Pull, Action::Push]).await.unwrap();
    assert_eq!(failed(&report), HealthCheck::Actions);
    assert_eq!(report.missing().to_string(), "repository:app:push");
    insta::assert_snapshot!(told(&report));
}

#[tokio::test]
async fn what_cannot_be_asked() {
    let (emulator, registry) = registry().await;
    for check in [
        registry.check_health().repository("Upper"),
        registry.check_health().actions([Action::Pull]),
        registry.check_health().repository("app").actions([]),
    ] {
        let error = check.await.unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
    }
    assert!(emulator.requests().is_empty());
}
