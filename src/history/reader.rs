//! Reader of the history: connections of its own, which no writer waits for, and questions that can be given up.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::chat_file::CHAT_FORM;
use super::error::HistoryError;
use super::folder::{ChatFileName, HistoryFolder};
use super::people_file::{PEOPLE_FORM, PeopleFile};

/// Steps of SQLite's machine between two looks at whether the question is given up.
const STEPS: std::ffi::c_int = 4_000;

/// A reader of the history.
pub struct HistoryReader {
    folder: HistoryFolder,
    people_path: PathBuf,
    people: Connection,
    /// Chat files that were asked before.
    chats: RefCell<HashMap<PathBuf, Rc<Connection>>>,
    given_up: Arc<GivenUp>,
}

/// Gives up the question that a reader works at, where that is one that may be given up.
#[derive(Clone, Debug, Default)]
pub struct GiveUp(Arc<GivenUp>);

#[derive(Debug, Default)]
struct GivenUp {
    may: AtomicBool,
    is: AtomicBool,
}

impl GiveUp {
    /// The running question ends with [`HistoryError::Interrupted`].
    pub fn give_up(&self) {
        self.0.is.store(self.0.may.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Another question is answered now, which `may` be given up or not.
    pub fn begin(&self, may: bool) {
        self.0.may.store(may, Ordering::Relaxed);
        self.0.is.store(false, Ordering::Relaxed);
    }
}

impl HistoryReader {
    /// Opens the history in a folder. Fails where nothing was ever kept, and where a newer version wrote it.
    pub fn open(folder: &HistoryFolder) -> Result<Self, HistoryError> {
        Self::open_with(folder, &GiveUp::default())
    }

    fn open_heeding(
        folder: &HistoryFolder,
        people_path: PathBuf,
        given_up: Arc<GivenUp>,
    ) -> Result<Self, HistoryError> {
        let people = PEOPLE_FORM.open_reader(&people_path)?;
        add_up(folder, &people_path, &people);
        heed(&people, &given_up);
        Ok(Self { folder: folder.clone(), people_path, people, chats: RefCell::default(), given_up })
    }

    /// Opens the history so that its questions can be given up by `give_up`, from another thread.
    pub fn open_with(folder: &HistoryFolder, give_up: &GiveUp) -> Result<Self, HistoryError> {
        let people_path = folder.people_file();
        if !people_path.exists() {
            return Err(HistoryError::None(folder.path().to_owned()));
        }
        Self::open_heeding(folder, people_path, Arc::clone(&give_up.0))
    }

    /// Where it is.
    pub fn folder(&self) -> &HistoryFolder {
        &self.folder
    }

    /// The file of people, and its name for errors.
    pub(super) fn people(&self) -> (&Connection, &Path) {
        (&self.people, &self.people_path)
    }

    /// The chat files, newest first, each opened when it is come to. What cannot be opened is left out.
    pub(super) fn chats(&self) -> impl Iterator<Item = (ChatFileName, Rc<Connection>)> {
        let mut files = self.folder.chat_files();
        files.reverse();
        self.chats.borrow_mut().retain(|path, _| files.iter().any(|file| file.path == *path));
        files.into_iter().filter_map(|file| {
            let chat = self.chat(&file).inspect_err(|error| tracing::warn!("left out of the search: {error}")).ok()?;
            Some((file, chat))
        })
    }

    /// Whether the question that is worked at was given up.
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.is.load(Ordering::Relaxed)
    }

    fn chat(&self, file: &ChatFileName) -> Result<Rc<Connection>, HistoryError> {
        if let Some(open) = self.chats.borrow().get(&file.path) {
            return Ok(Rc::clone(open));
        }
        let chat = CHAT_FORM.open_reader(&file.path)?;
        heed(&chat, &self.given_up);
        let chat = Rc::new(chat);
        self.chats.borrow_mut().insert(file.path.clone(), Rc::clone(&chat));
        Ok(chat)
    }
}

/// After an end that was none, what people did last stands in the log of the file alone: it is added up, unless somebody writes, who does
/// it. Where it cannot be written it is read as it is.
fn add_up(folder: &HistoryFolder, path: &Path, people: &Connection) {
    let asked = people.query_row("SELECT EXISTS (SELECT 1 FROM attendance_log)", [], |row| row.get(0));
    if !asked.unwrap_or(false) {
        return;
    }
    let added = folder.lock().and_then(|_lock| PeopleFile::open(path, folder.network_kind().is_some()));
    drop(added.inspect_err(|error| tracing::debug!("not added up: {error}")));
}

/// Has a connection look now and then whether its question is given up.
fn heed(connection: &Connection, given_up: &Arc<GivenUp>) {
    let given_up = Arc::clone(given_up);
    // Without it a question can only not be given up.
    drop(connection.progress_handler(STEPS, Some(move || given_up.is.load(Ordering::Relaxed))));
}
