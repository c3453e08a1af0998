use super::*;
use crate::Platform;

async fn refused(manifest: impl Into<Manifest>) -> String {
    let manifest: Manifest = manifest.into();
    let error = manifest.read("push").await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    error.to_string()
}

#[tokio::test]
async fn an_image_whose_layer_has_no_type_is_refused() {
    let bytes = Descriptor::of(MediaType::OCTET_STREAM, "x");
    for config in [MediaType::IMAGE_CONFIG, MediaType::DOCKER_IMAGE_CONFIG] {
        let image = Manifest::image(Descriptor::of(config, "{}"), [bytes.clone()]);
        let told = refused(image).await;
        assert!(told.contains("`.media_type(…)`"), "{told}");
    }
    // An artifact may consist of plain bytes.
    let artifact = ImageManifest::artifact(MediaType::new("a/b").unwrap(), [bytes.clone()]);
    Manifest::from(artifact).read("push").await.unwrap();
    let told = refused(Manifest::index([bytes])).await;
    assert!(told.contains("not that of a manifest"), "{told}");
}

#[tokio::test]
async fn a_type_that_contradicts_the_bytes_is_refused() {
    let index = Manifest::index([]);
    let told = refused(Manifest::raw(MediaType::OCI_MANIFEST, index.to_bytes())).await;
    assert!(
        told.contains("says itself to be application/vnd.oci.image.index"),
        "{told}"
    );
    let mut image = Manifest::image(Descriptor::empty(), []);
    image.media_type = Some(MediaType::OCI_INDEX);
    refused(image).await;
    let mut index = Manifest::index([]);
    index.media_type = Some(MediaType::OCI_MANIFEST);
    refused(index).await;
}

#[tokio::test]
async fn the_type_of_bytes() {
    let platform = Platform::new("linux", "amd64");
    let child = Descriptor::of(MediaType::DOCKER_MANIFEST, "x").platform(platform);
    let bytes = ImageIndex::docker([child]).to_bytes();
    let (read, same) = Manifest::json(bytes.clone()).read("push").await.unwrap();
    assert_eq!((read, same), (MediaType::DOCKER_MANIFEST_LIST, bytes));
    // Old tools leave it out; whether it is a manifest is for the registry to say.
    for text in ["{}", "no JSON", r#"{"mediaType":null}"#] {
        Manifest::raw(MediaType::OCI_MANIFEST, text)
            .read("push")
            .await
            .unwrap();
        refused(Manifest::json(text)).await;
    }
    refused(Manifest::json(r#"{"mediaType":"none"}"#)).await;
}

#[tokio::test]
async fn a_source_is_read_no_further_than_a_manifest_may_go() {
    let endless = Source::reader(tokio::io::repeat(b' '));
    let manifest = Manifest::raw(MediaType::OCI_MANIFEST, endless);
    let error = manifest.read("push").await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::TooLarge { .. }),
        "{error}"
    );
}
