//! Command `tiktop record @name …`: recordings without a screen, for servers, timers and systemd.

mod takes;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{SettingsArgs, UsageError, output};
use crate::clock::Clock;
use crate::config::{MonitorConfig, Settings};
#[cfg(unix)]
use crate::daemon::Request;
use crate::events::PhaseKind;
use crate::ids::{RoomId, RoomKey};
use crate::record::{
    self, AlertKind, MonitorState, RecorderCommand, RecorderSettings, RecorderUpdate, RecordingAlert, RecordingJob,
    RecordingState, StreamFault,
};
use crate::room::Room;
use crate::run::{self, RecordedPlaces};
use crate::text::Text;
use crate::track::{RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};

/// Updates that may wait for us.
const QUEUE: usize = 4_096;
/// Entries of a room's log that are kept: nobody reads them here.
const LOG: usize = 16;
/// A line of progress at most this often where it does not replace the one before.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);
/// Exit code when nobody was live and nothing was waited for.
const NOT_LIVE: u8 = 3;

/// Record rooms without a screen.
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// Rooms: @name, a link to the live, or a room id. Without any: the rooms of the config file. `start @name` and `stop @name`
    /// tell the service that runs.
    #[arg(value_name = "ROOM")]
    rooms: Vec<String>,
    /// Wait for who is not live, and record each next live too, until you end it.
    #[arg(long)]
    wait: bool,
    /// Which stream: best, lowest, audio, or a name of TikTok's such as origin, uhd, hd, sd, ld.
    #[arg(long, value_name = "QUALITY")]
    quality: Option<String>,
    /// Folder for the recordings, instead of the one in the config file.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Keep comments and gifts beside the video, on its clock: NAME.chat.jsonl and subtitles NAME.srt.
    #[arg(long)]
    chat: bool,
    /// Make recordings whole that were cut off with the program: copies beside the files, which stay as they are.
    #[arg(long, conflicts_with_all = ["rooms", "wait", "quality", "chat", "json"])]
    repair: bool,
    /// List the recordings of the folder, running and past, newest first.
    #[arg(long, conflicts_with_all = ["rooms", "wait", "quality", "chat", "repair"])]
    list: bool,
    /// Copy recordings to MP4 without re-encoding; each copy is read to its end before it gets its name.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["rooms", "wait", "quality", "chat", "repair", "list", "dir"])]
    mp4: Vec<PathBuf>,
    /// With --mp4: remove each recording once its copy has been verified.
    #[arg(long, requires = "mp4")]
    replace: bool,
    /// Keep no history of this run.
    #[arg(long)]
    no_history: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RecordArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let (loaded, secrets) = settings.load()?;
    #[cfg(unix)]
    if let Some((order @ ("start" | "stop"), rooms)) =
        args.rooms.split_first().map(|(first, rest)| (first.as_str(), rest))
    {
        return order_service(order, rooms);
    }
    if args.repair {
        return repair(&recorder_settings(args, &loaded.settings));
    }
    if args.list {
        return takes::list(&recorder_settings(args, &loaded.settings).dir, args.json);
    }
    if !args.mp4.is_empty() {
        return takes::copy(&loaded.settings.record.ffmpeg, args);
    }
    let names = if args.rooms.is_empty() { &loaded.settings.rooms } else { &args.rooms };
    let rooms = super::targets(names)?;
    if rooms.is_empty() {
        let sentence = "no room named: write tiktop record @name, or list rooms in the config file";
        return Err(UsageError(sentence.to_owned()).into());
    }
    let recording = recorder_settings(args, &loaded.settings);
    let runtime = run::headless_runtime()?;
    let ended = runtime.block_on(async {
        let clock = Clock::system();
        let client = run::client(&loaded.settings, secrets, false)?;
        let tracker = Tracker::on_service(client.clone(), clock.clone())?;
        let updates = tracker.subscribe(QUEUE, false);
        let history = super::history::kept(args.no_history, &tracker, &loaded.settings, &clock);
        let (commands, inbox) = mpsc::channel(QUEUE);
        let (outbox, records) = mpsc::channel(QUEUE);
        let recorder = record::spawn(client, recording, clock, inbox, outbox);
        for room in &rooms {
            tracker.commands().send(TrackerCommand::Add(room.clone())).await?;
        }
        let stop = CancellationToken::new();
        let signals = tokio::spawn({
            let stop = stop.clone();
            async move {
                run::stop_signal().await;
                stop.cancel();
            }
        });
        let session = Session {
            wait: args.wait,
            json: args.json,
            commands,
            rooms: HashMap::new(),
            monitor: loaded.settings.record.monitor.clone(),
            expected: rooms.len(),
            saved: 0,
            failed: 0,
            places: run::history_folder(&loaded.settings).ok().filter(|_| !args.no_history).map(RecordedPlaces::new),
            is_shown: false,
            live_line: !args.json && output::has_status_line(),
        };
        let code = session.run(updates, records, &stop).await;
        signals.abort();
        recorder.finish().await;
        tracker.finish().await;
        super::history::finish(history).await;
        code
    });
    runtime.shutdown_background();
    ended
}

/// `tiktop record start|stop @name …`: an order to the service that runs. Somebody of that name is `@start`.
#[cfg(unix)]
fn order_service(order: &str, rooms: &[String]) -> Result<ExitCode> {
    if rooms.is_empty() {
        return Err(UsageError(format!("no room named: write tiktop record {order} @name")).into());
    }
    let rooms = super::targets(rooms)?;
    super::rooms::order(if order == "start" { Request::StartRecording(rooms) } else { Request::StopRecording(rooms) })
}

/// Makes copies of what was cut off.
fn repair(settings: &RecorderSettings) -> Result<ExitCode> {
    let found = record::unfinished(&settings.dir);
    if found.is_empty() {
        output::print_line(&format!("no recording in {} was cut off", settings.dir.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = run::runtime()?;
    let mut whole = true;
    for recording in found {
        match runtime.block_on(recording.repair(&settings.ffmpeg)) {
            Ok(copies) => {
                for copy in copies {
                    output::print_line(&format!("@{} {}", recording.user, copy.display()))?;
                }
            }
            Err(why) => {
                whole = false;
                output::warn(why.as_str());
            }
        }
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the recorder is to do: the config file, and what the command line says otherwise.
fn recorder_settings(args: &RecordArgs, settings: &Settings) -> RecorderSettings {
    let mut recording = run::recorder_settings(settings);
    if let Some(quality) = &args.quality {
        recording.quality = quality.parse().unwrap_or_default();
    }
    if let Some(dir) = &args.dir {
        recording.dir.clone_from(dir);
    }
    recording.chat |= args.chat;
    recording
}

/// A run of the command.
struct Session {
    wait: bool,
    json: bool,
    commands: mpsc::Sender<RecorderCommand>,
    rooms: HashMap<RoomKey, WatchedRoom>,
    /// Whose own streams are watched.
    monitor: MonitorConfig,
    /// Rooms that were asked for and have not come to an end.
    expected: usize,
    saved: usize,
    failed: usize,
    /// Tells the history where recordings lie.
    places: Option<RecordedPlaces>,
    /// A line of progress stands on the terminal.
    is_shown: bool,
    /// Progress replaces itself on the terminal.
    live_line: bool,
}

/// One room.
struct WatchedRoom {
    room: Room,
    label: Text,
    recording: Option<RecordingState>,
    /// What the monitor of its stream sees, and of which live that is.
    monitor: MonitorState,
    monitored: Option<RoomId>,
    /// It has come to an end and is not waited for.
    over: bool,
    /// When a line of progress was printed last.
    shown: Option<tokio::time::Instant>,
    /// Why it could not be followed, as was said last.
    refused: Text,
}

impl WatchedRoom {
    fn name(&self) -> String {
        let handle = &self.room.host.unique_id;
        let name = if handle.is_empty() { &self.label } else { handle };
        format!("@{}", name.as_str().trim_start_matches('@'))
    }

    fn is_recording(&self) -> bool {
        self.recording.as_ref().is_some_and(|recording| !is_end(recording))
    }
}

fn is_end(recording: &RecordingState) -> bool {
    matches!(recording, RecordingState::Done { .. } | RecordingState::Failed { .. })
}

impl Session {
    async fn run(
        mut self,
        mut updates: mpsc::Receiver<TrackerUpdate>,
        mut records: mpsc::Receiver<RecorderUpdate>,
        stop: &CancellationToken,
    ) -> Result<ExitCode> {
        let mut stopping = false;
        while self.expected > 0 || self.rooms.values().any(WatchedRoom::is_recording) {
            tokio::select! {
                biased;
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    self.expected = 0;
                    for (&room, watched) in &mut self.rooms {
                        watched.over = true;
                        self.commands.send(RecorderCommand::Stop(room)).await?;
                    }
                }
                update = records.recv() => match update {
                    Some(RecorderUpdate::Recording { room, recording }) => {
                        self.places.as_mut().into_iter().for_each(|places| places.note(&recording));
                        self.recorded(room, &recording)?;
                    }
                    Some(RecorderUpdate::Monitor { room, monitor }) => self.monitored(room, &monitor)?,
                    Some(_) => {}
                    None => break,
                },
                update = updates.recv(), if !stopping => match update {
                    Some(update) => self.tracked(update).await?,
                    None => break,
                },
            }
        }
        self.end_line();
        if let Some(places) = self.places.take() {
            places.finish().await;
        }
        Ok(match (self.saved, self.failed) {
            (_, 1..) => ExitCode::FAILURE,
            (0, 0) if !stopping => ExitCode::from(NOT_LIVE),
            _ => ExitCode::SUCCESS,
        })
    }

    async fn tracked(&mut self, update: TrackerUpdate) -> Result<()> {
        let TrackerUpdate::Room(key, news) = update else { return Ok(()) };
        match news {
            RoomUpdate::Added { label } => {
                let room = Room::new(LOG);
                let monitor = MonitorState::default();
                let (recording, monitored, refused) = (None, None, Text::default());
                let watched =
                    WatchedRoom { room, label, recording, monitor, monitored, over: false, shown: None, refused };
                self.rooms.insert(key, watched);
            }
            RoomUpdate::Removed { .. } => {
                if self.rooms.remove(&key).is_some_and(|watched| !watched.over) {
                    self.expected = self.expected.saturating_sub(1);
                }
            }
            RoomUpdate::Snapshot(room) => {
                if let Some(watched) = self.rooms.get_mut(&key) {
                    watched.room = Room::clone(&room);
                    self.follow(key).await?;
                }
            }
            RoomUpdate::Events(events) => {
                for tallied in events.iter() {
                    let Some(watched) = self.rooms.get_mut(&key) else { break };
                    let (before, marks) = (watched.room.phase.kind, watched.room.marks.count());
                    watched.room.apply(&tallied.event);
                    if watched.is_recording() {
                        for cue in record::Cue::of_applied(&tallied.event, &watched.room, marks) {
                            self.commands.send(RecorderCommand::Cue(key, Box::new(cue))).await?;
                        }
                    }
                    let is = self.rooms.get(&key).map_or(before, |watched| watched.room.phase.kind);
                    if is != before {
                        self.phase(key, is).await?;
                    }
                }
                self.follow(key).await?;
            }
            RoomUpdate::Lagged(_) | RoomUpdate::Raw(_) | RoomUpdate::Frame(_) | RoomUpdate::Summary(_) => {}
        }
        Ok(())
    }

    /// A room went from one phase to another.
    async fn phase(&mut self, key: RoomKey, phase: PhaseKind) -> Result<()> {
        let command = match phase {
            PhaseKind::Ended => Some(RecorderCommand::LiveEnded(key)),
            PhaseKind::Paused => Some(RecorderCommand::LivePaused(key, true)),
            PhaseKind::Live => Some(RecorderCommand::LivePaused(key, false)),
            _ => None,
        };
        if let Some(command) = command {
            self.commands.send(command).await?;
        }
        Ok(())
    }

    /// Begins what can begin, and gives up what is not waited for.
    async fn follow(&mut self, key: RoomKey) -> Result<()> {
        let Some(watched) = self.rooms.get_mut(&key) else { return Ok(()) };
        if watched.over || watched.is_recording() {
            return Ok(());
        }
        let phase = watched.room.phase.kind;
        if watched.room.room_id.is_none() && matches!(phase, PhaseKind::Failed | PhaseKind::Blocked) {
            return self.refused(key);
        }
        // The stream needs no event socket, so a room whose socket is refused is recorded too.
        let on = !matches!(phase, PhaseKind::Offline | PhaseKind::Ended);
        if let Some(room_id) = watched.room.room_id.filter(|_| on) {
            // What failed is tried again with the next live, not with every event.
            if watched.recording.is_some() && !self.wait {
                return Ok(());
            }
            let name = watched.name();
            let job = RecordingJob {
                room: key,
                room_id,
                host: name.trim_start_matches('@').into(),
                title: watched.room.title.clone(),
                quality: None,
            };
            watched.recording = Some(RecordingState::Starting);
            if self.monitor.covers(&name, Some(room_id)) && watched.monitored.replace(room_id) != Some(room_id) {
                self.commands.send(RecorderCommand::Monitor(job.clone())).await?;
            }
            self.commands.send(RecorderCommand::Start(job)).await?;
            self.print(&name, &json!({"type": "start", "room": name}), "recording")?;
        } else if !on && !self.wait {
            let name = watched.name();
            watched.over = true;
            self.expected = self.expected.saturating_sub(1);
            self.print(
                &name,
                &json!({"type": "offline", "room": name}),
                "is not live; --wait waits for the next live",
            )?;
        }
        Ok(())
    }

    /// A room of which no live is known, and why: no such name, or TikTok refuses us. Who fails is not waited for.
    fn refused(&mut self, key: RoomKey) -> Result<()> {
        let Some(watched) = self.rooms.get_mut(&key) else { return Ok(()) };
        let (name, reason) = (watched.name(), watched.room.phase.reason.clone());
        if watched.room.phase.kind == PhaseKind::Failed && !self.wait {
            watched.over = true;
            self.expected = self.expected.saturating_sub(1);
            self.failed += 1;
        } else if watched.refused == reason {
            return Ok(());
        }
        watched.refused.clone_from(&reason);
        self.print(
            &name,
            &json!({"type": "failed", "room": name, "reason": reason.as_str(), "file": null}),
            reason.as_str(),
        )
    }

    /// News of a recording.
    fn recorded(&mut self, room: RoomKey, recording: &RecordingState) -> Result<()> {
        let Some(watched) = self.rooms.get_mut(&room) else { return Ok(()) };
        let name = watched.name();
        let told = status_note(watched.recording.as_ref());
        let news = status_note(Some(recording)).filter(|note| Some(note) != told.as_ref());
        let before = watched.recording.as_ref().and_then(RecordingState::alert);
        watched.recording = Some(recording.clone());
        if let Some(note) = news {
            self.print(&name, &json!({"type": "note", "room": name, "text": note.as_str()}), note.as_str())?;
        }
        self.alert(&name, before.as_ref(), recording)?;
        match recording {
            RecordingState::Done { file, bytes, millis, reason } => {
                self.saved += 1;
                let line = json!({
                    "type": "done", "room": name, "file": file.display().to_string(), "bytes": bytes, "millis": millis,
                    "reason": reason.as_str(),
                });
                let words = format!("recorded {} ({reason}): {}", length(*millis), file.display());
                self.print(&name, &line, &words)?;
                self.ended(room);
            }
            RecordingState::Failed { reason, file } => {
                self.failed += 1;
                let line = json!({
                    "type": "failed", "room": name, "reason": reason.as_str(),
                    "file": file.as_ref().map(|file| file.display().to_string()),
                });
                self.print(&name, &line, reason.as_str())?;
                self.ended(room);
            }
            running => self.progress(room, &name, running)?,
        }
        Ok(())
    }

    /// Tells when something begins to be wrong with a recording, and when all is well again.
    fn alert(&mut self, name: &str, before: Option<&RecordingAlert>, recording: &RecordingState) -> Result<()> {
        match recording.alert() {
            // The end has a line of its own, and what became of ffmpeg is a note.
            Some(now) if matches!(now.kind, AlertKind::Failed | AlertKind::Writer) => Ok(()),
            Some(now) if before.is_some_and(|before| (before.kind, before.level) == (now.kind, now.level)) => Ok(()),
            Some(now) => {
                let line = json!({
                    "type": "alert", "room": name, "alert": now.kind, "level": now.level, "cause": now.cause.as_str(),
                    "next": now.next.as_str(),
                });
                self.print(name, &line, &now.sentence())
            }
            None if before.is_some_and(|before| before.kind != AlertKind::Writer)
                && matches!(recording, RecordingState::Running { .. }) =>
            {
                self.print(name, &json!({"type": "alert", "room": name, "alert": null}), "all is well again")
            }
            None => Ok(()),
        }
    }

    /// Tells of faults of a stream that begin and end.
    fn monitored(&mut self, room: RoomKey, monitor: &MonitorState) -> Result<()> {
        let Some(watched) = self.rooms.get_mut(&room) else { return Ok(()) };
        let name = watched.name();
        let before = std::mem::replace(&mut watched.monitor, monitor.clone());
        let line = |fault: &StreamFault, state: &str| json!({"type": "monitor", "room": name, "fault": fault.kind, "state": state, "seconds": fault.seconds});
        for fault in monitor.begun_since(&before) {
            self.print(&name, &line(&fault, "begin"), &fault.words())?;
        }
        for fault in before.begun_since(monitor) {
            self.print(&name, &line(&fault, "end"), &format!("over: {}", fault.words()))?;
        }
        if monitor.note != before.note && !monitor.note.is_empty() {
            let note = monitor.note.as_str();
            self.print(&name, &json!({"type": "note", "room": name, "text": note}), note)?;
        }
        Ok(())
    }

    fn ended(&mut self, key: RoomKey) {
        if let Some(watched) = self.rooms.get_mut(&key).filter(|watched| !watched.over && !self.wait) {
            watched.over = true;
            self.expected = self.expected.saturating_sub(1);
        }
    }

    fn progress(&mut self, room: RoomKey, name: &str, recording: &RecordingState) -> Result<()> {
        let now = tokio::time::Instant::now();
        let Some(watched) = self.rooms.get_mut(&room) else { return Ok(()) };
        if !self.live_line && watched.shown.is_some_and(|shown| now.duration_since(shown) < PROGRESS_EVERY) {
            return Ok(());
        }
        let (words, line) = match recording {
            RecordingState::Running { bytes, rate, quality, details, .. } => {
                let size = details.size.map(|(width, height)| format!(" {width}x{height}")).unwrap_or_default();
                let words = format!(
                    "{} {} {} kb/s {quality}{size} {} part {}{}{}",
                    length(details.millis),
                    megabytes(*bytes),
                    rate * 8 / 1_000,
                    details.codec,
                    details.part,
                    holes(details.holes, details.hole_millis),
                    details.seconds_left.map(|left| format!(", {} left", length(left * 1_000))).unwrap_or_default()
                );
                let line = json!({
                    "type": "progress", "room": name, "state": "running", "millis": details.millis, "bytes": bytes,
                    "rate": rate, "quality": quality.as_str(), "codec": details.codec.as_str(),
                    "width": details.size.map(|size| size.0), "height": details.size.map(|size| size.1),
                    "part": details.part, "holes": details.holes, "hole_millis": details.hole_millis,
                    "seconds_left": details.seconds_left, "free": details.free,
                });
                (words, line)
            }
            RecordingState::Reconnecting { bytes, paused, cause, silent_seconds, .. } => {
                let state = if *paused { "paused" } else { "reconnecting" };
                let line = json!({
                    "type": "progress", "room": name, "state": state, "bytes": bytes, "cause": cause.as_str(),
                    "silent_seconds": silent_seconds,
                });
                (format!("{state}, nothing for {silent_seconds} s"), line)
            }
            RecordingState::Waiting { cause } => {
                let line = json!({"type": "progress", "room": name, "state": "waiting", "cause": cause.as_str()});
                (format!("waiting ({cause})"), line)
            }
            _ => return Ok(()),
        };
        if let Some(watched) = self.rooms.get_mut(&room) {
            watched.shown = Some(now);
        }
        self.is_shown = true;
        if self.live_line {
            output::status(&format!("{name} {words}"));
            return Ok(());
        }
        self.print(name, &line, &words)
    }

    /// One line, as JSON or for people.
    fn print(&self, name: &str, line: &Value, words: &str) -> Result<()> {
        if self.json {
            output::print_raw(&crate::events::json::serializer::to_string(line))?;
        } else {
            self.end_line();
            output::print_line(&format!("{name} {words}"))?;
        }
        Ok(())
    }

    fn end_line(&self) {
        if self.live_line && self.is_shown {
            output::status("");
        }
    }
}

fn status_note(recording: Option<&RecordingState>) -> Option<Text> {
    match recording {
        Some(RecordingState::Running { details, .. }) if !details.note.is_empty() => Some(details.note.clone()),
        _ => None,
    }
}

/// `2.5 MB`, `340 MB`.
fn megabytes(bytes: u64) -> String {
    if bytes < 10_000_000 { format!("{:.1} MB", bytes as f64 / 1e6) } else { format!("{} MB", bytes / 1_000_000) }
}

/// `, 2 holes of 7.5 s`; nothing where nothing is missing.
fn holes(count: u32, millis: u64) -> String {
    match count {
        0 => String::new(),
        1 => format!(", a hole of {:.1} s", millis as f64 / 1e3),
        _ => format!(", {count} holes of {:.1} s", millis as f64 / 1e3),
    }
}

/// `1:02:03`.
fn length(millis: u64) -> String {
    let seconds = millis / 1_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
