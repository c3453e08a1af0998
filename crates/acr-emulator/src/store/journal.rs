//! What survives a restart: a snapshot of the state, and the changes since.
//!
//! `state.json` names the number of the journal that follows it. Opening applies that journal,
//! writes a new snapshot with the next number, and only then removes the old journal: whenever the
//! emulator is killed, snapshot and journal belong together.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{event::Event, state::State};

/// The changes since the last snapshot, one JSON object a line.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
}

#[derive(Deserialize)]
struct Snapshot {
    journal: u64,
    state: State,
}

#[derive(Serialize)]
struct SnapshotRef<'a> {
    journal: u64,
    state: &'a State,
}

impl Journal {
    /// Reads what is there and begins a new journal.
    pub(crate) fn open(directory: &Path) -> io::Result<(State, Self)> {
        let snapshot = directory.join("state.json");
        let (number, mut state) = match fs::read(&snapshot) {
            Ok(json) => {
                let Snapshot { journal, state } = serde_json::from_slice(&json)?;
                (journal, state)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (0, State::default()),
            Err(error) => return Err(error),
        };
        let old = journal_path(directory, number);
        replay(&old, &mut state)?;

        let next = number + 1;
        let json = serde_json::to_vec(&SnapshotRef {
            journal: next,
            state: &state,
        })?;
        write_atomically(&snapshot, &json)?;
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(journal_path(directory, next))?;
        if old.exists() {
            fs::remove_file(&old)?;
        }
        Ok((state, Self { file }))
    }

    /// Writes a change down.
    pub(crate) fn append(&mut self, event: &Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

fn journal_path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("journal-{number}.jsonl"))
}

/// Applies the changes of a journal. The last line may be cut short: nobody was told that this
/// change had been made.
fn replay(path: &Path, state: &mut State) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for line in BufReader::new(file).split(b'\n') {
        match serde_json::from_slice(&line?) {
            Ok(event) => state.apply(event),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "the journal ends early");
                break;
            }
        }
    }
    Ok(())
}

/// Writes a file so that it is there as a whole or not at all.
pub(crate) fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(size: u64) -> Event {
        Event::BlobLinked {
            repository: "app".parse().unwrap(),
            digest: acr_core::Digest::of(b"x"),
            size,
        }
    }

    fn size(state: &State) -> Option<u64> {
        state.blob(&"app".parse().unwrap(), &acr_core::Digest::of(b"x"))
    }

    #[test]
    fn a_journal_cut_short_keeps_what_came_before() {
        let directory = tempfile::tempdir().unwrap();
        let (state, mut journal) = Journal::open(directory.path()).unwrap();
        assert_eq!(size(&state), None);
        journal.append(&linked(1)).unwrap();
        journal.append(&linked(2)).unwrap();
        journal.file.write_all(b"{\"event\":\"blob_li").unwrap();
        drop(journal);
        let (state, journal) = Journal::open(directory.path()).unwrap();
        assert_eq!(size(&state), Some(2));
        drop(journal);
        let (state, _journal) = Journal::open(directory.path()).unwrap();
        assert_eq!(size(&state), Some(2), "now from the snapshot");
    }
}
