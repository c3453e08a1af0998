//! The way through a proxy.

use std::fmt;

use acr_core::{Login, Secret};
use percent_encoding::percent_decode_str;
use reqwest::{NoProxy, Url};

use super::TransportError;

/// A proxy for http and https, and for whom it is not.
///
/// ```
/// use acr_rest::Proxy;
///
/// let proxy = Proxy::new("http://me:secret@proxy.example:3128")?.except(".internal, 10.0.0.0/8");
/// assert!(!format!("{proxy:?}").contains("secret"));
/// # Ok::<_, acr_rest::TransportError>(())
/// ```
#[derive(Clone)]
pub struct Proxy {
    /// Without user and password.
    url: Url,
    login: Option<Login>,
    except: Option<String>,
}

impl Proxy {
    /// The proxy at this `http` or `https` URL; a user and a password may stand in it,
    /// percent-encoded.
    ///
    /// # Errors
    /// [`TransportError::Proxy`] when it is no such URL.
    pub fn new(url: &str) -> Result<Self, TransportError> {
        let fault = |what: &str| TransportError::Proxy(what.to_owned());
        let mut url = Url::parse(url).map_err(|error| fault(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fault("its scheme is neither http nor https"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(fault("its URL goes on behind host and port"));
        }
        let login = login(&url).map_err(|()| fault("its user or password is no UTF-8"))?;
        let bare = url.set_username("").and_then(|()| url.set_password(None));
        bare.map_err(|()| fault("its URL has no host"))?;
        Ok(Self {
            url,
            login,
            except: None,
        })
    }

    /// Who one is to the proxy.
    #[must_use]
    pub fn login(self, username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self {
            login: Some(Login::new(username, password)),
            ..self
        }
    }

    /// For whom the proxy is not used, as `NO_PROXY` has it: separated by commas, domains with all
    /// below them, addresses, networks such as `10.0.0.0/8`, or `*`.
    #[must_use]
    pub fn except(self, hosts: impl Into<String>) -> Self {
        Self {
            except: Some(hosts.into()),
            ..self
        }
    }

    pub(super) fn to_reqwest(&self) -> Result<reqwest::Proxy, TransportError> {
        let proxy = reqwest::Proxy::all(self.url.clone()).map_err(TransportError::client)?;
        let proxy = match &self.login {
            Some(login) => proxy.basic_auth(&login.username, login.password.expose()),
            None => proxy,
        };
        Ok(proxy.no_proxy(self.except.as_deref().and_then(NoProxy::from_string)))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("url", &self.url.as_str())
            .field("login", &self.login)
            .field("except", &self.except)
            .finish()
    }
}

fn login(url: &Url) -> Result<Option<Login>, ()> {
    let text = |encoded| {
        let decoded = percent_decode_str(encoded).decode_utf8();
        decoded.map(std::borrow::Cow::into_owned).map_err(drop)
    };
    let password = url.password().unwrap_or_default();
    match (url.username(), password) {
        ("", "") => Ok(None),
        (username, password) => Ok(Some(Login::new(text(username)?, text(password)?))),
    }
}
