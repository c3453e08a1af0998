//! Each error as it is told, and what to do about it.

use super::*;

async fn answer(status: u16, body: &'static str) -> Arc<ErrorResponse> {
    let answer = http::Response::builder()
        .status(status)
        .header("x-ms-correlation-request-id", "c0ffee")
        .body(body)
        .unwrap();
    Arc::new(ErrorResponse::read(answer.into()).await)
}

fn set(text: &str) -> ScopeSet {
    text.parse().unwrap()
}

/// One of each kind, and of each form of it that is told in another way.
async fn one_of_each() -> Vec<Error> {
    let registry = || "https://reg.azurecr.io".to_owned();
    let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
    let refusal = answer(401, body).await;
    let azure = azure_core::Error::with_message(
        azure_core::error::ErrorKind::Credential,
        "nobody is signed in",
    );
    let mut errors = vec![
        Error::Credential(Arc::new(azure)),
        Error::Provider {
            registry: registry(),
            source: Arc::from(Box::<dyn StdError + Send + Sync>::from(
                "the vault is sealed",
            )),
        },
        Error::Expired {
            registry: registry(),
            what: "refresh token",
            ended: SystemTime::UNIX_EPOCH + Duration::from_secs(1_714_557_600),
        },
        Error::Malformed {
            what: "the access token is empty".to_owned(),
        },
        Error::Setting {
            what: "the audience \"\": it is empty".to_owned(),
        },
        Error::Contradiction {
            what: "two of them".to_owned(),
        },
        Error::NoLogin {
            registry: registry(),
        },
        Error::Throttled {
            registry: registry(),
            step: TokenStep::Exchange,
            retry_after: Some(Duration::from_secs(17)),
            response: answer(429, "").await,
        },
        Error::Unanswered {
            registry: registry(),
            step: TokenStep::RefreshToken,
            source: Arc::new(Failure::Transport("the line is dead".into())),
        },
        Error::Unusable {
            registry: registry(),
            step: TokenStep::Password,
        },
        Error::ForeignTarget {
            registry: registry(),
            target: "https://other.example".to_owned(),
        },
        Error::Unrepeatable {
            registry: registry(),
            wanted: set("repository:app:push"),
            response: Arc::clone(&refusal),
        },
        Error::LoginServer(
            "http://other.example"
                .parse::<acr_core::RegistryEndpoint>()
                .unwrap_err(),
        ),
    ];
    for (status, step) in [
        (401, TokenStep::Exchange),
        (401, TokenStep::RefreshToken),
        (401, TokenStep::Password),
        (401, TokenStep::Anonymous),
        (403, TokenStep::Exchange),
        (404, TokenStep::Exchange),
        (307, TokenStep::Exchange),
        (400, TokenStep::Exchange),
    ] {
        errors.push(Error::Denied {
            registry: registry(),
            step,
            response: answer(status, "").await,
        });
    }
    for (realm, fault) in [
        ("https://other.azurecr.io", RealmFault::OtherHost),
        ("other.azurecr.io", RealmFault::OtherService),
        ("http://reg.azurecr.io", RealmFault::PlainHttp),
        ("an address that cannot be read", RealmFault::Unreadable),
    ] {
        errors.push(Error::ForeignRealm {
            registry: registry(),
            realm: realm.to_owned(),
            fault,
        });
    }
    for (granted, grantee, refused) in [
        (
            Some("repository:app:pull"),
            Grantee::Entra,
            Refusal::Insufficient,
        ),
        (Some(""), Grantee::Anonymous, Refusal::Unexplained),
        (
            Some("repository:app:pull,push"),
            Grantee::Login,
            Refusal::Insufficient,
        ),
        (None, Grantee::EntraOfAbac, Refusal::Insufficient),
        (None, Grantee::Given, Refusal::Invalid),
        (None, Grantee::Login, Refusal::Invalid),
        (None, Grantee::Login, Refusal::Unchallenged),
    ] {
        errors.push(Error::Refused {
            registry: registry(),
            wanted: set("repository:app:pull,push"),
            granted: granted.map(set),
            grantee,
            refusal: refused,
            response: Arc::clone(&refusal),
        });
    }
    errors
}

#[tokio::test]
async fn what_is_told() {
    let mut told = String::new();
    for error in one_of_each().await {
        let mut link: Option<&dyn StdError> = Some(&error);
        while let Some(error) = link {
            told += &format!("{error}\n");
            link = error.source();
        }
        let hint = error.hint().unwrap_or_else(|| "–".into());
        told += &format!("  hint: {hint}\n");
        if let Some(missing) = error.missing() {
            told += &format!("  missing: {missing}\n");
        }
    }
    insta::assert_snapshot!(told);
}
