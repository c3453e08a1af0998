//! What a refusal asks for, and whether a token may be made for it.

use acr_core::{Challenge, RegistryEndpoint, ScopeSet};
use http::{HeaderMap, header::WWW_AUTHENTICATE};
use reqwest::Url;

use crate::{Error, RealmFault, Refusal};

/// The registry's own challenge for a token, out of a 401.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// What the token must cover, where that is said.
    pub(crate) scope: Option<ScopeSet>,
    /// What is said of the token that was sent.
    pub(crate) refusal: Refusal,
}

/// Reads the challenges of a 401: several in one header or in several, of any scheme. `None` where
/// no token is asked for.
///
/// # Errors
/// [`Error::ForeignRealm`] when every one of them sends for a token to where no credential may go.
pub(crate) fn read(
    headers: &HeaderMap,
    endpoint: &RegistryEndpoint,
    tokens: &RegistryEndpoint,
) -> Result<Option<Asked>, Error> {
    let values = headers.get_all(WWW_AUTHENTICATE);
    let challenges = Challenge::parse_all(values.iter().map(http::HeaderValue::as_bytes));
    let mut foreign = None;
    for challenge in challenges {
        let Challenge::Bearer {
            realm,
            service,
            scope,
            error,
        } = challenge
        else {
            continue;
        };
        match check(endpoint, tokens, &realm, service.as_deref()) {
            Ok(()) => {
                let refusal = match error.as_deref() {
                    Some("insufficient_scope") => Refusal::Insufficient,
                    Some("invalid_token") => Refusal::Invalid,
                    _ => Refusal::Unexplained,
                };
                return Ok(Some(Asked { scope, refusal }));
            }
            Err(error) => foreign = foreign.or(Some(error)),
        }
    }
    foreign.map_or(Ok(None), Err)
}

/// Realm and service are only compared: tokens are asked of the host that the user named.
fn check(
    endpoint: &RegistryEndpoint,
    tokens: &RegistryEndpoint,
    realm: &str,
    service: Option<&str>,
) -> Result<(), Error> {
    let wrong = |realm: String, fault| {
        Err(Error::ForeignRealm {
            registry: endpoint.as_str().to_owned(),
            realm,
            fault,
        })
    };
    let Some(url) = Url::parse(realm).ok().filter(Url::has_host) else {
        return wrong(
            "an address that cannot be read".to_owned(),
            RealmFault::Unreadable,
        );
    };
    let known = [endpoint, tokens];
    if !known.iter().any(|known| known.is_origin_of(&url)) {
        let downgraded = url.scheme() == "http" && endpoint.is_https();
        let fault = match downgraded {
            true => RealmFault::PlainHttp,
            false => RealmFault::OtherHost,
        };
        return wrong(url.origin().ascii_serialization(), fault);
    }
    // On this machine a registry may call itself what it likes: the token is of nobody else.
    let Some(service) = service.filter(|_| !tokens.is_loopback()) else {
        return Ok(());
    };
    match service.parse::<RegistryEndpoint>() {
        Ok(named)
            if known.iter().any(|known| {
                [known.authority(), &known.login_server()].contains(&named.authority())
            }) =>
        {
            Ok(())
        }
        Ok(named) => wrong(named.authority().to_owned(), RealmFault::OtherService),
        Err(_) => wrong(
            "a service whose name cannot be read".to_owned(),
            RealmFault::Unreadable,
        ),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// What comes of these headers for `https://reg.azurecr.io`, whose login server was named.
    fn told(values: &[&str], login_server: &str) -> String {
        let headers = values
            .iter()
            .map(|value| (WWW_AUTHENTICATE, HeaderValue::from_str(value).unwrap()));
        let (endpoint, tokens) = (
            "reg.azurecr.io".parse().unwrap(),
            login_server.parse().unwrap(),
        );
        match read(&headers.collect(), &endpoint, &tokens) {
            Ok(None) => "no token asked for".to_owned(),
            Ok(Some(asked)) => {
                let scope = asked.scope.map(|scope| scope.to_string());
                format!("{:?} {:?}", asked.refusal, scope.unwrap_or_default())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_form_of_challenge() {
        const OWN: &str =
            r#"Bearer realm="https://reg.azurecr.io/oauth2/token",service="reg.azurecr.io""#;
        let own = |rest: &str| format!("{OWN}{rest}");
        let scope = r#",scope="repository:a:pull,push""#;
        let of = |realm: &str, service: &str| {
            format!(r#"Bearer realm="{realm}/oauth2/token",service="{service}""#)
        };
        let mut table = String::new();
        for values in [
            vec![own(scope)],
            vec![own("")],
            vec![own(r#",scope="""#)],
            vec![own(r#",scope="no scope at all""#)],
            vec![own(&format!(r#"{scope},error="insufficient_scope""#))],
            vec![own(r#",error="invalid_token""#)],
            vec![own(r#",error="something else""#)],
            vec![
                r#"Bearer realm="https://REG.azurecr.io:443/x",service="REG.azurecr.io:443""#
                    .to_owned(),
            ],
            vec![r#"Bearer realm="https://reg.azurecr.io/oauth2/token""#.to_owned()],
            vec![format!(r#"Basic realm="admin", {}"#, own(scope))],
            vec![r#"Basic realm="admin""#.to_owned(), own(scope)],
            vec!["Negotiate".to_owned(), "\"".to_owned(), own(scope)],
            vec![format!("Negotiate abc==, {}", own(scope))],
            vec![of("https://evil.example", "evil.example"), own(scope)],
            vec![],
            vec![r#"Basic realm="admin""#.to_owned()],
            vec!["Bearer".to_owned()],
            vec![of("https://other.azurecr.io", "other.azurecr.io")],
            vec![of("https://reg.azurecr.io:8443", "reg.azurecr.io")],
            vec![of("https://reg.azurecr.io.evil.example", "reg.azurecr.io")],
            vec![of("https://reg.azurecr.io@evil.example", "reg.azurecr.io")],
            vec![of("https://user:secret@evil.example", "reg.azurecr.io")],
            vec![of("http://reg.azurecr.io", "reg.azurecr.io")],
            vec![of("http://other.azurecr.io", "reg.azurecr.io")],
            vec![of("", "reg.azurecr.io")],
            vec![of("mailto:me", "reg.azurecr.io")],
            vec![of("https://reg.azurecr.io", "other.azurecr.io")],
            vec![of("https://reg.azurecr.io", "no host")],
        ] {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            let told = told(&values, "reg.azurecr.io");
            assert!(!told.contains("secret"), "{told}");
            table += &format!("{}\n  {told}\n", values.join("\n"));
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn the_login_server_that_was_named_and_no_other() {
        let named =
            r#"Bearer realm="https://own.azurecr.io/oauth2/token",service="own.azurecr.io""#;
        assert_eq!(told(&[named], "own.azurecr.io"), "Unexplained \"\"");
        assert!(
            told(&[named], "reg.azurecr.io").contains(r#".login_server("https://own.azurecr.io")"#)
        );
        let other = named.replace("own.", "other.");
        assert!(told(&[&other], "own.azurecr.io").contains("other.azurecr.io"));
        // A regional endpoint makes tokens itself, for the whole registry.
        let regional = r#"Bearer realm="https://reg.eastus.geo.azurecr.io/oauth2/token",service="reg.azurecr.io""#;
        let region = "reg.eastus.geo.azurecr.io";
        assert_eq!(told(&[regional], region), "Unexplained \"\"");
        let other = regional.replace(r#""reg.azurecr"#, r#""other.azurecr"#);
        assert!(told(&[&other], region).contains("other.azurecr.io"));
        // The domain's own name, in front of the login server.
        let domain =
            r#"Bearer realm="https://reg.azurecr.io/oauth2/token",service="own.azurecr.io""#;
        assert_eq!(told(&[domain], "own.azurecr.io"), "Unexplained \"\"");
    }
}
