//! Changing what may be done with a repository, a manifest or a tag.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::Result;

/// A change of the four flags. Only those that are named are sent; the others stay as they are.
///
/// ```no_run
/// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
/// let locked = image.update_properties().can_write(false).can_delete(false).await?;
/// assert!(!locked.can_delete);
/// # Ok(())
/// # }
/// ```
///
/// It works on a locked item too: that is how it is unlocked.
#[must_use = "nothing is sent before the call is awaited"]
pub struct UpdateProperties<T> {
    flags: Flags,
    send: Box<dyn FnOnce(Flags) -> BoxFuture<'static, Result<T>> + Send>,
}

/// The flags that are to change.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) delete: Option<bool>,
    pub(crate) write: Option<bool>,
    pub(crate) list: Option<bool>,
    pub(crate) read: Option<bool>,
}

impl<T> UpdateProperties<T> {
    pub(crate) fn new(
        send: impl FnOnce(Flags) -> BoxFuture<'static, Result<T>> + Send + 'static,
    ) -> Self {
        Self {
            flags: Flags::default(),
            send: Box::new(send),
        }
    }

    /// Whether it can be deleted.
    pub fn can_delete(mut self, can: bool) -> Self {
        self.flags.delete = Some(can);
        self
    }

    /// Whether it can be written to, tagged or moved.
    pub fn can_write(mut self, can: bool) -> Self {
        self.flags.write = Some(can);
        self
    }

    /// Whether it is listed.
    pub fn can_list(mut self, can: bool) -> Self {
        self.flags.list = Some(can);
        self
    }

    /// Whether it can be pulled.
    pub fn can_read(mut self, can: bool) -> Self {
        self.flags.read = Some(can);
        self
    }
}

impl<T> IntoFuture for UpdateProperties<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Result<T>>;

    fn into_future(self) -> Self::IntoFuture {
        (self.send)(self.flags)
    }
}

impl<T> fmt::Debug for UpdateProperties<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateProperties")
            .field("flags", &self.flags)
            .finish_non_exhaustive()
    }
}
