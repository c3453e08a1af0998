//! Why a registry was not reached: read from the error that the transport left.

use std::{error::Error, io};

use crate::{find, guard::Silence};

/// Why no connection came about, as far as the transport's error tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreached {
    /// Something is at that address, and nothing listens on the port.
    Refused,
    /// There was a connection, and TLS was not agreed on: the certificate is not trusted, is for
    /// another name or has ended, or what is there does not speak TLS.
    Tls,
    /// Nothing came back in time.
    TimedOut,
    /// None of these: there is no address, no route, or the connection broke.
    Other,
}

impl Unreached {
    /// Reads it from an error, wherever it stands in its chain of sources.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        if find::<Silence>(error).is_some() {
            return Self::TimedOut;
        }
        let timed_out = find::<reqwest::Error>(error).is_some_and(reqwest::Error::is_timeout);
        let mut link = find::<io::Error>(error);
        while let Some(error) = link {
            match error.kind() {
                // This is how the TLS library's errors come, wrapped in other I/O errors, which do
                // not name what they wrap as their source.
                io::ErrorKind::InvalidData => return Self::Tls,
                io::ErrorKind::ConnectionRefused => return Self::Refused,
                io::ErrorKind::TimedOut => return Self::TimedOut,
                _ => {}
            }
            link = error.get_ref().and_then(|inner| inner.downcast_ref());
        }
        match timed_out {
            true => Self::TimedOut,
            false => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_through_what_wraps_it() {
        let io = |kind| io::Error::new(kind, "in words");
        let wrapped = |error| io::Error::other(io::Error::other(error));
        for (error, expected) in [
            (io(io::ErrorKind::ConnectionRefused), Unreached::Refused),
            (
                wrapped(io(io::ErrorKind::ConnectionRefused)),
                Unreached::Refused,
            ),
            (wrapped(io(io::ErrorKind::InvalidData)), Unreached::Tls),
            (io(io::ErrorKind::TimedOut), Unreached::TimedOut),
            (io(io::ErrorKind::ConnectionReset), Unreached::Other),
        ] {
            assert_eq!(Unreached::of(&error), expected, "{error:?}");
        }
        let silence = Silence::Response(std::time::Duration::from_secs(1));
        assert_eq!(Unreached::of(&silence), Unreached::TimedOut);
    }
}
