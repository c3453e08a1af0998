//! The suites, as data: what each is started with, and what it needs.

use std::{
    collections::BTreeSet,
    env, fmt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::Result;

use crate::kits::Kits;

/// A program that tells its cases.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    start: Start,
    needs: Vec<Need>,
    /// After this long it hangs.
    pub(crate) limit: Duration,
}

/// How a suite is started.
enum Start {
    /// This program plays it.
    Own,
    /// Another program of this package, with these arguments.
    Beside(&'static str, &'static [&'static str]),
    /// By the Python of a kit, from a source file.
    Python(&'static str, &'static str),
    /// By Node.js, from a source file that was installed with its modules.
    Node(&'static str),
    /// A program of a kit, with these arguments.
    Program(&'static str, &'static [&'static str]),
}

/// What a suite cannot do without.
pub(crate) enum Need {
    /// A program on the PATH that answers to this argument; Debian's packages have them.
    Program(&'static str, &'static str),
    /// What `cargo xtask interop` installs.
    Kit(&'static str),
    /// A file or folder that this variable names, which is not in the tree.
    File(&'static str),
}

/// The longest that a suite may take: several times what the slowest does.
const LIMIT: Duration = Duration::from_secs(240);

/// Tells where the recordings of the service lie.
const RECORDINGS: &str = "ACR_RECORDINGS";

/// Tells where the probe of the OCI conformance suite lies.
pub(crate) const OCI_PROBE: &str = "ACR_OCI_PROBE";

/// All suites, the quick ones first.
pub(crate) fn all() -> Vec<Suite> {
    const CURL: Need = Need::Program("curl", "--version");
    vec![
        own("curl", [CURL]),
        own("skopeo", [Need::Program("skopeo", "--version"), CURL]),
        own("podman", [Need::Program("podman", "--version"), CURL]),
        own("buildah", [Need::Program("buildah", "--version"), CURL]),
        own(
            "oci-probe",
            [Need::Program("python3", "--version"), Need::File(OCI_PROBE)],
        ),
        Suite {
            start: Start::Beside("replay", &["emulator", "--cases"]),
            ..own("recordings", [Need::File(RECORDINGS)])
        },
        kit(
            "oras-go",
            "go",
            Start::Program("go/bin/suite", &["oras-go"]),
        ),
        kit(
            "regclient",
            "go",
            Start::Program("go/bin/suite", &["regclient"]),
        ),
        kit("crane", "go", Start::Program("go/bin/suite", &["crane"])),
        kit(
            "oci-client",
            "oci-client",
            Start::Program("oci-client/debug/interop-oci-client", &[]),
        ),
        kit(
            "python-sync",
            "python",
            Start::Python("python", "python/suite_sync.py"),
        ),
        kit(
            "python-aio",
            "python",
            Start::Python("python", "python/suite_aio.py"),
        ),
        kit(
            "javascript",
            "javascript",
            Start::Node("javascript/suite.mjs"),
        ),
        Suite {
            // A hundred commands, each a program that begins with half a second of imports.
            limit: 3 * LIMIT,
            ..kit(
                "azure-cli",
                "azure-cli",
                Start::Python("azure-cli", "azure-cli/suite.py"),
            )
        },
    ]
}

fn own<const N: usize>(name: &'static str, needs: [Need; N]) -> Suite {
    Suite {
        name,
        start: Start::Own,
        needs: needs.into(),
        limit: LIMIT,
    }
}

fn kit(name: &'static str, kit: &'static str, start: Start) -> Suite {
    Suite {
        name,
        start,
        needs: vec![Need::Kit(kit)],
        limit: LIMIT,
    }
}

/// The kits that any of them needs.
pub(crate) fn kits_of(suites: &[Suite]) -> BTreeSet<&'static str> {
    let needs = suites.iter().flat_map(|suite| &suite.needs);
    needs
        .filter_map(|need| match need {
            Need::Kit(kit) => Some(*kit),
            Need::Program(..) | Need::File(_) => None,
        })
        .collect()
}

impl Suite {
    /// Why it cannot be run, if it cannot.
    pub(crate) fn missing(&self, kits: &Kits) -> Option<String> {
        self.needs.iter().find_map(|need| need.missing(kits))
    }

    pub(crate) fn command(&self, kits: &Kits) -> Result<Command> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
        Ok(match self.start {
            Start::Own => {
                let mut command = Command::new(env::current_exe()?);
                command.args(["--play", self.name]);
                command
            }
            Start::Beside(program, arguments) => {
                let name = format!("{program}{}", env::consts::EXE_SUFFIX);
                let mut command = Command::new(env::current_exe()?.with_file_name(name));
                command.args(arguments);
                command
            }
            Start::Python(kit, source) => {
                let mut command = Command::new(kits.path(kit).join("bin/python"));
                command.arg(sources.join(source));
                command
            }
            Start::Node(source) => {
                let mut command = Command::new("node");
                command.arg(kits.path(source));
                command
            }
            Start::Program(program, arguments) => {
                let mut command = Command::new(kits.path(program));
                command.args(arguments);
                command
            }
        })
    }
}

impl Need {
    fn missing(&self, kits: &Kits) -> Option<String> {
        match self {
            Self::Program(program, question) => {
                let mut command = Command::new(program);
                command
                    .arg(question)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null());
                let there = command.status().is_ok_and(|status| status.success());
                (!there).then(|| format!("{program} is not installed"))
            }
            Self::Kit(kit) => kits.missing(kit),
            Self::File(variable) => match env::var_os(variable) {
                None => Some(format!("{variable} is not set")),
                Some(file) if !Path::new(&file).exists() => {
                    Some(format!("{variable}: {} is not there", file.display()))
                }
                Some(_) => None,
            },
        }
    }
}

/// As `--list` shows it.
impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needs: Vec<String> = self.needs.iter().map(ToString::to_string).collect();
        write!(f, "{:14} needs {}", self.name, needs.join(", "))
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(program, _) => f.write_str(program),
            Self::Kit(kit) => write!(f, "the kit {kit}"),
            Self::File(variable) => write!(f, "${variable}"),
        }
    }
}
