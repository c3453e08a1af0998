//! What is told beside the usual.

use http::{
    HeaderName,
    header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE},
};

/// The headers whose very purpose is to hold a secret: never told, whoever asks.
pub(super) const NEVER: [HeaderName; 4] = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, SET_COOKIE];

/// What is told of exchanges beside the usual.
///
/// ```
/// use acr_rest::LogOptions;
///
/// let options = LogOptions::bodies().header("link");
/// options.check()?;
/// assert!(LogOptions::default().header("authorization").check().is_err());
/// # Ok::<_, acr_rest::LogError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogOptions {
    headers: Vec<HeaderName>,
    bodies: bool,
    refused: Option<LogError>,
}

/// A header that is not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// It holds a secret.
    #[error("the header `{0}` holds a secret, which is never logged")]
    Secret(HeaderName),
    /// It cannot be the name of a header.
    #[error("`{0}` is no name of a header")]
    NoHeader(String),
}

impl LogOptions {
    /// With JSON bodies of up to 16 KiB, in both directions. Never those of tokens, of blobs and of
    /// uploads.
    #[must_use]
    pub fn bodies() -> Self {
        Self::default().with_bodies(true)
    }

    /// Whether JSON bodies are told, as with [`bodies`](Self::bodies).
    #[must_use]
    pub fn with_bodies(self, bodies: bool) -> Self {
        Self { bodies, ..self }
    }

    /// Tells this header, too, of requests and of answers. What looks like a token in it, and the
    /// keys in a URL, are blotted out. One that holds nothing but a secret, such as `authorization`,
    /// is refused by [`check`](Self::check), and told by nobody.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        match name.parse() {
            Ok(name) if NEVER.contains(&name) => self.refuse(LogError::Secret(name)),
            Ok(name) => self.headers.push(name),
            Err(_) => self.refuse(LogError::NoHeader(name.to_owned())),
        }
        self
    }

    /// Whether all that was asked for can be had.
    ///
    /// # Errors
    /// [`LogError`] names the first header that cannot.
    pub fn check(&self) -> Result<(), LogError> {
        self.refused.clone().map_or(Ok(()), Err)
    }

    fn refuse(&mut self, error: LogError) {
        self.refused.get_or_insert(error);
    }

    pub(super) fn further_headers(&self) -> &[HeaderName] {
        &self.headers
    }

    pub(super) fn tells_bodies(&self) -> bool {
        self.bodies
    }
}
