//! How the error of a middleware gets through the generated client, which knows only
//! [`reqwest::Error`]: as the source of one, to be found again along `source()`.

use std::{error::Error, fmt};

use bytes::Bytes;

use crate::retry::Exhausted;

type BoxError = Box<dyn Error + Send + Sync>;

/// The error of a middleware, in the chain of sources of a [`reqwest::Error`].
struct Carried(reqwest_middleware::Error);

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was not answered")
    }
}

impl Error for Carried {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            // Not through `source()` of the wrapper, which skips the error itself.
            reqwest_middleware::Error::Middleware(error) => Some(&**error),
            reqwest_middleware::Error::Reqwest(error) => Some(error),
        }
    }
}

/// Makes a [`reqwest::Error`] with this source, in the one way there is: reading a body that fails
/// with it.
pub(crate) async fn through_reqwest(error: reqwest_middleware::Error) -> reqwest::Error {
    let mut source: Option<BoxError> = Some(Box::new(Carried(error.without_url())));
    loop {
        let failing = futures_util::stream::iter(source.take().map(Err::<Bytes, _>));
        let body = reqwest::Body::wrap_stream(failing);
        match reqwest::Response::from(http::Response::new(body))
            .bytes()
            .await
        {
            // The address is invented: there was no request behind this response.
            Err(error) => return error.without_url(),
            // The stream ends without its error: it cannot, but nothing here may panic.
            Ok(_) => source = Some("the request was not answered".into()),
        }
    }
}

/// An error of the transport as it is told of: without the wrappers in which it travelled.
pub(crate) struct Arrived(pub(crate) reqwest::Error);

impl Arrived {
    fn inner(&self) -> &(dyn Error + 'static) {
        find::<Carried>(&self.0)
            .and_then(Error::source)
            .unwrap_or(&self.0)
    }

    /// That there was but one attempt is there for who looks for it, and not worth a word.
    fn told(&self) -> &(dyn Error + 'static) {
        let once = self.inner().downcast_ref::<Exhausted>();
        let once = once.filter(|exhausted| exhausted.attempts == 1);
        once.and_then(Error::source).unwrap_or_else(|| self.inner())
    }
}

impl fmt::Debug for Arrived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.told(), f)
    }
}

impl fmt::Display for Arrived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.told(), f)
    }
}

impl Error for Arrived {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.told().source()
    }
}

/// Looks for an error of this type along the chain of sources.
#[must_use]
pub fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut link = Some(error);
    while let Some(error) = link {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        link = match error.downcast_ref::<Arrived>() {
            Some(arrived) => Some(arrived.inner()),
            None => error.source(),
        };
    }
    None
}

/// An error and all that lies below it, on one line.
#[must_use]
pub fn chain_text(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut link = error.source();
    while let Some(error) = link {
        text = format!("{text}: {error}");
        link = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_typed_error_is_found_at_the_other_end() {
        let inner = reqwest_middleware::Error::middleware(
            acr_core::ServerPath::resolve(
                &"reg.azurecr.io".parse().unwrap(),
                "https://evil.example/",
            )
            .unwrap_err(),
        );
        let error = through_reqwest(inner).await;
        assert!(find::<acr_core::LinkError>(&error).is_some(), "{error:?}");

        let arrived = Arrived(error);
        assert!(arrived.to_string().contains("evil.example"), "{arrived}");
        assert!(find::<acr_core::LinkError>(&arrived).is_some());
    }
}
