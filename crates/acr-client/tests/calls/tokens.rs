//! Tokens: for other programs, and what getting one puts on the wire before a call.

use acr_client::{Action, Credential, EntraGrant, Scope, Secret};
use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    time::{Duration, OffsetDateTime},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    answers::{Answer, all, error, json, repository_properties, status},
    registry::{NAME, Registry},
};

/// A token as the registry makes them; it ends in the year 2100, and the text does not change.
fn jwt(claims: &str) -> String {
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    format!(
        "{}.{}.signature",
        part(r#"{"alg":"RS256","typ":"JWT"}"#),
        part(claims)
    )
}

fn refresh_token() -> String {
    jwt(
        r#"{"jti":"1","sub":"me","nbf":1700000000,"exp":4102444800,"iat":1700000000,"grant_type":"refresh_token","version":1}"#,
    )
}

pub(crate) fn access_token(actions: &str) -> Answer {
    let token = jwt(&format!(
        r#"{{"jti":"2","sub":"me","nbf":1700000000,"exp":4102444800,"iat":1700000000,"grant_type":"access_token","version":1,"access":[{{"type":"repository","name":"{NAME}","actions":[{actions}]}}]}}"#
    ));
    json(200, format!(r#"{{"access_token":"{token}"}}"#))
}

pub(crate) fn refused() -> Answer {
    error(
        401,
        "UNAUTHORIZED",
        "authentication required, visit https://aka.ms/acr/authorization for more information.",
    )
}

fn with(registry: &Registry, credential: Credential) -> acr_client::ContainerRegistryClient {
    registry.builder().credential(credential).build().unwrap()
}

#[tokio::test]
async fn an_access_token() {
    let registry = Registry::answering([access_token(r#""pull""#)]).await;
    let client = with(&registry, Credential::refresh_token(refresh_token()));
    let scopes = [Scope::repository(
        &NAME.parse().unwrap(),
        [Action::Pull, Action::Push],
    )];
    let name = "ContainerRegistryClient__access_token";
    let token = keep!(registry, name, client.access_token(scopes)).unwrap();
    assert_eq!(
        token.granted().unwrap().to_string(),
        format!("repository:{NAME}:pull")
    );

    let registry = Registry::answering([refused()]).await;
    let client = with(&registry, Credential::password("me", "S3CR3T"));
    let scopes = [Scope::repository(&NAME.parse().unwrap(), [Action::Pull])];
    let name = "ContainerRegistryClient__access_token@refused";
    let error = keep!(registry, name, client.access_token(scopes)).unwrap_err();
    assert!(error.is_unauthorized());
}

/// There is no time to send anything.
#[tokio::test]
async fn a_token_that_takes_too_long() {
    let registry = Registry::answering([]).await;
    let client = with(&registry, Credential::password("me", "S3CR3T"));
    let scopes = [Scope::repository(&NAME.parse().unwrap(), [Action::Pull])];
    let name = "ContainerRegistryClient__access_token@no_time";
    let no_time = std::time::Duration::ZERO;
    keep!(registry, name, client.access_token(scopes).timeout(no_time)).unwrap_err();
}

#[tokio::test]
async fn tokens_ahead_of_the_calls() {
    let registry = Registry::answering([access_token(r#""metadata_read""#)]).await;
    let client = with(&registry, Credential::refresh_token(refresh_token()));
    let scopes = [Scope::repository(
        &NAME.parse().unwrap(),
        [Action::MetadataRead, Action::Delete],
    )];
    let name = "ContainerRegistryClient__prefetch";
    keep!(registry, name, client.prefetch(scopes)).unwrap();

    let registry = Registry::answering([refused()]).await;
    let client = with(&registry, Credential::refresh_token(refresh_token()));
    let scopes = [Scope::repository(
        &NAME.parse().unwrap(),
        [Action::MetadataRead],
    )];
    let name = "ContainerRegistryClient__prefetch@refused";
    keep!(registry, name, client.prefetch(scopes)).unwrap_err();
}

#[tokio::test]
async fn a_refresh_token() {
    let registry = Registry::answering([]).await;
    let client = with(&registry, Credential::refresh_token(refresh_token()));
    let name = "ContainerRegistryClient__refresh_token";
    keep!(registry, name, client.refresh_token()).unwrap();

    let registry = Registry::answering([json(
        200,
        format!(r#"{{"refresh_token":"{}"}}"#, refresh_token()),
    )])
    .await;
    let client = with(&registry, Entra::credential());
    let name = "ContainerRegistryClient__refresh_token@entra";
    keep!(registry, name, client.refresh_token()).unwrap();

    let registry = Registry::answering([refused()]).await;
    let client = with(&registry, Entra::credential());
    let name = "ContainerRegistryClient__refresh_token@refused";
    keep!(registry, name, client.refresh_token()).unwrap_err();
}

#[tokio::test]
async fn tokens_of_ones_own_are_exchanged() {
    let answer = json(200, format!(r#"{{"refresh_token":"{}"}}"#, refresh_token()));
    let registry = Registry::answering([answer]).await;
    let client = with(&registry, Credential::anonymous());
    let name = "ContainerRegistryClient__exchange_entra_token";
    let grant = EntraGrant::access_token("ENTRA").tenant("contoso");
    keep!(registry, name, client.exchange_entra_token(grant)).unwrap();

    let registry = Registry::answering([refused()]).await;
    let client = with(&registry, Credential::anonymous());
    let name = "ContainerRegistryClient__exchange_entra_token@refused";
    keep!(
        registry,
        name,
        client.exchange_entra_token(Secret::from("ENTRA"))
    )
    .unwrap_err();

    let registry = Registry::answering([access_token(r#""pull""#)]).await;
    let client = with(&registry, Credential::anonymous());
    let scopes = [Scope::repository(&NAME.parse().unwrap(), [Action::Pull])];
    let name = "ContainerRegistryClient__exchange_refresh_token";
    keep!(
        registry,
        name,
        client.exchange_refresh_token("REFRESH", scopes.clone())
    )
    .unwrap();

    let registry = Registry::answering([refused()]).await;
    let client = with(&registry, Credential::anonymous());
    let name = "ContainerRegistryClient__exchange_refresh_token@refused";
    keep!(
        registry,
        name,
        client.exchange_refresh_token("REFRESH", scopes)
    )
    .unwrap_err();
}

#[tokio::test]
async fn what_docker_logs_in_with() {
    let registry = Registry::answering([json(
        200,
        format!(r#"{{"refresh_token":"{}"}}"#, refresh_token()),
    )])
    .await;
    let client = with(&registry, Entra::credential());
    let name = "ContainerRegistryClient__docker_login";
    keep!(registry, name, client.docker_login()).unwrap();

    let registry = Registry::answering([]).await;
    let client = with(&registry, Credential::anonymous());
    let name = "ContainerRegistryClient__docker_login@anonymous";
    keep!(registry, name, client.docker_login()).unwrap_err();
}

/// The tokens that a call needs go before it: from nothing, they are three requests.
#[tokio::test]
async fn the_whole_way() {
    let answers = [
        json(200, format!(r#"{{"refresh_token":"{}"}}"#, refresh_token())),
        access_token(r#""metadata_read""#),
        repository_properties(all()),
    ];
    let registry = Registry::answering(answers).await;
    let client = with(&registry, Entra::credential());
    let repository = client.repository(NAME).unwrap();
    let name = "Repository__properties@entra";
    keep!(registry, name, repository.properties()).unwrap();

    // Nobody in particular.
    let answers = [
        access_token(r#""metadata_read""#),
        repository_properties(all()),
    ];
    let registry = Registry::answering(answers).await;
    let client = with(&registry, Credential::anonymous());
    let repository = client.repository(NAME).unwrap();
    let name = "Repository__properties@anonymous";
    keep!(registry, name, repository.properties()).unwrap();

    // A challenge that asks for more is answered once.
    let challenge = |registry: &str| {
        format!(
            r#"Bearer realm="http://{registry}/oauth2/token",service="{registry}",scope="repository:{NAME}:pull,metadata_read""#
        )
    };
    let answers = [
        access_token(r#""pull""#),
        status(401).header("www-authenticate", challenge("REGISTRY")),
        access_token(r#""pull","metadata_read""#),
        repository_properties(all()),
    ];
    let registry = Registry::answering(answers).await;
    let client = with(&registry, Credential::password("me", "S3CR3T"));
    let repository = client.repository(NAME).unwrap();
    let name = "Repository__properties@challenged";
    keep!(registry, name, repository.properties()).unwrap();
}

/// An Entra identity whose token never changes.
#[derive(Debug)]
struct Entra;

impl Entra {
    fn credential() -> Credential {
        Credential::entra(std::sync::Arc::new(Self))
    }
}

#[async_trait::async_trait]
impl TokenCredential for Entra {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let end = OffsetDateTime::now_utc() + Duration::hours(1);
        Ok(AccessToken::new("ENTRA", end))
    }
}
