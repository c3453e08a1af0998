//! No token to be had: what is told of it.

use std::{sync::Arc, time::Duration};

use acr_auth::{Authenticator, Clock as _, Credential, Error, TokenStep};
use acr_rest::RetryOptions;

use httpmock::HttpMockResponse;

use crate::registry::{
    Entra, MINUTE, Registry, Rules, SECRET, chain, engine_error, json, password, token,
};

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
    insta::assert_snapshot!(registry.told(&error));
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
    insta::assert_snapshot!(registry.told(&error));
}

/// A token of another tenant, or for another audience.
#[tokio::test]
async fn an_entra_token_that_is_not_taken() {
    let rules = Rules {
        exchange: Some((401, "UNAUTHORIZED")),
        ..Rules::default()
    };
    let (registry, error) = refused(rules, Arc::new(Entra::default())).await;
    assert_eq!(registry.log(), ["POST /oauth2/exchange"]);
    insta::assert_snapshot!(registry.told(&error));
}

/// Who comes from the wrong network is told so, and not to look for a role.
#[tokio::test]
async fn a_network_that_is_kept_out() {
    let rules = Rules {
        answer: Some(Box::new(|_| {
            let message = "client with IP '1.2.3.4' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.";
            let body = format!(r#"{{"errors":[{{"code":"DENIED","message":"{message}"}}]}}"#);
            Some(json(403, &body))
        })),
        ..Rules::default()
    };
    let (registry, error) = refused(rules, Arc::new(Entra::default())).await;
    insta::assert_snapshot!(registry.told(&error));
}

#[tokio::test]
async fn a_refresh_token_that_is_not_taken() {
    let rules = Rules {
        token: Some((401, "UNAUTHORIZED")),
        ..Rules::default()
    };
    let token = Credential::refresh_token(token(r#"{"exp":2000000000}"#));
    let (registry, error) = refused(rules, token).await;
    insta::assert_snapshot!(registry.told(&error));
}

#[tokio::test]
async fn no_token_endpoint() {
    let rules = Rules {
        answer: Some(Box::new(|_| {
            let answer = HttpMockResponse::builder().status(404);
            Some(answer.body("404 page not found\n").build())
        })),
        ..Rules::default()
    };
    let (registry, error) = refused(rules, password()).await;
    insta::assert_snapshot!(registry.told(&error));
}

/// As the service says it, and as the edge before it does.
#[tokio::test]
async fn too_many_tokens_were_asked_for() {
    let as_service = || {
        HttpMockResponse::builder()
            .status(429)
            .header("retry-after", "17")
            .header("content-type", "application/json; charset=utf-8")
            .header("x-ms-correlation-request-id", "c0ffee")
            .body(r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"Too many requests."}]}"#)
            .build()
    };
    let as_edge = || {
        HttpMockResponse::builder()
            .status(429)
            .header("content-type", "text/plain")
            .body("Ref A: 0123 Ref B: FRA31 Ref C: 2024-05-01T10:00:00Z")
            .build()
    };
    let mut seen = String::new();
    for (credential, wait, answer) in [
        (password(), Some(17), as_service as fn() -> HttpMockResponse),
        (Arc::new(Entra::default()).into(), None, as_edge),
    ] {
        let rules = Rules {
            answer: Some(Box::new(move |_| Some(answer()))),
            ..Rules::default()
        };
        let (registry, error) = refused(rules, credential).await;
        assert!(error.is_throttled(), "{error:?}");
        assert_eq!(error.retry_after(), wait.map(Duration::from_secs));
        seen += &format!("{}\n", registry.told(&error));
    }
    insta::assert_snapshot!(seen);
}

#[tokio::test]
async fn anonymous_pull_is_off() {
    let rules = Rules {
        token: Some((401, "UNAUTHORIZED")),
        ..Rules::default()
    };
    let (registry, error) = refused(rules, Credential::anonymous()).await;
    insta::assert_snapshot!(registry.told(&error));
}

#[tokio::test]
async fn nobody_is_signed_in() {
    let entra = Entra {
        fails: true,
        ..Entra::default()
    };
    let (registry, error) = refused(Rules::default(), Arc::new(entra)).await;
    assert!(registry.log().is_empty());
    insta::assert_snapshot!(registry.told(&error));
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
        r#"{"access_token":"a\u0001b"}"#.to_owned(),
        r#"{"access_token":"é"}"#.to_owned(),
        r#"{"access_token":"a b"}"#.to_owned(),
        format!(r#"{{"access_token":"{}"}}"#, SECRET.repeat(16 * 1024)),
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

/// A refresh token that does not say when it ends, or is none, is of no use.
#[tokio::test]
async fn exchanges_without_a_usable_token() {
    for token in [
        "",
        "no JWT",
        "a.b.c",
        "e30.e30.e30",
        &token(r#"{"exp":"soon"}"#),
        &token(&format!(
            r#"{{"exp":2000000000,"n":"{}"}}"#,
            "n".repeat(17 * 1024)
        )),
    ] {
        let body = format!(r#"{{"refresh_token":"{token}"}}"#);
        let rules = Rules {
            answer: Some(Box::new(move |_| Some(json(200, &body)))),
            ..Rules::default()
        };
        let (registry, error) = refused(rules, Arc::new(Entra::default())).await;
        let told = registry.told(&error);
        assert!(matches!(error, Error::Unusable { .. }), "{token}: {told}");
        assert_eq!(registry.log(), ["POST /oauth2/exchange"]);
    }
}

/// What is no JWT is a token all the same: it is used, and nobody can say what it allows.
#[tokio::test]
async fn an_access_token_that_cannot_be_read() {
    let registry = Registry::start().await;
    registry.change(|rules| {
        rules.needs = Some("repository:app:pull");
        rules.answer = Some(Box::new(|request| {
            let asks = request.uri().path() == "/oauth2/token";
            asks.then(|| json(200, &format!(r#"{{"access_token":"{SECRET}"}}"#)))
        }));
    });
    let client = registry.client(password());
    let error = client.head_manifest("app", "v1", None).await.unwrap_err();
    let error = engine_error(error).await;
    assert_eq!(error.granted(), None);
    assert_eq!(error.missing(), error.wanted().cloned());
    insta::assert_snapshot!(registry.told(&error));
}

/// It is kept for a minute, as docker keeps a token that comes without an end.
#[tokio::test]
async fn an_access_token_without_an_end() {
    let registry = Registry::start().await;
    registry.change(|rules| {
        rules.answer = Some(Box::new(|_| {
            Some(json(200, &format!(r#"{{"access_token":"{SECRET}"}}"#)))
        }));
    });
    let authenticator = registry.authenticator(password()).build().unwrap();
    let scopes = "repository:app:pull".parse().unwrap();
    let token = authenticator.access_token(&scopes).await.unwrap();
    let ends = token.expires_at();
    assert_eq!(ends.duration_since(registry.clock.now()).unwrap(), MINUTE);
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
