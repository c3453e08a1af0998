//! Settings that cannot be had, and those that do not go together, are refused when they are given.

use std::sync::Arc;

use acr_auth::{Audience, Authenticator, AuthenticatorBuilder, Cloud, Credential, TokenCache};
use acr_rest::LogOptions;

use crate::registry::{Entra, Registry, chain, password};

fn build(endpoint: &str, credential: impl Into<Credential>) -> AuthenticatorBuilder {
    Authenticator::builder(&endpoint.parse().unwrap(), credential)
}

fn entra() -> Credential {
    Arc::new(Entra::default()).into()
}

#[test]
fn what_does_not_go_together() {
    let mut told = String::new();
    for builder in [
        build("http://127.0.0.1:1", password()).audience("https://one"),
        build("reg.azurecr.io", entra()).audience(""),
        build("reg.azurecr.io", entra()).audience("a b"),
        build("reg.azurecr.io", entra()).audience("https://one/.default"),
        build("reg.azurecr.us", entra()).cloud(Cloud::China),
        build("reg.eastus.geo.azurecr.io", entra()).cloud(Cloud::UsGovernment),
        build("images.example", entra())
            .login_server("reg.azurecr.cn".parse().unwrap())
            .cloud(Cloud::Public),
        build("reg.eastus.data.azurecr.io", entra()),
        build("reg.azurecr.io", entra()).log(LogOptions::default().header("authorization")),
    ] {
        told += &format!("{}\n", chain(&builder.build().unwrap_err()));
    }
    let error = Cloud::custom("http://login.example").unwrap_err();
    told += &format!("{}\n", chain(&error));
    insta::assert_snapshot!(told);
}

#[test]
fn what_goes_together() {
    for (endpoint, cloud) in [
        ("reg.azurecr.cn", Cloud::China),
        ("reg.azurecr.us", Cloud::UsGovernment),
        ("images.example", Cloud::China),
        (
            "reg.azurecr.io",
            Cloud::custom("https://login.example/common").unwrap(),
        ),
    ] {
        for credential in [entra(), password(), Credential::anonymous()] {
            build(endpoint, credential)
                .cloud(cloud.clone())
                .build()
                .unwrap();
        }
    }
}

/// What was got in one cloud may be of no use in another.
#[tokio::test]
async fn no_token_is_taken_for_another_cloud() {
    let (registry, cache, entra) = (Registry::start().await, TokenCache::default(), entra());
    let scopes = "repository:app:pull".parse().unwrap();
    for cloud in [None, Some(Cloud::China), None, Some(Cloud::China)] {
        let builder = registry.authenticator(entra.clone()).cache(cache.clone());
        let builder = match cloud {
            Some(cloud) => builder.cloud(cloud),
            None => builder,
        };
        let authenticator = builder.build().unwrap();
        authenticator.access_token(&scopes).await.unwrap();
    }
    assert_eq!(registry.count("/oauth2/exchange"), 2);
    assert_eq!(registry.count("/oauth2/token"), 2);
}

#[test]
fn the_known_audiences() {
    let known = [
        Audience::default(),
        Audience::ResourceManagerPublic,
        Audience::ResourceManagerChina,
        Audience::ResourceManagerUsGovernment,
        Audience::from("https://one"),
    ];
    insta::assert_snapshot!(known.map(|audience| audience.to_string()).join("\n"), @r"
    https://containerregistry.azure.net
    https://management.azure.com
    https://management.chinacloudapi.cn
    https://management.usgovcloudapi.net
    https://one
    ");
}
