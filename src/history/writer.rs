//! HistoryWriter of the history: one thread that takes what waits, and puts it on disk in whole batches.
//!
//! A disk that takes nothing costs nothing but time, until too much waits; then text goes first. A broken file is moved aside
//! and a new one begun.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::params;

use super::batch::{LineRow, LiveKey, RowBatch};
use super::capture_spans::{KeptSpan, KeptSpans};
use super::chat_file::{ChatCut, ChatFiles};
use super::error::{HistoryError, InFile};
use super::folder::{HistoryFolder, WriteLock};
use super::people_file::PeopleFile;
use super::recorder::{HistoryLimits, Listeners};
use super::retention;
use super::sqlite::{self, quick_check};
use crate::clock::{Clock, Moment};

/// Rows after which a batch is written though its time has not come.
const BATCH_ROWS: usize = 4_000;
/// What stands in a log is added up after so long in which nothing came.
const FOLD_AFTER: Duration = Duration::from_secs(1);
/// Between two tries to write where the disk takes nothing.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Between two looks at what is too old.
const RETENTION_EVERY: Duration = Duration::from_secs(600);

/// A note about a person: the person, what to write, the tag.
type Annotation = (i64, Option<String>, Option<String>);

#[derive(Default)]
struct Waiting {
    batch: RowBatch,
    notes: Vec<Annotation>,
    stop: bool,
    /// Somebody waits for everything to be written.
    hurry: bool,
    /// Nobody writes any more.
    ended: bool,
    /// How often everything that waited was written.
    written: u64,
    /// Something stands in the log of the file of people alone: readers do not see it yet.
    unfolded: bool,
}

/// What the writer does next.
struct NextBatch {
    batch: RowBatch,
    notes: Vec<Annotation>,
    /// Somebody waits for all of it to be seen by readers.
    hurry: bool,
    /// There is no more after it.
    last: bool,
}

/// What waits for the writer.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    written: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds rows.
    pub(super) fn add(&self, add: impl FnOnce(&mut RowBatch)) {
        let mut waiting = self.lock();
        let before = waiting.batch.rows;
        add(&mut waiting.batch);
        let rows = waiting.batch.rows;
        drop(waiting);
        if (before == 0 && rows > 0) || rows >= BATCH_ROWS {
            self.arrived.notify_one();
        }
    }

    pub(super) fn annotate(&self, person: i64, note: Option<String>, tag: Option<String>) {
        let mut waiting = self.lock();
        waiting.notes.push((person, note, tag));
        waiting.hurry = true;
        drop(waiting);
        self.arrived.notify_one();
    }

    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.arrived.notify_one();
    }

    /// Waits until all that waits now is written, as long as `limit` at most.
    pub(super) fn flush(&self, limit: Duration) {
        let mut waiting = self.lock();
        if waiting.batch.is_empty() && waiting.notes.is_empty() && !waiting.unfolded {
            return;
        }
        waiting.hurry = true;
        let before = waiting.written;
        self.arrived.notify_one();
        drop(self.written.wait_timeout_while(waiting, limit, |waiting| waiting.written == before && !waiting.stop));
    }

    /// The next batch, once it is large or old enough; whether it is the last. Where the disk takes nothing it is waited for
    /// longer.
    fn next(&self, after: Duration) -> NextBatch {
        let idle = |waiting: &mut Waiting| {
            waiting.batch.is_empty() && waiting.notes.is_empty() && !waiting.stop && !waiting.hurry
        };
        let waiting = self.lock();
        // Where nothing more comes, what stands in a log is added up soon.
        let limit = if waiting.unfolded { FOLD_AFTER } else { Duration::MAX };
        let mut waiting =
            self.arrived.wait_timeout_while(waiting, limit, idle).unwrap_or_else(PoisonError::into_inner).0;
        let early = |waiting: &mut Waiting| waiting.batch.rows < BATCH_ROWS && !waiting.stop && !waiting.hurry;
        waiting = self.arrived.wait_timeout_while(waiting, after, early).unwrap_or_else(PoisonError::into_inner).0;
        let (batch, notes) = (std::mem::take(&mut waiting.batch), std::mem::take(&mut waiting.notes));
        let hurry = std::mem::take(&mut waiting.hurry) || batch.is_empty();
        NextBatch { batch, notes, hurry, last: waiting.stop }
    }

    /// Waits while much waits already.
    pub(super) fn wait_for_space(&self) {
        let full = |waiting: &mut Waiting| waiting.batch.rows > 2 * BATCH_ROWS && !waiting.stop && !waiting.ended;
        drop(self.written.wait_while(self.lock(), full));
    }

    /// Waits, unless the end comes first.
    fn pause(&self, time: Duration) {
        drop(self.arrived.wait_timeout_while(self.lock(), time, |waiting| !waiting.stop));
    }

    fn done(&self, ended: bool, unfolded: bool) {
        let mut waiting = self.lock();
        waiting.written += 1;
        waiting.unfolded = unfolded;
        waiting.ended |= ended;
        drop(waiting);
        self.written.notify_all();
    }
}

/// What came of a try to write.
enum Written {
    Yes,
    /// The disk takes nothing now.
    Later(HistoryError),
}

/// The writer, with its files open.
pub(super) struct HistoryWriter {
    folder: HistoryFolder,
    _lock: WriteLock,
    people: PeopleFile,
    chats: ChatFiles,
    limits: HistoryLimits,
    shared: bool,
    clock: Clock,
    listeners: Listeners,
    /// Lines of lives that were kept before this run, for lives that it goes on with.
    kept: HashMap<LiveKey, HashSet<i64>>,
    looked: Option<Moment>,
    fault: Option<Moment>,
    /// Readers want to see all of the next batch.
    adds_up: bool,
}

impl HistoryWriter {
    pub(super) fn open(
        folder: &HistoryFolder,
        limits: HistoryLimits,
        clock: Clock,
        listeners: Listeners,
    ) -> Result<Self, HistoryError> {
        folder.make()?;
        let lock = folder.lock()?;
        let network = folder.network_kind();
        if let Some(kind) = network {
            (listeners.warn)(&format!(
                "the history lies on a network file system ({kind}), where files break more easily: set history.dir to a folder of this machine"
            ));
        }
        let people = open_whole(folder, network.is_some(), &clock, &listeners)?;
        let cut = ChatCut::of_limits(limits.days, limits.bytes);
        let chats = ChatFiles::new(folder.clone(), network.is_some(), cut);
        Ok(Self {
            folder: folder.clone(),
            _lock: lock,
            people,
            chats,
            limits,
            shared: network.is_some(),
            clock,
            listeners,
            kept: HashMap::new(),
            looked: None,
            fault: None,
            adds_up: false,
        })
    }

    /// From here on all that comes is of times that are not in; those that are come back.
    pub(super) fn fill_up(&mut self) -> Result<KeptSpans, HistoryError> {
        self.people.fill_up();
        self.kept_spans()
    }

    /// The times of lives that are in the file.
    fn kept_spans(&self) -> Result<KeptSpans, HistoryError> {
        let ask = || -> rusqlite::Result<KeptSpans> {
            let mut spans = KeptSpans::default();
            let mut ask = self.people.connection().prepare("SELECT live, from_at, to_at, edge FROM span")?;
            let mut rows = ask.query([])?;
            while let Some(row) = rows.next()? {
                spans.add(row.get(0)?, KeptSpan { from: row.get(1)?, to: row.get(2)?, edge: row.get(3)? });
            }
            Ok(spans)
        };
        ask().in_file(&self.folder.people_file())
    }

    /// Writes what comes, until the end.
    pub(super) fn run(mut self, queue: &Queue, flush_after: Duration) -> Result<(), HistoryError> {
        loop {
            self.retain();
            let NextBatch { batch, notes, hurry, last } = queue.next(flush_after);
            let mut ended = Ok(());
            if !batch.is_empty() {
                self.adds_up = hurry || last;
                ended = self.persist(&batch, queue);
            } else if hurry || last {
                ended = self.people.fold();
            }
            if ended.is_ok() {
                ended = self.annotate(&notes);
                if let Err(error) = &ended {
                    (self.listeners.warn)(&format!("the note was not kept: {error}"));
                }
            }
            queue.done(last, self.people.is_unfolded());
            if last {
                let clean = self.people.set_clean(true).map(drop);
                return ended.and(clean);
            }
        }
    }

    /// Writes one batch, however long it takes; gives up at the end of the program.
    pub(super) fn persist(&mut self, batch: &RowBatch, queue: &Queue) -> Result<(), HistoryError> {
        loop {
            match self.write(batch) {
                Written::Yes => {
                    if let Some(since) = self.fault.take() {
                        let seconds = self.clock.now().since(since).as_secs();
                        (self.listeners.warn)(&format!("the history is kept again, after {seconds} s"));
                    }
                    return Ok(());
                }
                Written::Later(error) => {
                    if self.fault.is_none() {
                        self.fault = Some(self.clock.now());
                        (self.listeners.warn)(&format!("the history is not kept until this is mended: {error}"));
                        tracing::warn!("the history cannot be written: {error}");
                    }
                    if queue.lock().stop {
                        return Err(error);
                    }
                    queue.pause(RETRY_AFTER);
                }
            }
        }
    }

    /// Tries to write a batch.
    fn write(&mut self, batch: &RowBatch) -> Written {
        match self.try_write(batch) {
            Ok(()) => Written::Yes,
            Err(error) if error.is_corrupt() => match self.replace_broken(&error) {
                Ok(()) => match self.try_write(batch) {
                    Ok(()) => Written::Yes,
                    Err(error) => Written::Later(error),
                },
                Err(error) => Written::Later(error),
            },
            Err(error) => Written::Later(error),
        }
    }

    /// What was said goes first: what is counted and not there would never come again.
    fn try_write(&mut self, batch: &RowBatch) -> Result<(), HistoryError> {
        let counted = self.counted(&batch.lines)?;
        let oldest = retention::oldest(self.limits, self.clock.now().wall);
        if batch.lines.iter().any(|line| line.at < oldest) {
            let kept: Vec<LineRow> = batch.lines.iter().filter(|line| line.at >= oldest).cloned().collect();
            self.chats.write(&kept)?;
        } else {
            self.chats.write(&batch.lines)?;
        }
        let told = self.people.write(batch, &counted, self.adds_up, self.listeners.news.is_some())?;
        if let Some(news) = &self.listeners.news {
            told.into_iter().for_each(news);
        }
        Ok(())
    }

    /// What lines add to people, lives and minutes: those that an earlier run kept add nothing.
    fn counted(&mut self, lines: &[LineRow]) -> Result<RowBatch, HistoryError> {
        let mut counted = RowBatch::default();
        for line in lines {
            if !self.kept.contains_key(&line.live) {
                let kept = match self.people.kept_until(line.live)? {
                    // A run that was killed may have written lines that it did not come to count.
                    Some(until) => {
                        let spans = self.kept_spans()?;
                        self.chats.kept_lines(line.live, until, |at| spans.holds(line.live, at, 1))?
                    }
                    None => HashSet::new(),
                };
                self.kept.insert(line.live, kept);
            }
            let was_kept = line.id.is_some_and(|id| self.kept.get(&line.live).is_some_and(|kept| kept.contains(&id)));
            if !was_kept {
                counted.count_line(line);
            }
        }
        Ok(counted)
    }

    fn annotate(&mut self, notes: &[Annotation]) -> Result<(), HistoryError> {
        let path = self.folder.people_file();
        for (person, note, tag) in notes {
            annotate(self.people.connection(), *person, note.as_deref(), tag.as_deref()).in_file(&path)?;
        }
        Ok(())
    }

    /// Moves the broken file aside and begins another.
    fn replace_broken(&mut self, error: &HistoryError) -> Result<(), HistoryError> {
        let now = self.clock.now().wall;
        let people = self.folder.people_file();
        let broken: Vec<PathBuf> = match error {
            HistoryError::Sqlite { file, .. } if *file != people => vec![file.clone()],
            _ => vec![people.clone()],
        };
        let chats: Vec<_> = self.chats.files().map(PathBuf::from).collect();
        self.chats.close();
        for file in broken {
            let aside = sqlite::move_aside(&file, now)?;
            (self.listeners.warn)(&broken_words(&file, &aside));
            if file == people {
                self.people = PeopleFile::open(&people, self.shared)?;
                self.people.set_clean(false)?;
                self.kept.clear();
            }
        }
        tracing::warn!("a file of the history was broken: {error} ({} chat files were open)", chats.len());
        Ok(())
    }

    /// Gives up what is too old or too much, now and then.
    fn retain(&mut self) {
        let now = self.clock.now();
        if self.looked.is_some_and(|looked| now.since(looked) < RETENTION_EVERY) {
            return;
        }
        self.looked = Some(now);
        self.chats.close();
        if let Err(error) = retention::remove_old(&self.folder, self.limits, now.wall) {
            tracing::warn!("old chat cannot be removed: {error}");
        }
    }
}

/// Writes a note and a tag; empty takes one away, nothing leaves it.
pub(super) fn annotate(
    people: &rusqlite::Connection,
    person: i64,
    note: Option<&str>,
    tag: Option<&str>,
) -> rusqlite::Result<bool> {
    let mut write = people.prepare_cached(
        "UPDATE person SET note = CASE WHEN ?2 IS NULL THEN note ELSE nullif(?2, '') END,
         tag = CASE WHEN ?3 IS NULL THEN tag ELSE nullif(?3, '') END WHERE id = ?1",
    )?;
    Ok(write.execute(params![person, note.map(str::trim), tag.map(str::trim)])? > 0)
}

fn broken_words(file: &std::path::Path, aside: &std::path::Path) -> String {
    let name = |path: &std::path::Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    format!("the history's file {} is broken: it is kept as {}, and a new one begun", name(file), name(aside))
}

/// Opens the file of people; one that is broken is moved aside, and a new one begun. After an end that was none it is looked
/// through.
fn open_whole(
    folder: &HistoryFolder,
    shared: bool,
    clock: &Clock,
    listeners: &Listeners,
) -> Result<PeopleFile, HistoryError> {
    let path = folder.people_file();
    let open = || -> Result<(PeopleFile, Option<String>), HistoryError> {
        let people = PeopleFile::open(&path, shared)?;
        let was_clean = people.set_clean(false)?;
        let fault = if was_clean { None } else { quick_check(people.connection(), &path)? };
        Ok((people, fault))
    };
    let broken = match open() {
        Ok((people, None)) => {
            check_last_chat(folder, shared, clock, listeners);
            return Ok(people);
        }
        Ok((people, Some(fault))) => {
            drop(people);
            fault
        }
        Err(error) if error.is_corrupt() => error.to_string(),
        Err(error) => return Err(error),
    };
    tracing::warn!("{} is broken: {broken}", path.display());
    let aside = sqlite::move_aside(&path, clock.now().wall)?;
    (listeners.warn)(&broken_words(&path, &aside));
    let people = PeopleFile::open(&path, shared)?;
    people.set_clean(false)?;
    Ok(people)
}

/// Moves the newest chat file aside where it cannot even be opened. What is broken inside is found when it is met.
fn check_last_chat(folder: &HistoryFolder, shared: bool, clock: &Clock, listeners: &Listeners) {
    let Some(last) = folder.chat_files().pop() else { return };
    let Err(error) = super::chat_file::CHAT_FORM.open_writer(&last.path, shared) else { return };
    if error.is_corrupt()
        && let Ok(aside) = sqlite::move_aside(&last.path, clock.now().wall)
    {
        (listeners.warn)(&broken_words(&last.path, &aside));
    }
}
