//! skopeo, as Debian has it: containers/image, of which podman and buildah are made too.

mod moves;
mod reads;
mod rights;

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};

use super::{
    cases::Cases,
    curl::Curl,
    environment::{Environment, Registry},
    program::Program,
};

pub(super) fn run(environment: &Environment, cases: &mut Cases) -> Result<()> {
    for registry in [&environment.https, &environment.http] {
        let folder = environment.work.join(registry.scheme());
        let skopeo = Skopeo::new(registry, folder)?;
        cases.client("skopeo", &skopeo.version()?);
        for (topic, run) in [
            ("moves", moves::run as fn(&Skopeo<'_>, &mut Cases)),
            ("reads", reads::run),
            ("rights", rights::run),
        ] {
            cases.about(&format!("{}: {topic}", registry.scheme()));
            run(&skopeo, cases);
        }
    }
    Ok(())
}

struct Skopeo<'a> {
    registry: &'a Registry,
    curl: Curl<'a>,
    folder: PathBuf,
    program: Program,
    /// How the registry is trusted, without the prefix of a side.
    trust: String,
}

impl<'a> Skopeo<'a> {
    fn new(registry: &'a Registry, folder: PathBuf) -> Result<Self> {
        let certificates = folder.join("certificates");
        fs::create_dir_all(&certificates)?;
        let trust = match &registry.ca {
            Some(ca) => {
                fs::copy(ca, certificates.join("ca.crt"))?;
                format!("cert-dir={}", certificates.display())
            }
            None => "tls-verify=false".to_owned(),
        };
        let program = Program::new("skopeo")
            .always(["--insecure-policy", "--override-os=linux"])
            .with("XDG_RUNTIME_DIR", &folder)
            .with("TMPDIR", &folder)
            .with("HOME", &folder);
        let curl = Curl::new(registry, folder.clone());
        Ok(Self {
            registry,
            curl,
            folder,
            program,
            trust,
        })
    }

    fn version(&self) -> Result<String> {
        let told = Program::new("skopeo").run(["--version"])?;
        let version = told.split_whitespace().last();
        Ok(version.context("skopeo without a version")?.to_owned())
    }

    /// An image of the registry, as skopeo names it.
    fn at(&self, image: &str) -> String {
        format!("docker://{}/{image}", self.registry.host())
    }

    /// What comes before an image of this registry, on this side of a copy ("src-", "dest-") or of
    /// a command with one image ("").
    fn access(&self, side: &str) -> [String; 2] {
        [
            format!("--{side}{}", self.trust),
            format!("--{side}creds={}", self.registry.credentials()),
        ]
    }

    /// Puts something into the registry, and gives the digest that skopeo tells of it.
    fn push(&self, from: &str, image: &str, more: &[&str]) -> Result<String> {
        let file = self.folder.join("digest");
        let mut arguments = vec![
            "copy".to_owned(),
            format!("--digestfile={}", file.display()),
        ];
        arguments.extend(self.access("dest-"));
        arguments.extend(more.iter().map(|&more| more.to_owned()));
        arguments.extend([from.to_owned(), self.at(image)]);
        self.program.run(arguments)?;
        Ok(fs::read_to_string(file)?.trim().to_owned())
    }

    /// Takes something out of it.
    fn pull(&self, image: &str, to: &str, more: &[&str]) -> Result<String> {
        let mut arguments = vec!["copy".to_owned()];
        arguments.extend(self.access("src-"));
        arguments.extend(more.iter().map(|&more| more.to_owned()));
        arguments.extend([self.at(image), to.to_owned()]);
        self.program.run(arguments)
    }

    /// A command about one image.
    fn about(&self, command: &str, image: &str, more: &[&str]) -> Result<String> {
        let mut arguments = vec![command.to_owned()];
        arguments.extend(self.access(""));
        arguments.extend(more.iter().map(|&more| more.to_owned()));
        arguments.push(self.at(image));
        self.program.run(arguments)
    }

    /// A new layout's folder, and its name.
    fn layout(&self, name: &str) -> (PathBuf, String) {
        let folder = self.folder.join(name);
        let reference = format!("oci:{}:v1", folder.display());
        (folder, reference)
    }
}
