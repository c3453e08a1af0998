//! How conversions stand, as the registry tells it.

use std::fmt;

use azure_core::time::OffsetDateTime;

/// Whether the images that are pushed to a repository are converted for streaming.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepositoryStreaming {
    /// Whether they are.
    pub converts_pushed_images: bool,
    /// To what, such as `overlaybd`; `None` where it was never set.
    pub format: Option<String>,
    /// To which version of the format, such as `v1`.
    pub version: Option<String>,
    /// How the change of the setting stands; told by
    /// [`set_streaming`](crate::Repository::set_streaming) only.
    pub status: Option<StreamingStatus>,
    /// The operation that changes the setting, for
    /// [`streaming_operation`](crate::Repository::streaming_operation).
    pub operation_id: Option<String>,
}

/// How a conversion stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamingProgress {
    /// The kind of operation, such as `ArtifactStreamingConversion`.
    pub name: Option<String>,
    /// What it works on, as `REPOSITORY@DIGEST`.
    pub resource: Option<String>,
    /// How it stands.
    pub status: StreamingStatus,
    /// When it began.
    pub started_at: Option<OffsetDateTime>,
    /// How far it is, as the registry words it: `50%`. [`percent`](Self::percent) reads it.
    pub progress: Option<String>,
    /// A sentence for people.
    pub details: Option<String>,
}

impl StreamingProgress {
    /// How far it is, from 0 to 100; `None` where the registry does not tell it so that it can be
    /// read.
    #[must_use]
    pub fn percent(&self) -> Option<u8> {
        let text = self.progress.as_deref()?.trim().strip_suffix('%')?;
        text.trim().parse().ok().filter(|percent| *percent <= 100)
    }
}

/// How a conversion stands, in one word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamingStatus {
    /// It was asked for.
    NotStarted,
    /// It is under way.
    Running,
    /// It has ended well.
    Succeeded,
    /// It has ended badly.
    Failed,
    /// It was [cancelled](crate::StreamingOperation::cancel).
    Canceled,
    /// A word that this version does not know. It counts as under way, as Azure's rules for
    /// operations have it.
    Other(String),
}

impl StreamingStatus {
    /// The registry's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::NotStarted => "NotStarted",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
            Self::Other(word) => word,
        }
    }

    /// Whether nothing more will come: it succeeded, failed, or was cancelled.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }
}

impl From<String> for StreamingStatus {
    fn from(word: String) -> Self {
        match word.as_str() {
            "NotStarted" => Self::NotStarted,
            "Running" => Self::Running,
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            "Canceled" => Self::Canceled,
            _ => Self::Other(word),
        }
    }
}

impl fmt::Display for StreamingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_kept() {
        for (word, is_final) in [
            ("NotStarted", false),
            ("Running", false),
            ("Succeeded", true),
            ("Failed", true),
            ("Canceled", true),
            ("Queued", false),
        ] {
            let status = StreamingStatus::from(word.to_owned());
            assert_eq!(status.to_string(), word);
            assert_eq!(status.is_final(), is_final, "{word}");
        }
    }

    #[test]
    fn only_what_is_a_percentage_is_one() {
        let progress = |text: Option<&str>| StreamingProgress {
            name: None,
            resource: None,
            status: StreamingStatus::Running,
            started_at: None,
            progress: text.map(str::to_owned),
            details: None,
        };
        assert_eq!(progress(Some("0%")).percent(), Some(0));
        assert_eq!(progress(Some(" 100 % ")).percent(), Some(100));
        for text in [
            None,
            Some(""),
            Some("half"),
            Some("101%"),
            Some("-1%"),
            Some("5"),
        ] {
            assert_eq!(progress(text).percent(), None, "{text:?}");
        }
    }
}
