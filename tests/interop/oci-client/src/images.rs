//! Images and their indexes, in and out.

use anyhow::{Result, ensure};
use oci_client::{
    client::{Config, ImageLayer},
    manifest::{
        IMAGE_LAYER_GZIP_MEDIA_TYPE, ImageIndexEntry, OCI_IMAGE_INDEX_MEDIA_TYPE, OciDescriptor,
        OciImageIndex, OciImageManifest, OciManifest,
    },
    secrets::RegistryAuth,
};

use crate::{
    cases::{Cases, refused},
    registry::{Registry, digest_of, noise},
};

const CONFIG: &[u8] =
    br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;

pub(crate) async fn run(registry: &Registry, cases: &mut Cases) {
    cases
        .case("an image is pushed and pulled", image(registry))
        .await;
    cases
        .case(
            "its digest by HEAD, its manifest and configuration",
            read(registry),
        )
        .await;
    cases.case("an index of it", index(registry)).await;
    cases.case("what is not there", missing(registry)).await;
    cases
        .case("without a name one may not push", anonymous_push(registry))
        .await;
    cases
        .case(
            "without a name one pulls what anybody may",
            anonymous_pull(registry),
        )
        .await;
    cases
        .case("a wrong password is refused", wrong_password(registry))
        .await;
}

fn layers() -> Vec<ImageLayer> {
    let layer = |seed| {
        let media_type = IMAGE_LAYER_GZIP_MEDIA_TYPE.to_owned();
        ImageLayer::new(noise(50_000, seed), media_type, None)
    };
    vec![layer(11), layer(12)]
}

async fn image(registry: &Registry) -> Result<()> {
    let image = registry.at("oci-client/image:v1")?;
    let (layers, config) = (layers(), Config::oci_v1(CONFIG.to_vec(), None));
    let client = registry.client();
    client
        .push(&image, &layers, config, &registry.admin(), None)
        .await?;
    let accepted = vec![IMAGE_LAYER_GZIP_MEDIA_TYPE];
    let pulled = registry
        .client()
        .pull(&image, &registry.admin(), accepted)
        .await?;
    ensure!(pulled.config.data == CONFIG, "another configuration");
    ensure!(pulled.layers.len() == 2);
    // They come in the order in which they arrive.
    let is_there = |pushed: &ImageLayer| pulled.layers.iter().any(|one| one.data == pushed.data);
    ensure!(layers.iter().all(is_there), "other bytes");
    Ok(())
}

async fn read(registry: &Registry) -> Result<()> {
    let (image, admin) = (registry.at("oci-client/image:v1")?, registry.admin());
    let client = registry.client();
    let digest = client.fetch_manifest_digest(&image, &admin).await?;
    let types = [oci_client::manifest::OCI_IMAGE_MEDIA_TYPE];
    let (raw, told) = client.pull_manifest_raw(&image, &admin, &types).await?;
    ensure!(
        digest == told && digest == digest_of(&raw),
        "{digest}, {told}"
    );
    let (manifest, told, config) = client.pull_manifest_and_config(&image, &admin).await?;
    ensure!(
        digest == told && config.as_bytes() == CONFIG,
        "{told}: {config}"
    );
    ensure!(
        manifest.config.digest == digest_of(CONFIG),
        "{}",
        manifest.config.digest
    );
    let by_digest = image.clone_with_digest(digest.clone());
    let (_, told) = client.pull_manifest(&by_digest, &admin).await?;
    ensure!(told == digest, "{told}");
    Ok(())
}

async fn index(registry: &Registry) -> Result<()> {
    let (image, admin) = (registry.at("oci-client/image:v1")?, registry.admin());
    let client = registry.pusher(&image).await?;
    let types = [oci_client::manifest::OCI_IMAGE_MEDIA_TYPE];
    let (raw, digest) = client.pull_manifest_raw(&image, &admin, &types).await?;
    let entry = serde_json::json!({
        "mediaType": types[0], "digest": digest, "size": raw.len(),
        "platform": {"architecture": "amd64", "os": "linux"},
    });
    let entry: ImageIndexEntry = serde_json::from_value(entry)?;
    let index = OciImageIndex {
        schema_version: 2,
        media_type: Some(OCI_IMAGE_INDEX_MEDIA_TYPE.to_owned()),
        manifests: vec![entry],
        artifact_type: None,
        annotations: None,
    };
    let at = registry.at("oci-client/image:index")?;
    client.push_manifest_list(&at, &admin, index).await?;
    let (manifest, _) = client.pull_manifest(&at, &admin).await?;
    let OciManifest::ImageIndex(index) = manifest else {
        anyhow::bail!("it is no index");
    };
    ensure!(
        index.manifests[0].digest == digest,
        "{}",
        index.manifests[0].digest
    );
    // The platform of this machine decides which image is meant.
    let on_amd64 = registry.client_with(|config| {
        config.platform_resolver = Some(Box::new(oci_client::client::linux_amd64_resolver));
    });
    let (_, chosen) = on_amd64.pull_image_manifest(&at, &admin).await?;
    ensure!(chosen == digest, "{chosen}");
    Ok(())
}

async fn missing(registry: &Registry) -> Result<()> {
    let (image, admin) = (registry.at("oci-client/image:none")?, registry.admin());
    let client = registry.client();
    let told = refused(client.pull_manifest(&image, &admin).await)?;
    ensure!(told.contains("manifest"), "{told}");
    refused(client.fetch_manifest_digest(&image, &admin).await)?;
    client
        .auth(&image, &admin, oci_client::RegistryOperation::Pull)
        .await?;
    ensure!(!client.blob_exists(&image, &digest_of(b"none")).await?);
    Ok(())
}

async fn anonymous_push(registry: &Registry) -> Result<()> {
    let image = registry.at("oci-client/anonymous:v1")?;
    let config = Config::oci_v1(CONFIG.to_vec(), None);
    let (client, layers) = (registry.client(), layers());
    let push = client.push(&image, &layers, config, &RegistryAuth::Anonymous, None);
    refused(push.await)?;
    Ok(())
}

async fn anonymous_pull(registry: &Registry) -> Result<()> {
    let image = registry.at("oci-client/image:v1")?;
    let client = registry.client();
    let pull = client.pull_manifest(&image, &RegistryAuth::Anonymous).await;
    if registry.scheme == "https" {
        pull?;
    } else {
        refused(pull)?;
    }
    Ok(())
}

async fn wrong_password(registry: &Registry) -> Result<()> {
    let image = registry.at("oci-client/image:v1")?;
    let wrong = RegistryAuth::Basic("emulator".to_owned(), "wrong".to_owned());
    refused(registry.client().pull_manifest(&image, &wrong).await)?;
    Ok(())
}

/// A manifest of its own, for what else needs one.
pub(crate) fn manifest(subject: Option<OciDescriptor>, artifact_type: &str) -> OciImageManifest {
    OciImageManifest {
        config: OciDescriptor {
            media_type: "application/vnd.oci.empty.v1+json".to_owned(),
            digest: digest_of(b"{}"),
            size: 2,
            ..OciDescriptor::default()
        },
        layers: Vec::new(),
        subject,
        artifact_type: Some(artifact_type.to_owned()),
        ..OciImageManifest::default()
    }
}
