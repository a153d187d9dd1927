//! Companions of a tracker: what runs beside it for as long as it does.

use color_eyre::eyre::Result;
use tokio::sync::mpsc::Sender;

use super::RunningCapture;
use super::history::{self, RunningHistory};
use crate::clock::Clock;
use crate::config::Settings;
use crate::history::HistoryFolder;
use crate::text::Text;
use crate::track::Tracker;
use crate::tui::HistoryPort;

/// What to start beside a tracker.
pub struct CompanionOptions<'a> {
    /// What the user set.
    pub settings: &'a Settings,
    /// The clock of the tracker.
    pub clock: &'a Clock,
    /// Where a companion tells at once what befalls it.
    pub warnings: Sender<Text>,
    /// Keep what comes on disk (`--capture`).
    pub capture: bool,
    /// Where the history is kept; nothing for none.
    pub history: Option<HistoryFolder>,
    /// A screen will ask the history.
    pub with_screen: bool,
}

/// All that runs beside a tracker: started before its first room is added, ended after the tracker has. The dashboard, `serve` and
/// `events` start them here and nowhere else: a new one is a field, a line in [`Companions::start`] and a line in
/// [`Companions::finish`].
#[derive(Debug, Default)]
pub struct Companions {
    capture: Option<RunningCapture>,
    history: Option<RunningHistory>,
    history_port: Option<HistoryPort>,
}

impl Companions {
    /// Starts what is wanted. Needs a tokio runtime. Fails where something that was asked for cannot be.
    pub fn start(tracker: &Tracker, options: CompanionOptions<'_>) -> Result<Self> {
        let CompanionOptions { settings, clock, warnings, capture, history, with_screen } = options;
        let (history, history_port) = match history {
            Some(folder) if with_screen => {
                let (running, port) = history::on_screen(tracker, settings, folder, clock, &warnings);
                (running, Some(port))
            }
            Some(folder) => (history::headless(tracker, settings, folder, clock, &warnings), None),
            None => (None, None),
        };
        let capture = capture.then(|| RunningCapture::start(tracker, settings, clock, warnings)).transpose()?;
        Ok(Self { capture, history, history_port })
    }

    /// Where a screen asks the history, once.
    pub fn take_history_port(&mut self) -> Option<HistoryPort> {
        self.history_port.take()
    }

    /// Ends all of them once the tracker is finished; what there is to say afterwards comes back, a sentence each.
    pub async fn finish(self) -> Result<Vec<String>> {
        let mut told = Vec::new();
        if let Some(capture) = self.capture {
            told.push(capture.finish().await?);
        }
        if let Some(history) = self.history {
            told.extend(history.finish().await);
        }
        Ok(told)
    }
}
