//! Challenges and the way to a token.

use anyhow::{Result, ensure};

use super::{
    super::cases::{Cases, needed},
    call::Curl,
};

pub(super) fn run(curl: &Curl<'_>, cases: &mut Cases) {
    challenges(curl, cases);
    grants(curl, cases);
    refusals(curl, cases);
}

fn challenges(curl: &Curl<'_>, cases: &mut Cases) {
    let (realm, service) = (
        format!("{}/oauth2/token", curl.registry.endpoint),
        curl.registry.host(),
    );
    let plain = format!(r#"Bearer realm="{realm}",service="{service}""#);
    cases.case("the ping is challenged without a scope", || {
        let answer = curl.call("/v2/", &[])?;
        answer
            .expect_error(401, "UNAUTHORIZED")?
            .expect_header("Www-Authenticate", &plain)
    });
    for (method, path, scope) in [
        ("GET", "/acr/v1/_catalog", "registry:catalog:*"),
        ("GET", "/v2/_catalog", "registry:catalog:*"),
        ("GET", "/acr/v1/a%2Fb/_tags", "repository:a/b:metadata_read"),
        ("GET", "/v2/a/b/tags/list", "repository:a/b:metadata_read"),
        ("PATCH", "/acr/v1/a/b", "repository:a/b:metadata_write"),
        ("DELETE", "/acr/v1/a/b", "repository:a/b:delete"),
        ("GET", "/v2/a/b/manifests/v1", "repository:a/b:pull"),
        ("PUT", "/v2/a/b/manifests/v1", "repository:a/b:pull,push"),
        ("POST", "/v2/a/b/blobs/uploads/", "repository:a/b:pull,push"),
    ] {
        cases.case(
            &format!("{method} {path} is challenged with its scope"),
            || {
                let answer = curl.call(path, &["-X", method, "-d", ""])?.expect(401)?;
                answer.expect_header("Www-Authenticate", &format!(r#"{plain},scope="{scope}""#))
            },
        );
    }
    cases.case("the challenge of a mount has both scopes", || {
        let from = format!("sha256:{}", "0".repeat(64));
        let path = format!("/v2/a/b/blobs/uploads/?mount={from}&from=c");
        let scope = "repository:a/b:pull,push repository:c:pull";
        let answer = curl.call(&path, &["-d", ""])?.expect(401)?;
        answer.expect_header("Www-Authenticate", &format!(r#"{plain},scope="{scope}""#))
    });
}

fn grants(curl: &Curl<'_>, cases: &mut Cases) {
    let registry = curl.registry;
    let service = curl.form("service");
    cases.case("a password becomes a token by GET", || {
        let token = curl.token("registry:catalog:*")?;
        curl.authorized(&token, "/acr/v1/_catalog", &[])?
            .expect(200)
    });
    cases.case("a password becomes a token by POST", || {
        let (name, password) = (
            form("username", &registry.username),
            form("password", &registry.password),
        );
        let token = curl
            .call(
                "/oauth2/token",
                &[
                    "-d",
                    "grant_type=password",
                    "--data-urlencode",
                    &service,
                    "--data-urlencode",
                    &name,
                    "--data-urlencode",
                    &password,
                    "--data-urlencode",
                    "scope=registry:catalog:*",
                ],
            )?
            .expect(200)?
            .text("access_token")?;
        curl.authorized(&token, "/v2/_catalog", &[])?.expect(200)
    });
    let refresh = cases.case("an Entra token becomes a refresh token", || {
        curl.call(
            "/oauth2/exchange",
            &[
                "-d",
                "grant_type=access_token",
                "--data-urlencode",
                &service,
                "-d",
                "access_token=entra",
            ],
        )?
        .expect(200)?
        .text("refresh_token")
    });
    cases.case("a refresh token becomes an access token", || {
        let refresh = form("refresh_token", needed(&refresh)?);
        let token = curl
            .call(
                "/oauth2/token",
                &[
                    "-d",
                    "grant_type=refresh_token",
                    "--data-urlencode",
                    &service,
                    "--data-urlencode",
                    &refresh,
                    "--data-urlencode",
                    "scope=registry:catalog:*",
                ],
            )?
            .expect(200)?
            .text("access_token")?;
        curl.authorized(&token, "/acr/v1/_catalog", &[])?
            .expect(200)
    });
    cases.case("a refresh token is a password of the null GUID", || {
        let user = format!("00000000-0000-0000-0000-000000000000:{}", needed(&refresh)?);
        let answer = curl
            .call(
                "/oauth2/token",
                &[
                    "-u",
                    &user,
                    "-G",
                    "--data-urlencode",
                    &service,
                    "-d",
                    "scope=registry:catalog:*",
                ],
            )?
            .expect(200)?;
        answer.text("refresh_token")?;
        curl.authorized(&answer.text("access_token")?, "/acr/v1/_catalog", &[])?
            .expect(200)
    });
    cases.case(
        "two scopes make one token, repeated or in one value",
        || {
            for scopes in [
                vec![
                    "-d",
                    "scope=repository:a:pull",
                    "-d",
                    "scope=registry:catalog:*",
                ],
                vec![
                    "--data-urlencode",
                    "scope=repository:a:pull registry:catalog:*",
                ],
            ] {
                let credentials = registry.credentials();
                let mut arguments = vec!["-u", &credentials, "-G", "--data-urlencode", &service];
                arguments.extend(scopes);
                let token = curl
                    .call("/oauth2/token", &arguments)?
                    .expect(200)?
                    .text("access_token")?;
                curl.authorized(&token, "/acr/v1/_catalog", &[])?
                    .expect(200)?;
                curl.authorized(&token, "/v2/a/manifests/v1", &[])?
                    .expect(404)?;
            }
            Ok(())
        },
    );
    cases.case("the ping takes any token", || {
        let token = curl.token("repository:a:pull")?;
        curl.authorized(&token, "/v2/", &[])?.expect(200)
    });
    cases.case("a password does on the call itself", || {
        curl.call("/acr/v1/_catalog", &["-u", &registry.credentials()])?
            .expect(200)
    });
}

fn refusals(curl: &Curl<'_>, cases: &mut Cases) {
    let service = curl.form("service");
    cases.case("a wrong password is refused", || {
        let user = format!("{}:wrong", curl.registry.username);
        let answer = curl.call(
            "/oauth2/token",
            &[
                "-u",
                &user,
                "-G",
                "--data-urlencode",
                &service,
                "-d",
                "scope=registry:catalog:*",
            ],
        )?;
        answer.expect_error(401, "UNAUTHORIZED")?;
        curl.call("/acr/v1/_catalog", &["-u", &user])?.expect(401)
    });
    cases.case(
        "a token without the scope is refused, and told which",
        || {
            let token = curl.token("repository:a:pull")?;
            let answer = curl
                .authorized(&token, "/acr/v1/_catalog", &[])?
                .expect(401)?;
            let challenge = answer.header("Www-Authenticate")?;
            ensure!(
                challenge.ends_with(r#"scope="registry:catalog:*",error="insufficient_scope""#),
                "{challenge}"
            );
            Ok(())
        },
    );
    cases.case("what is no token is refused as one", || {
        let answer = curl
            .authorized("nonsense", "/acr/v1/_catalog", &[])?
            .expect(401)?;
        let challenge = answer.header("Www-Authenticate")?;
        ensure!(
            challenge.ends_with(r#"error="invalid_token""#),
            "{challenge}"
        );
        Ok(())
    });
    // The registry over https lets anybody pull.
    let anonymous = curl.registry.ca.is_some();
    let name = if anonymous {
        "anybody gets a token that pulls, and no other"
    } else {
        "nobody gets a token"
    };
    cases.case(name, || -> Result<()> {
        let answer = curl.call(
            "/oauth2/token",
            &[
                "-d",
                "grant_type=password",
                "--data-urlencode",
                &service,
                "-d",
                "scope=repository:a:pull,push",
            ],
        )?;
        if !anonymous {
            answer.expect_error(401, "UNAUTHORIZED")?;
            return Ok(());
        }
        let token = answer.expect(200)?.text("access_token")?;
        curl.authorized(&token, "/v2/a/manifests/v1", &[])?
            .expect(404)?;
        curl.authorized(&token, "/v2/a/blobs/uploads/", &["-d", ""])?
            .expect(401)?;
        Ok(())
    });
}

fn form(field: &str, value: &str) -> String {
    format!("{field}={value}")
}
