//! Tags, repositories and referrers.

use anyhow::{Result, ensure};
use oci_client::{
    manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciManifest},
    secrets::RegistryAuth,
};

use crate::{
    cases::{Cases, refused},
    images::manifest,
    registry::{Registry, digest_of},
};

pub(crate) async fn run(registry: &Registry, cases: &mut Cases) {
    cases
        .case("what refers to an image", referrers(registry))
        .await;
    cases.case("tags by pages", tags(registry)).await;
    cases.case("repositories by pages", catalog(registry)).await;
    cases
        .case("a token to pull does not list", not_by_pull(registry))
        .await;
}

async fn referrers(registry: &Registry) -> Result<()> {
    let image = registry.at("oci-client/referrers:v1")?;
    let client = registry.pusher(&image).await?;
    client
        .push_blob(&image, b"{}".to_vec(), &digest_of(b"{}"))
        .await?;
    let subject = OciManifest::Image(manifest(None, "application/x-image"));
    client.push_manifest(&image, &subject).await?;
    let types = [OCI_IMAGE_MEDIA_TYPE];
    let (raw, digest) = client
        .pull_manifest_raw(&image, &registry.admin(), &types)
        .await?;
    let descriptor = OciDescriptor {
        media_type: OCI_IMAGE_MEDIA_TYPE.to_owned(),
        digest: digest.clone(),
        size: i64::try_from(raw.len())?,
        ..OciDescriptor::default()
    };
    for kind in ["application/x-sbom", "application/x-signature"] {
        let referrer = OciManifest::Image(manifest(Some(descriptor.clone()), kind));
        let tag = kind.trim_start_matches("application/x-");
        let at = registry.at(&format!("oci-client/referrers:{tag}"))?;
        client.push_manifest(&at, &referrer).await?;
    }
    let subject = image.clone_with_digest(digest);
    let all = client.pull_referrers(&subject, None).await?;
    ensure!(all.manifests.len() == 2, "{}", all.manifests.len());
    let some = client
        .pull_referrers(&subject, Some("application/x-sbom"))
        .await?;
    ensure!(some.manifests.len() == 1, "{}", some.manifests.len());
    Ok(())
}

async fn tags(registry: &Registry) -> Result<()> {
    let image = registry.at("oci-client/referrers:v1")?;
    let token = registry
        .token("repository:oci-client/referrers:metadata_read")
        .await?;
    let (client, token) = (registry.client(), RegistryAuth::Bearer(token));
    let whole = client.list_tags(&image, &token, None, None).await?;
    ensure!(
        whole.tags == ["sbom", "signature", "v1"],
        "{:?}",
        whole.tags
    );
    ensure!(whole.name == "oci-client/referrers", "{}", whole.name);
    let page = client
        .list_tags(&image, &token, Some(1), Some("sbom"))
        .await?;
    ensure!(page.tags == ["signature"], "{:?}", page.tags);
    Ok(())
}

async fn catalog(registry: &Registry) -> Result<()> {
    let image = registry.at("oci-client/referrers:v1")?;
    let token = RegistryAuth::Bearer(registry.token("registry:catalog:*").await?);
    let client = registry.client();
    let whole = client.catalog(&image, &token, None, None).await?;
    ensure!(whole.repositories.contains(&"oci-client/image".to_owned()));
    ensure!(whole.repositories.is_sorted(), "{:?}", whole.repositories);
    let page = client.catalog(&image, &token, Some(1), Some("oci-client/image"));
    let page = page.await?;
    ensure!(page.repositories.len() == 1, "{:?}", page.repositories);
    ensure!(
        page.repositories[0].as_str() > "oci-client/image",
        "{:?}",
        page.repositories
    );
    Ok(())
}

/// It asks for `pull` whatever it does, and does not look at the answer's challenge; the service
/// wants `metadata_read`, and so the client cannot list its tags with a password.
async fn not_by_pull(registry: &Registry) -> Result<()> {
    let image = registry.at("oci-client/referrers:v1")?;
    let client = registry.client();
    client
        .auth(
            &image,
            &registry.admin(),
            oci_client::RegistryOperation::Pull,
        )
        .await?;
    refused(
        client
            .list_tags(&image, &registry.admin(), None, None)
            .await,
    )?;
    refused(client.catalog(&image, &registry.admin(), None, None).await)?;
    Ok(())
}
