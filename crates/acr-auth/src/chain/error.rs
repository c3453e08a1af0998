//! What each link said.

use std::{error::Error, fmt};

use azure_core::error::ErrorKind;

use super::{
    ChainLink,
    transport::{http, unescaped},
};
use crate::environment::Environment;

/// Why the default chain gave no token: what each of its links said, one line each.
///
/// It is the source of the [`azure_core::Error`] in [`Error::Credential`](crate::Error::Credential):
///
/// ```
/// use acr_auth::ChainError;
///
/// fn explain(error: &acr_auth::Error) {
///     if let Some(chain) = ChainError::of(error) {
///         for link in chain.links() {
///             println!("{}: {}", link.link(), link.message());
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ChainError {
    pub(super) links: Vec<LinkError>,
    pub(super) untried: Vec<ChainLink>,
}

impl ChainError {
    /// The chain's error among an error and its sources, if there is one.
    #[must_use]
    pub fn of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        acr_rest::find(error)
    }

    /// What the links said that were asked, in the order in which they were.
    #[must_use]
    pub fn links(&self) -> &[LinkError] {
        &self.links
    }

    /// As the error of a credential. Its kind is that of the link that had the last word.
    pub(super) fn under(self, message: String) -> azure_core::Error {
        let last = self.links.last().filter(|link| !link.skipped);
        let kind = last.map_or(ErrorKind::Credential, |link| link.kind.clone());
        azure_core::Error::with_error(kind, self, message)
    }
}

/// A line for each link, after one that says so.
impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what its links said:")?;
        for link in &self.links {
            write!(f, "\n  {link}")?;
        }
        if let (Some(last), [_, ..]) = (self.links.last(), &self.untried[..]) {
            let names: Vec<_> = self.untried.iter().map(|link| link.name()).collect();
            let names = names.join(", ");
            write!(f, "\n  not asked, since {} is set up: {names}", last.link)?;
        }
        Ok(())
    }
}

impl Error for ChainError {}

/// Why one link gave no token.
#[derive(Clone, Debug)]
pub struct LinkError {
    link: ChainLink,
    message: String,
    skipped: bool,
    kind: ErrorKind,
}

impl LinkError {
    /// There is nothing to ask.
    pub(super) fn skipped(link: ChainLink, message: impl Into<String>) -> Self {
        Self {
            link,
            message: message.into(),
            skipped: true,
            kind: ErrorKind::Credential,
        }
    }

    /// It was asked, or set up to be asked, and gave nothing.
    pub(super) fn failed(link: ChainLink, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            link,
            message: message.into(),
            skipped: false,
            kind,
        }
    }

    /// It was asked, and said this.
    pub(super) fn said(
        link: ChainLink,
        error: &azure_core::Error,
        environment: &Environment,
    ) -> Self {
        Self::failed(link, kind_of(error), shown(error, environment))
    }

    /// Which link it is.
    #[must_use]
    pub fn link(&self) -> ChainLink {
        self.link
    }

    /// What it said, in one line, without secrets.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether it was passed over, since it is not set up here.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        self.skipped
    }

    /// The status of the answer, if it was an HTTP answer that refused.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            ErrorKind::HttpResponse { status, .. } => Some(status.into()),
            _ => None,
        }
    }

    /// The same, not held against the link.
    pub(super) fn passed_over(self) -> Self {
        Self {
            skipped: true,
            ..self
        }
    }

    /// Whether no other link is asked after this one: what is set up on purpose and does not work is to
    /// be seen, not to be replaced by whoever is logged in here.
    pub(super) fn ends_the_chain(&self) -> bool {
        !self.skipped && self.link.is_for_production()
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = if self.skipped { " skipped:" } else { "" };
        write!(f, "{}:{skipped} {}", self.link, self.message)
    }
}

/// What happened below all sentences about it. The answer itself is left behind: it may show what
/// was sent.
fn kind_of(error: &azure_core::Error) -> ErrorKind {
    let errors = std::iter::successors(Some(error), |error| error.downcast_ref());
    let mut kinds = errors.map(azure_core::Error::kind);
    match kinds.find(|kind| !matches!(kind, ErrorKind::Credential)) {
        Some(ErrorKind::HttpResponse { status, .. }) => http(*status),
        Some(kind) => kind.clone(),
        None => ErrorKind::Credential,
    }
}

/// In characters. What Entra says of a refusal has 200 to 600.
const LONGEST: usize = 1000;

/// The environment variables whose values are never shown.
const SECRET: [&str; 4] = [
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "IDENTITY_HEADER",
    "MSI_SECRET",
];

/// An error and its sources in one line. They come from other machines and programs, which may say
/// back what they were sent.
fn shown(error: &azure_core::Error, environment: &Environment) -> String {
    // azure_identity says around it which credential it is, and where its manual is.
    let inner = error.downcast_ref::<azure_core::Error>().unwrap_or(error);
    let mut text = inner.to_string();
    let below = std::iter::successors(inner.source(), |&error| error.source());
    for source in below.map(ToString::to_string) {
        if !text.contains(&source) {
            text = format!("{text}: {source}");
        }
    }
    let secrets = SECRET.iter().filter_map(|name| environment.get(name));
    let secrets: Vec<_> = secrets.flat_map(|it| [unescaped(&it), it]).collect();
    let blotted = acr_rest::redact::blotted(&text, secrets.iter().map(String::as_str));
    let text = blotted.unwrap_or(text);
    let words: Vec<_> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| if word.contains("eyJ") { "***" } else { word })
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
