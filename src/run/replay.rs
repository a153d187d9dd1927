//! Dashboard on a replay: no client, no recorder, and the clock of what is played.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

use super::history::reading_desk;
use super::{SCREEN_QUEUE, TASKS_TIMEOUT, WARNINGS, history_folder, screen, stop_on_signal, timeline};
use crate::config::{self, Loaded, Settings};
use crate::history::{HistoryFolder, HistoryReader};
use crate::text::Text;
use crate::track::{Player, Speed};
use crate::tui::{self, PlaybackPort, ReplayTimeline};

/// What is played.
pub enum ReplaySource {
    /// A capture: its path.
    Capture(PathBuf),
    /// A live as the history holds it, with what happened in it.
    History(Box<ReplayTimeline>),
}

/// What a replay is shown from.
pub struct ReplaySetup {
    /// Keys and screen.
    pub loaded: Loaded,
    /// What is played.
    pub player: Player,
    /// Where it comes from.
    pub source: ReplaySource,
    /// How fast.
    pub speed: Speed,
    /// Where to begin.
    pub from: Duration,
    /// A line to show from the start.
    pub notice: Text,
}

/// A live of the history, to be played: its number, or `@name` for the last one of theirs. With it comes what it is called.
pub async fn kept_live(settings: &Settings, live: &str) -> Result<(Player, ReplaySource, Text)> {
    let reader = HistoryReader::open(&history_folder(settings)?)?;
    let live = reader
        .live_called(Some(live))?
        .ok_or_else(|| eyre!("no live '{live}' is in the history: tiktop lives lists them"))?;
    let told = reader.live_events(live.id)?.ok_or_else(|| eyre!("nothing is kept of that live"))?;
    let timeline = timeline::of_history(&reader, &told);
    let label = Text::from(format_args!("@{}", live.handle));
    let notice = Text::from(format_args!("the live of {label}, from the history"));
    let player = Player::of_events(label, told.events).await.wrap_err("nothing is kept of that live")?;
    Ok((player, ReplaySource::History(Box::new(timeline)), notice))
}

/// Opens the dashboard on a replay and stays until the user leaves. What there is to say of it afterwards comes back.
pub fn replay(replay: ReplaySetup, runtime: Runtime) -> Result<Option<String>> {
    let options = tui::ScreenOptions { replay: true, ..screen(&replay.loaded, Some(replay.notice))? };
    let (background, warnings) = mpsc::channel(WARNINGS);
    tui::install_panic_hook(background);
    let ReplaySetup { loaded, player, source, speed, from, .. } = replay;
    let ended = runtime.block_on(async {
        let (stop, signals) = stop_on_signal();
        // There is no stream to record: nobody hears these wishes.
        let ((record, _), (_, records)) = (mpsc::channel(1), mpsc::channel(1));
        let (_, service_answers) = mpsc::channel(1);
        let updates = player.subscribe(SCREEN_QUEUE, false);
        let folder = history_folder(&loaded.settings).ok().filter(HistoryFolder::exists);
        let (_kept, timeline) = match source {
            ReplaySource::Capture(path) => (None, timeline::of_capture(path, folder.clone())),
            ReplaySource::History(timeline) => {
                let (sender, receiver) = watch::channel(Arc::new(*timeline));
                (Some(sender), receiver)
            }
        };
        let playback = PlaybackPort { commands: player.playback(), status: player.status(), timeline };
        let (commands, clock) = (player.commands(), player.clock());
        let playing = player.play(speed, from);
        let ports = tui::Ports {
            updates,
            commands,
            wanted: None,
            away: None,
            facts: None,
            playback: Some(playback),
            service_questions: None,
            service_answers,
            records,
            record,
            history: folder.map(|folder| reading_desk(folder, config::paths::recordings_dir(&loaded.settings))),
            warnings,
            stop,
        };
        let ended = tui::run(options, ports, clock).await;
        signals.abort();
        playing.finish().await;
        ended
    });
    runtime.shutdown_timeout(TASKS_TIMEOUT);
    let summary = ended?.summary;
    Ok((!summary.is_empty()).then(|| summary.join("\n")))
}
