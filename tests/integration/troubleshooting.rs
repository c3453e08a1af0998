//! The error lines that TROUBLESHOOTING.md shows are those that are seen.

use std::{collections::BTreeMap, time::Duration};

use acr_client::{
    ContainerRegistryClient, Credential, Descriptor, Digest, Error, Manifest, MediaType,
};
use acr_emulator::{Emulator, Fault, FaultRule, Role, ScopeAction, ScopeMap};
use acr_tests::{FakeEntra, client, registry, secret};

use crate::flow::push;

const PAGE: &str = include_str!("../../crates/acr-client/TROUBLESHOOTING.md");

#[tokio::test]
async fn the_lines_shown_are_those_that_are_seen() {
    let mut seen = BTreeMap::new();
    seen.extend(who_one_is().await);
    seen.extend(not_there().await);
    seen.extend(refused().await);
    seen.extend(pushing().await);
    seen.extend(the_network().await);
    seen.extend(what_was_passed().await);

    let blocks = PAGE.split("```text\n").skip(1);
    let shown: Vec<_> = blocks
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .collect();
    for (what, line) in &seen {
        assert!(
            shown.contains(&line.as_str()),
            "{what} is not shown: {line}\n{seen:#?}"
        );
    }
    for line in &shown {
        assert!(seen.values().any(|it| it == line), "not seen: {line}");
    }
}

type Seen = Vec<(&'static str, String)>;

/// The line, as it would be of a registry in Azure.
fn line(error: &Error, emulator: Option<&Emulator>) -> String {
    let mut line = error.to_string();
    if let Some(emulator) = emulator {
        let endpoint = emulator.endpoint();
        let (scheme, host) = endpoint.split_once("://").unwrap();
        line = line.replace(
            &format!("{scheme}://{host}"),
            "https://myregistry.azurecr.io",
        );
        line = line.replace(host, "myregistry.azurecr.io");
    }
    if let Some((before, id)) = line.split_once("[request ") {
        let (_, after) = id.split_once(']').unwrap();
        line = format!("{before}[request …]{after}");
    }
    let mut short = String::new();
    for (number, piece) in line.split("sha256:").enumerate() {
        if number == 0 {
            short.push_str(piece);
            continue;
        }
        let hex = piece
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(piece.len());
        let (hex, rest) = piece.split_at(hex);
        short.push_str(&format!("sha256:{}…{rest}", &hex[..4.min(hex.len())]));
    }
    short
}

/// How the admin user's calls fail when these operations answer like this.
async fn faulty(status: u16, code: &str, message: &str) -> (Emulator, ContainerRegistryClient) {
    let (emulator, registry) = registry().await;
    let fault = Fault::status(status).code(code).message(message);
    let tokens = ["exchange", "token", "token_basic"];
    let others = acr_emulator::OPERATIONS
        .iter()
        .filter(|it| !tokens.contains(it));
    let others = others.map(ToString::to_string);
    emulator.inject(FaultRule::new(fault).on(others)).unwrap();
    (emulator, registry)
}

async fn who_one_is() -> Seen {
    let reader = ScopeMap::new().allow("team/app", [ScopeAction::ContentRead]);
    let emulator = Emulator::builder()
        .token("ci", secret("Pa55-of-the-token"), reader)
        .default_role(Role::NoRole)
        .start()
        .await
        .unwrap();
    let error = async |credential: Credential| {
        let app = client(&emulator, credential)
            .repository("team/app")
            .unwrap();
        let error = app.list_tags().try_collect().await.unwrap_err();
        line(&error, Some(&emulator))
    };
    let (firewalled, admin) = faulty(
        403,
        "DENIED",
        "client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
    )
    .await;
    let refused = admin
        .repository("team/app")
        .unwrap()
        .properties()
        .await
        .unwrap_err();
    vec![
        (
            "wrong password",
            error(Credential::password("ci", secret("Wr0ng-pa55word"))).await,
        ),
        (
            "no role",
            error(FakeEntra::credential(secret(
                "Entra-t0ken-of-an-entra-token",
            )))
            .await,
        ),
        (
            "missing rights",
            error(Credential::password("ci", secret("Pa55-of-the-token"))).await,
        ),
        ("anonymous", error(Credential::anonymous()).await),
        ("firewall", line(&refused, Some(&firewalled))),
    ]
}

async fn not_there() -> Seen {
    let (emulator, registry) = registry().await;
    let app = registry.repository("team/app").unwrap();
    push(&app, b"layer", &["v1"]).await;
    let none = registry.repository("team/none").unwrap();
    let no_repository = none.properties().await.unwrap_err();
    let no_tag = app.tag("v2").unwrap().properties().await.unwrap_err();
    let no_manifest = app.get_manifest("v2").await.unwrap_err();
    vec![
        ("no repository", line(&no_repository, Some(&emulator))),
        ("no tag", line(&no_tag, Some(&emulator))),
        ("no manifest", line(&no_manifest, Some(&emulator))),
    ]
}

async fn refused() -> Seen {
    let (emulator, registry) = registry().await;
    let app = registry.repository("team/app").unwrap();
    push(&app, b"layer", &["v1", "latest"]).await;
    let image = app.artifact("v1").unwrap();
    let other_tags = image.delete().await.unwrap_err();
    image.update_properties().can_delete(false).await.unwrap();
    let locked = image.delete().with_all_tags().await.unwrap_err();
    let (busy, admin) = faulty(
        429,
        "TOOMANYREQUESTS",
        "Too many requests. Please visit https://aka.ms/acr/skus#sku-feature-matrix to view limits of all service tiers.",
    )
    .await;
    let throttled = admin
        .repository("team/app")
        .unwrap()
        .properties()
        .await
        .unwrap_err();
    vec![
        ("other tags", line(&other_tags, Some(&emulator))),
        ("locked", line(&locked, Some(&emulator))),
        ("throttled", line(&throttled, Some(&busy))),
    ]
}

async fn pushing() -> Seen {
    let (emulator, registry) = registry().await;
    let app = registry.repository("team/app").unwrap();
    let put = async |manifest: Manifest| {
        let error = app.put_manifest(manifest).tags(["v1"]).await.unwrap_err();
        line(&error, Some(&emulator))
    };
    let invalid = put(Manifest::raw(MediaType::OCI_MANIFEST, "{}")).await;
    let missing = Descriptor::new(MediaType::IMAGE_CONFIG, Digest::of(b"missing"), 7);
    let unknown = put(Manifest::image(missing, []).into()).await;

    let digest = app.upload_blob("some bytes").await.unwrap().digest;
    let wrong = FaultRule::new(Fault::wrong_bytes(3)).on(["download_blob"]);
    emulator.inject(wrong).unwrap();
    let mismatch = app.download_blob(&digest).bytes(10).await.unwrap_err();

    let lost = Fault::status(404)
        .code("BLOB_UPLOAD_INVALID")
        .message("blob upload invalid");
    emulator
        .inject(FaultRule::new(lost).on(["upload_chunk", "complete_upload"]))
        .unwrap();
    let upload = app.start_upload().await.unwrap();
    let lost = upload.send_chunk("other bytes").await.unwrap_err();
    vec![
        ("manifest invalid", invalid),
        ("blob unknown", unknown),
        ("digest mismatch", line(&mismatch, Some(&emulator))),
        ("upload lost", line(&lost, Some(&emulator))),
    ]
}

async fn the_network() -> Seen {
    let secure = Emulator::builder().https().start().await.unwrap();
    let untrusted = client(&secure, secure.login());
    let certificate = untrusted
        .repository("team/app")
        .unwrap()
        .properties()
        .await
        .unwrap_err();
    let (emulator, registry) = registry().await;
    let slow = FaultRule::new(Fault::delay(Duration::from_secs(60)));
    emulator.inject(slow).unwrap();
    let call = registry.repository("team/app").unwrap().properties();
    let timeout = call.timeout(Duration::from_millis(20)).await.unwrap_err();
    vec![
        ("certificate", line(&certificate, Some(&secure))),
        ("timeout", line(&timeout, Some(&emulator))),
    ]
}

async fn what_was_passed() -> Seen {
    let (emulator, registry) = registry().await;
    let bad_name = registry.repository("Team/App").unwrap_err();
    let bad_endpoint =
        ContainerRegistryClient::anonymous("myregistry.azurecr.io/team/app").unwrap_err();
    let app = registry.repository("team/app").unwrap();
    let digest = app.upload_blob("some bytes").await.unwrap().digest;
    let too_large = app.download_blob(&digest).bytes(5).await.unwrap_err();
    vec![
        ("bad name", line(&bad_name, None)),
        ("bad endpoint", line(&bad_endpoint, None)),
        ("too large", line(&too_large, Some(&emulator))),
    ]
}
