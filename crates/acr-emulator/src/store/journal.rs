//! What survives a restart: a snapshot of the state, and the changes since.
//!
//! `state.json` names the number of the journal that follows it. Opening applies that journal,
//! writes a new snapshot with the next number, and only then removes the old journal: whenever the
//! emulator is killed, snapshot and journal belong together. A file that is damaged stops the start:
//! going on without what it holds would lose that for good.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{event::Event, state::State};

/// The changes since the last snapshot, one JSON object a line.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    /// The length of what was written whole.
    length: u64,
    /// More than that may be there: a change that failed, and could not be cut away.
    trailing: bool,
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
                let Snapshot { journal, state } = serde_json::from_slice(&json)
                    .map_err(|error| damaged(&snapshot, error.line(), &error))?;
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
        let journal = Self {
            file,
            length: 0,
            trailing: false,
        };
        Ok((state, journal))
    }

    /// Writes changes down: all of them or, on an error, none.
    pub(crate) fn append(&mut self, events: &[Event]) -> io::Result<()> {
        let mut lines = Vec::new();
        for event in events {
            serde_json::to_writer(&mut lines, event)?;
            lines.push(b'\n');
        }
        if self.trailing {
            self.cut_back()?;
        }
        if let Err(error) = self.file.write_all(&lines) {
            self.trailing = true;
            self.cut_back()?;
            return Err(error);
        }
        self.length += lines.len() as u64;
        Ok(())
    }

    fn cut_back(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.trailing = false;
        Ok(())
    }
}

fn journal_path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("journal-{number}.jsonl"))
}

/// Applies the changes of a journal. The last line, and no other, may be cut short: nobody was told
/// that this change had been made.
fn replay(path: &Path, state: &mut State) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut bad: Option<(usize, serde_json::Error)> = None;
    for (number, line) in (1..).zip(BufReader::new(file).split(b'\n')) {
        if let Some((number, error)) = bad {
            return Err(damaged(path, number, &error));
        }
        match serde_json::from_slice(&line?) {
            Ok(event) => state.apply(event),
            Err(error) => bad = Some((number, error)),
        }
    }
    if let Some((line, error)) = bad {
        tracing::warn!(%error, line, path = %path.display(), "the journal's last line is dropped");
    }
    Ok(())
}

fn damaged(path: &Path, line: usize, error: &serde_json::Error) -> io::Error {
    let text = format!("{} is damaged in line {line}: {error}", path.display());
    io::Error::new(io::ErrorKind::InvalidData, text)
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
            blob: super::super::Blob::of_file(size, jiff::Timestamp::UNIX_EPOCH),
        }
    }

    fn size(state: &State) -> Option<u64> {
        let blob = state.blob(&"app".parse().unwrap(), &acr_core::Digest::of(b"x"));
        blob.map(|blob| blob.size)
    }

    #[test]
    fn a_journal_cut_short_keeps_what_came_before() {
        let directory = tempfile::tempdir().unwrap();
        let (state, mut journal) = Journal::open(directory.path()).unwrap();
        assert_eq!(size(&state), None);
        journal.append(&[linked(1)]).unwrap();
        journal.append(&[linked(2)]).unwrap();
        journal.file.write_all(b"{\"event\":\"blob_li").unwrap();
        drop(journal);
        let (state, journal) = Journal::open(directory.path()).unwrap();
        assert_eq!(size(&state), Some(2));
        drop(journal);
        let (state, _journal) = Journal::open(directory.path()).unwrap();
        assert_eq!(size(&state), Some(2), "now from the snapshot");
    }

    #[test]
    fn a_line_damaged_before_the_last_stops_the_start() {
        let directory = tempfile::tempdir().unwrap();
        let (_, mut journal) = Journal::open(directory.path()).unwrap();
        journal.append(&[linked(1)]).unwrap();
        journal.file.write_all(b"{\"event\":\"blob_li\n").unwrap();
        journal.append(&[linked(2)]).unwrap();
        drop(journal);
        for _ in 0..2 {
            let error = Journal::open(directory.path()).unwrap_err().to_string();
            assert!(error.contains("journal-1.jsonl"), "{error}");
            assert!(error.contains("line 2"), "{error}");
        }
        // What is there can still be mended by hand.
        let path = directory.path().join("journal-1.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().enumerate();
        let mended = lines.filter(|(index, _)| *index != 1);
        let mended: Vec<_> = mended.map(|(_, line)| line).collect();
        fs::write(&path, mended.join("\n")).unwrap();
        let (state, _journal) = Journal::open(directory.path()).unwrap();
        assert_eq!(size(&state), Some(2));
    }

    #[test]
    fn half_a_line_is_cut_away_before_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let (_, mut journal) = Journal::open(directory.path()).unwrap();
        journal.append(&[linked(1)]).unwrap();
        // As a disk that is full leaves it, when not even cutting back works.
        journal.file.write_all(b"{\"event\":\"blob_li").unwrap();
        journal.trailing = true;
        journal.append(&[linked(2), linked(3)]).unwrap();
        drop(journal);
        let (state, _journal) = Journal::open(directory.path()).unwrap();
        assert_eq!(size(&state), Some(3));
    }
}
