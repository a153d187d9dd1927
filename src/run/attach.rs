//! Screen on a service (`tiktop attach`): the dashboard of one process, with the service at the other end of its queues.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{Result, eyre};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::room_filter::RoomFilter;
use super::serve::service_place;
use super::{
    DashboardSetup, RECORD_QUEUE, SCREEN_QUEUE, TASKS_TIMEOUT, WARNINGS, client, memory, runtime, screen, service_desk,
    stop_on_signal,
};
use crate::clock::Clock;
use crate::daemon::{
    self, Attach, AttachNews, AttachedQueues, Connection, FollowOptions, Place, Request, ServiceMessage,
};
use crate::history::HistoryFolder;
use crate::ids::Target;
use crate::text::Text;
use crate::track::{TrackerCommand, TrackerUpdate, WantedRooms};
use crate::tui;
use crate::webcast::Service;

/// What the end of an attachment may still take: the last orders are on their way.
const LAST_ORDERS: Duration = Duration::from_secs(2);

/// Opens the dashboard on the service at `place`, after adding the rooms that were named. Gives the setup back where no service
/// runs.
pub fn attach(
    dashboard: DashboardSetup,
    place: Place,
    named: Vec<Target>,
) -> Result<std::result::Result<Option<String>, DashboardSetup>> {
    let runtime = runtime()?;
    let Some(mut connection) = runtime.block_on(Connection::open(&place))? else { return Ok(Err(dashboard)) };
    let added = runtime.block_on(add_rooms(&mut connection, named))?;
    let pid = connection.hello().pid;
    let words = match added.as_slice() {
        [] => format!("attached to the service (process {pid})"),
        words => format!("attached to the service (process {pid}): {}", words.join(", ")),
    };
    let mut options = tui::ScreenOptions { attached: true, ..screen(&dashboard.loaded, Some(Text::new(&words)))? };
    let remembers = options.screen.remember;
    options.memory = remembers.then(memory::read).flatten();
    // The rooms are the service's: those of a screen of its own stay as they were kept.
    let own_rooms = options.memory.as_ref().map(|kept| kept.rooms.clone()).unwrap_or_default();
    let service = client(&dashboard.loaded.settings, dashboard.secrets.clone(), dashboard.isolated)?;
    let (background, warnings) = mpsc::channel(WARNINGS);
    tui::install_panic_hook(background.clone());
    let recordings = crate::config::paths::recordings_dir(&dashboard.loaded.settings);
    let history = dashboard.history.clone().map(|folder| (folder, recordings));
    let watched = watch_attached((connection, place), service, options, background, warnings, history);
    let ended = runtime.block_on(watched);
    runtime.shutdown_timeout(TASKS_TIMEOUT);
    let tui::ScreenExit { mut summary, memory: kept, .. } = ended?;
    if remembers {
        memory::write(&tui::ScreenMemory { rooms: own_rooms, ..kept })?;
    }
    summary.push("left the screen; the service goes on: `tiktop attach` returns to it".to_owned());
    Ok(Ok(Some(summary.join("\n"))))
}

/// Asks for rooms; what came of each comes back.
async fn add_rooms(connection: &mut Connection, rooms: Vec<Target>) -> Result<Vec<String>> {
    if rooms.is_empty() {
        return Ok(Vec::new());
    }
    match connection.ask(Request::AddRooms { rooms, lent: false }).await? {
        ServiceMessage::Done(answers) => Ok(answers.into_iter().map(|answer| answer.words.to_string()).collect()),
        _ => Err(eyre!("the service gave no answer that this program knows")),
    }
}

async fn watch_attached(
    (connection, place): (Connection, Place),
    service: Arc<Service>,
    options: tui::ScreenOptions,
    background: mpsc::Sender<Text>,
    warnings: mpsc::Receiver<Text>,
    history: Option<(HistoryFolder, PathBuf)>,
) -> Result<tui::ScreenExit> {
    let clock = Clock::alignable();
    clock.align(connection.hello().now);
    let (updates_in, updates) = mpsc::channel(SCREEN_QUEUE);
    let (commands, commands_out) = mpsc::channel(RECORD_QUEUE);
    let (records_in, records) = mpsc::channel(RECORD_QUEUE);
    let (record, record_out) = mpsc::channel(RECORD_QUEUE);
    let (news, mut heard) = mpsc::channel(WARNINGS);
    let (wants, wanted) = watch::channel(WantedRooms::default());
    let queues = AttachedQueues {
        updates: updates_in,
        commands: commands_out,
        wanted: Some(wanted),
        records: records_in,
        record: record_out,
        news,
    };
    let (away_in, away) = mpsc::channel(1);
    let (facts_in, facts) = watch::channel(Vec::new());
    let (stop, signals) = stop_on_signal();
    let left = CancellationToken::new();
    let following = FollowOptions {
        place,
        attach: Attach { looks: true },
        clock: clock.clone(),
        stop: left.clone(),
        returns: true,
    };
    let following = tokio::spawn(daemon::follow(connection, following, queues));
    let telling = tokio::spawn(async move {
        while let Some(news) = heard.recv().await {
            // A screen that is full of warnings has enough of them.
            match (news_words(&news), news) {
                (Some(words), _) => drop(background.try_send(Text::new(&words))),
                (None, AttachNews::Away(report)) => drop(away_in.try_send(report)),
                (None, AttachNews::Facts(fresh)) => drop(facts_in.send(fresh)),
                (None, _) => {}
            }
        }
    });
    let (service_questions, service_answers) = service_desk::serve(service);
    let history = history.map(|(folder, recordings)| super::history::reading_desk(folder, recordings));
    let ports = tui::Ports {
        updates,
        commands,
        wanted: Some(wants),
        playback: None,
        service_questions: Some(service_questions),
        service_answers,
        records,
        record,
        history,
        away: Some(away),
        facts: Some(facts),
        warnings,
        stop,
    };
    let ended = tui::run(options, ports, clock).await;
    signals.abort();
    left.cancel();
    drop(tokio::time::timeout(LAST_ORDERS, following).await);
    telling.abort();
    Ok(ended?)
}

/// Follows these rooms of a service without a person who looks. The queue of updates ends with the service.
pub fn follow_service(
    connection: Connection,
    rooms: Vec<Target>,
    clock: &Clock,
) -> Result<mpsc::Receiver<TrackerUpdate>> {
    let (updates, _) = follow_all(connection, clock)?;
    let (passed, named_updates) = mpsc::channel(SCREEN_QUEUE);
    let mut filter = RoomFilter::new(rooms);
    tokio::spawn(async move {
        let mut updates = updates;
        while let Some(update) = updates.recv().await {
            for update in filter.pass(update) {
                if passed.send(update).await.is_err() {
                    return;
                }
            }
        }
    });
    Ok(named_updates)
}

/// Follows all rooms of a service without a screen. The queue of updates ends with the service.
pub fn follow_all(
    connection: Connection,
    clock: &Clock,
) -> Result<(mpsc::Receiver<TrackerUpdate>, mpsc::Sender<TrackerCommand>)> {
    clock.align(connection.hello().now);
    let (updates_in, updates) = mpsc::channel(SCREEN_QUEUE);
    let (orders, commands) = mpsc::channel(RECORD_QUEUE);
    let (records, _) = mpsc::channel(1);
    let (_, record) = mpsc::channel(1);
    let (news, _) = mpsc::channel(1);
    let queues = AttachedQueues { updates: updates_in, commands, wanted: None, records, record, news };
    let following = FollowOptions {
        place: service_place()?,
        attach: Attach::default(),
        clock: clock.clone(),
        stop: CancellationToken::new(),
        returns: false,
    };
    tokio::spawn(daemon::follow(connection, following, queues));
    Ok((updates, orders))
}

/// What is told in words; nothing of what the screen tells in its own way.
fn news_words(news: &AttachNews) -> Option<String> {
    let words = match news {
        AttachNews::Away(_) | AttachNews::Facts(_) => return None,
        AttachNews::Warned(words) => words.to_string(),
        AttachNews::Gone => "the service has gone; its rooms come back with it".to_owned(),
        AttachNews::Back => "the service is back".to_owned(),
    };
    Some(words)
}
