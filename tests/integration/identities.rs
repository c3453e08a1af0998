//! Who may do what, and what is said to those who may not.

use acr_client::{Action, ContainerRegistryClient, Credential, Error, Scope};
use acr_emulator::{Emulator, Role, ScopeAction, ScopeMap};
use acr_tests::{FakeEntra, client, registry, secret};

use crate::flow::push;

async fn names(registry: &ContainerRegistryClient) -> Result<Vec<String>, Error> {
    Ok(registry
        .list_repositories()
        .try_collect()
        .await?
        .iter()
        .map(ToString::to_string)
        .collect())
}

#[tokio::test]
async fn an_entra_identity_exchanges_once() {
    let (emulator, admin) = registry().await;
    push(&admin.repository("app").unwrap(), b"x", &["v1"]).await;
    let entra = client(
        &emulator,
        FakeEntra::credential(secret("Entra-t0ken-of-any-text-is-the-default-principal")),
    );
    emulator.clear_requests();
    assert_eq!(names(&entra).await.unwrap(), ["app"]);
    let paths = || {
        emulator
            .requests()
            .into_iter()
            .map(|request| request.path)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        paths(),
        ["/oauth2/exchange", "/oauth2/token", "/acr/v1/_catalog"]
    );
    emulator.clear_requests();
    names(&entra).await.unwrap();
    assert_eq!(paths(), ["/acr/v1/_catalog"]);
    emulator.clear_requests();
    entra.repository("app").unwrap().properties().await.unwrap();
    assert_eq!(paths(), ["/oauth2/token", "/acr/v1/app"]);
}

#[tokio::test]
async fn a_repository_scoped_token_is_told_what_it_lacks() {
    let reader =
        ScopeMap::new().allow("app", [ScopeAction::ContentRead, ScopeAction::MetadataRead]);
    let emulator = Emulator::builder()
        .token("reader", secret("Pa55-of-the-token"), reader)
        .start()
        .await
        .unwrap();
    push(
        &client(&emulator, emulator.login())
            .repository("app")
            .unwrap(),
        b"x",
        &["v1"],
    )
    .await;

    let registry = client(
        &emulator,
        Credential::password("reader", secret("Pa55-of-the-token")),
    );
    let app = registry.repository("app").unwrap();
    assert_eq!(app.list_tags().try_collect().await.unwrap().len(), 1);
    app.get_manifest("v1").await.unwrap();

    let error = app.delete().await.unwrap_err();
    let wanted = error.wanted_scopes().unwrap();
    assert_eq!(wanted.to_string(), "repository:app:delete");
    let granted = error.granted_scopes();
    assert!(
        granted.is_none_or(acr_client::ScopeSet::is_empty),
        "{granted:?}"
    );
    assert!(
        error.is_unauthorized() && error.hint().unwrap().contains("AcrDelete"),
        "{error}"
    );
    let error = names(&registry).await.unwrap_err();
    let wanted = error.wanted_scopes().unwrap();
    assert_eq!(wanted.to_string(), "registry:catalog:*");
    insta::assert_snapshot!(error.hint().unwrap());
}

#[tokio::test]
async fn a_role_that_only_pulls() {
    let emulator = Emulator::builder()
        .default_role(Role::AcrPull)
        .start()
        .await
        .unwrap();
    push(
        &client(&emulator, emulator.login())
            .repository("app")
            .unwrap(),
        b"x",
        &["v1"],
    )
    .await;
    let registry = client(
        &emulator,
        FakeEntra::credential(secret("Entra-t0ken-of-a-developer")),
    );
    let app = registry.repository("app").unwrap();
    app.get_manifest("v1").await.unwrap();
    let error = app.upload_blob("x").await.unwrap_err();
    let wanted = error.wanted_scopes().unwrap();
    assert_eq!(wanted.to_string(), "repository:app:pull,push");
    let granted = error.granted_scopes().unwrap();
    assert_eq!(granted.to_string(), "repository:app:pull");
    let missing = error.missing_scopes().unwrap();
    assert_eq!(missing.to_string(), "repository:app:push");
    insta::assert_snapshot!(error.hint().unwrap());
}

/// Where permissions are given repository by repository, the error names the roles that count.
#[tokio::test]
async fn a_registry_with_permissions_by_repository() {
    let emulator = Emulator::builder()
        .abac(true)
        .default_role(Role::AcrPull)
        .start()
        .await
        .unwrap();
    let app = client(&emulator, emulator.login());
    push(&app.repository("app").unwrap(), b"x", &["v1"]).await;
    let registry = client(
        &emulator,
        FakeEntra::credential(secret("Entra-t0ken-of-a-developer")),
    );
    let app = registry.repository("app").unwrap();
    emulator.clear_requests();
    app.get_manifest("v1").await.unwrap();
    assert_eq!(emulator.requests().len(), 3, "no wildcard, no refusal");
    let error = app.delete().await.unwrap_err();
    insta::assert_snapshot!(error.hint().unwrap());
}

#[tokio::test]
async fn nobody_reads_only_where_that_is_on() {
    let (emulator, _admin) = registry().await;
    let anonymous = ContainerRegistryClient::anonymous(emulator.endpoint()).unwrap();
    let error = names(&anonymous).await.unwrap_err();
    assert!(error.is_unauthorized() && error.hint().is_some(), "{error}");

    let emulator = Emulator::builder()
        .anonymous_pull(true)
        .start()
        .await
        .unwrap();
    let app = client(&emulator, emulator.login())
        .repository("app")
        .unwrap();
    push(&app, b"x", &["v1"]).await;
    let anonymous = ContainerRegistryClient::anonymous(emulator.endpoint()).unwrap();
    let app = anonymous.repository("app").unwrap();
    app.get_manifest("v1").await.unwrap();
    assert!(app.delete().await.unwrap_err().is_unauthorized());
}

#[tokio::test]
async fn a_refresh_token_is_enough() {
    let (emulator, admin) = registry().await;
    push(&admin.repository("app").unwrap(), b"x", &["v1"]).await;
    let endpoint = emulator.endpoint().parse().unwrap();
    let entra = acr_auth::Authenticator::new(
        &endpoint,
        FakeEntra::credential(secret("Entra-t0ken-of-somebody")),
    )
    .unwrap();
    let token = entra.refresh_token().await.unwrap().unwrap();
    let registry = client(&emulator, Credential::refresh_token(token.secret().clone()));
    assert_eq!(names(&registry).await.unwrap(), ["app"]);
}

#[tokio::test]
async fn a_token_for_other_programs() {
    let (_emulator, registry) = registry().await;
    let app = "app".parse().unwrap();
    let token = registry
        .access_token([Scope::repository(&app, [Action::Pull])])
        .await
        .unwrap();
    assert_eq!(token.granted().unwrap().to_string(), "repository:app:pull");
    assert!(token.expires_at() > std::time::SystemTime::now());
    assert!(!format!("{token:?}").contains(token.secret().expose()));
}

#[tokio::test]
async fn a_refresh_token_for_other_programs() {
    let (emulator, registry) = registry().await;
    push(&registry.repository("app").unwrap(), b"x", &["v1"]).await;
    assert!(registry.refresh_token().await.unwrap().is_none());
    let entra = client(
        &emulator,
        FakeEntra::credential(secret("Entra-t0ken-of-anybody")),
    );
    let token = entra.refresh_token().await.unwrap().unwrap();
    assert!(token.expires_at() > std::time::SystemTime::now());
    let other = client(&emulator, Credential::refresh_token(token.secret().clone()));
    assert_eq!(names(&other).await.unwrap(), ["app"]);
}

#[tokio::test]
async fn a_token_that_ends_is_replaced() {
    let (emulator, registry) = registry().await;
    push(&registry.repository("app").unwrap(), b"x", &["v1"]).await;
    names(&registry).await.unwrap();
    // The emulator's clock goes on, the client's does not: the token is refused and made anew.
    emulator.advance_clock(std::time::Duration::from_secs(2 * 3600));
    emulator.clear_requests();
    assert_eq!(names(&registry).await.unwrap(), ["app"]);
    let statuses: Vec<_> = emulator
        .requests()
        .into_iter()
        .map(|request| (request.path, request.status))
        .collect();
    let expected = [
        ("/acr/v1/_catalog", 401),
        ("/oauth2/token", 200),
        ("/acr/v1/_catalog", 200),
    ];
    assert_eq!(
        statuses,
        expected.map(|(path, status)| (path.to_owned(), status))
    );
}

/// One token for ten repositories, on a registry with and without permissions by attributes.
#[tokio::test]
async fn tokens_ahead_of_the_calls() {
    for abac in [false, true] {
        let emulator = Emulator::builder().abac(abac).start().await.unwrap();
        let admin = client(&emulator, emulator.login());
        let names: Vec<_> = (0..12).map(|i| format!("app{i:02}")).collect();
        for name in &names {
            push(&admin.repository(name).unwrap(), b"x", &["v1"]).await;
        }
        let registry = client(
            &emulator,
            FakeEntra::credential(secret("Entra-t0ken-of-somebody")),
        );
        emulator.clear_requests();
        let scopes = names.iter().map(|name| {
            let name = name.parse().unwrap();
            Scope::repository(&name, [Action::MetadataRead])
        });
        let missing = registry.prefetch(scopes).await.unwrap();
        assert!(missing.is_empty(), "{missing}");
        for name in &names {
            let repository = registry.repository(name).unwrap();
            repository.properties().await.unwrap();
        }
        let to = |path: &str| {
            let requests = emulator.requests();
            requests
                .iter()
                .filter(|request| request.path == path)
                .count()
        };
        assert_eq!((to("/oauth2/exchange"), to("/oauth2/token")), (1, 2));
        assert_eq!(emulator.requests().len(), 3 + names.len());
    }
}
