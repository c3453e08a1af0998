//! Calls that are awaited directly.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::Result;

/// A call that has no options of its own. Nothing is sent before it is awaited.
///
/// It owns what it needs, so it can be spawned:
///
/// ```no_run
/// # async fn f(registry: acr_client::ContainerRegistryClient) -> Result<(), Box<dyn std::error::Error>> {
/// let call = registry.repository("library/hello-world")?.properties();
/// let properties = tokio::spawn(call.into_future()).await??;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before the call is awaited"]
pub struct Call<T> {
    future: BoxFuture<'static, Result<T>>,
}

impl<T> Call<T> {
    pub(crate) fn new(future: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        Self {
            future: Box::pin(future),
        }
    }
}

impl<T> IntoFuture for Call<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Result<T>>;

    fn into_future(self) -> Self::IntoFuture {
        self.future
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}
