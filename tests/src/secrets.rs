//! What must not be told, in whichever test: every log line of the whole run is searched for every
//! secret that is used in it.
//!
//! A line is searched as it is written, for the secrets that are known by then; the last lines are
//! searched again for each new one. Where one is told, the process ends at once: a test that came
//! after all others does not exist.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    io::Write as _,
    sync::{LazyLock, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::ears;

/// With this every token of a registry begins, and every one of Entra.
const TOKEN: &str = "eyJ";

/// Behind these stand keys in addresses: the state of an upload, a signature of the storage. Only
/// what stands for them may follow.
const KEYS: [&str; 2] = ["_state=", "sig="];

/// How many lines are searched again for a secret that comes to be known.
const KEPT: usize = 2000;

/// A secret of a test, which is from now on looked for in the log of all tests.
///
/// # Panics
/// When it is so short, or so common, that it may stand anywhere.
pub fn secret(text: &'static str) -> &'static str {
    add(text);
    text
}

/// The same of a secret that was made just now.
///
/// # Panics
/// As [`secret`].
pub fn add(text: &str) {
    ears::open();
    let mut run = RUN.lock().unwrap_or_else(PoisonError::into_inner);
    if run.seen.insert(text.to_owned()) {
        for form in forms(text) {
            if let Some(line) = run.lines.iter().find(|line| line.contains(&form)) {
                told(&form, line);
            }
            run.known.add(form);
        }
    }
}

/// Searches a line that was logged.
pub(crate) fn search(line: &str) {
    let mut run = RUN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(secret) = run.known.find(line).or_else(|| key(line)) {
        told(secret, line);
    }
    if run.lines.len() == KEPT {
        run.lines.pop_front();
    }
    run.lines.push_back(line.to_owned());
    run.count += 1;
}

/// How many lines were searched, and for how many secrets.
#[must_use]
pub fn searched() -> (usize, usize) {
    let run = RUN.lock().unwrap_or_else(PoisonError::into_inner);
    (run.count, run.seen.len())
}

/// What looks like a secret in a line, whether it is known or not.
#[must_use]
pub fn key(line: &str) -> Option<&str> {
    let behind = |key: &&&str| {
        let mut rest = line.split(**key).skip(1);
        rest.any(|rest| !rest.starts_with("***") && !rest.starts_with("&"))
    };
    KEYS.iter().find(behind).copied().or_else(|| token(line))
}

/// What every token begins with, where it stands in a text.
#[must_use]
pub fn token(text: &str) -> Option<&str> {
    text.contains(TOKEN).then_some(TOKEN)
}

/// A secret in all forms in which it travels.
///
/// # Panics
/// When it is too short to be told from a part of a word.
#[must_use]
pub fn forms(secret: &str) -> Vec<String> {
    assert!(secret.len() >= 6, "{secret} may stand anywhere");
    let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let form = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut forms = vec![secret.to_owned(), encoded, form];
    // In base64, behind 0 to 2 other bytes: what of it does not depend on what stands around it.
    for before in 0..3 {
        let shifted = [&b"..."[..before], secret.as_bytes()].concat();
        let text = STANDARD_NO_PAD.encode(&shifted);
        let (first, last) = ((before * 8).div_ceil(6), shifted.len() / 3 * 4);
        forms.push(text[first..last].to_owned());
    }
    forms
}

static RUN: LazyLock<Mutex<Run>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Run {
    seen: HashSet<String>,
    known: Known,
    lines: VecDeque<String>,
    count: usize,
}

/// Many texts, by their beginnings: each place of a line is looked up once.
#[derive(Default)]
struct Known(HashMap<[u8; 4], Vec<String>>);

impl Known {
    fn add(&mut self, text: String) {
        if let Some(beginning) = text.as_bytes().first_chunk() {
            self.0.entry(*beginning).or_default().push(text);
        }
    }

    fn find(&self, line: &str) -> Option<&str> {
        let bytes = line.as_bytes();
        bytes.windows(4).enumerate().find_map(|(at, window)| {
            let texts = self.0.get(window)?;
            let found = texts
                .iter()
                .find(|text| bytes[at..].starts_with(text.as_bytes()));
            found.map(String::as_str)
        })
    }
}

/// Not by a panic, which would end a thread of the server, and not by what the tests' runner keeps.
fn told(secret: &str, line: &str) -> ! {
    let mut out = std::io::stderr();
    let _ = writeln!(out, "\na log line tells the secret `{secret}`: {line}");
    std::process::abort()
}
