//! Values that must not be printed.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A password or token: it shows as `***` and is overwritten in memory when it is dropped.
///
/// There is no `Display`: whoever needs the text says [`expose`](Self::expose), so that each place
/// which does can be found. It serialises to its text, because it is part of request bodies.
///
/// ```
/// use acr_core::Secret;
///
/// let secret = Secret::from("hunter2");
/// assert_eq!(format!("{secret:?}"), "***");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::str::FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl PartialEq for Secret {
    /// Takes as long for a wrong text as for a right one of the same length.
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .0
                .bytes()
                .zip(other.0.bytes())
                .fold(0, |acc, (a, b)| acc | (a ^ b))
                == 0
    }
}

impl Eq for Secret {}

/// A user name and its password, as `docker login` takes them: the admin user, a service
/// principal, or a repository-scoped token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user name; for a service principal its application id, for a token the token's name.
    pub username: String,
    /// The password that goes with it.
    pub password: Secret,
}

impl Login {
    /// A user name and its password.
    pub fn new(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints() {
        let login = Login::new("user", "pass-word");
        let shown = format!("{login:?} {:#?}", login.password);
        assert!(!shown.contains("pass-word"), "{shown}");
        assert!(shown.contains("user"));
    }

    /// That dropping overwrites is the derive's promise; what it overwrites is the text.
    #[test]
    fn overwritten_when_dropped() {
        fn on_drop<T: ZeroizeOnDrop>() {}
        on_drop::<Secret>();
        let mut secret = Secret::from("pass-word");
        secret.zeroize();
        assert!(secret.is_empty());
    }

    #[test]
    fn equality_is_by_text() {
        assert_eq!(Secret::from("a"), Secret::from("a"));
        assert_ne!(Secret::from("a"), Secret::from("b"));
        assert_ne!(Secret::from("a"), Secret::from("ab"));
    }
}
