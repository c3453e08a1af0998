//! What the suites need of the package registries, in the versions that tests/interop pins. All of
//! it goes into one folder of `target`.

mod recipes;
mod stamp;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Instant,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::ci::step::Invocation;
use stamp::Stamp;

/// Kits whose sources lie in one folder.
pub(crate) struct Collection {
    sources: &'static str,
    kits: fn() -> Vec<Kit>,
}

/// What the suites need.
pub(crate) const INTEROP: Collection = Collection {
    sources: "tests/interop",
    kits: recipes::all,
};

/// Clients that are measured, and are not in the other.
pub(crate) const BENCH: Collection = Collection {
    sources: "tests/bench",
    kits: recipes::measured,
};

/// Something to install.
struct Kit {
    name: &'static str,
    /// Programs that install it, and an argument that each answers to.
    programs: &'static [(&'static str, &'static str)],
    /// Files of the sources; while they stay, what is installed stays. What has nothing to install
    /// knows itself what to build anew.
    pins: &'static [&'static str],
    /// Makes what the pins say. Run when they change.
    install: fn(&Places) -> Vec<Invocation>,
    /// Makes what the sources say. Run every time, and quick when nothing has changed.
    build: fn(&Places) -> Vec<Invocation>,
}

/// Where a kit is made of what.
struct Places {
    sources: PathBuf,
    folder: PathBuf,
}

/// Installs these kits side by side: most of their time they wait for the network. Gives those that
/// could not be installed, and why.
pub(crate) fn install(
    root: &Path,
    collection: &Collection,
    folder: &Path,
    needed: &[String],
) -> Result<Vec<(String, String)>> {
    fs::create_dir_all(folder.join("logs"))?;
    let mut kits = (collection.kits)();
    kits.retain(|kit| needed.iter().any(|name| name == kit.name));
    ensure!(kits.len() == needed.len(), "a kit of {needed:?} is unknown");
    let failed = thread::scope(|scope| {
        let started: Vec<_> = kits
            .iter()
            .map(|kit| {
                let sources = root.join(collection.sources).join(kit.name);
                (kit, scope.spawn(|| kit.make(root, sources, folder)))
            })
            .collect();
        let ended = started.into_iter().filter_map(|(kit, made)| {
            let made = made.join().unwrap_or_else(|_| bail!("its thread panicked"));
            made.err()
                .map(|error| (kit.name.to_owned(), format!("{error:#}")))
        });
        ended.collect()
    });
    Ok(failed)
}

impl Kit {
    fn make(&self, root: &Path, sources: PathBuf, folder: &Path) -> Result<()> {
        for (program, question) in self.programs {
            ensure!(answers(program, question), "{program} is not on the PATH");
        }
        let places = Places {
            sources,
            folder: folder.join(self.name),
        };
        let path = folder
            .join("logs")
            .join(format!("install-{}.log", self.name));
        let log = File::create(&path)?;
        let run = |commands: Vec<Invocation>| {
            for command in commands {
                let status = command.run_into(root, &log)?;
                ensure!(
                    status.success(),
                    "{status} of {command}; see {}",
                    path.display()
                );
            }
            Ok(())
        };
        fs::create_dir_all(&places.folder)?;
        let commands = (self.install)(&places);
        if commands.is_empty() {
            return run((self.build)(&places));
        }
        let stamp = self.stamp(&places, folder, &commands)?;
        let started = Instant::now();
        if !stamp.is_there() {
            stamp.remove()?;
            fs::remove_dir_all(&places.folder)?;
            fs::create_dir_all(&places.folder)?;
            run(commands)?;
            stamp.write()?;
            let time = started.elapsed().as_secs_f64();
            println!("installed {} in {time:.1} s", self.name);
        }
        run((self.build)(&places))
    }

    /// What was installed: by which commands, of which programs, from which pins.
    fn stamp(&self, places: &Places, folder: &Path, commands: &[Invocation]) -> Result<Stamp> {
        let mut content = String::new();
        for command in commands {
            content += &format!("{command}\n");
        }
        for (program, question) in self.programs {
            let output = Command::new(program).arg(question).output()?;
            content += &String::from_utf8_lossy(&output.stdout);
        }
        for pin in self.pins {
            let path = places.sources.join(pin);
            let text = fs::read_to_string(&path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            content += &text;
        }
        Ok(Stamp::new(
            folder.join(format!("{}.stamp", self.name)),
            content,
        ))
    }
}

fn answers(program: &str, question: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg(question)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests;
