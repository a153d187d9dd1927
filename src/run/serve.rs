//! Service without a screen (`tiktop serve`): a tracker, a recorder, their companions, the hub that follows them and the socket
//! that screens attach to.

use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};
use tokio::runtime::Runtime;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::companions::{CompanionOptions, Companions};
use super::readiness;
use super::service_log::ServiceLog;
use super::{RECORD_QUEUE, SCREEN_QUEUE, TASKS_TIMEOUT, WARNINGS, client, recorder_settings, stop_on_signal};
use crate::clock::Clock;
use crate::config::{self, Loaded, Secrets, Settings};
use crate::daemon::{
    ConnectError, Connection, Hub, HubOptions, HubPorts, Listener, Place, PlaceError, Request, SavedRoom, SavedRooms,
    ServiceLock, ServiceMessage, ServiceStatus, StartLock, read_absences,
};
use crate::history::HistoryFolder;
use crate::ids::Target;
use crate::record;
use crate::text::Text;
use crate::track::{LastLive, Tracker, TrackerCommand};

/// News of recordings, and warnings, that a reader may be behind.
const NEWS: usize = 64;
/// Lines of the log that may wait for whoever prints them.
const LOG_LINES: usize = 256;
/// How long a service that ends is waited for: its recordings are finished first.
const OTHER_END: Duration = Duration::from_secs(15);
/// How long another start is waited for.
const OTHER_START: Duration = Duration::from_secs(10);

/// What a service is built from.
pub struct ServeSetup {
    /// The settings and where they were said.
    pub loaded: Loaded,
    /// Keys and cookies.
    pub secrets: Secrets,
    /// Rooms to begin with, beside those that return.
    pub rooms: Vec<Target>,
    /// Keep what comes on disk.
    pub capture: bool,
    /// Where the history is kept; nothing for none.
    pub history: Option<HistoryFolder>,
    /// Rooms that were tracked before do not return.
    pub fresh: bool,
}

/// The place of the user's service.
pub fn service_place() -> Result<Place> {
    let state = config::paths::state_dir().ok_or_else(|| eyre!("there is no home folder to keep a service in"))?;
    Ok(Place::new(&state))
}

/// The place at which another user's service lets people look.
pub fn place_of(user: &str) -> Result<Place> {
    Ok(Place::for_readers(uid_of(user)?))
}

/// The number of a user, by name or number.
fn uid_of(user: &str) -> Result<u32> {
    if let Ok(uid) = user.parse() {
        return Ok(uid);
    }
    let found = nix::unistd::User::from_name(user)?;
    found.map(|user| user.uid.as_raw()).ok_or_else(|| eyre!("there is no user '{user}' on this machine"))
}

/// Who may look, by number.
fn readers(settings: &Settings) -> Result<Vec<u32>> {
    settings.daemon.readers.iter().map(|user| uid_of(user).wrap_err("daemon.readers")).collect()
}

/// The user's service, where one runs.
pub async fn find_service() -> Result<Option<Connection>> {
    let Ok(place) = service_place() else { return Ok(None) };
    Ok(Connection::open(&place).await?)
}

/// How the user's service stands; nothing where none runs, or where it does not say.
pub async fn service_status() -> Option<ServiceStatus> {
    let mut service = find_service().await.ok()??;
    match service.ask(Request::Status).await {
        Ok(ServiceMessage::Status(status)) => Some(*status),
        _ => None,
    }
}

/// Serves until the process is asked to end. Each line that there is to tell is handed to `log`, which may block.
pub fn serve(setup: ServeSetup, runtime: Runtime, mut log: impl FnMut(&str) + Send + 'static) -> Result<()> {
    let (lines, mut printed) = mpsc::channel::<Text>(LOG_LINES);
    // A standard error that takes nothing must hold up neither the sockets nor the signals.
    runtime.spawn_blocking(move || {
        // The journal of systemd says itself when a line came.
        let clock = std::env::var_os("JOURNAL_STREAM").is_none().then(Clock::system);
        while let Some(line) = printed.blocking_recv() {
            let at = clock.as_ref().map(|clock| format!("{} ", clock.now().wall.rfc3339())).unwrap_or_default();
            log(&format!("{at}{line}"));
        }
    });
    let ended = runtime.block_on(serve_until_stopped(setup, lines));
    runtime.shutdown_timeout(TASKS_TIMEOUT);
    ended
}

/// Takes the place of the service, unless there is one.
async fn take_place(place: &Place) -> Result<StartLock, PlaceError> {
    place.prepare()?;
    let began = tokio::time::Instant::now();
    let start = loop {
        match place.start_lock() {
            Err(PlaceError::Starting) if began.elapsed() < OTHER_START => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            taken => break taken?,
        }
    };
    match Connection::open(place).await {
        Ok(Some(running)) => Err(PlaceError::Running(running.hello().pid)),
        Err(ConnectError::Refused(_)) => Err(PlaceError::Running(place.holder().unwrap_or(0))),
        // Whoever holds the lock may say nothing; whoever does not is no service.
        Ok(None) | Err(_) => Ok(start),
    }
}

/// Holds the lock of the service. One that is ending has closed its socket and still finishes what it recorded and kept: it is
/// waited for.
async fn hold(place: &Place) -> Result<ServiceLock, PlaceError> {
    let began = tokio::time::Instant::now();
    loop {
        match place.lock() {
            Err(PlaceError::Silent(pid)) => match Connection::open(place).await {
                Ok(None) if began.elapsed() < OTHER_END => tokio::time::sleep(Duration::from_millis(50)).await,
                Ok(Some(running)) => return Err(PlaceError::Running(running.hello().pid)),
                Ok(None) | Err(_) => return Err(PlaceError::Silent(pid)),
            },
            held => return held,
        }
    }
}

async fn serve_until_stopped(setup: ServeSetup, lines: mpsc::Sender<Text>) -> Result<()> {
    let ServeSetup { loaded, secrets, rooms, capture, history, fresh } = setup;
    let settings = &loaded.settings;
    let place = service_place()?;
    let start_lock = take_place(&place).await?;
    let _lock = hold(&place).await?;
    let clock = Clock::system();
    let client = client(settings, secrets, false)?;
    let tracker = Tracker::on_service(client.clone(), clock.clone())?;
    let updates = tracker.subscribe(SCREEN_QUEUE, false);
    let logged = tracker.subscribe(SCREEN_QUEUE, false);
    let (warnings, warned) = mpsc::channel(WARNINGS);
    let (faults, kept) = (warnings.clone(), history.clone());
    let options = CompanionOptions { settings, clock: &clock, warnings, capture, history, with_screen: false };
    let companions = Companions::start(&tracker, options)?;
    let (recorder_queue, record_inbox) = mpsc::channel(RECORD_QUEUE);
    let (record_updates, records) = mpsc::channel(RECORD_QUEUE);
    let recorder = record::spawn(client, recorder_settings(settings), clock.clone(), record_inbox, record_updates);
    let records = companions.watch_recordings(records);

    let (stop, signals) = stop_on_signal();
    let (recording_news, heard) = broadcast::channel(NEWS);
    let (shared_warnings, hub_warnings) = broadcast::channel(NEWS);
    let log = tokio::spawn(ServiceLog::new(lines.clone(), shared_warnings).run(logged, heard, warned));
    let hub_stop = CancellationToken::new();
    let returning = if fresh { Vec::new() } else { returning_rooms(&place, &lines).await };
    let ports = HubPorts {
        updates,
        tracker: tracker.commands(),
        records,
        recorder: recorder_queue,
        recording_news,
        warnings: hub_warnings,
        stop: hub_stop.clone(),
    };
    let hub = Hub::new(
        ports,
        HubOptions {
            record: settings.record.clone(),
            clock: clock.clone(),
            saved_rooms: Some(place.saved_rooms()),
            absences_file: Some(place.absences()),
            // What cannot be read is begun anew: it is a report and nothing that depends on it.
            absences: read_absences(&place.absences()).unwrap_or_default(),
            history: kept,
            owner: nix::unistd::getuid().as_raw(),
            faults,
            facts: companions.facts(),
            feed_port: companions.feed_port(),
            returning: returning.clone(),
            end_service: stop.clone(),
        },
    );
    let listeners = bind(&place, settings, &hub)?;
    let hub = tokio::spawn(hub.run());
    let listening: Vec<_> =
        listeners.into_iter().map(|listener| tokio::spawn(listener.run(hub_stop.clone()))).collect();
    drop(start_lock);
    let count = begin(&tracker, rooms, &returning).await?;
    let many = if count == 1 { "1 room".to_owned() } else { format!("{count} rooms") };
    let process = std::process::id();
    tell(&lines, &format!("serving {many} (process {process}): `tiktop attach` opens a screen, SIGTERM ends it")).await;
    readiness::ready();
    stop.cancelled().await;
    readiness::stopping();
    signals.abort();
    tell(&lines, "ending: recordings are finished first").await;
    // The end of each recording is still told through the hub.
    recorder.finish().await;
    hub_stop.cancel();
    // A panic of either is no reason to lose what else there is to take down.
    drop(hub.await);
    for listener in listening {
        drop(listener.await);
    }
    tracker.finish().await;
    let told = companions.finish().await?;
    drop(log.await);
    for sentence in told {
        tell(&lines, &sentence).await;
    }
    tell(&lines, "ended").await;
    Ok(())
}

/// Binds the socket of the user, and the one of others who may look where there are any.
fn bind(place: &Place, settings: &Settings, hub: &Hub) -> Result<Vec<Listener>> {
    let readers = readers(settings)?;
    let mut listeners = vec![Listener::bind(place.clone(), hub.door(), [])?];
    if !readers.is_empty() {
        let shared = Place::for_readers(nix::unistd::getuid().as_raw());
        shared.prepare()?;
        listeners.push(Listener::bind(shared, hub.door(), readers)?);
    }
    Ok(listeners)
}

/// The rooms that were tracked before. A list that cannot be read is told and passed over.
async fn returning_rooms(place: &Place, lines: &mpsc::Sender<Text>) -> Vec<SavedRoom> {
    match SavedRooms::read(&place.saved_rooms()) {
        Ok(saved) => saved.rooms,
        Err(error) => {
            let file = place.saved_rooms();
            tell(lines, &format!("the list of rooms in {} cannot be read and is begun anew: {error}", file.display()))
                .await;
            Vec::new()
        }
    }
}

/// Begins with the rooms that return and then those that were named; how many.
async fn begin(tracker: &Tracker, named: Vec<Target>, returning: &[SavedRoom]) -> Result<usize> {
    let returning: Vec<_> = returning.iter().filter_map(|room| Some((room.target()?, room))).collect();
    let (commands, mut count) = (tracker.commands(), 0);
    for (target, room) in &returning {
        let command = match (room.room_id, room.seen) {
            (Some(room_id), Some(seen)) => TrackerCommand::Resume(target.clone(), LastLive { room_id, seen }),
            _ => TrackerCommand::Add(target.clone()),
        };
        commands.send(command).await?;
        count += 1;
    }
    for target in named.into_iter().filter(|target| !returning.iter().any(|(known, _)| known == target)) {
        commands.send(TrackerCommand::Add(target)).await?;
        count += 1;
    }
    Ok(count)
}

async fn tell(lines: &mpsc::Sender<Text>, line: &str) {
    // Whoever prints has left where this fails.
    let _ = lines.send(Text::new(line)).await;
}
