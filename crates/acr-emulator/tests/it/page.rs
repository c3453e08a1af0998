//! The status page.

use acr_emulator::{Fault, FaultRule};
use reqwest::{Method, StatusCode};

use crate::{
    management::manage,
    support::{OCI_MANIFEST, Registry, header},
};

async fn page(registry: &Registry, path: &str) -> String {
    let response = manage(registry, Method::GET, path, "").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        header(&response, "content-type"),
        "text/html; charset=utf-8"
    );
    let policy = header(&response, "content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    response.text().await.unwrap()
}

#[tokio::test]
async fn it_shows_what_there_is_and_what_was_asked() {
    let registry = Registry::start().await;
    let empty = page(&registry, "/").await;
    assert!(empty.contains("None yet"), "{empty}");
    assert!(!empty.contains("Active faults"), "{empty}");

    let rule = FaultRule::new(Fault::status(503)).on(["list_tags"]);
    registry.emulator.inject(rule).unwrap();

    let digest = registry.push_image("team/app", "v1", "a layer").await;
    let lock = serde_json::json!({"deleteEnabled": false});
    registry.patch("/acr/v1/team/app/_tags/v1", lock).await;
    let shown = page(&registry, "/?repository=team%2Fapp").await;
    let short = &digest.as_str()[..19];
    for text in [
        r#"<a href="/?repository=team%2Fapp">team/app</a>"#,
        "Active faults (1)",
        "{&quot;operations&quot;:[&quot;list_tags&quot;]",
        "Tags of team/app (1)",
        "Manifests of team/app (1)",
        short,
        OCI_MANIFEST,
        "no delete",
        "put_manifest",
        "repository:team/app:metadata_write",
        "PUT /v2/team/app/manifests/v1",
    ] {
        assert!(shown.contains(text), "{text} in {shown}");
    }
    assert!(!page(&registry, "/").await.contains("Tags of"));
}

#[tokio::test]
async fn what_a_client_sends_is_text_on_it() {
    let registry = Registry::start().await;
    let hostile = "<script>alert(1)</script>";
    registry
        .request(Method::GET, &format!("/v2/{hostile}/tags/list"))
        .send()
        .await
        .unwrap();
    let shown = page(&registry, "/?repository=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(shown.contains("There is no such repository"), "{shown}");
    assert!(shown.contains("&lt;script&gt;"), "{shown}");
    assert!(!shown.contains("<script"), "{shown}");
}

#[tokio::test]
async fn pages_of_other_sites_cannot_use_the_management_api() {
    let registry = Registry::start().await;
    let url = format!("{}/reset", registry.emulator.management());
    let foreign = registry
        .http
        .post(&url)
        .header("origin", "https://evil.example");
    assert_eq!(
        foreign.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let renamed = registry.http.post(&url).header("host", "evil.example");
    assert_eq!(
        renamed.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let own = registry
        .http
        .post(&url)
        .header("origin", registry.emulator.management());
    assert_eq!(own.send().await.unwrap().status(), StatusCode::NO_CONTENT);
}
