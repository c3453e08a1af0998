//! How each kit is installed.

use super::{Kit, Places};
use crate::ci::step::Invocation;

pub(super) fn all() -> Vec<Kit> {
    vec![
        virtual_environment("python"),
        virtual_environment("azure-cli"),
        Kit {
            name: "javascript",
            programs: &[("node", "--version"), ("npm", "--version")],
            pins: &["package.json", "package-lock.json"],
            install: javascript,
            build: javascript_sources,
        },
        go_program(),
        crate_of_its_own(oci_client),
    ]
}

/// The SDKs for Python and JavaScript are those of the suites.
pub(super) fn measured() -> Vec<Kit> {
    let release = |places: &Places| {
        let builds = oci_client(places).into_iter();
        builds.map(|build| build.argument("--release")).collect()
    };
    vec![go_program(), crate_of_its_own(release)]
}

fn go_program() -> Kit {
    Kit {
        name: "go",
        programs: &[("go", "version")],
        pins: &[],
        install: nothing,
        build: go,
    }
}

fn crate_of_its_own(build: fn(&Places) -> Vec<Invocation>) -> Kit {
    Kit {
        name: "oci-client",
        programs: &[("cargo", "--version")],
        pins: &[],
        install: nothing,
        build,
    }
}

impl Places {
    fn source(&self, file: &str) -> String {
        self.sources.join(file).display().to_string()
    }

    fn made(&self, file: &str) -> String {
        self.folder.join(file).display().to_string()
    }
}

fn nothing(_: &Places) -> Vec<Invocation> {
    Vec::new()
}

fn virtual_environment(name: &'static str) -> Kit {
    Kit {
        name,
        programs: &[("python3", "--version")],
        pins: &["requirements.txt"],
        install: python,
        build: nothing,
    }
}

/// What is not imported is not compiled: azure-cli has ten thousands of files.
fn python(places: &Places) -> Vec<Invocation> {
    vec![
        Invocation::new("python3 -m venv").argument(places.made("")),
        Invocation::program(places.made("bin/pip"))
            .argument("install")
            .argument("--quiet")
            .argument("--no-compile")
            .argument("--requirement")
            .argument(places.source("requirements.txt")),
    ]
}

/// Modules are looked for beside the program that imports them, so the sources go there too.
fn javascript(places: &Places) -> Vec<Invocation> {
    vec![
        copy(places.source("package.json"), places),
        copy(places.source("package-lock.json"), places),
        Invocation::new("npm ci --no-audit --no-fund --ignore-scripts --prefix")
            .argument(places.made("")),
    ]
}

fn javascript_sources(places: &Places) -> Vec<Invocation> {
    vec![copy(places.source("."), places)]
}

fn copy(from: String, places: &Places) -> Invocation {
    Invocation::new("cp -R")
        .argument(from)
        .argument(places.made(""))
}

/// With caches of its own, so that whoever keeps `target` keeps them, and whoever deletes it can.
fn go(places: &Places) -> Vec<Invocation> {
    let build = Invocation::new("go build -C")
        .argument(places.source(""))
        .argument("-o")
        .argument(places.made("bin/suite"))
        .argument(".");
    vec![
        build
            .with("GOFLAGS", "-mod=readonly -modcacherw -buildvcs=false")
            // A Go that is too old gets the one that go.mod asks for, from where modules come from.
            .with("GOTOOLCHAIN", "auto")
            .with("CGO_ENABLED", "0")
            .with("GOPATH", places.made("path"))
            .with("GOCACHE", places.made("cache")),
    ]
}

fn oci_client(places: &Places) -> Vec<Invocation> {
    vec![
        Invocation::new("cargo build --quiet --locked --manifest-path")
            .argument(places.source("Cargo.toml"))
            .argument("--target-dir")
            .argument(places.made("")),
    ]
}
