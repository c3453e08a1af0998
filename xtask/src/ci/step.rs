//! A step and the commands that it is made of.

use std::{
    env, fmt,
    fs::File,
    io,
    path::Path,
    process::{Command, ExitStatus, Stdio},
};

/// Something that has to hold.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) action: Action,
}

pub(super) enum Action {
    /// Run these, one after the other.
    Run(Vec<Invocation>),
    /// Do nothing, and say why.
    Skip(String),
}

/// One command, run in the folder of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    program: String,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

impl Invocation {
    /// A command whose words hold no spaces.
    pub(crate) fn new(line: &str) -> Self {
        let mut words = line.split_whitespace().map(str::to_owned);
        let program = words.next().unwrap_or_default();
        Self {
            program,
            arguments: words.collect(),
            environment: Vec::new(),
        }
    }

    /// A program by its path, which may hold spaces.
    pub(crate) fn program(program: String) -> Self {
        Self {
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    pub(crate) fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    pub(crate) fn run(&self, folder: &Path) -> io::Result<ExitStatus> {
        self.command(folder).status()
    }

    /// Runs it and puts down in a file what it says.
    pub(crate) fn run_into(&self, folder: &Path, log: &File) -> io::Result<ExitStatus> {
        let mut command = self.command(folder);
        command.stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log.try_clone()?);
        command.status()
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_of_this_package) {
                command.env_remove(name);
            }
        }
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(folder);
        command
    }
}

/// What cargo tells xtask of its package, build scripts below would take for a change of theirs:
/// half of all dependencies would be built anew, here and at the next command by hand.
fn is_of_this_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

/// The command as it would be typed.
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.environment {
            write!(f, "{name}='{value}' ")?;
        }
        f.write_str(&self.program)?;
        self.arguments
            .iter()
            .try_for_each(|argument| write!(f, " {argument}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            Action::Skip(reason) => write!(f, "{:10} (skipped: {reason})", self.name),
            Action::Run(commands) => {
                write!(f, "{:10}", self.name)?;
                let lines: Vec<String> = commands.iter().map(ToString::to_string).collect();
                write!(f, " {}", lines.join("\n           "))
            }
        }
    }
}
