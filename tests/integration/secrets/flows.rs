//! Every way to a token, and every way to be refused one.

use std::sync::Arc;

use acr_auth::Authenticator;
use acr_client::{ContainerRegistryClient, Credential, RegistryEndpoint, RetryOptions, TokenCache};
use acr_emulator::{Emulator, Fault, FaultRule, Role, ScopeAction, ScopeMap};
use acr_tests::{FakeEntra, client};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use httpmock::MockServer;
use serde_json::json;

use super::{
    Known, Witness,
    who::{Careless, Fails, Turtles, docker, docker_text},
};

const ADMIN: &str = "Pa55 of the admin/+&=%";
const TOKEN: &str = "Pa55-of-the-token";
const WRONG: &str = "Wr0ng-pa55word";
const ENTRA: &str = "0paque-entra-token";
/// What the helper that fails says on both of its channels.
const HELPER: &str = "S3CR3T";

pub(super) async fn run(witness: &mut Witness, known: &mut Known) {
    for secret in [ADMIN, TOKEN, WRONG, ENTRA, HELPER] {
        known.add(secret);
    }
    let emulator = start(Emulator::builder()).await;
    let endpoint: RegistryEndpoint = emulator.endpoint().parse().unwrap();
    let tokens = handed_out(&endpoint, witness, known).await;
    let reader = |password: &str| Credential::password("reader", password);
    for (who, credential) in [
        ("admin", Credential::password("admin", ADMIN)),
        (
            "null GUID",
            Credential::password("00000000-0000-0000-0000-000000000000", &*tokens.refresh),
        ),
        ("Entra", FakeEntra::credential(ENTRA)),
        ("refresh token", Credential::refresh_token(&*tokens.refresh)),
        ("access token", Credential::access_token(&*tokens.access)),
        ("provider", Credential::provider(Careless(ADMIN))),
        ("careless Entra", Arc::new(Careless(ENTRA)).into()),
        (
            "docker",
            docker(
                &json!({"auths": {endpoint.authority(): {"auth": STANDARD.encode(format!("admin:{ADMIN}"))}}}),
            ),
        ),
    ] {
        let (worked, failed) = visit(&emulator, who, credential, witness).await;
        assert!(
            worked > 0 && (failed == 0 || who == "access token"),
            "{who}: {worked} {failed}"
        );
    }
    // Some calls are let through, others lack the scope.
    let (worked, failed) = visit(&emulator, "reader", reader(TOKEN), witness).await;
    assert!(worked > 0 && failed > 0, "{worked} {failed}");

    for (who, credential) in [
        ("nobody", Credential::anonymous()),
        ("wrong password", Credential::password("admin", WRONG)),
        ("wrong token", reader(WRONG)),
        (
            "refresh token that is none",
            Credential::refresh_token(WRONG),
        ),
        ("access token that is none", Credential::access_token(WRONG)),
        (
            "ended refresh token",
            Credential::refresh_token(&*ended(known)),
        ),
        (
            "ended access token",
            Credential::access_token(&*ended(known)),
        ),
        (
            "ended Entra token",
            FakeEntra::credential(Box::leak(ended(known).into_boxed_str())),
        ),
        (
            "provider of a wrong password",
            Credential::provider(Careless(WRONG)),
        ),
        ("provider that fails", Credential::provider(Fails)),
        ("provider of a provider", Credential::provider(Turtles)),
        (
            "docker without this registry",
            docker(
                &json!({"auths": {"other": {"auth": STANDARD.encode(format!("admin:{ADMIN}"))}}}),
            ),
        ),
        (
            "docker with a wrong password",
            docker(
                &json!({"auths": {endpoint.authority(): {"username": "admin", "password": WRONG}}}),
            ),
        ),
        (
            "docker that contradicts itself",
            docker(
                &json!({"auths": {endpoint.authority(): {"username": "a", "password": WRONG, "identitytoken": TOKEN}}}),
            ),
        ),
        (
            "docker that is no JSON",
            docker_text(&format!(
                r#"{{"auths":{{"{}":{{"auth":"{ADMIN}" oops"#,
                endpoint.authority()
            )),
        ),
        (
            "docker with a number for a password",
            docker_text(&format!(
                r#"{{"auths":{{"{}":{{"password":["{WRONG}"]}}}}}}"#,
                endpoint.authority()
            )),
        ),
        (
            "docker whose helper fails",
            docker(&json!({"credHelpers": {endpoint.authority(): "fails"}})),
        ),
    ] {
        let (worked, _) = visit(&emulator, who, credential, witness).await;
        assert_eq!(worked, 0, "{who}");
    }
    refused(witness).await;
    broken(witness).await;
    hostile(witness).await;
}

async fn start(builder: acr_emulator::EmulatorBuilder) -> Emulator {
    let map = ScopeMap::new().allow("app", [ScopeAction::ContentRead, ScopeAction::MetadataRead]);
    let builder = builder.admin("admin", ADMIN).token("reader", TOKEN, map);
    let emulator = builder.start().await.unwrap();
    let admin = client(&emulator, emulator.login());
    crate::flow::push(&admin.repository("app").unwrap(), b"x", &["v1"]).await;
    emulator
}

struct Tokens {
    refresh: String,
    access: String,
}

/// What the engine gives away, and what that shows of itself.
async fn handed_out(
    endpoint: &RegistryEndpoint,
    witness: &mut Witness,
    known: &mut Known,
) -> Tokens {
    let cache = TokenCache::default();
    let builder =
        Authenticator::builder(endpoint, FakeEntra::credential(ENTRA)).cache(cache.clone());
    witness.shows("builder", &builder);
    let engine = builder.build().unwrap();
    let refresh = engine.refresh_token().await.unwrap().unwrap();
    let access = engine
        .access_token(&"repository:app:pull,metadata_read".parse().unwrap())
        .await
        .unwrap();
    let login = engine.docker_login().await.unwrap();
    witness.shows("refresh token", &refresh);
    witness.shows("access token", &access);
    witness.shows("its header", &access.authorization());
    witness.shows("docker login", &login);
    witness.shows("its login", &login.to_login());
    witness.shows("cache", &cache);
    witness.shows("engine", &engine);
    let tokens = Tokens {
        refresh: refresh.secret().expose().to_owned(),
        access: access.secret().expose().to_owned(),
    };
    known.add(&tokens.refresh);
    known.add(&tokens.access);
    for token in [&tokens.refresh, &tokens.access] {
        known.add(token.rsplit('.').next().unwrap());
    }
    tokens
}

/// Calls of each kind; how many of them worked, and how many did not.
async fn visit(
    emulator: &Emulator,
    who: &str,
    credential: Credential,
    witness: &mut Witness,
) -> (usize, usize) {
    witness.shows(who, &credential);
    let registry = client(emulator, credential);
    calls(&registry, who, witness).await
}

async fn calls(
    registry: &ContainerRegistryClient,
    who: &str,
    witness: &mut Witness,
) -> (usize, usize) {
    witness.shows(who, registry);
    let app = registry.repository("app").unwrap();
    let upload = app.upload_blob("content").await;
    let failures = [
        registry.list_repositories().try_collect().await.err(),
        app.properties().await.err(),
        app.get_manifest("v1").await.err(),
        // By way of the storage host.
        match app.get_manifest("v1").await {
            Ok(manifest) => {
                let layer = manifest.as_image().unwrap().layers.remove(0);
                app.download_blob(&layer.digest).bytes(100).await.err()
            }
            Err(error) => Some(error),
        },
        upload.err(),
    ];
    let all = failures.len();
    let failed = failures.into_iter().flatten().map(|error| {
        witness.saw(who, error.hint().unwrap_or_default().into_owned());
        witness.fails(who, &error);
    });
    let failed = failed.count();
    (all - failed, failed)
}

/// The exchange says no.
async fn refused(witness: &mut Witness) {
    let emulator = start(Emulator::builder().default_role(Role::NoRole)).await;
    let (worked, _) = visit(&emulator, "no role", FakeEntra::credential(ENTRA), witness).await;
    assert_eq!(worked, 0);
    let emulator = start(Emulator::builder().default_role(Role::AcrPull)).await;
    let (worked, failed) = visit(
        &emulator,
        "reads only",
        FakeEntra::credential(ENTRA),
        witness,
    )
    .await;
    assert!(worked > 0 && failed > 0, "{worked} {failed}");
}

/// Connections break, and the endpoints have enough.
async fn broken(witness: &mut Witness) {
    let emulator = start(Emulator::builder()).await;
    for operation in ["exchange", "token", "list_repositories"] {
        for fault in [
            Fault::cut_answer(0),
            Fault::cut_answer(10),
            Fault::cut_request(5),
            Fault::wrong_length(10),
            Fault::status(429).retry_after(1).into(),
            Fault::status(503).into(),
            Fault::token_revoked(),
        ] {
            emulator.clear_faults();
            if emulator
                .inject(FaultRule::new(fault).on([operation]))
                .is_err()
            {
                continue;
            }
            let credential = match operation {
                "token" => Credential::password("admin", ADMIN),
                _ => FakeEntra::credential(ENTRA),
            };
            visit(&emulator, operation, credential, witness).await;
        }
    }
}

/// A registry that sends elsewhere, or answers nonsense with a token in it.
async fn hostile(witness: &mut Witness) {
    for (status, path, answer) in [
        (200, "/oauth2/token",
            json!({"access_token": format!("{WRONG}\n{TOKEN}")}).to_string(),
        ),
        (200, "/oauth2/token",
            json!({"access_token": [WRONG]}).to_string(),
        ),
        (200, "/oauth2/token", format!("{WRONG} is no JSON")),
        (200, "/oauth2/exchange",
            json!({"refresh_token": WRONG}).to_string(),
        ),
        (200, "/oauth2/exchange",
            json!({"refresh_token": {"of": WRONG}}).to_string(),
        ),
        // What was sent comes back in the words of the refusal.
        (401, "/oauth2/token", json!({"errors": [{"code": "UNAUTHORIZED", "message": format!("{ADMIN} is wrong")}]}).to_string()),
        (401, "/oauth2/token", format!("<html>{ADMIN}</html>")),
        (403, "/oauth2/exchange", json!({"errors": [{"code": "DENIED", "message": format!("{ENTRA} is nobody"), "detail": ENTRA}]}).to_string()),
    ] {
        let server = MockServer::start_async().await;
        server
            .mock_async(|when, then| {
                when.path(path);
                then.status(status)
                    .header("content-type", "application/json")
                    .body(answer);
            })
            .await;
        let credential = match path {
            "/oauth2/token" => Credential::password("admin", ADMIN),
            _ => FakeEntra::credential(ENTRA),
        };
        let registry = over(&server, credential);
        let (worked, failed) = calls(&registry, path, witness).await;
        assert!(worked == 0 && failed > 0, "{path}");
    }
    // A proxy that shows what came to it.
    let server = MockServer::start_async().await;
    for (path, status, answer) in [
        (
            "/oauth2/token",
            200,
            json!({"access_token": WRONG}).to_string(),
        ),
        (
            "/acr/v1/app",
            403,
            format!("<pre>Authorization: Bearer {WRONG}</pre>"),
        ),
        (
            "/acr/v1/_catalog",
            401,
            json!({"errors": [{"code": WRONG, "message": WRONG, "detail": [WRONG]}]}).to_string(),
        ),
    ] {
        server
            .mock_async(|when, then| {
                when.path(path);
                then.status(status).header("x-seen", WRONG).body(answer);
            })
            .await;
    }
    let registry = over(&server, Credential::password("admin", ADMIN));
    calls(&registry, "a proxy", witness).await;
}

fn over(server: &MockServer, credential: Credential) -> ContainerRegistryClient {
    ContainerRegistryClient::builder(server.base_url().as_str())
        .credential(credential)
        .retry(RetryOptions::none())
        .build()
        .unwrap()
}

/// A token that ended in 1970.
fn ended(known: &mut Known) -> String {
    let token = "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.S2lnbmF0dXJlLW9mLWFuLWVuZGVk";
    known.add(token);
    token.to_owned()
}
