//! What podman and buildah have in common: a storage in the scratch folder, and how they reach the
//! registry.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{
    cases::{Cases, Skip},
    curl::Curl,
    environment::Registry,
    image::OCI_MANIFEST,
    program::Program,
};

/// podman or buildah, for one registry.
pub(super) struct Tool<'a> {
    pub(super) registry: &'a Registry,
    pub(super) folder: PathBuf,
    pub(super) program: Program,
    /// How the registry is trusted.
    pub(super) trust: String,
    curl: Curl<'a>,
}

impl<'a> Tool<'a> {
    pub(super) fn new(
        name: &'static str,
        registry: &'a Registry,
        work: &std::path::Path,
    ) -> Result<Self> {
        let folder = work.join(registry.scheme());
        let certificates = folder.join("certificates");
        fs::create_dir_all(&certificates)?;
        let trust = match &registry.ca {
            Some(ca) => {
                fs::copy(ca, certificates.join("ca.crt"))?;
                format!("--cert-dir={}", certificates.display())
            }
            None => "--tls-verify=false".to_owned(),
        };
        // Named by the environment, it has to be there before anybody has logged in.
        fs::write(folder.join("auth.json"), "{}")?;
        let inside =
            |option: &str, path: &str| format!("--{option}={}", folder.join(path).display());
        let program = Program::new(name)
            // It needs no kernel module, and nobody else's images are in it.
            .always([
                "--storage-driver=vfs".to_owned(),
                inside("root", "root"),
                inside("runroot", "run"),
            ])
            .inside(&folder)
            .with("HOME", &folder)
            .with("XDG_RUNTIME_DIR", &folder)
            .with("TMPDIR", &folder)
            .with("REGISTRY_AUTH_FILE", folder.join("auth.json"))
            .with("BUILDAH_ISOLATION", "chroot");
        let curl = Curl::new(registry, folder.clone());
        Ok(Self {
            registry,
            folder,
            program,
            trust,
            curl,
        })
    }

    pub(super) fn version(&self) -> Result<String> {
        let told = self.program.run(["--version"])?;
        let version = told.split_whitespace().nth(2);
        Ok(version.context("a program without a version")?.to_owned())
    }

    /// Whether it works on this machine at all, which in a container it may not. In its own words
    /// if it does not.
    pub(super) fn works(&self, cases: &mut Cases) -> bool {
        let info = || {
            self.program
                .run(["info"])
                .map_err(|error| Skip(format!("{error:#}")).into())
        };
        cases.case("it works on this machine", info).is_some()
    }

    pub(super) fn at(&self, image: &str) -> String {
        format!("{}/{image}", self.registry.host())
    }

    pub(super) fn credentials(&self) -> String {
        format!("--creds={}", self.registry.credentials())
    }

    /// Pushes by this command, and gives the digest that is told, which the registry must have.
    pub(super) fn push(&self, command: &[&str], local: &str, image: &str) -> Result<String> {
        let file = self.folder.join("digest");
        let digest_file = format!("--digestfile={}", file.display());
        let credentials = self.credentials();
        let remote = format!("docker://{}", self.at(image));
        let mut arguments = command.to_vec();
        arguments.extend([&*self.trust, &*credentials, &*digest_file, local, &*remote]);
        self.program.run(arguments)?;
        let told = fs::read_to_string(file)?.trim().to_owned();
        let there = self.digest(image)?;
        ensure!(told == there, "{told} instead of {there}");
        Ok(told)
    }

    /// The digest that a tag stands for.
    pub(super) fn digest(&self, image: &str) -> Result<String> {
        let (name, tag) = image.split_once(':').context("a name and a tag")?;
        let token = self.curl.token(&format!("repository:{name}:pull"))?;
        let path = format!("/v2/{name}/manifests/{tag}");
        let accept = format!("Accept: {OCI_MANIFEST}, */*");
        let answer = self
            .curl
            .authorized(&token, &path, &["-I", "-H", &accept])?
            .expect(200)?;
        Ok(answer.header("Docker-Content-Digest")?.to_owned())
    }
}
