//! Tokens that the caller has, in exchange for others: made anew each time, and not kept.

use acr_auth::{Credential, EntraGrant, Error};
use acr_core::{ScopeSet, Secret};

use crate::registry::{Registry, SECRET, START, token};

fn scopes() -> ScopeSet {
    "repository:app:pull".parse().unwrap()
}

#[tokio::test]
async fn each_grant_as_it_goes_over_the_wire() {
    let registry = Registry::start().await;
    let nobody = registry.authenticator(Credential::anonymous());
    let authenticator = nobody.build().unwrap();
    let text = || format!("ENTRA-{SECRET}");
    for grant in [
        EntraGrant::access_token(text()),
        EntraGrant::access_token(text()).tenant("a tenant"),
        EntraGrant::access_token(text()).with_refresh_token(format!("REFRESH-{SECRET}")),
        EntraGrant::refresh_token(format!("REFRESH-{SECRET}")).tenant("a tenant"),
    ] {
        assert!(!format!("{grant:?}").contains(SECRET));
        authenticator.exchange_entra_token(grant).await.unwrap();
    }
    insta::assert_snapshot!(registry.sent());
}

#[tokio::test]
async fn nothing_of_it_is_kept() {
    let registry = Registry::start().await;
    let nobody = registry.authenticator(Credential::anonymous());
    let authenticator = nobody.build().unwrap();
    let mut last = None;
    for _ in 0..2 {
        let given = Secret::from(format!("ENTRA-{SECRET}"));
        let refresh = authenticator.exchange_entra_token(given).await.unwrap();
        let access = authenticator
            .exchange_refresh_token(refresh.secret(), &scopes())
            .await
            .unwrap();
        assert_eq!(access.granted(), Some(&scopes()));
        let access = access.secret().expose().to_owned();
        assert_ne!(last.replace(access.clone()), Some(access));
    }
    assert_eq!(registry.count("/oauth2/exchange"), 2);
    assert_eq!(registry.count("/oauth2/token"), 2);
    // Nor does the credential get any of it.
    assert!(authenticator.refresh_token().await.unwrap().is_none());
}

#[tokio::test]
async fn what_cannot_be_exchanged_is_not_sent() {
    let registry = Registry::start().await;
    let nobody = registry.authenticator(Credential::anonymous());
    let authenticator = nobody.build().unwrap();
    for grant in [
        EntraGrant::access_token(""),
        EntraGrant::access_token("x").with_refresh_token(""),
        EntraGrant::refresh_token("x".repeat(16 * 1024 + 1)),
    ] {
        let error = authenticator.exchange_entra_token(grant).await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    }
    let ended = token(&format!(r#"{{"exp":{START}}}"#));
    for (given, expired) in [(String::new(), false), (ended, true)] {
        let (given, scopes) = (Secret::from(given), scopes());
        let exchanged = authenticator.exchange_refresh_token(&given, &scopes);
        let error = exchanged.await.unwrap_err();
        assert_eq!(matches!(error, Error::Expired { .. }), expired, "{error:?}");
    }
    assert!(registry.log().is_empty());
}
