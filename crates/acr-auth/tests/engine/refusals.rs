//! No token to be had: what is told of it.

use std::sync::Arc;

use acr_auth::{Authenticator, Credential, Error, TokenStep};
use acr_rest::RetryOptions;

use crate::registry::{Entra, Registry, Rules, SECRET, chain, engine_error, password};

/// The error without the address, which is another one in each run.
fn told(registry: &Registry, error: &Error) -> String {
    chain(error).replace(registry.endpoint().authority(), "REGISTRY")
}

async fn refused(rules: Rules, credential: impl Into<Credential>) -> (Registry, Error) {
    let registry = Registry::with(rules).await;
    let client = registry.client(credential);
    let error = client.head_manifest("app", "v1", None).await.unwrap_err();
    let error = engine_error(error).await;
    assert_eq!(
        registry.count("/v2/app/manifests/v1"),
        0,
        "it never goes out without a token"
    );
    (registry, error)
}

#[tokio::test]
async fn wrong_password() {
    let rules = Rules {
        token: Some((401, "UNAUTHORIZED")),
        ..Rules::default()
    };
    let (registry, error) = refused(rules, password()).await;
    assert!(
        matches!(
            &error,
            Error::Denied {
                step: TokenStep::Password,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.response().unwrap().status, 401);
    insta::assert_snapshot!(told(&registry, &error), @"no token from REGISTRY (access token for a user name and password): the registry answered 401 UNAUTHORIZED: no");
}

#[tokio::test]
async fn identity_without_a_role() {
    let rules = Rules {
        exchange: Some((403, "DENIED")),
        ..Rules::default()
    };
    let (registry, error) = refused(rules, Arc::new(Entra::default())).await;
    assert!(
        matches!(
            &error,
            Error::Denied {
                step: TokenStep::Exchange,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(registry.log(), ["POST /oauth2/exchange"]);
    insta::assert_snapshot!(told(&registry, &error), @"no token from REGISTRY (exchange of the Entra token): the registry answered 403 DENIED: no");
}

#[tokio::test]
async fn anonymous_pull_is_off() {
    let rules = Rules {
        token: Some((401, "UNAUTHORIZED")),
        ..Rules::default()
    };
    let (registry, error) = refused(rules, Credential::anonymous()).await;
    insta::assert_snapshot!(told(&registry, &error), @"no token from REGISTRY (anonymous access token): the registry answered 401 UNAUTHORIZED: no");
}

#[tokio::test]
async fn nobody_is_signed_in() {
    let entra = Entra {
        fails: true,
        ..Entra::default()
    };
    let (registry, error) = refused(Rules::default(), Arc::new(entra)).await;
    assert!(registry.log().is_empty());
    insta::assert_snapshot!(told(&registry, &error), @r"
    the credential gave no Entra token
    nobody is signed in
    ");
}

#[tokio::test]
async fn a_refresh_token_that_was_revoked_is_exchanged_once_more() {
    let registry = Registry::start().await;
    let authenticator = registry
        .authenticator(Arc::new(Entra::default()))
        .build()
        .unwrap();
    authenticator.refresh_token().await.unwrap();
    registry.change(|rules| rules.token = Some((401, "UNAUTHORIZED")));
    let scopes = "repository:app:pull".parse().unwrap();
    authenticator.access_token(&scopes).await.unwrap_err();
    assert_eq!(
        registry.log(),
        [
            "POST /oauth2/exchange",
            "POST /oauth2/token",
            "POST /oauth2/exchange",
            "POST /oauth2/token"
        ]
    );
}

#[tokio::test]
async fn nobody_there() {
    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let authenticator = Authenticator::builder(&endpoint, password())
        .retry(RetryOptions::none())
        .build()
        .unwrap();
    let scopes = "repository:app:pull".parse().unwrap();
    let error = authenticator.access_token(&scopes).await.unwrap_err();
    assert!(matches!(&error, Error::Unanswered { .. }), "{error:?}");
    assert!(
        chain(&error).contains("no whole answer came\nerror sending request"),
        "{}",
        chain(&error)
    );
}

/// What the token endpoint says in place of a token may hold one: it is not shown.
#[tokio::test]
async fn answers_without_a_usable_token() {
    for body in [
        format!(r#"{{"access_token":["{SECRET}"]}}"#),
        format!(r#"{{"other_token":"{SECRET}"}}"#),
        r#"{"access_token":""}"#.to_owned(),
        r#"{"access_token":null}"#.to_owned(),
        format!("<html>{SECRET}"),
    ] {
        let server = httpmock::MockServer::start_async().await;
        server
            .mock_async(|when, then| {
                when.any_request();
                then.status(200).body(&body);
            })
            .await;
        let endpoint = server.base_url().parse().unwrap();
        let authenticator = Authenticator::new(&endpoint, password()).unwrap();
        let scopes = "repository:app:pull".parse().unwrap();
        let error = authenticator.access_token(&scopes).await.unwrap_err();
        assert!(
            matches!(&error, Error::Unusable { .. }),
            "{body}: {error:?}"
        );
        chain(&error);
    }
}

/// A token that no header can hold is an error, and goes nowhere.
#[tokio::test]
async fn a_token_that_no_header_can_hold() {
    let server = httpmock::MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.any_request();
            then.status(200).body(r#"{"access_token":"a\nb"}"#);
        })
        .await;
    let endpoint = server.base_url().parse().unwrap();
    let authenticator = Authenticator::new(&endpoint, password()).unwrap();
    let transport = acr_rest::transport(&acr_rest::TransportOptions::default()).unwrap();
    let pipeline = acr_rest::Pipeline::new(transport).with(authenticator.middleware());
    let client = acr_rest::Client::connect(&endpoint, pipeline);
    let error = client.head_manifest("app", "v1", None).await.unwrap_err();
    assert!(matches!(engine_error(error).await, Error::Unusable { .. }));
}

/// An identity that says nothing must not keep everybody waiting for ever.
#[tokio::test(start_paused = true)]
async fn a_silent_identity() {
    #[derive(Debug)]
    struct Silent;

    #[async_trait::async_trait]
    impl azure_core::credentials::TokenCredential for Silent {
        async fn get_token(
            &self,
            _scopes: &[&str],
            _options: Option<azure_core::credentials::TokenRequestOptions<'_>>,
        ) -> azure_core::Result<azure_core::credentials::AccessToken> {
            std::future::pending().await
        }
    }

    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let authenticator = Authenticator::new(&endpoint, Arc::new(Silent)).unwrap();
    let scopes = "repository:app:pull".parse().unwrap();
    let error = authenticator.access_token(&scopes).await.unwrap_err();
    insta::assert_snapshot!(chain(&error), @r"
    the credential gave no Entra token
    the identity gave no token within 100s
    ");
}
