//! The rows on disk, in one file of redb.

use std::{
    fs, io, panic,
    path::{Path, PathBuf},
};

use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use super::{
    blobs::sync_directory,
    effects::{Kind, Row},
    state::State,
};

const FILE: &str = "registry.redb";
/// By kind, and by what rows of this kind are by.
const ROWS: TableDefinition<'_, (u8, &str, &str), &[u8]> = TableDefinition::new("rows");
/// Which form the rows have.
const FORM: TableDefinition<'_, &str, u64> = TableDefinition::new("form");
/// The form of this version.
const CURRENT: u64 = 1;
/// What redb may keep of the file in memory: 64 MiB. All of the state is in memory anyway.
const CACHE: usize = 64 * 1024 * 1024;
/// What the emulator wrote before it used a database.
const OLDER: &str = "state.json";

/// A row that came or changed, or that went.
pub(super) type Change = (Row, Option<Vec<u8>>);

/// An open file.
#[derive(Debug)]
pub(super) struct Database {
    file: redb::Database,
    path: PathBuf,
}

impl Database {
    /// The file of a directory, if there is none yet, or nothing in it.
    pub(super) fn missing(directory: &Path) -> Option<PathBuf> {
        let path = directory.join(FILE);
        let length = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        (length == 0).then_some(path)
    }

    /// Opens the file of a directory, which is made where it is missing, and reads it.
    pub(super) fn open(directory: &Path) -> io::Result<(Self, State)> {
        let older = directory.join(OLDER);
        if older.exists() {
            let text = format!("{} was written by another version", older.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let path = directory.join(FILE);
        // redb trusts what it reads, and panics where that cannot be.
        let opened = panic::catch_unwind(|| Self::open_file(directory, path.clone()));
        opened.unwrap_or_else(|_| Err(damaged(&path, "redb cannot read it")))
    }

    fn open_file(directory: &Path, path: PathBuf) -> io::Result<(Self, State)> {
        let fresh = !path.exists();
        let mut builder = redb::Builder::new();
        builder.set_cache_size(CACHE);
        let mut file = builder.create(&path).map_err(|e| broken(&path, e))?;
        if fresh {
            sync_directory(directory)?;
        } else if !file.check_integrity().map_err(|e| broken(&path, e))? {
            let text = "its last changes are lost; the next start goes on with what came before";
            return Err(damaged(&path, text));
        }
        let database = Self { file, path };
        database.check_form()?;
        let state = database.read()?;
        Ok((database, state))
    }

    /// Writes changes down: all of them or, on an error, none. They are on disk then.
    pub(super) fn write<'a>(
        &self,
        batches: impl Iterator<Item = (bool, &'a [Change])>,
    ) -> io::Result<()> {
        let work = || {
            let transaction = self.file.begin_write()?;
            for (cleared, changes) in batches {
                if cleared {
                    transaction.delete_table(ROWS)?;
                }
                let mut table = transaction.open_table(ROWS)?;
                for (row, value) in changes {
                    let key = (row.kind as u8, row.of.as_str(), row.item.as_str());
                    match value {
                        Some(value) => table.insert(key, value.as_slice())?,
                        None => table.remove(key)?,
                    };
                }
            }
            transaction.commit()?;
            Ok::<_, redb::Error>(())
        };
        work().map_err(|error| broken(&self.path, error))
    }

    fn check_form(&self) -> io::Result<()> {
        let work = || {
            let transaction = self.file.begin_write()?;
            let mut table = transaction.open_table(FORM)?;
            let form = table.get("rows")?.map(|form| form.value());
            if form.is_none() {
                table.insert("rows", CURRENT)?;
            }
            drop(table);
            transaction.commit()?;
            Ok::<_, redb::Error>(form.unwrap_or(CURRENT))
        };
        match work().map_err(|error| broken(&self.path, error))? {
            CURRENT => Ok(()),
            form => Err(damaged(&self.path, format!("its form {form} is unknown"))),
        }
    }

    fn read(&self) -> io::Result<State> {
        let fault = |error: redb::Error| broken(&self.path, error);
        let transaction = self.file.begin_read().map_err(|e| fault(e.into()))?;
        let mut state = State::default();
        let table = match transaction.open_table(ROWS) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(state),
            Err(error) => return Err(fault(error.into())),
        };
        for entry in table.iter().map_err(|e| fault(e.into()))? {
            let (key, value) = entry.map_err(|e| fault(e.into()))?;
            let (kind, of, item) = key.value();
            let place = |error| format!("the row `{of} {item}` of kind {kind}: {error}");
            let known = Kind::of(kind).ok_or_else(|| "an unknown kind".to_owned());
            let read = known.and_then(|kind| state.restore(&kind.row(of, item), value.value()));
            read.map_err(|error| damaged(&self.path, place(error)))?;
        }
        Ok(state)
    }
}

fn broken(path: &Path, error: impl Into<redb::Error>) -> io::Error {
    match error.into() {
        redb::Error::Io(error) => io::Error::new(
            error.kind(),
            format!("{} cannot be used: {error}", path.display()),
        ),
        error => damaged(path, error),
    }
}

/// What is wrong with a file that stops the start.
pub(super) fn damaged(path: &Path, fault: impl std::fmt::Display) -> io::Error {
    let text = format!("{} is damaged: {fault}", path.display());
    io::Error::new(io::ErrorKind::InvalidData, text)
}
