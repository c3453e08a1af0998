//! A service principal, with a secret or a certificate.

use std::fs;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::Value;
use webpki::EndEntityCert;

use super::fakes::{Machine, SCOPE, START, TOKEN, json};

const TENANT: (&str, &str) = ("AZURE_TENANT_ID", "tenant");
const CLIENT: (&str, &str) = ("AZURE_CLIENT_ID", "client");
const SECRET: (&str, &str) = ("AZURE_CLIENT_SECRET", r#"S3CR3T with "$pace"#);

/// A key, the certificate of its authority, and its own certificate.
const APPLICATION: &str = include_str!("files/application.pem");

/// As `openssl x509 -outform der | openssl dgst -sha256` has it of its own certificate.
const THUMBPRINT: &str = "ru0cI4XNthPTEAzkgDjA9erYjPXUULkEW0j84n5-7LI";

#[tokio::test]
async fn a_secret_goes_to_entra_and_nowhere_else() {
    for (registry, host) in [
        ("reg.azurecr.io", "login.microsoftonline.com"),
        ("reg.azurecr.cn", "login.chinacloudapi.cn"),
        ("reg.azurecr.us", "login.microsoftonline.us"),
    ] {
        let machine = Machine {
            registry,
            ..Machine::with([TENANT, CLIENT, SECRET])
        };
        assert_eq!(machine.token().await.unwrap(), "an Entra token");
        let [request] = &machine.entra.requests()[..] else {
            panic!("one request");
        };
        let endpoint = format!("https://{host}/tenant/oauth2/v2.0/token");
        assert_eq!(request.url().as_str(), endpoint);
        insta::allow_duplicates!(insta::assert_json_snapshot!(machine.entra.form()));
    }
}

#[tokio::test]
async fn the_variable_picks_the_authority() {
    let host = ("AZURE_AUTHORITY_HOST", "login.example.com");
    let machine = Machine::with([TENANT, CLIENT, SECRET, host]);
    machine.token().await.unwrap();
    let url = machine.entra.requests()[0].url().to_string();
    assert_eq!(url, "https://login.example.com/tenant/oauth2/v2.0/token");

    let http = ("AZURE_AUTHORITY_HOST", "http://login.example.com");
    let machine = Machine::with([TENANT, CLIENT, SECRET, http]);
    insta::assert_snapshot!(machine.refusal().await);
    assert!(machine.entra.requests().is_empty());
}

#[tokio::test]
async fn a_secret_that_is_sent_back_is_not_shown() {
    let machine = Machine::with([TENANT, CLIENT, SECRET]).entra(|_| {
        json(
            401,
            r#"{"error_description":"AADSTS7000215: Invalid client secret provided: 'S3CR3T with \"$pace'.\r\nTrace ID: 1; sent with eyJhbGciOiJub25lIn0.e30.","error_codes":[7000215]}"#,
        )
    });
    let error = machine.token().await.unwrap_err();
    assert_eq!(error.http_status(), Some(401.into()));
    let everything = format!("{} {error:?}", super::fakes::told(&error));
    assert!(everything.contains("AADSTS7000215") && everything.contains("***"));
    assert!(!everything.contains("S3CR3T"), "{everything}");
    assert!(!everything.contains("eyJ"), "{everything}");
    insta::assert_snapshot!(super::fakes::told(&error));
}

#[tokio::test(start_paused = true)]
async fn a_service_principal_by_halves_is_skipped() {
    let error = Machine::with([SECRET]).refusal().await;
    let line = "EnvironmentCredential: skipped: AZURE_TENANT_ID, AZURE_CLIENT_ID are not set";
    assert!(error.contains(line), "{error}");
    let error = Machine::with([SECRET, TENANT]).refusal().await;
    let line = "EnvironmentCredential: skipped: AZURE_CLIENT_ID is not set";
    assert!(error.contains(line), "{error}");
}

#[tokio::test]
async fn a_secret_and_a_certificate_contradict_each_other() {
    let certificate = ("AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere");
    let machine = Machine::with([TENANT, CLIENT, SECRET, certificate]);
    insta::assert_snapshot!(machine.refusal().await);
    assert!(machine.entra.requests().is_empty());
}

/// A machine with this text in the certificate's file. The file goes with the first value.
fn with_certificate(
    text: impl AsRef<[u8]>,
    send_chain: &str,
) -> (tempfile::NamedTempFile, Machine) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    let path = file.path().to_str().unwrap();
    let machine = Machine::with([
        TENANT,
        CLIENT,
        ("AZURE_CLIENT_CERTIFICATE_PATH", path),
        ("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", send_chain),
    ]);
    (file, machine)
}

/// What Entra does with an assertion: the header and the claims, once the signature has been verified
/// with the certificate that the application has registered.
fn verified(assertion: &str, certificate: &CertificateDer<'_>) -> (Value, Value) {
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    EndEntityCert::try_from(certificate)
        .unwrap()
        .verify_signature(
            webpki::ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            signed.as_bytes(),
            &signature,
        )
        .unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let decoded = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (decoded(header), decoded(claims))
}

fn certificates() -> Vec<CertificateDer<'static>> {
    let certificates = CertificateDer::pem_slice_iter(APPLICATION.as_bytes());
    certificates.map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_certificate_signs_what_entra_can_verify() {
    for pem in [APPLICATION, include_str!("files/pkcs1.pem")] {
        let (_file, machine) = with_certificate(pem, "");
        let chain = machine.chain();
        let mut ids = Vec::new();
        for _ in 0..2 {
            super::fakes::token(&chain).await.unwrap();
            let form = machine.entra.form();
            assert_eq!(form["client_id"], "client");
            assert_eq!(form["grant_type"], "client_credentials");
            assert_eq!(form["scope"], SCOPE);
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            assert_eq!(form["client_assertion_type"], kind);
            let (header, mut claims) = verified(&form["client_assertion"], &certificates()[1]);
            let expected =
                serde_json::json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": THUMBPRINT });
            assert_eq!(header, expected);
            ids.push(claims["jti"].take());
            let expected = serde_json::json!({
                "aud": "https://login.microsoftonline.com/tenant/oauth2/v2.0/token",
                "iss": "client",
                "sub": "client",
                "iat": START,
                "nbf": START,
                "exp": START + 600,
                "jti": null,
            });
            assert_eq!(claims, expected);
        }
        assert!(
            ids[0].as_str().unwrap().len() == 36 && ids[0] != ids[1],
            "{ids:?}"
        );
    }
}

#[tokio::test]
async fn the_chain_goes_along_where_that_is_asked_for() {
    for setting in ["1", "True"] {
        let (_file, machine) = with_certificate(APPLICATION, setting);
        machine.token().await.unwrap();
        let [authority, own] = &certificates()[..] else {
            panic!("two certificates");
        };
        let (header, _) = verified(&machine.entra.form()["client_assertion"], own);
        let encoded = |der: &[u8]| base64::engine::general_purpose::STANDARD.encode(der);
        let expected = [encoded(own), encoded(authority)];
        assert_eq!(header["x5c"], serde_json::json!(expected));
    }
}

#[tokio::test]
async fn a_certificate_that_is_replaced_is_noticed() {
    let (file, machine) = with_certificate("-----BEGIN nothing-----", "");
    let chain = machine.chain();
    super::fakes::token(&chain).await.unwrap_err();
    fs::write(file.path(), APPLICATION).unwrap();
    super::fakes::token(&chain).await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_sign_is_refused_with_what_to_do() {
    let key = APPLICATION
        .split_inclusive("-----END PRIVATE KEY-----\n")
        .next()
        .unwrap();
    let authority = APPLICATION
        .split_inclusive("-----END CERTIFICATE-----\n")
        .next()
        .unwrap();
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let cut = &APPLICATION[..1000];
    let files: [(&str, &[u8]); 9] = [
        ("pfx", b"\x30\x82\x0a\x00\x02\x01\x03"),
        ("empty", b""),
        ("encrypted", encrypted.as_bytes()),
        ("no certificate", key.as_bytes()),
        ("no key", &APPLICATION.as_bytes()[key.len()..]),
        ("another's key", authority.as_bytes()),
        ("elliptic", include_bytes!("files/ec.pem")),
        ("cut", cut.as_bytes()),
        ("long", &vec![b'-'; 2 * 1024 * 1024]),
    ];
    let mut told = String::new();
    for (name, text) in files {
        let (file, machine) = with_certificate(text, "");
        let error = machine.refusal().await;
        let line = error.lines().nth(1).unwrap();
        let line = line.replace(file.path().to_str().unwrap(), "/file.pem");
        told += &format!("{name}: {line}\n");
        assert!(machine.entra.requests().is_empty());
    }
    insta::assert_snapshot!(told);
    let gone = ("AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere/at/all.pem");
    let error = Machine::with([TENANT, CLIENT, gone]).refusal().await;
    assert!(error.contains("the file cannot be read: "), "{error}");
}

#[tokio::test]
async fn a_tenant_that_is_none_is_refused() {
    let machine =
        Machine::with([("AZURE_TENANT_ID", "a/b"), CLIENT, SECRET]).entra(|_| json(200, TOKEN));
    let error = machine.refusal().await;
    assert!(
        error.contains("EnvironmentCredential: invalid tenant ID"),
        "{error}"
    );
    assert!(machine.entra.requests().is_empty());
}
