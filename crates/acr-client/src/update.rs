//! Changing what may be done with a repository, a manifest or a tag.

use crate::Call;

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
pub type UpdateProperties<T> = Call<T, UpdateFlags>;

/// The flags that are to change; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpdateFlags {
    pub(crate) delete: Option<bool>,
    pub(crate) write: Option<bool>,
    pub(crate) list: Option<bool>,
    pub(crate) read: Option<bool>,
}

impl<T> Call<T, UpdateFlags> {
    /// Whether it can be deleted.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// image.update_properties().can_delete(false).await?; // nobody deletes it
    /// # Ok(())
    /// # }
    /// ```
    pub fn can_delete(mut self, can: bool) -> Self {
        self.special().delete = Some(can);
        self
    }

    /// Whether it can be written to, tagged or moved.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// image.update_properties().can_write(false).await?; // nobody overwrites, moves or deletes it
    /// # Ok(())
    /// # }
    /// ```
    pub fn can_write(mut self, can: bool) -> Self {
        self.special().write = Some(can);
        self
    }

    /// Whether it is listed.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// image.update_properties().can_list(false).await?; // lists leave it out
    /// # Ok(())
    /// # }
    /// ```
    pub fn can_list(mut self, can: bool) -> Self {
        self.special().list = Some(can);
        self
    }

    /// Whether it can be pulled.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// image.update_properties().can_read(false).await?; // nobody pulls it
    /// # Ok(())
    /// # }
    /// ```
    pub fn can_read(mut self, can: bool) -> Self {
        self.special().read = Some(can);
        self
    }
}
