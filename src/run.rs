//! Composition root, the only module that sees all the others: it builds the runtime, the client, the tracker, the recorder
//! and the screen, and takes them down in order.

#[cfg(unix)]
mod attach;
mod capture;
mod companions;
mod history;
mod log;
mod memory;
#[cfg(unix)]
mod readiness;
mod recorded_bytes;
mod recorded_places;
mod replay;
#[cfg(unix)]
mod room_filter;
mod rotating_file;
#[cfg(unix)]
mod serve;
mod service_desk;
#[cfg(unix)]
mod service_log;
mod thread_pacer;
mod timeline;
mod watched;

use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{self, Loaded, Secrets, Settings};
use crate::history::HistoryFolder;
use crate::ids::Target;
use crate::record;
use crate::sim::{Sim, SimHistories};
use crate::text::Text;
use crate::track::{Tracker, TrackerCommand};
use crate::tui;
use crate::webcast::Service;

#[cfg(unix)]
pub use attach::{attach, follow_all, follow_service};
use capture::RunningCapture;
pub use companions::{CompanionOptions, Companions};
pub use history::{RunningHistory, history_folder, import as import_history};
pub use log::set_limits as set_log_limits;
pub use recorded_places::RecordedPlaces;
pub use replay::{ReplaySetup, ReplaySource, kept_live, replay};
pub use rotating_file::RotatingFile;
#[cfg(unix)]
pub use serve::{ServeSetup, find_service, place_of, serve, service_place, service_status};

/// Threads for the network. The screen has the main thread to itself, so a slow terminal holds nobody up.
const WORKERS: usize = 2;
/// Batches that may wait for the screen: more than a minute of a terminal that does not take anything.
const SCREEN_QUEUE: usize = 4_096;
/// Words between the screen and the recorder.
const RECORD_QUEUE: usize = 256;
/// Warnings of background tasks that may wait for the screen.
const WARNINGS: usize = 8;
/// A screen that has not ended this long after the program was asked to has a terminal that takes nothing.
const STUCK_SCREEN: Duration = Duration::from_millis(2_500);
/// How long leftover tasks may hold up the end of the program.
const TASKS_TIMEOUT: Duration = Duration::from_secs(1);

/// The runtime of the screen and of the simulator, with the log and TLS set up before it.
pub fn runtime() -> Result<Runtime> {
    build_runtime(tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS))
}

/// The runtime of the commands without a screen: one thread from the socket to standard output. To hand a frame from thread
/// to thread costs more than to read it, and nothing in these commands keeps the thread for long.
pub fn headless_runtime() -> Result<Runtime> {
    build_runtime(&mut tokio::runtime::Builder::new_current_thread())
}

/// The same for a command that runs for days and is asked nothing meanwhile: in a busy room what comes lies unread for a tenth of a second.
pub fn paced_runtime() -> Result<Runtime> {
    build_runtime(thread_pacer::pace_thread(&mut tokio::runtime::Builder::new_current_thread()))
}

fn build_runtime(builder: &mut tokio::runtime::Builder) -> Result<Runtime> {
    log::install()?;
    crate::webcast::install_tls();
    check_files()?;
    builder.enable_all().build().wrap_err("cannot start the runtime")
}

/// Fails in words where this process may not even open what the runtime needs: the runtime itself panics then.
#[cfg(unix)]
fn check_files() -> Result<()> {
    /// What the runtime opens for itself: to wait for sockets, to be woken, to hear of signals.
    const RUNTIME_FILES: usize = 6;
    let spare: std::io::Result<Vec<_>> = (0..RUNTIME_FILES).map(|_| std::fs::File::open("/dev/null")).collect();
    match spare {
        // The process (24) or the machine (23) has none left. Anything else is told by whoever meets it.
        Err(error) if matches!(error.raw_os_error(), Some(23 | 24)) => {
            Err(eyre!("this machine lets us open no more files or connections; raise `ulimit -n`"))
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn check_files() -> Result<()> {
    Ok(())
}

/// The client of the service; `isolated` leaves the environment's proxies out.
pub fn client(settings: &Settings, secrets: Secrets, isolated: bool) -> Result<Arc<Service>> {
    Ok(if isolated { Service::isolated(settings) } else { Service::configured(settings, secrets) }?)
}

/// Returns when this process is asked to end: Ctrl-C, SIGTERM, SIGHUP.
pub async fn stop_signal() {
    next_stop_signal().await;
}

/// Listens from the call on, and not only once it is awaited: until somebody listens, a signal ends the process in its tracks.
fn next_stop_signal() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()].map(signal)
    };
    async move {
        #[cfg(unix)]
        {
            let [Ok(mut term), Ok(mut hup), Ok(mut int)] = signals else {
                return std::future::pending().await;
            };
            tokio::select! {
                _ = term.recv() => {}
                _ = hup.recv() => {}
                _ = int.recv() => {}
            }
        }
        #[cfg(not(unix))]
        drop(tokio::signal::ctrl_c().await);
    }
}

/// A token that is cancelled by the first signal, and the task that listens for it.
fn stop_on_signal() -> (CancellationToken, JoinHandle<()>) {
    let (stop, signal) = (CancellationToken::new(), next_stop_signal());
    let signals = tokio::spawn({
        let stop = stop.clone();
        async move {
            signal.await;
            stop.cancel();
        }
    });
    (stop, signals)
}

/// What a dashboard is built from.
pub struct DashboardSetup {
    /// The settings and where they were said.
    pub loaded: Loaded,
    /// Keys and cookies.
    pub secrets: Secrets,
    /// Rooms to open.
    pub rooms: Vec<Target>,
    /// Leave the environment's proxies out (the demo).
    pub isolated: bool,
    /// A line to show from the start.
    pub notice: Option<Text>,
    /// Keep what comes on disk.
    pub capture: bool,
    /// Where the history is kept; nothing for none.
    pub history: Option<HistoryFolder>,
}

/// How a dashboard ended.
#[derive(Clone, Debug, Default)]
pub struct DashboardEnd {
    /// What there is to say afterwards.
    pub summary: Option<String>,
    /// The person wants to look around in the demo.
    pub wants_demo: bool,
}

/// Opens the dashboard and stays until the user leaves. The demo brings its own runtime and service. What there is to say
/// afterwards comes back.
pub fn dashboard(dashboard: DashboardSetup, demo: Option<(Runtime, Sim)>) -> Result<DashboardEnd> {
    let (runtime, sim) = match demo {
        Some((runtime, sim)) => (runtime, Some(sim)),
        None => (runtime()?, None),
    };
    let mut options = screen(&dashboard.loaded, dashboard.notice.clone())?;
    let remembers = options.screen.remember && !dashboard.isolated;
    let mut dashboard = dashboard;
    if let Some(kept) = remembers.then(memory::read).flatten() {
        if dashboard.rooms.is_empty() {
            dashboard.rooms = kept.rooms.iter().filter_map(|room| room.parse().ok()).collect();
        }
        options.memory = Some(kept);
    }
    options.config_file =
        if dashboard.isolated { None } else { dashboard.loaded.file.clone().or_else(config::paths::config_file) };
    let (background, warnings) = mpsc::channel(WARNINGS);
    tui::install_panic_hook(background.clone());
    if !dashboard.isolated
        && let Some(words) = cut_off(&recorder_settings(&dashboard.loaded.settings).dir)
    {
        // The queue is new and empty.
        let _ = background.try_send(words);
    }
    let ended = runtime.block_on(async {
        let ended = Box::pin(watch(dashboard, sim.as_ref(), options, background, warnings)).await;
        if let Some(sim) = sim {
            sim.stop().await;
        }
        ended
    });
    runtime.shutdown_timeout(TASKS_TIMEOUT);
    ended
}

#[allow(
    clippy::disallowed_methods,
    reason = "the main thread waits for a terminal that takes nothing; all else is closed"
)]
/// Finishes all recordings once the screen is left or the program is asked to end: a terminal that takes nothing any more
/// holds the screen up, and recordings must not wait for it.
async fn finish_recordings(recorder: record::Recorder, stop: CancellationToken, left: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = left.cancelled() => {}
    }
    recorder.finish().await;
    if tokio::time::timeout(STUCK_SCREEN, left.cancelled()).await.is_err() {
        tracing::warn!("the screen did not end: leaving without it");
        std::process::exit(1);
    }
}

/// What to say of recordings that were cut off with the program; nothing where there are none.
fn cut_off(dir: &std::path::Path) -> Option<Text> {
    let found = record::unfinished(dir);
    let users: Vec<_> = found.iter().take(3).map(|recording| format!("@{}", recording.user)).collect();
    let more = if found.len() > users.len() { ", \u{2026}" } else { "" };
    let words = format_args!("cut off while recording {}{more}: T, then Enter, makes whole copies", users.join(", "));
    (!found.is_empty()).then(|| Text::from(words))
}

/// What the recorder is to do, as the settings say.
pub fn recorder_settings(settings: &Settings) -> record::RecorderSettings {
    let record = &settings.record;
    let mut recorder = record::RecorderSettings::new(config::paths::recordings_dir(settings), record.ffmpeg.clone());
    recorder.quality = record.quality.parse().unwrap_or_default();
    recorder.name.clone_from(&record.name);
    recorder.chat = record.chat;
    recorder.mux_subtitles = record.mux_subtitles;
    recorder.info = record.info;
    recorder.part_length = (record.max_minutes > 0).then(|| Duration::from_secs(record.max_minutes.saturating_mul(60)));
    recorder.part_bytes = (record.max_mb > 0).then(|| record.max_mb.saturating_mul(1_000_000));
    recorder.monitor.stream = record.monitor.stream.parse().unwrap_or_default();
    recorder.monitor.after = Duration::from_secs(record.monitor.seconds);
    recorder.monitor.min_percent = record.monitor.min_percent;
    recorder.limits.min_free = record.min_free_mb.saturating_mul(1_000_000);
    recorder
}

/// Keys that cannot be, each mistake with its place on a line of its own.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongKeys(String);

/// Keys that cannot be are told before the screen is taken, with their place in the file.
fn screen(loaded: &Loaded, notice: Option<Text>) -> Result<tui::ScreenOptions> {
    let Settings { mut screen, keys, record, .. } = loaded.settings.clone();
    // A terminal of another locale shows the bytes of our signs as several characters each, an old one none; who set the option knows better.
    if loaded.locate("screen.ascii").is_none() {
        screen.ascii = !tui::shows_unicode(|name| std::env::var(name).ok());
    }
    tui::check_keys(&keys).map_err(|mistakes| {
        let placed: Vec<_> = mistakes.iter().map(|mistake| loaded.placed(mistake)).collect();
        WrongKeys(placed.join("\n"))
    })?;
    Ok(tui::ScreenOptions { record, notice, ..tui::ScreenOptions::new(screen, keys) })
}

/// Shows rooms until the user leaves; says what was seen, and where recordings and a capture went.
/// Adds a room; in the demo one that was watched before, which takes a while to make up.
async fn add(tracker: &Tracker, histories: Option<SimHistories>, room: Target, clock: &Clock) -> Result<()> {
    let past = match histories {
        Some(histories) => {
            let (target, now) = (room.clone(), clock.now());
            tokio::task::spawn_blocking(move || watched::room(&histories, &target, now)).await?
        }
        None => None,
    };
    match past {
        Some(past) => _ = tracker.add_watched(room, past).await,
        None => tracker.commands().send(TrackerCommand::Add(room)).await?,
    }
    Ok(())
}

async fn add_all(
    tracker: &Tracker,
    histories: Option<SimHistories>,
    rooms: impl Iterator<Item = Target>,
    clock: Clock,
) -> Result<()> {
    for room in rooms {
        add(tracker, histories.clone(), room, &clock).await?;
    }
    Ok(())
}

async fn watch(
    dashboard: DashboardSetup,
    sim: Option<&Sim>,
    options: tui::ScreenOptions,
    background: mpsc::Sender<Text>,
    warnings: mpsc::Receiver<Text>,
) -> Result<DashboardEnd> {
    let DashboardSetup { loaded, secrets, rooms, isolated, capture, history, .. } = dashboard;
    let clock = Clock::system();
    let client = client(&loaded.settings, secrets, isolated)?;
    let tracker = Tracker::on_service(client.clone(), clock.clone())?;
    let updates = tracker.subscribe(SCREEN_QUEUE, false);
    let beside = CompanionOptions {
        settings: &loaded.settings,
        clock: &clock,
        warnings: background,
        capture,
        history,
        with_screen: true,
    };
    let mut companions = Companions::start(&tracker, beside)?;
    let history_port = companions.history_port();
    let (record, record_inbox) = mpsc::channel(RECORD_QUEUE);
    let (record_updates, records) = mpsc::channel(RECORD_QUEUE);
    let settings = recorder_settings(&loaded.settings);
    let (service_questions, service_answers) = service_desk::serve(client.clone());
    let service_questions = Some(service_questions);
    let recorder = record::spawn(client, settings, clock.clone(), record_inbox, record_updates);
    let records = companions.watch_recordings(records);
    let facts = Some(companions.facts());

    let (stop, signals) = stop_on_signal();
    let commands = tracker.commands();
    let mut rooms = rooms.into_iter();
    let histories = sim.map(Sim::histories);
    if let Some(first) = rooms.next() {
        add(&tracker, histories.clone(), first, &clock).await?;
    }
    // The room that is looked at first is there at once, the others come while it is looked at.
    let others = add_all(&tracker, histories, rooms, clock.clone());
    let ports = tui::Ports {
        updates,
        commands,
        wanted: None,
        away: None,
        facts,
        playback: None,
        service_questions,
        service_answers,
        records,
        record,
        history: history_port,
        warnings,
        stop,
    };
    let left = CancellationToken::new();
    let finisher = tokio::spawn(finish_recordings(recorder, ports.stop.clone(), left.clone()));
    let ended = {
        let screen = tui::run(options, ports, clock);
        tokio::pin!(screen, others);
        tokio::select! {
            ended = &mut screen => ended,
            added = &mut others => {
                added?;
                screen.await
            }
        }
    };
    signals.abort();
    left.cancel();
    // A panic of it is no reason to lose what else there is to take down.
    drop(finisher.await);
    tracker.finish().await;
    let last_words = companions.finish().await?;
    let ended = ended?;
    if loaded.settings.screen.remember && !isolated {
        memory::write(&ended.memory)?;
    }
    let wants_demo = ended.exit == tui::Exit::Demo;
    let mut told = ended.summary;
    told.extend(last_words);
    Ok(DashboardEnd { summary: (!told.is_empty()).then(|| told.join("\n")), wants_demo })
}
