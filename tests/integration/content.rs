//! Manifests and blobs, and what is put about them: every call, against the emulator.

mod artifacts;
mod blobs;
mod downloads;
mod manifests;
mod ranges;
mod referrers;
mod sessions;

use acr_client::{Descriptor, Manifest, MediaType, Platform, Repository};
use acr_emulator::Emulator;

/// An image of its own for this platform; what its index names it by.
async fn image_for(repository: &Repository, platform: Platform) -> Descriptor {
    let config = serde_json::to_vec(&platform).unwrap();
    let config = repository
        .upload_blob(config)
        .media_type(MediaType::IMAGE_CONFIG);
    let layer = repository
        .upload_blob(platform.to_string())
        .media_type(MediaType::IMAGE_LAYER);
    let image = Manifest::image(config.await.unwrap(), [layer.await.unwrap()]);
    let pushed = repository.put_manifest(image).await.unwrap();
    pushed.descriptor.platform(platform)
}

/// What was sent since the last look: methods and paths, without tokens.
fn sent(emulator: &Emulator) -> Vec<String> {
    let requests = emulator.requests().into_iter();
    let requests = requests.filter(|request| request.path != "/oauth2/token");
    let sent = requests.map(|request| format!("{} {}", request.method, request.status));
    let sent = sent.collect();
    emulator.clear_requests();
    sent
}
