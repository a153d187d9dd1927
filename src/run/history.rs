//! History of a run: carries the tracker's updates to the recorder of the history, which never waits for the disk.
//!
//! A history that cannot be kept is told, and is no reason not to run.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinHandle;

use crate::clock::{Clock, Timestamp};
use crate::config::{self, HistoryRule, Settings};
use crate::events::{EventKind, PhaseKind};
use crate::history::{
    GiveUp, HistoryAnswer, HistoryControl, HistoryDesk, HistoryFolder, HistoryLimits, HistoryNews, HistoryOptions,
    HistoryQuestion, HistoryRecorder, RoomPolicy,
};
use crate::ids::{RoomId, RoomKey, Target};
use crate::record::RecordingIndex;
use crate::room::TalliedEvent;
use crate::text::Text;
use crate::track::{Player, RoomUpdate, Speed, Tracker, TrackerCommand, TrackerUpdate};
use crate::tui::HistoryPort;

/// Updates that may wait for the recorder, which merges faster than they come.
const QUEUE: usize = 8_192;
/// Updates between a capture that is read in and the recorder; the capture waits when they are full.
const IMPORT_QUEUE: usize = 1_024;
/// News of people that may wait for the screen, and questions of it for the desk.
const NEWS: usize = 1_024;
const QUESTIONS: usize = 32;
/// How long what happens is gathered before the recorder hears it, and how long the recorder's rows wait for the disk: with the
/// writing less than the quarter of a second that a program that is killed may lose.
const GATHER: Duration = Duration::from_millis(80);
const FLUSH_AFTER: Duration = Duration::from_millis(110);
/// How long the end of a live takes to be on disk at most.
const END_KEPT: Duration = Duration::from_millis(300);
/// So many updates at once are a flood, in which nothing is waited for.
const FLOOD: usize = 256;
/// How long the end waits for the disk.
const FINISH: Duration = Duration::from_secs(5);

/// A history that is kept beside a tracker. Subscribed before the first room is added.
pub struct RunningHistory {
    control: HistoryControl,
    task: JoinHandle<HistoryRecorder>,
}

impl std::fmt::Debug for RunningHistory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningHistory").finish_non_exhaustive()
    }
}

/// The folder of the history, as the settings say.
pub fn history_folder(settings: &Settings) -> Result<HistoryFolder> {
    let dir =
        config::paths::history_dir(settings).ok_or_else(|| eyre!("there is no home folder to keep a history in"))?;
    Ok(HistoryFolder::new(dir))
}

/// What is kept, as the settings say.
fn options(settings: &Settings) -> HistoryOptions {
    let history = &settings.history;
    let mut options = HistoryOptions::default();
    options.limits = HistoryLimits { days: history.max_days, bytes: history.max_mb.saturating_mul(1_000_000) };
    options.policy = policy(history.keep);
    let name = |name: &String| match name.parse() {
        Ok(Target::Host(host)) => host.as_str().to_owned(),
        Ok(Target::Room(room)) => room.to_string(),
        Err(_) => name.clone(),
    };
    options.rooms = history.rooms.iter().map(|(room, &rule)| (name(room), policy(rule))).collect();
    options.keep_kinds(history.kinds.iter().map(String::as_str));
    let screen = &settings.screen;
    let styled = screen.highlight_styles.keys().filter(|text| !text.starts_with('@'));
    options.highlights = screen.highlights.iter().chain(styled).map(|word| word.to_lowercase()).collect();
    options
}

fn policy(rule: HistoryRule) -> RoomPolicy {
    match rule {
        HistoryRule::All => RoomPolicy::All,
        HistoryRule::People => RoomPolicy::People,
        HistoryRule::Off => RoomPolicy::Off,
    }
}

impl RunningHistory {
    /// Begins to keep what a tracker tells, in `folder`. Nothing where the settings want none, or where it cannot be kept, which
    /// `warn` is told. `news` hears what is known of people.
    pub fn start(
        tracker: &Tracker,
        settings: &Settings,
        folder: &HistoryFolder,
        clock: &Clock,
        warn: impl Fn(&str) + Clone + Send + 'static,
        news: Option<Box<dyn Fn(HistoryNews) + Send>>,
    ) -> Option<Self> {
        if settings.history.keep == HistoryRule::Off
            && settings.history.rooms.values().all(|&rule| rule == HistoryRule::Off)
        {
            return None;
        }
        // A screen shows the report itself.
        let ends = news.is_none().then(|| warn.clone());
        let mut options = options(settings);
        options.flush_after = FLUSH_AFTER;
        let recorder = match HistoryRecorder::start(folder, options, clock.clone(), warn.clone(), news) {
            Ok(recorder) => recorder,
            Err(error) => {
                tracing::warn!("no history is kept: {error}");
                warn(&format!("no history is kept: {error}"));
                return None;
            }
        };
        let (updates, commands) = (tracker.subscribe(QUEUE, false), tracker.commands());
        let control = recorder.control();
        let task = tokio::task::spawn_blocking(move || {
            record(recorder, updates, Some(&commands), |room, recorder| {
                if let Some((ends, (live, host))) = ends.as_ref().zip(recorder.kept_live(room)) {
                    ends(&format!("the live of {host} ended: tiktop report {live} tells what it was"));
                }
            })
        });
        Some(Self { control, task })
    }

    /// Takes notes and moments.
    pub fn control(&self) -> HistoryControl {
        self.control.clone()
    }

    /// Waits until everything is on disk. Finish the tracker first. A sentence where something is missing.
    pub async fn finish(self) -> Option<String> {
        let written = async {
            let recorder = self.task.await.map_err(|error| error.to_string())?;
            let ended = tokio::task::spawn_blocking(|| recorder.finish()).await.map_err(|error| error.to_string())?;
            ended.map_err(|error| error.to_string())
        };
        match tokio::time::timeout(FINISH, written).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("the end of the history was not kept: {error}")),
            Err(_) => Some("the end of the history was not kept: the disk took nothing".to_owned()),
        }
    }
}

/// Keeps the history of a dashboard, and opens a desk at which its screen can ask; the desk answers also where another process
/// writes.
pub(super) fn on_screen(
    tracker: &Tracker,
    settings: &Settings,
    folder: HistoryFolder,
    clock: &Clock,
    warnings: &Sender<Text>,
) -> (Option<RunningHistory>, HistoryPort) {
    let (told, answers) = mpsc::channel(NEWS);
    let news = {
        let told = told.clone();
        // A screen that has enough to do draws without marks.
        move |news| drop(told.try_send(HistoryAnswer::News(news)))
    };
    let warn = {
        let warnings = warnings.clone();
        // A full queue has warnings enough.
        move |sentence: &str| drop(warnings.try_send(Text::new(sentence)))
    };
    let running = RunningHistory::start(tracker, settings, &folder, clock, warn, Some(Box::new(news)));
    let control = running.as_ref().map(|running| running.control.clone());
    (running, desk(folder, config::paths::recordings_dir(settings), control, told, answers))
}

/// Keeps the history of a tracker without a screen.
pub(super) fn headless(
    tracker: &Tracker,
    settings: &Settings,
    folder: &HistoryFolder,
    clock: &Clock,
    warnings: &Sender<Text>,
) -> Option<RunningHistory> {
    let warnings = warnings.clone();
    // A full queue has warnings enough.
    let warn = move |sentence: &str| drop(warnings.try_send(Text::new(sentence)));
    RunningHistory::start(tracker, settings, folder, clock, warn, None)
}

/// A desk for a screen whose rooms another process tracks: it reads, and writes nothing.
pub(super) fn reading_desk(folder: HistoryFolder, recordings: PathBuf) -> HistoryPort {
    let (told, answers) = mpsc::channel(NEWS);
    desk(folder, recordings, None, told, answers)
}

/// Opens a desk.
#[allow(clippy::disallowed_methods, reason = "nothing says when another process has written")]
fn desk(
    folder: HistoryFolder,
    recordings: PathBuf,
    control: Option<HistoryControl>,
    told: Sender<HistoryAnswer>,
    answers: mpsc::Receiver<HistoryAnswer>,
) -> HistoryPort {
    let (questions, mut asked) = mpsc::channel(QUESTIONS);
    let tells_news = control.is_some();
    let give_up = GiveUp::default();
    let heeds = give_up.clone();
    let find_recorded = Box::new(move |live, at, elsewhere| {
        let place = RecordingIndex::read(&recordings).with(elsewhere).find(RoomId(live), Timestamp(at))?;
        Some((place.file, place.at))
    });
    tokio::task::spawn_blocking(move || {
        let mut desk = HistoryDesk::new(folder, control, find_recorded);
        let mut waiting = VecDeque::new();
        while let Some(question) = waiting.pop_front().or_else(|| asked.blocking_recv()) {
            waiting.push_front(question);
            while let Ok(question) = asked.try_recv() {
                // Who typed on wants the newest search alone, and who left none.
                if matches!(question, HistoryQuestion::Search(_) | HistoryQuestion::Leave) {
                    waiting.retain(|waiting| !matches!(waiting, HistoryQuestion::Search(_)));
                }
                waiting.push_back(question);
            }
            let Some(question) = waiting.pop_front() else { continue };
            if matches!(question, HistoryQuestion::FinalReport(_)) {
                std::thread::sleep(END_KEPT);
            }
            // A screen that has enough to do hears how far it is with the next file.
            if let Some(answer) = desk.answer(question, &heeds, |looking| drop(told.try_send(looking)))
                && told.blocking_send(answer).is_err()
            {
                return;
            }
        }
    });
    HistoryPort { answers, questions, give_up, tells_news }
}

/// Hands over what comes until there is no more. What is tracked now is gathered for a moment: a thread that wakes for each frame costs
/// more than what it does.
#[allow(clippy::disallowed_methods, reason = "what comes is gathered for a time, nothing is waited for")]
fn record(
    mut recorder: HistoryRecorder,
    mut updates: mpsc::Receiver<TrackerUpdate>,
    commands: Option<&Sender<TrackerCommand>>,
    ended: impl Fn(RoomKey, &HistoryRecorder),
) -> HistoryRecorder {
    while let Some(update) = updates.blocking_recv() {
        if commands.is_some() && updates.len() < FLOOD {
            std::thread::sleep(GATHER);
        }
        hear(&mut recorder, update, commands, &ended);
        while let Ok(update) = updates.try_recv() {
            hear(&mut recorder, update, commands, &ended);
        }
    }
    recorder
}

/// Hands over one update.
fn hear(
    recorder: &mut HistoryRecorder,
    update: TrackerUpdate,
    commands: Option<&Sender<TrackerCommand>>,
    ended: &impl Fn(RoomKey, &HistoryRecorder),
) {
    let TrackerUpdate::Room(room, news) = update else { return };
    match news {
        RoomUpdate::Added { label } => recorder.added(room, &label),
        RoomUpdate::Removed { .. } => recorder.removed(room),
        RoomUpdate::Events(events) => {
            recorder.events(room, &events);
            if events.iter().any(is_end) {
                ended(room, recorder);
            }
        }
        RoomUpdate::Snapshot(state) => recorder.snapshot(room, &state),
        RoomUpdate::Lagged(lost) => {
            let others = lost.events.iter().filter(|(kind, _)| *kind != "gift").map(|(_, count)| count).sum();
            recorder.lost(room, lost.from.wall, lost.gifts, others);
            // A tracker that takes no command now is asked with the next loss.
            let _ = commands.map(|commands| commands.try_send(TrackerCommand::Snapshot(room)));
        }
        RoomUpdate::Raw(_) | RoomUpdate::Frame(_) | RoomUpdate::Summary(_) => {}
    }
}

fn is_end(tallied: &TalliedEvent) -> bool {
    matches!(&tallied.event.kind, EventKind::State(phase) if phase.kind == PhaseKind::Ended)
}

/// Reads a capture into the history: what is in it already is not counted again.
pub async fn import(settings: &Settings, folder: &HistoryFolder, capture: &Path) -> Result<()> {
    let player = Player::open(capture).await?;
    let updates = player.subscribe(IMPORT_QUEUE, false);
    let warn = |sentence: &str| tracing::warn!("{sentence}");
    let recorder = HistoryRecorder::importing(folder, options(settings), Clock::system(), warn)?;
    let playing = player.play(Speed::Max, Duration::ZERO);
    let task = tokio::task::spawn_blocking(move || record(recorder, updates, None, |_, _| ()).finish());
    let ended = task.await.wrap_err("the import failed")?;
    playing.finish().await;
    Ok(ended?)
}
