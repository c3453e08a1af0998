//! What an image runs on, and which of an index's images runs there.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Descriptor, descriptor::null_is_missing};

/// What an image runs on: an operating system and a processor, and where it matters the processor's
/// variant.
///
/// ```
/// use acr_client::Platform;
///
/// let platform = Platform::new("linux", "arm64").variant("v8");
/// assert_eq!(platform.to_string(), "linux/arm64/v8");
/// assert_eq!("linux/arm64/v8".parse::<Platform>()?, platform);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Platform {
    /// The processor, such as `amd64`.
    pub architecture: String,
    /// The operating system, such as `linux`.
    pub os: String,
    /// The operating system's version, for Windows.
    #[serde(
        default,
        rename = "os.version",
        skip_serializing_if = "Option::is_none"
    )]
    pub os_version: Option<String>,
    /// What the operating system must have, for Windows.
    #[serde(
        default,
        rename = "os.features",
        deserialize_with = "null_is_missing",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub os_features: Vec<String>,
    /// The processor's variant, such as `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// The text is no platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformError(String);

impl Platform {
    /// An operating system and a processor, such as `linux` and `amd64`.
    pub fn new(os: impl Into<String>, architecture: impl Into<String>) -> Self {
        Self {
            architecture: architecture.into(),
            os: os.into(),
            os_version: None,
            os_features: Vec::new(),
            variant: None,
        }
    }

    /// With the processor's variant, such as `v7` of `arm`.
    #[must_use]
    pub fn variant(self, variant: impl Into<String>) -> Self {
        Self {
            variant: Some(variant.into()),
            ..self
        }
    }

    /// With the operating system's version, such as `10.0.20348` of Windows. A part of it is enough
    /// to choose by: `10.0.20348` finds `10.0.20348.2700`.
    #[must_use]
    pub fn os_version(self, os_version: impl Into<String>) -> Self {
        Self {
            os_version: Some(os_version.into()),
            ..self
        }
    }

    /// Which of these manifests an image for this platform is taken from.
    ///
    /// The operating system and the processor must be the same, and the operating system's version
    /// where one is named. Common other names count as the same: `x86_64` is `amd64`, `aarch64` is
    /// `arm64`, `macos` is `darwin`. A missing variant is `v8` for `arm64`, `v7` for `arm` and `v1`
    /// for `amd64`. A processor also runs what is made for a lower variant of it: of these the
    /// highest is taken, and of several that are equally good the first in the index. Manifests
    /// without a platform are never taken.
    #[must_use]
    pub fn choose<'a>(
        &self,
        manifests: impl IntoIterator<Item = &'a Descriptor>,
    ) -> Option<&'a Descriptor> {
        let mut best: Option<(Fit, &Descriptor)> = None;
        for manifest in manifests {
            let fit = manifest.platform.as_ref().and_then(|there| self.fit(there));
            if let Some(fit) = fit
                && best.as_ref().is_none_or(|(before, _)| fit > *before)
            {
                best = Some((fit, manifest));
            }
        }
        best.map(|(_, manifest)| manifest)
    }

    /// How well an image for that platform runs on this one; `None` where it does not.
    pub(crate) fn fit(&self, there: &Self) -> Option<Fit> {
        let (os, architecture) = (os_name(&self.os), architecture(&self.architecture));
        if os != os_name(&there.os) || architecture.0 != self::architecture(&there.architecture).0 {
            return None;
        }
        if let Some(wanted) = &self.os_version
            && !is_version_of(wanted, there.os_version.as_deref()?)
        {
            return None;
        }
        let (wanted, given) = (self.level(), there.level());
        if wanted == given {
            return Some(Fit::Same);
        }
        match (number(&wanted), number(&given)) {
            (Some(wanted), Some(given)) if given < wanted => Some(Fit::Lower(given)),
            _ => None,
        }
    }

    /// The variant, with its usual name.
    fn level(&self) -> String {
        let (architecture, implied) = architecture(&self.architecture);
        let given = self.variant.as_deref().filter(|given| !given.is_empty());
        let given = given.map(str::to_ascii_lowercase).map(|given| {
            let bare = given.starts_with(|c: char| c.is_ascii_digit());
            if bare { format!("v{given}") } else { given }
        });
        let usual = match architecture.as_str() {
            "arm64" => "v8",
            "arm" => "v7",
            "amd64" => "v1",
            _ => "",
        };
        given.unwrap_or_else(|| implied.unwrap_or(usual).to_owned())
    }
}

/// How well an image fits: a higher one fits better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// A lower variant of the same processor.
    Lower((u32, u32)),
    Same,
}

fn os_name(os: &str) -> String {
    match os.to_ascii_lowercase().as_str() {
        "macos" => "darwin".to_owned(),
        other => other.to_owned(),
    }
}

/// The usual name of a processor, and the variant that another name of it implies.
fn architecture(name: &str) -> (String, Option<&'static str>) {
    let (usual, implied) = match name.to_ascii_lowercase().as_str() {
        "x86_64" | "x86-64" => ("amd64", None),
        "aarch64" => ("arm64", None),
        "armhf" => ("arm", Some("v7")),
        "armel" => ("arm", Some("v6")),
        "i386" => ("386", None),
        other => return (other.to_owned(), None),
    };
    (usual.to_owned(), implied)
}

/// `v8` is 8.0, `v8.2` is 8.2.
fn number(variant: &str) -> Option<(u32, u32)> {
    let number = variant.strip_prefix('v')?;
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn is_version_of(wanted: &str, given: &str) -> bool {
    let rest = given.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl fmt::Display for Platform {
    /// `os/architecture` or `os/architecture/variant`, as docker writes it; the version of the
    /// operating system in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.os)?;
        if let Some(version) = &self.os_version {
            write!(f, "({version})")?;
        }
        write!(f, "/{}", self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    /// As it is displayed.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || PlatformError(text.chars().take(100).collect());
        let mut parts = text.split('/');
        let (Some(os), Some(architecture)) = (parts.next(), parts.next()) else {
            return Err(refused());
        };
        let (variant, rest) = (parts.next(), parts.next());
        let (os, version) = match os.split_once('(') {
            Some((os, version)) => (os, Some(version.strip_suffix(')').ok_or_else(refused)?)),
            None => (os, None),
        };
        let all = [Some(os), Some(architecture), variant, version];
        let word = |word: &str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            !word.is_empty() && word.bytes().all(plain)
        };
        if rest.is_some() || !all.into_iter().flatten().all(word) {
            return Err(refused());
        }
        Ok(Self {
            variant: variant.map(str::to_owned),
            os_version: version.map(str::to_owned),
            ..Self::new(os, architecture)
        })
    }
}

impl TryFrom<&str> for Platform {
    type Error = PlatformError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a platform: it must look like `linux/amd64` or `linux/arm/v7`",
            self.0.escape_debug()
        )
    }
}

impl std::error::Error for PlatformError {}

#[cfg(test)]
mod tests {
    use acr_core::MediaType;
    use proptest::prelude::*;

    use super::*;

    fn index(platforms: &[&str]) -> Vec<Descriptor> {
        let manifest = |text: &&str| {
            let manifest = Descriptor::of(MediaType::OCI_MANIFEST, text);
            match text.parse() {
                Ok(platform) => manifest.platform(platform),
                Err(_) => manifest,
            }
        };
        platforms.iter().map(manifest).collect()
    }

    fn chosen(wanted: &str, platforms: &[&str]) -> Option<String> {
        let manifests = index(platforms);
        let chosen = wanted.parse::<Platform>().unwrap().choose(&manifests)?;
        Some(chosen.platform.clone().unwrap().to_string())
    }

    #[test]
    fn what_is_chosen() {
        let common = &[
            "-",
            "unknown/unknown",
            "linux/amd64",
            "linux/arm/v6",
            "linux/arm/v7",
            "linux/arm64/v8",
            "windows(10.0.17763.5)/amd64",
            "windows(10.0.20348.2700)/amd64",
        ];
        for (wanted, expected) in [
            ("linux/amd64", Some("linux/amd64")),
            ("linux/x86_64", Some("linux/amd64")),
            ("Linux/AMD64", Some("linux/amd64")),
            ("linux/amd64/v3", Some("linux/amd64")),
            ("linux/arm64", Some("linux/arm64/v8")),
            ("linux/aarch64/8", Some("linux/arm64/v8")),
            ("linux/arm64/v8.2", Some("linux/arm64/v8")),
            ("linux/arm64/v7", None),
            ("linux/arm", Some("linux/arm/v7")),
            ("linux/armhf", Some("linux/arm/v7")),
            ("linux/armel", Some("linux/arm/v6")),
            ("linux/arm/v8", Some("linux/arm/v7")),
            ("linux/arm/v5", None),
            ("linux/arm/odd", None),
            ("linux/s390x", None),
            ("darwin/arm64", None),
            ("windows/amd64", Some("windows(10.0.17763.5)/amd64")),
            (
                "windows(10.0.20348)/amd64",
                Some("windows(10.0.20348.2700)/amd64"),
            ),
            ("windows(10.0.2)/amd64", None),
        ] {
            assert_eq!(chosen(wanted, common).as_deref(), expected, "{wanted}");
        }
    }

    #[test]
    fn the_same_variant_is_better_than_a_lower_one_and_the_first_better_than_the_second() {
        let platforms = [
            "linux/amd64/v2",
            "linux/amd64",
            "linux/amd64/v4",
            "linux/amd64/v3",
        ];
        assert_eq!(
            chosen("linux/amd64/v4", &platforms).unwrap(),
            "linux/amd64/v4"
        );
        assert_eq!(chosen("linux/amd64", &platforms).unwrap(), "linux/amd64");
        assert_eq!(
            chosen("linux/amd64/v5", &platforms).unwrap(),
            "linux/amd64/v4"
        );
        let twice = index(&["linux/amd64", "linux/amd64/v1"]);
        let first = Platform::new("linux", "amd64").choose(&twice).unwrap();
        assert_eq!(first, &twice[0]);
    }

    #[test]
    fn texts() {
        for good in ["linux/amd64", "linux/arm/v7", "windows(10.0.20348)/amd64"] {
            assert_eq!(good.parse::<Platform>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "linux",
            "linux/",
            "/amd64",
            "linux/arm/v7/x",
            "windows(1/amd64",
            "a b/c",
        ] {
            let error = bad.parse::<Platform>().unwrap_err().to_string();
            assert!(error.contains("is not a platform"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", variant in "\\PC*") {
            if let Ok(platform) = text.parse::<Platform>() {
                prop_assert_eq!(platform.to_string(), text);
                let odd = platform.clone().variant(variant);
                let _ = (odd.fit(&platform), platform.fit(&odd));
            }
        }
    }
}
