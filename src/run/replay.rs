//! Dashboard on a replay: no client, no recorder, and the clock of the capture.

use std::time::Duration;

use color_eyre::eyre::Result;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::{SCREEN_QUEUE, TASKS_TIMEOUT, WARNINGS, screen, stop_on_signal};
use crate::config::Loaded;
use crate::text::Text;
use crate::track::{Player, Speed};
use crate::tui;

/// What a replay is shown from.
pub struct ReplaySetup {
    /// Keys and screen.
    pub loaded: Loaded,
    /// The capture.
    pub player: Player,
    /// How fast.
    pub speed: Speed,
    /// Where to begin.
    pub from: Duration,
    /// A line to show from the start.
    pub notice: Text,
}

/// Opens the dashboard on a replay and stays until the user leaves. What there is to say of it afterwards comes back.
pub fn replay(replay: ReplaySetup, runtime: Runtime) -> Result<Option<String>> {
    let options = tui::ScreenOptions { replay: true, ..screen(&replay.loaded, Some(replay.notice))? };
    let (background, warnings) = mpsc::channel(WARNINGS);
    tui::install_panic_hook(background);
    let ReplaySetup { player, speed, from, .. } = replay;
    let ended = runtime.block_on(async {
        let (stop, signals) = stop_on_signal();
        // There is no stream to record: nobody hears these wishes.
        let ((record, _), (_, records)) = (mpsc::channel(1), mpsc::channel(1));
        let (_, service_answers) = mpsc::channel(1);
        let updates = player.subscribe(SCREEN_QUEUE, false);
        let (commands, playback, clock) = (player.commands(), Some(player.playback()), player.clock());
        let playing = player.play(speed, from);
        let ports = tui::Ports {
            updates,
            commands,
            playback,
            service_questions: None,
            service_answers,
            records,
            record,
            history: None,
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
