//! Screen on a service (`tiktop attach`): the dashboard of one process, with the service at the other end of its queues.

use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{Result, eyre};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::room_filter::RoomFilter;
use super::serve::service_place;
use super::{
    DashboardSetup, RECORD_QUEUE, SCREEN_QUEUE, TASKS_TIMEOUT, WARNINGS, client, memory, runtime, screen, service_desk,
    stop_on_signal,
};
use crate::clock::Clock;
use crate::daemon::{
    self, Attach, AttachNews, AttachedQueues, AwayReport, Connection, FollowOptions, Place, Request, ServiceMessage,
};
use crate::history::HistoryFolder;
use crate::ids::Target;
use crate::text::Text;
use crate::track::TrackerUpdate;
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
    let history = dashboard.history.clone();
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
    history: Option<HistoryFolder>,
) -> Result<tui::ScreenExit> {
    let ascii = options.screen.ascii;
    let clock = Clock::alignable();
    clock.align(connection.hello().now);
    let (updates_in, updates) = mpsc::channel(SCREEN_QUEUE);
    let (commands, commands_out) = mpsc::channel(RECORD_QUEUE);
    let (records_in, records) = mpsc::channel(RECORD_QUEUE);
    let (record, record_out) = mpsc::channel(RECORD_QUEUE);
    let (news, mut heard) = mpsc::channel(WARNINGS);
    let queues =
        AttachedQueues { updates: updates_in, commands: commands_out, records: records_in, record: record_out, news };
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
            let _ = background.try_send(Text::new(&news_words(&news, ascii)));
        }
    });
    let (service_questions, service_answers) = service_desk::serve(service);
    let history = history.map(super::history::reading_desk);
    let ports = tui::Ports {
        updates,
        commands,
        playback: None,
        service_questions: Some(service_questions),
        service_answers,
        records,
        record,
        history,
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
    clock.align(connection.hello().now);
    let (updates_in, updates) = mpsc::channel(SCREEN_QUEUE);
    let (_, commands) = mpsc::channel(1);
    let (records, _) = mpsc::channel(1);
    let (_, record) = mpsc::channel(1);
    let (news, _) = mpsc::channel(1);
    let queues = AttachedQueues { updates: updates_in, commands, records, record, news };
    let following = FollowOptions {
        place: service_place()?,
        attach: Attach::default(),
        clock: clock.clone(),
        stop: CancellationToken::new(),
        returns: false,
    };
    tokio::spawn(daemon::follow(connection, following, queues));
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

fn news_words(news: &AttachNews, ascii: bool) -> String {
    match news {
        AttachNews::Away(report) => away_words(report, ascii),
        AttachNews::Warned(words) => words.to_string(),
        AttachNews::Gone => "the service has gone; its rooms come back with it".to_owned(),
        AttachNews::Back => "the service is back".to_owned(),
    }
}

/// "while you were away, 41 min: 312 ◆ of 9 people, a battle won, 2 warnings".
fn away_words(report: &AwayReport, ascii: bool) -> String {
    let minutes = report.millis / 60_000;
    let length = match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours @ 1..48, minutes) => format!("{hours} h {minutes} min"),
        (hours, _) => format!("{} days", hours / 24),
    };
    let some = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(one.to_owned()),
        _ => Some(format!("{count} {many}")),
    };
    let coin = if ascii { "coins" } else { "\u{25c6}" };
    let people = if report.givers == 1 { "1 person".to_owned() } else { format!("{} people", report.givers) };
    let told = [
        (report.coins > 0).then(|| format!("{} {coin} of {people}", report.coins)),
        some(report.won, "a battle won", "battles won"),
        some(report.lost, "a battle lost", "battles lost"),
        some(report.warnings, "a warning", "warnings"),
        some(report.begun, "a live began", "lives began"),
        some(report.ended, "a live ended", "lives ended"),
        some(report.gaps, "a gap", "gaps"),
        some(report.comments, "a comment", "comments"),
    ];
    format!("while you were away, {length}: {}", told.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_told_in_one_line() {
        let report =
            AwayReport { millis: 41 * 60_000, coins: 312, givers: 9, won: 1, warnings: 2, ..AwayReport::default() };
        let words = "while you were away, 41 min: 312 \u{25c6} of 9 people, a battle won, 2 warnings";
        assert_eq!(away_words(&report, false), words);
        let long = AwayReport { millis: 26 * 3_600_000, coins: 1, givers: 1, ..AwayReport::default() };
        assert_eq!(away_words(&long, true), "while you were away, 26 h 0 min: 1 coins of 1 person");
    }
}
