//! Companions of a tracker: what runs beside it for as long as it does.

use std::sync::Arc;

use color_eyre::eyre::Result;
use tokio::sync::mpsc::Sender;

use super::RunningCapture;
use super::history::{self, RunningHistory};
use crate::clock::Clock;
use crate::config::Settings;
use crate::history::HistoryFolder;
use crate::hooks::{self, Hooks};
use crate::local_feed::{self, LocalFeed, Metric};
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
    hooks: Option<Hooks>,
    feed: Option<LocalFeed>,
}

impl Companions {
    /// Starts what is wanted. Needs a tokio runtime. Fails where a capture that was asked for cannot be; a feed or hooks that
    /// cannot be are told to `warnings`, and the rest goes on without them.
    pub fn start(tracker: &Tracker, options: CompanionOptions<'_>) -> Result<Self> {
        let CompanionOptions { settings, clock, warnings, capture, history, with_screen } = options;
        let (history, history_port) = match history {
            Some(folder) if with_screen => {
                let (running, port) = history::on_screen(tracker, settings, folder, clock, &warnings);
                (running, Some(port))
            }
            Some(folder) => (history::headless(tracker, settings, &folder, clock, &warnings), None),
            None => (None, None),
        };
        let hooks = start_hooks(tracker, settings, clock, &warnings);
        let feed = start_feed(tracker, settings, clock, &warnings, hooks.as_ref());
        let capture = capture.then(|| RunningCapture::start(tracker, settings, clock, warnings)).transpose()?;
        Ok(Self { capture, history, history_port, hooks, feed })
    }

    /// Where a screen asks the history; there is one.
    pub fn history_port(&mut self) -> Option<HistoryPort> {
        self.history_port.take()
    }

    /// Ends all of them once the tracker is finished; what there is to say afterwards comes back, a sentence each.
    pub async fn finish(self) -> Result<Vec<String>> {
        if let Some(hooks) = self.hooks {
            hooks.finish().await;
        }
        if let Some(feed) = self.feed {
            feed.finish().await;
        }
        let mut told = Vec::new();
        if let Some(history) = self.history {
            told.extend(history.finish().await);
        }
        if let Some(capture) = self.capture {
            told.push(capture.finish().await?);
        }
        Ok(told)
    }
}

/// Nobody who does not take a sentence is waited for.
fn tell(warnings: &Sender<Text>, words: Text) {
    drop(warnings.try_send(words));
}

fn start_hooks(tracker: &Tracker, settings: &Settings, clock: &Clock, warnings: &Sender<Text>) -> Option<Hooks> {
    if settings.hooks.is_empty() {
        return None;
    }
    let updates = tracker.subscribe(hooks::QUEUE, false);
    match Hooks::start(updates, tracker.commands(), settings, clock, warnings) {
        Ok(hooks) => Some(hooks),
        Err(error) => {
            tell(warnings, Text::from(error));
            None
        }
    }
}

fn start_feed(
    tracker: &Tracker,
    settings: &Settings,
    clock: &Clock,
    warnings: &Sender<Text>,
    hooks: Option<&Hooks>,
) -> Option<LocalFeed> {
    if !settings.feed.on {
        return None;
    }
    let updates = tracker.subscribe(local_feed::QUEUE, false);
    let counters = hooks.map(Hooks::counters);
    let extra = Arc::new(move || counters.as_ref().map(of_hooks).unwrap_or_default());
    match LocalFeed::start(updates, tracker.commands(), &settings.feed, clock.clone(), extra) {
        Ok((feed, missing)) => {
            for words in missing {
                tell(warnings, words);
            }
            let port = feed.port();
            let words = format_args!("feed: ws://localhost:{port}/ \u{b7} overlay: http://localhost:{port}/overlay");
            tell(warnings, Text::from(words));
            Some(feed)
        }
        Err(error) => {
            tell(warnings, Text::from(error.to_string()));
            None
        }
    }
}

fn of_hooks(counters: &hooks::HookCounters) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for hook in counters.counts() {
        let labels = vec![("hook", hook.name)];
        for (name, help, value) in [
            ("tiktop_hook_calls_total", "Calls of a hook that went well.", hook.called),
            ("tiktop_hook_failures_total", "Calls of a hook that failed.", hook.failed),
            ("tiktop_hook_skipped_total", "Events that a hook was too slow or too limited for.", hook.skipped),
        ] {
            metrics.push(Metric::counter(name, help, labels.clone(), value));
        }
    }
    metrics
}
