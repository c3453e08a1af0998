//! Manifests by their content.

use acr_client::{Manifest, ManifestContent, MediaType, Repository};

use serde_json::json;

use super::{made, of_deleted, send};
use crate::{
    bytes::digest_of,
    calls::{
        input::Input,
        told::{Made, Returned},
    },
};

/// Makes the call that a recorded request about a manifest stands for.
pub(super) async fn make(repository: &Repository, of: &str, input: &Input<'_>) -> Option<Made> {
    match input.method() {
        "GET" => {
            let told = send(input, repository.get_manifest(of), content).await?;
            Some(made("Repository::get_manifest", told))
        }
        "HEAD" => {
            let told = send(
                input,
                repository.head_manifest(of),
                |manifest| match manifest {
                    Some(manifest) => Returned::default()
                        .header("docker-content-digest", &manifest.digest)
                        .header("content-type", &manifest.media_type)
                        .header("content-length", &manifest.size),
                    None => Returned::missing(),
                },
            );
            Some(made("Repository::head_manifest", told.await?))
        }
        "PUT" => put(repository, of, input).await,
        "DELETE" => {
            let artifact = repository.artifact(of).ok()?;
            // By tag the client looks up the digest first.
            artifact.reference().digest()?;
            let told = send(input, artifact.delete(), of_deleted).await?;
            Some(made("Artifact::delete", told))
        }
        _ => None,
    }
}

async fn put(repository: &Repository, of: &str, input: &Input<'_>) -> Option<Made> {
    let media_type = MediaType::new(input.exchange.asked("content-type")?).ok()?;
    let bytes = input.body.clone()?;
    let digest = digest_of(&bytes);
    let call = repository.put_manifest(Manifest::raw(media_type, bytes));
    let call = match of.contains(':') {
        // The client stores a manifest under its own digest alone.
        true if of != digest => return None,
        true => call,
        false => call.tag(of),
    };
    let told = send(input, call, |pushed| {
        let digest = &pushed.descriptor.digest;
        let returned = Returned::default().header("docker-content-digest", digest);
        match &pushed.subject {
            Some(subject) => returned.header("oci-subject", subject),
            None => returned,
        }
    });
    Some(made("Repository::put_manifest", told.await?))
}

fn content(content: &ManifestContent) -> Returned {
    // What is typed of it says what the bytes say.
    let image = content.as_image().ok().map(|image| json!(image));
    let index = || content.as_index().ok().map(|index| json!(index));
    let bytes = Returned {
        fields: image.or_else(index),
        ..Returned::content(content.bytes.to_vec())
    };
    bytes
        .header("docker-content-digest", &content.digest)
        .header("content-type", &content.media_type)
}
