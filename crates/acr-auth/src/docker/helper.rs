//! A credential helper of docker's, asked for a login.
//!
//! The protocol: `docker-credential-NAME get` is given the registry's name on its standard input
//! and answers with JSON, or with words on its standard *output* and an exit status that is not 0.

use std::{path::Path, process::Output, time::Duration};

use acr_core::{Login, Secret, limits};
use serde::Deserialize;
use tokio::process::Command;
use zeroize::Zeroizing;

use super::{HELPER_TOKEN_USER, NOT_FOUND, error::HelperFault, file::Held};
use crate::process;

/// How long a helper may take: it may ask a keychain or a service, but nobody sits in front of it.
const LIMIT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    secret: Secret,
}

/// What the helper of this name holds for the registry; `None` if it says that it has nothing. It is
/// looked for in the folder, if there is one, or else where the system looks for programs.
pub(super) async fn get(
    name: &str,
    folder: Option<&Path>,
    registry: &str,
) -> Result<Option<Held>, HelperFault> {
    let program = program(name).ok_or(HelperFault::Name)?;
    let mut command = match folder {
        Some(folder) => Command::new(folder.join(program)),
        None => Command::new(program),
    };
    let asked = process::output(command.arg("get"), registry.as_bytes());
    match tokio::time::timeout(LIMIT, asked).await {
        Ok(Ok(output)) => read(output),
        Ok(Err(error)) => Err(HelperFault::Run(error)),
        Err(_) => Err(HelperFault::Silent(LIMIT)),
    }
}

/// The helper's file name, for a name that leads nowhere else.
pub(super) fn program(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_name = !name.is_empty() && name.len() <= 64 && name.chars().all(plain);
    is_name.then(|| format!("docker-credential-{name}"))
}

fn read(output: Output) -> Result<Option<Held>, HelperFault> {
    let said = Zeroizing::new(output.stdout);
    if output.status.success() {
        return parse(&said).map(Some);
    }
    if said.trim_ascii() == NOT_FOUND.as_bytes() {
        return Ok(None);
    }
    let words = [shown(&said), shown(&Zeroizing::new(output.stderr))];
    let words: Vec<_> = words.into_iter().filter(|text| !text.is_empty()).collect();
    Err(HelperFault::Failed {
        status: output.status.code(),
        words: words.join(" "),
    })
}

pub(super) fn parse(said: &[u8]) -> Result<Held, HelperFault> {
    let answer: Answer = serde_json::from_slice(said).map_err(|_| HelperFault::Unreadable)?;
    match answer {
        Answer { secret, .. } if secret.is_empty() => Err(HelperFault::NoSecret),
        Answer { username, secret } if username == HELPER_TOKEN_USER => {
            Ok(Held::RefreshToken(secret))
        }
        Answer { username, .. } if username.is_empty() => Err(HelperFault::NoUser),
        Answer { username, secret } => Ok(Held::Login(Login::new(username, secret))),
    }
}

/// The first words of a helper that failed, on one line, without what looks like a secret: an
/// answer, what is called a password, secret or token, and long words that hold digits.
pub(super) fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    if text.contains('{') {
        return "(what it said is not shown: it may hold a secret)".to_owned();
    }
    let mut words = Vec::new();
    let (mut hide, mut titled) = (false, false);
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        let (head, value) = match word.find([':', '=']) {
            Some(at) if is_title(&word[..at]) => word.split_at(at + 1),
            _ => (word, ""),
        };
        words.push(match (hide, value) {
            (true, _) => "***".to_owned(),
            (false, "") if looks_secret(word) => "***".to_owned(),
            (false, "") => word.to_owned(),
            (false, _) => format!("{head}***"),
        });
        let parted = titled && matches!(word, ":" | "=");
        hide = value.is_empty() && (parted || announces(word));
        titled = is_title(word);
    }
    let shown: String = words.join(" ").chars().take(limits::HELPER_WORDS).collect();
    shown.trim_end().to_owned()
}

fn is_title(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["password", "passwd", "secret", "token", "authorization"]
        .iter()
        .any(|title| word.contains(title))
}

/// Whether what follows is a secret.
fn announces(word: &str) -> bool {
    let scheme = ["bearer", "basic"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme));
    scheme || word.ends_with([':', '=']) && is_title(word)
}

fn looks_secret(word: &str) -> bool {
    let part_of_one = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '=' | '_' | '-');
    word.split(|c: char| !part_of_one(c))
        .any(|run| run.len() >= 20 && run.contains(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    const FAKE: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/engine/helpers/docker-credential-fake"
    );

    /// A folder with the helper of this name. It is linked, not written: a file that was open for
    /// writing amid another test's fork cannot be started.
    fn folder(name: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(format!("docker-credential-{name}"));
        symlink(FAKE, program).unwrap();
        folder
    }

    async fn asked(name: &str) -> Result<Option<Held>, HelperFault> {
        let folder = folder(name);
        get(name, Some(folder.path()), "myregistry.azurecr.io").await
    }

    #[tokio::test]
    async fn what_helpers_answer() {
        let login = Login::new("me", "S3CR3T get myregistry.azurecr.io");
        assert_eq!(asked("login").await.unwrap(), Some(Held::Login(login)));
        for name in ["token", "deaf"] {
            let held = asked(name).await.unwrap();
            assert_eq!(held, Some(Held::RefreshToken("S3CR3T".into())), "{name}");
        }
        assert_eq!(asked("none").await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_helpers_do_wrong() {
        let mut told = String::new();
        for name in [
            "fails",
            "leaks",
            "text",
            "nobody",
            "empty",
            "endless",
            "grumbles",
            "missing/../x",
            "",
        ] {
            let error = match name {
                "missing/../x" | "" => get(name, None, "x").await.unwrap_err(),
                name => asked(name).await.unwrap_err(),
            };
            assert!(
                !format!("{error:?} {error:#?}").contains("S3CR3T"),
                "{error:?}"
            );
            told += &format!("{name}: {}\n", acr_rest::chain_text(&error));
        }
        let nothing = tempfile::tempdir().unwrap();
        let error = get("missing", Some(nothing.path()), "x").await.unwrap_err();
        told += &format!("missing: {}\n", acr_rest::chain_text(&error));
        insta::assert_snapshot!(told);
    }

    #[tokio::test(start_paused = true)]
    async fn a_helper_that_hangs_is_given_up() {
        let error = asked("hangs").await.unwrap_err();
        assert_eq!(error.to_string(), "it did not finish within 30 seconds");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_helper_does_not_outlive_the_call() {
        let folder = folder("hangs");
        let mut call = Box::pin(get("hangs", Some(folder.path()), "x"));
        let file = folder.path().join("docker-credential-hangs.pid");
        let process = loop {
            assert!(futures_util::poll!(&mut call).is_pending());
            match fs::read_to_string(&file) {
                Ok(id) if id.ends_with('\n') => break id.trim().to_owned(),
                _ => tokio::task::yield_now().await,
            }
        };
        drop(call);
        // Gone, or dead and not yet collected.
        let alive = || {
            let state = fs::read_to_string(format!("/proc/{process}/stat"));
            state.is_ok_and(|state| !state.contains(") Z "))
        };
        // By itself it would end after a thousand seconds.
        let started = std::time::Instant::now();
        while alive() {
            assert!(started.elapsed().as_secs() < 60, "{process} lives on");
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn names_lead_nowhere_else() {
        for name in ["acr", "acr-env", "osxkeychain", "secretservice", "a.b_c"] {
            assert_eq!(program(name), Some(format!("docker-credential-{name}")));
        }
        for name in [
            "", "../x", "a/b", "a\\b", "a b", "a;b", "$x", "ä", "a\0", "a\n",
        ] {
            assert_eq!(program(name), None, "{name:?}");
        }
        assert_eq!(program(&"x".repeat(65)), None);
    }

    #[test]
    fn words_are_shown_without_secrets() {
        for (said, told) in [
            (
                "nobody is signed in: run `az login`",
                "nobody is signed in: run `az login`",
            ),
            (
                "see /home/me/.config/gcloud/logs/a.log",
                "see /home/me/.config/gcloud/logs/a.log",
            ),
            ("password: hunter2 was wrong", "password: *** was wrong"),
            ("PASSWORD=hunter2, user=me", "PASSWORD=*** user=me"),
            ("password = hunter2", "password = ***"),
            (
                "Authorization: Basic bWU6eA== refused",
                "Authorization: *** *** refused",
            ),
            ("got dG9rZW4tdGhhdC1pcy1zZWNyZXQ5OQ== back", "got *** back"),
            ("red\u{1b}[31m\r\nlines", "red [31m lines"),
            ("", ""),
        ] {
            assert_eq!(shown(said.as_bytes()), told);
        }
        assert!(shown("word ".repeat(200).as_bytes()).len() <= limits::HELPER_WORDS);
    }
}
