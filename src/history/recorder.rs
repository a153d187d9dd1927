//! Recorder of the history: what happens in rooms goes in, and a thread of its own writes it.
//!
//! Handing something over never waits for the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::batch::{LineKind, MomentMade};
use super::capture_spans::KeptSpans;
use super::chat_file::kind_named;
use super::deriver::Deriver;
use super::error::HistoryError;
use super::folder::HistoryFolder;
use super::moments;
use super::writer::{HistoryWriter, Queue};
use crate::clock::{Clock, Timestamp};
use crate::ids::RoomKey;
use crate::room::{Room, TalliedEvent};
use crate::text::Text;

/// How long text is kept, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct HistoryLimits {
    /// Days.
    pub days: u64,
    /// Bytes of all chat files together.
    pub bytes: u64,
}

/// What is kept of a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum RoomPolicy {
    /// Nothing.
    Off,
    /// People, gifts and numbers, but not what is said.
    People,
    /// All of it.
    #[default]
    All,
}

/// What is kept.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct HistoryOptions {
    /// Limits of text.
    pub limits: HistoryLimits,
    /// For rooms that are not named.
    pub policy: RoomPolicy,
    /// For single rooms, by name without `@` or by room id.
    pub rooms: BTreeMap<String, RoomPolicy>,
    /// Kinds of lines whose text is kept.
    pub(super) kinds: BTreeSet<LineKind>,
    /// Words in lower case that mark a moment.
    pub highlights: Vec<String>,
    /// How long rows wait at most before they are written.
    pub flush_after: Duration,
}

impl Default for HistoryOptions {
    fn default() -> Self {
        Self {
            limits: HistoryLimits { days: 30, bytes: 2_000_000_000 },
            policy: RoomPolicy::All,
            rooms: BTreeMap::new(),
            kinds: LineKind::ALL.into(),
            highlights: Vec::new(),
            flush_after: Duration::from_millis(250),
        }
    }
}

impl HistoryOptions {
    /// Keeps the text of these kinds of lines only: `chat`, `emote`, `question`.
    pub fn keep_kinds<'k>(&mut self, kinds: impl IntoIterator<Item = &'k str>) {
        self.kinds = kinds.into_iter().filter_map(kind_named).collect();
    }

    /// What is kept of a room, by what was typed.
    pub(super) fn policy_of(&self, label: &str) -> RoomPolicy {
        let name = label.trim_start_matches('@').trim_start_matches("room ").to_lowercase();
        self.rooms.get(&name).copied().unwrap_or(self.policy)
    }

    /// The same once its host is known.
    pub(super) fn policy_of_host(&self, label: &Text, host: &str) -> RoomPolicy {
        let named = self.rooms.get(&host.to_lowercase()).copied();
        named.unwrap_or_else(|| self.policy_of(label.as_str()))
    }
}

/// What the history knows of somebody who speaks or gives in a live for the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct HistoryNews {
    /// The live, by its room id.
    pub live: u64,
    /// Who.
    pub person: u64,
    /// Lives they were seen in before, and this one where they spoke or gave in it when an earlier run watched; 0 for the first time
    /// ever.
    pub lives_before: u64,
    /// Coins they gave before, to whomever.
    pub coins_before: u64,
    /// Days since they were last seen, where it is one or more.
    pub away_days: Option<u64>,
    /// There is a note about them.
    pub has_note: bool,
    /// Their tag.
    pub tag: Option<String>,
}

/// Who hears what.
pub(super) struct Listeners {
    /// Sentences for the user.
    pub(super) warn: Box<dyn Fn(&str) + Send>,
    /// What is known of people.
    pub(super) news: Option<Box<dyn Fn(HistoryNews) + Send>>,
}

/// Recorder of what happens in rooms.
pub struct HistoryRecorder {
    deriver: Deriver,
    queue: Arc<Queue>,
    writer: Option<std::thread::JoinHandle<Result<(), HistoryError>>>,
    /// Whoever hands over waits for the disk: nothing is lost, however fast it comes.
    waits: bool,
}

impl HistoryRecorder {
    /// Begins to keep what happens in `folder`. `warn` is told what is not kept, `news`, where anybody wants it, what is known of people;
    /// both are called on the writer's thread and must not wait.
    ///
    /// Fails where another process writes, where the folder cannot be written, or where a newer version wrote it.
    pub fn start(
        folder: &HistoryFolder,
        options: HistoryOptions,
        clock: Clock,
        warn: impl Fn(&str) + Send + 'static,
        news: Option<Box<dyn Fn(HistoryNews) + Send>>,
    ) -> Result<Self, HistoryError> {
        let listeners = Listeners { warn: Box::new(warn), news };
        let writer = HistoryWriter::open(folder, options.limits, clock, listeners)?;
        Self::with_writer(folder, options, writer, None)
    }

    /// The same for a capture that is read in: what is in the history already is not counted again, and whoever hands over waits
    /// for the disk.
    pub fn importing(
        folder: &HistoryFolder,
        options: HistoryOptions,
        clock: Clock,
        warn: impl Fn(&str) + Send + 'static,
    ) -> Result<Self, HistoryError> {
        let listeners = Listeners { warn: Box::new(warn), news: None };
        let mut writer = HistoryWriter::open(folder, options.limits, clock, listeners)?;
        let kept = writer.fill_up()?;
        Self::with_writer(folder, options, writer, Some(kept))
    }

    fn with_writer(
        folder: &HistoryFolder,
        options: HistoryOptions,
        writer: HistoryWriter,
        kept: Option<KeptSpans>,
    ) -> Result<Self, HistoryError> {
        let flush_after = options.flush_after;
        let waits = kept.is_some();
        let queue = Arc::new(Queue::default());
        let thread = std::thread::Builder::new().name("history".to_owned()).spawn({
            let queue = Arc::clone(&queue);
            move || writer.run(&queue, flush_after)
        });
        let thread = thread.map_err(|error| HistoryError::io(folder.path(), error))?;
        Ok(Self { deriver: Deriver::new(options, kept), queue, writer: Some(thread), waits })
    }

    /// A room was added; `label` is what was typed.
    pub fn added(&mut self, room: RoomKey, label: &Text) {
        self.deriver.added(room, label);
    }

    /// A room is gone.
    pub fn removed(&mut self, room: RoomKey) {
        self.deriver.removed(room);
    }

    /// Things happened in a room, in order.
    pub fn events(&mut self, room: RoomKey, events: &[TalliedEvent]) {
        let deriver = &mut self.deriver;
        self.queue.add(|batch| deriver.events(room, events, batch));
        if self.waits {
            self.queue.wait_for_space();
        }
    }

    /// The room's whole state, after something of it was lost.
    pub fn snapshot(&mut self, room: RoomKey, state: &Arc<Room>) {
        self.deriver.snapshot(room, state);
    }

    /// Things of a room never reached us: how many of each kind.
    pub fn lost(&mut self, room: RoomKey, at: Timestamp, gifts: u64, others: u64) {
        let Some(live) = self.deriver.live_of(room) else { return };
        self.queue.add(|batch| {
            for (kind, count) in [("gift", gifts), ("event", others)] {
                if count > 0 {
                    batch.lose(live, kind, at.0, count);
                }
            }
        });
    }

    /// The live that a room is in, by its room id, and what its host is called; nothing where none of it is kept.
    pub fn kept_live(&self, room: RoomKey) -> Option<(u64, Text)> {
        self.deriver.kept_live(room).map(|(live, host)| (live as u64, host))
    }

    /// Marks a moment of a room's live, by hand.
    pub fn mark(&mut self, room: RoomKey, at: Timestamp, note: &str) {
        if let Some(live) = self.deriver.live_of(room) {
            self.control().mark(live as u64, at, note);
        }
    }

    /// A handle for whoever asks for what is not written yet to be written, or writes a note.
    pub fn control(&self) -> HistoryControl {
        HistoryControl(Arc::clone(&self.queue))
    }

    /// Writes all that waits and ends. Fails where something could not be written.
    pub fn finish(mut self) -> Result<(), HistoryError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), HistoryError> {
        self.queue.stop();
        let Some(writer) = self.writer.take() else { return Ok(()) };
        match writer.join() {
            Ok(ended) => ended,
            Err(_) => {
                Err(HistoryError::Request("the history's writer failed (a bug); the log has the details".to_owned()))
            }
        }
    }
}

impl Drop for HistoryRecorder {
    fn drop(&mut self) {
        drop(self.end());
    }
}

/// A handle on a recorder for other threads.
#[derive(Clone)]
pub struct HistoryControl(Arc<Queue>);

impl HistoryControl {
    /// Has all that waits written, and waits for it, as long as `limit` at most.
    pub fn flush(&self, limit: Duration) {
        self.0.flush(limit);
    }

    /// Writes a note and a tag about a person; empty takes them away, nothing leaves them.
    pub fn annotate(&self, person: u64, note: Option<String>, tag: Option<String>) {
        self.0.annotate(person as i64, note, tag);
    }

    /// Marks a moment of a live, by hand; what it is called then.
    pub fn mark(&self, live: u64, at: Timestamp, note: &str) -> String {
        let moment = MomentMade::by_hand(live, at, note);
        let note = moment.note.clone();
        self.0.add(|batch| moments::mark(moment, batch));
        note
    }
}
