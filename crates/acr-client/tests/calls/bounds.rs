//! What can be shared, cloned and sent, held to by the compiler.
//!
//! That the future of every call can be sent is held to by `keep!`, through which each call goes;
//! that every public type can be, by `cargo xtask public-api`.

use acr_client::{
    Artifact, BlobReader, BlobStream, Call, ContainerRegistryClient, Credential, DeleteArtifact,
    Deleted, DownloadBlob, Error, ManifestProperties, Page, Pager, Pages, PutManifest, Repository,
    RepositoryName, RepositoryProperties, Source, Tag, TagProperties, UpdateProperties, UploadBlob,
};

fn shared<T: Clone + Send + Sync + 'static>() {}
fn sent<T: Send + 'static>() {}
fn awaited<T: IntoFuture<IntoFuture: Send + 'static> + Send + 'static>() {}
fn stream<T: futures_util::Stream + Send + Unpin + 'static>() {}

#[test]
fn handles_are_shared_and_calls_are_sent() {
    shared::<ContainerRegistryClient>();
    shared::<Repository>();
    shared::<Artifact>();
    shared::<Tag>();
    shared::<Credential>();
    awaited::<Call<Deleted>>();
    awaited::<DeleteArtifact>();
    awaited::<UpdateProperties<RepositoryProperties>>();
    awaited::<UploadBlob>();
    awaited::<PutManifest>();
    stream::<Pager<RepositoryName>>();
    stream::<Pages<ManifestProperties>>();
    stream::<BlobStream>();
    sent::<BlobReader>();
    sent::<DownloadBlob>();
    sent::<Source>();
    shared::<Page<TagProperties>>();
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    error::<Error>();
}
