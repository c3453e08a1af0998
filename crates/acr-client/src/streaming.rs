//! Artifact streaming: images in a form that can be started before they are pulled whole, and the
//! conversions that make them (a preview of the service).

use acr_rest::{API_VERSION, types};

use crate::{Artifact, Call, Error, Repository, Result, call::Context, convert, shared::answered};

mod operation;
mod status;

pub use operation::{FinishStreaming, FinishStreamingOptions, StreamingOperation};
pub use status::{RepositoryStreaming, StreamingProgress, StreamingStatus};

/// The type by which the result of a conversion is found among the referrers of the image.
pub const STREAMING_ARTIFACT: &str = "application/vnd.azure.artifact.streaming.v1";

/// The only conversion that the service knows.
const FORMAT: &str = "overlaybd";
const VERSION: &str = "v1";

/// The last conversion of an image, and how it stands.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ArtifactStreaming {
    /// The conversion.
    pub operation: StreamingOperation,
    /// How it stands.
    pub status: StreamingStatus,
}

impl Repository {
    /// Whether images that are pushed to it are converted for streaming.
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) when there is no such repository.
    pub fn streaming(&self) -> Call<RepositoryStreaming> {
        let name = self.name.clone();
        self.call("read the streaming of", (), |call, ()| async move {
            let answer = call
                .rest
                .get_repository_streaming(name.as_str(), Some(API_VERSION))
                .await;
            let answer = answered(&call.attempt, answer).await?;
            Ok(convert::streaming::repository(answer.into_inner()))
        })
    }

    /// Says whether images that are pushed to it from now on are converted for streaming. What is
    /// in it stays as it is: [`Artifact::start_streaming`] converts that.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// if !repo.streaming().await?.converts_pushed_images {
    ///     repo.set_streaming(true).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) when there is no such repository.
    pub fn set_streaming(&self, converts: bool) -> Call<RepositoryStreaming> {
        let name = self.name.clone();
        self.call("set the streaming of", (), move |call, ()| async move {
            let body = types::RepositoryStreaming {
                convert_pushed_images: converts,
                conversion_format: Some(FORMAT.to_owned()),
                conversion_version: Some(VERSION.to_owned()),
                id: None,
                status: None,
            };
            let answer = call
                .rest
                .set_repository_streaming(name.as_str(), Some(API_VERSION), &body)
                .await;
            let answer = answered(&call.attempt, answer).await?;
            Ok(convert::streaming::repository(answer.into_inner()))
        })
    }

    /// A handle on a conversion, by its [id](StreamingOperation::id): that of another process, for
    /// example. It sends nothing.
    #[must_use]
    pub fn streaming_operation(&self, id: impl Into<String>) -> StreamingOperation {
        StreamingOperation::new(self.clone(), id.into())
    }
}

impl Artifact {
    /// Starts the conversion of this image for streaming. It goes on in the registry, whatever
    /// becomes of the handle, which tells how it stands.
    ///
    /// The result is a manifest of its own that refers to the image, with the type
    /// [`STREAMING_ARTIFACT`](crate::STREAMING_ARTIFACT).
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// let conversion = image.start_streaming().await?;
    /// println!("{} is under way", conversion.id());
    /// let end = conversion.finished().await?;
    /// println!("{}", end.status);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) when there is no such manifest or tag.
    pub fn start_streaming(&self) -> Call<StreamingOperation> {
        let this = self.clone();
        self.call("start the streaming of", (), |call, ()| start(call, this))
    }

    /// How its last conversion for streaming stands; `None` when there was none.
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) when it is named by a tag that there is not.
    pub fn streaming(&self) -> Call<Option<ArtifactStreaming>> {
        let this = self.clone();
        self.call("read the streaming of", (), |call, ()| last(call, this))
    }
}

async fn start(call: Context, this: Artifact) -> Result<StreamingOperation> {
    let digest = this.look_up(&call).await?;
    let body = types::StreamingConversion {
        conversion_format: FORMAT.to_owned(),
        conversion_version: VERSION.to_owned(),
    };
    let name = this.repository().name.as_str();
    let answer = call
        .rest
        .start_artifact_streaming(name, digest.as_str(), Some(API_VERSION), &body)
        .await;
    let answer = answered(&call.attempt, answer).await?.into_inner();
    operation(&call, &this, answer.id)
}

async fn last(call: Context, this: Artifact) -> Result<Option<ArtifactStreaming>> {
    let digest = this.look_up(&call).await?;
    let name = this.repository().name.as_str();
    let answer = call
        .rest
        .get_artifact_streaming(name, digest.as_str(), Some(API_VERSION))
        .await;
    match answered(&call.attempt, answer).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            Ok(Some(ArtifactStreaming {
                operation: operation(&call, &this, answer.id)?,
                status: answer.status.into(),
            }))
        }
        Err(error) if is_unknown_operation(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The handle on a conversion that the registry named.
fn operation(call: &Context, this: &Artifact, id: String) -> Result<StreamingOperation> {
    let id = convert::streaming::operation_id(id)
        .map_err(|what| Error::unexpected(&call.attempt, what))?;
    Ok(this.repository().streaming_operation(id))
}

/// The service's word for an image that was never converted.
fn is_unknown_operation(error: &Error) -> bool {
    let code = error.code().map(acr_core::ErrorCode::as_str);
    error.status() == Some(http::StatusCode::NOT_FOUND) && code == Some("OPERATION_UNKNOWN")
}
