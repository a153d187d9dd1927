//! Command `tiktop events @name …`: the events of rooms, one JSON object a line.

mod monitor;

use std::collections::{HashMap, HashSet};
use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::{Result, eyre};
use tokio::sync::mpsc;

use self::monitor::StreamMonitors;
use super::event_output::EventOutput;
use super::feed_option::FeedOption;
use super::line_shape::LineShape;
use super::query::UNKNOWN;
use super::{SettingsArgs, UsageError, output};
use crate::clock::Clock;
#[cfg(unix)]
use crate::daemon::{Request, ServiceMessage};
use crate::events::json::{self, JsonTally, LineContext};
use crate::events::{EventKind, OwnEvent, PhaseKind};
use crate::ids::{RoomId, RoomKey, Target};
use crate::record::{self, RecorderUpdate};
use crate::room::TalliedEvent;
use crate::run::{self, CompanionOptions, Companions};
use crate::text::Text;
use crate::track::{Lost, RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use crate::tui::event_words;
use crate::webcast::Service;

/// Updates that may wait for a slow reader of our output before it loses some: minutes of a busy room.
const QUEUE: usize = 4_096;
/// Warnings that may wait for standard error.
const WARNINGS: usize = 8;
/// Updates written and flushed together.
const BATCH: usize = 512;
/// As many that wait together are made into lines by a thread of their own, while this one reads on: below it the hand-over costs
/// more than it brings.
const PARALLEL_BATCH: usize = 48;

/// Print what happens in rooms.
#[derive(Debug, Args)]
pub(super) struct EventsArgs {
    /// Rooms: @name, a link to the live, or a room id. Without any: the rooms of the config file.
    #[arg(value_name = "ROOM")]
    rooms: Vec<String>,
    /// End when the live of each room has ended.
    #[arg(long)]
    once: bool,
    /// Print the messages behind the events too, as `raw` lines.
    #[arg(long)]
    raw: bool,
    /// Keep what comes on disk, for `tiktop replay`.
    #[arg(long)]
    capture: bool,
    /// Keep no history of this run.
    #[arg(long)]
    no_history: bool,
    /// Print these fields only, such as type,room,user.unique_id,text.
    #[arg(long, value_name = "FIELDS")]
    fields: Option<String>,
    /// Leave out the addresses of pictures: most of a line.
    #[arg(long)]
    lean: bool,
    #[command(flatten)]
    feed: FeedOption,
    /// Connect here, though a service runs.
    #[arg(long)]
    alone: bool,
}

pub(super) fn run(args: &EventsArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let (mut loaded, secrets) = settings.load()?;
    args.feed.apply(&mut loaded.settings)?;
    let rooms = if args.rooms.is_empty() { &loaded.settings.rooms } else { &args.rooms };
    let rooms = super::targets(rooms)?;
    let shape = LineShape::new(args.fields.as_deref(), args.lean)?;
    if rooms.is_empty() {
        let sentence = "no room named: write tiktop events @name, or list rooms in the config file";
        return Err(UsageError(sentence.to_owned()).into());
    }
    let runtime = run::paced_runtime()?;
    let ended = runtime.block_on(async {
        #[cfg(unix)]
        if let Some(ended) = print_served(args, &rooms, &shape).await? {
            return Ok(ended);
        }
        let clock = Clock::system();
        let client = Service::headless(&loaded.settings, secrets)?;
        let tracker = Tracker::on_service(client.clone(), clock.clone())?;
        let updates = tracker.subscribe(QUEUE, args.raw);
        let (warnings, mut warned) = mpsc::channel::<Text>(WARNINGS);
        // A standard error that takes nothing must hold up neither the sockets nor the signals of this one thread.
        tokio::task::spawn_blocking(move || {
            while let Some(warning) = warned.blocking_recv() {
                output::warn(warning.as_str());
            }
        });
        let history = if args.no_history { None } else { run::history_folder(&loaded.settings).ok() };
        let beside = CompanionOptions {
            settings: &loaded.settings,
            clock: &clock,
            warnings,
            capture: args.capture,
            history,
            with_screen: false,
        };
        let companions = Companions::start(&tracker, beside)?;
        let commands = tracker.commands();
        for room in rooms {
            commands.send(TrackerCommand::Add(room)).await?;
        }
        let mut printer = Printer { shape, ..Printer::new(args.once, clock.clone()) };
        let config = loaded.settings.record.monitor.clone();
        let recorder = (!config.rooms.is_empty()).then(|| {
            let (wishes, inbox) = mpsc::channel(QUEUE);
            let (outbox, records) = mpsc::channel(QUEUE);
            printer.monitors = Some(StreamMonitors::new(config, wishes, records));
            record::spawn(client, run::recorder_settings(&loaded.settings), clock, inbox, outbox)
        });
        // A task is woken by its own thread for nothing; what `block_on` waits for costs a system call each time.
        let ended = tokio::spawn(printer.print(updates)).await;
        if let Some(recorder) = recorder {
            recorder.finish().await;
        }
        tracker.finish().await;
        companions.finish().await?.iter().for_each(|sentence| output::warn(sentence));
        ended?
    });
    // A write to a reader that does not read cannot be called back; it must not hold us.
    runtime.shutdown_background();
    ended
}

/// The next update of the monitors; waits for ever where there are none. Cancel-safe.
async fn next_of(monitors: &mut Option<StreamMonitors>) -> RecorderUpdate {
    match monitors {
        Some(monitors) => monitors.next().await,
        None => std::future::pending().await,
    }
}

/// Prints what a service has of these rooms, so that nothing connects twice; nothing where none runs. What it does not have is an
/// error: who wants it all the same says --alone. Rooms that it did not watch before go again with us.
#[cfg(unix)]
async fn print_served(args: &EventsArgs, rooms: &[Target], shape: &LineShape) -> Result<Option<ExitCode>> {
    if args.alone {
        return Ok(None);
    }
    let Some(mut orders) = run::find_service().await? else { return Ok(None) };
    if args.raw || args.capture {
        let what = if args.raw { "raw messages" } else { "captures" };
        let words = format!(
            "a service runs and hands on no {what} (`tiktop serve --replace --capture` has it keep them): --alone connects beside \
             it, which costs a signature a room"
        );
        return Err(UsageError(words).into());
    }
    if args.feed.is_given() {
        let ServiceMessage::Status(status) = orders.ask(Request::Status).await? else {
            return Err(eyre!("the service gave no answer that this program knows"));
        };
        if let Some(refusal) = args.feed.refusal(status.feed_port) {
            return Err(refusal.into());
        }
    }
    let Some(line) = run::find_service().await? else { return Ok(None) };
    let clock = Clock::alignable();
    let updates = run::follow_service(line, rooms.to_vec(), &clock)?;
    orders.ask(Request::AddRooms { rooms: rooms.to_vec(), lent: true }).await?;
    let printer = Printer { shape: shape.clone(), ..Printer::new(args.once, clock) };
    let ended = printer.print(updates).await;
    // The rooms were lent as long as this line stands.
    drop(orders);
    ended.map(Some)
}

/// What a line says of its room.
#[derive(Debug, Default)]
struct Labels {
    room: Text,
    room_id: Option<RoomId>,
    live_seq: u32,
    /// A look-up has found the host.
    is_known: bool,
}

pub(super) struct Printer {
    once: bool,
    /// What is printed happened long ago: nobody is waited for.
    replays: bool,
    clock: Clock,
    rooms: HashMap<RoomKey, Labels>,
    /// Rooms whose live has not ended yet.
    open: HashSet<RoomKey>,
    /// Rooms that may still bring something: all but those of names that nobody has.
    hopeful: HashSet<RoomKey>,
    /// Somebody who was named does not exist.
    nobody: bool,
    shape: LineShape,
    /// Where one's own streams are watched too.
    monitors: Option<StreamMonitors>,
    lines: Vec<u8>,
}

impl Printer {
    pub(super) fn new(once: bool, clock: Clock) -> Self {
        Self {
            once,
            replays: false,
            clock,
            rooms: HashMap::new(),
            open: HashSet::new(),
            hopeful: HashSet::new(),
            nobody: false,
            shape: LineShape::default(),
            monitors: None,
            lines: Vec::new(),
        }
    }

    /// One for a replay.
    pub(super) fn replaying(clock: Clock) -> Self {
        Self { replays: true, ..Self::new(false, clock) }
    }

    pub(super) async fn print(mut self, mut updates: mpsc::Receiver<TrackerUpdate>) -> Result<ExitCode> {
        let mut output = EventOutput::open();
        let mut batch = Vec::with_capacity(BATCH);
        let stop = run::stop_signal();
        tokio::pin!(stop);
        let has_two_cores = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        loop {
            tokio::select! {
                () = &mut stop => return Ok(ExitCode::SUCCESS),
                update = next_of(&mut self.monitors) => self.write_monitor(update),
                received = updates.recv_many(&mut batch, BATCH) => if received == 0 {
                    return Ok(ExitCode::SUCCESS);
                },
            }
            if has_two_cores && batch.len() >= PARALLEL_BATCH {
                (self, batch) = tokio::task::spawn_blocking(move || {
                    self.write_batch(&mut batch);
                    (self, batch)
                })
                .await?;
            } else {
                self.write_batch(&mut batch);
            }
            let written = tokio::select! {
                () = &mut stop => return Ok(ExitCode::SUCCESS),
                written = output.write_all(&self.lines) => written,
            };
            if let Err(error) = written {
                return Err(output::WriteError::from(error).into());
            }
            self.lines.clear();
            if self.once && !self.rooms.is_empty() && self.open.is_empty() {
                return Ok(if self.nobody { ExitCode::from(UNKNOWN) } else { ExitCode::SUCCESS });
            }
            // Waiting is no answer where nobody of those named exists.
            if self.nobody && self.hopeful.is_empty() {
                return Ok(ExitCode::from(UNKNOWN));
            }
        }
    }

    fn write_batch(&mut self, batch: &mut Vec<TrackerUpdate>) {
        for update in batch.drain(..) {
            self.write(update);
        }
        self.shape.apply(&mut self.lines, 0);
    }

    fn write_monitor(&mut self, update: RecorderUpdate) {
        let RecorderUpdate::Monitor { room, monitor } = update else { return };
        let Some(mut monitors) = self.monitors.take() else { return };
        let line = monitors.line(room, &self.context(room), self.clock.now(), &monitor);
        self.monitors = Some(monitors);
        if let Some(line) = line {
            self.push(&line);
        }
    }

    fn write(&mut self, update: TrackerUpdate) {
        let TrackerUpdate::Room(key, news) = update else { return };
        match news {
            RoomUpdate::Added { label } => {
                self.rooms.insert(key, Labels { room: label, ..Labels::default() });
                self.open.insert(key);
                self.hopeful.insert(key);
            }
            RoomUpdate::Events(events) => {
                for tallied in events.iter() {
                    self.write_event(key, tallied);
                }
            }
            RoomUpdate::Raw(messages) => {
                for raw in messages.iter() {
                    let line = json::raw_line(&self.context(key), raw.at, raw.method.original(), raw.id, &raw.payload);
                    self.push(&line);
                }
            }
            RoomUpdate::Lagged(lost) => self.write_lost(key, &lost),
            RoomUpdate::Removed { .. } => {
                self.open.remove(&key);
                self.hopeful.remove(&key);
            }
            RoomUpdate::Snapshot(room) => {
                let labels = self.rooms.entry(key).or_default();
                (labels.room_id, labels.live_seq) = (room.room_id, room.live_seq);
                if !room.host.unique_id.is_empty() {
                    labels.room = Text::from(format_args!("@{}", room.host.unique_id));
                }
                if let (Some(monitors), Some(room_id)) = (&mut self.monitors, room.room_id)
                    && !matches!(room.phase.kind, PhaseKind::Offline | PhaseKind::Ended)
                {
                    monitors.live(key, labels.room.as_str(), room_id);
                }
            }
            RoomUpdate::Frame(_) | RoomUpdate::Summary(_) => {}
        }
    }

    fn write_event(&mut self, key: RoomKey, tallied: &TalliedEvent) {
        let labels = self.rooms.entry(key).or_default();
        if let Some(words) = event_words(labels.room.as_str(), &tallied.event).filter(|_| !self.replays) {
            tracing::info!("{words}");
        }
        match tallied.event.kind.as_own() {
            Some(OwnEvent::Live(live)) => (labels.room_id, labels.live_seq) = (Some(live.room_id), live.live_seq),
            Some(OwnEvent::Info(info)) if !info.host.unique_id.is_empty() => {
                labels.room = Text::from(format_args!("@{}", info.host.unique_id));
                labels.is_known = true;
            }
            Some(OwnEvent::State(phase)) if phase.kind == PhaseKind::Ended => {
                self.open.remove(&key);
            }
            // Before any live this is a look-up to which waiting is no answer, such as for somebody who does not exist. Who was
            // there before may be back.
            Some(OwnEvent::State(phase))
                if phase.kind == PhaseKind::Failed
                    && labels.room_id.is_none()
                    && !self.replays
                    && self.open.remove(&key) =>
            {
                self.nobody = true;
                if !labels.is_known {
                    self.hopeful.remove(&key);
                }
                output::warn(phase.reason.as_str());
            }
            Some(OwnEvent::Info(_) | OwnEvent::State(_) | OwnEvent::Gap(_) | OwnEvent::StreakClosed(_)) | None => {}
        }
        if let (Some(monitors), Some(own)) = (&mut self.monitors, tallied.event.kind.as_own()) {
            monitors.follow(key, labels.room.as_str(), &own);
        }
        let tally = tallied.tally.map(|tally| JsonTally {
            added: tally.added,
            count: tally.count,
            streak: tally.streak.into(),
            diamonds: tally.diamonds,
        });
        if matches!(&tallied.event.kind, EventKind::Info(info) if info.is_clock_only()) {
            return;
        }
        let mut lines = std::mem::take(&mut self.lines);
        json::push_line(&mut lines, &self.context(key), &tallied.event, tally);
        self.lines = lines;
    }

    fn write_lost(&mut self, key: RoomKey, lost: &Lost) {
        if let Some(live) = &lost.live {
            let labels = self.rooms.entry(key).or_default();
            (labels.room_id, labels.live_seq) = (Some(live.room_id), live.live_seq);
        }
        if lost.ended {
            self.open.remove(&key);
        }
        let now = self.clock.now();
        let line = json::lost_line(&self.context(key), lost.from, now, &lost.events, lost.gifts, lost.coins);
        self.push(&line);
    }

    fn context(&self, key: RoomKey) -> LineContext<'_> {
        let labels = self.rooms.get(&key);
        LineContext {
            room: labels.map_or("", |labels| labels.room.as_str()),
            room_id: labels.and_then(|labels| labels.room_id),
            live_seq: labels.map_or(0, |labels| labels.live_seq),
        }
    }

    fn push(&mut self, line: &str) {
        if !line.is_empty() {
            self.lines.extend_from_slice(line.as_bytes());
            self.lines.push(b'\n');
        }
    }
}
