use std::fs;

use super::*;

fn kit(commands: fn(&Places) -> Vec<Invocation>) -> Kit {
    Kit {
        name: "kit",
        programs: &[("cargo", "--version")],
        pins: &["pins"],
        install: commands,
        build: |_| Vec::new(),
    }
}

/// Leaves something behind in the kit's folder.
fn installs(places: &Places) -> Vec<Invocation> {
    let file = places.folder.join("installed");
    let init = Invocation::new("cargo init --quiet --vcs none --name installed");
    vec![init.argument(file.display().to_string())]
}

fn fails(places: &Places) -> Vec<Invocation> {
    let mut commands = installs(places);
    commands.push(Invocation::new("cargo no-such-command"));
    commands
}

struct Scratch {
    root: tempfile::TempDir,
    folder: PathBuf,
}

impl Scratch {
    fn new(pins: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("target");
        fs::create_dir_all(folder.join("logs")).unwrap();
        let scratch = Self { root, folder };
        scratch.pin(pins);
        scratch
    }

    fn pin(&self, pins: &str) {
        let sources = self.root.path().join("sources");
        fs::create_dir_all(&sources).unwrap();
        fs::write(sources.join("pins"), pins).unwrap();
    }

    fn make(&self, kit: &Kit) -> Result<()> {
        kit.make(
            self.root.path(),
            self.root.path().join("sources"),
            &self.folder,
        )
    }

    /// Something that an installation anew removes.
    fn mark(&self) -> PathBuf {
        let mark = self.folder.join("kit/mark");
        fs::write(&mark, "").unwrap();
        mark
    }
}

#[test]
fn what_is_installed_stays_until_its_pins_change() {
    let scratch = Scratch::new("one");
    scratch.make(&kit(installs)).unwrap();
    assert!(scratch.folder.join("kit/installed/Cargo.toml").is_file());
    let mark = scratch.mark();
    scratch.make(&kit(installs)).unwrap();
    assert!(mark.exists());
    scratch.pin("two");
    scratch.make(&kit(installs)).unwrap();
    assert!(!mark.exists());
}

#[test]
fn what_was_not_ended_is_not_taken_for_done() {
    let scratch = Scratch::new("one");
    let error = scratch.make(&kit(fails)).unwrap_err();
    assert!(error.to_string().contains("no-such-command"), "{error}");
    let mark = scratch.mark();
    scratch.make(&kit(installs)).unwrap();
    assert!(!mark.exists());
}

#[test]
fn a_program_that_is_not_there_is_told() {
    let scratch = Scratch::new("one");
    let mut kit = kit(installs);
    kit.programs = &[("no-such-program", "--version")];
    let error = scratch.make(&kit).unwrap_err();
    assert_eq!(error.to_string(), "no-such-program is not on the PATH");
}

#[test]
fn a_kit_without_a_recipe_is_an_error() {
    let scratch = tempfile::tempdir().unwrap();
    let unknown = ["nothing".to_owned()];
    assert!(install(&crate::root(), &INTEROP, scratch.path(), &unknown).is_err());
}
