//! Companions of a tracker: what runs beside it for as long as it does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::Result;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::watch;

use super::RunningCapture;
use super::history::{self, RunningHistory};
use super::recorded_bytes::RecordedBytes;
use super::recorded_places::RecordedPlaces;
use crate::clock::Clock;
use crate::config::Settings;
use crate::history::HistoryFolder;
use crate::hooks::{self, HookCounters, Hooks};
use crate::ids::RoomKey;
use crate::local_feed::{self, FeedExtras, LocalFeed, Metric};
use crate::record::RecorderUpdate;
use crate::text::{Text, counted};
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
    /// Where recordings are told to.
    history_folder: Option<HistoryFolder>,
    history_port: Option<HistoryPort>,
    hooks: Option<Hooks>,
    feed: Option<LocalFeed>,
    recorded: RecordedBytes,
}

/// How often what stands beside the rooms is looked at, for screens.
const FACTS_EVERY: Duration = Duration::from_secs(2);

impl Companions {
    /// Starts what is wanted. Needs a tokio runtime. Fails where a capture that was asked for cannot be; a feed or hooks that
    /// cannot be are told to `warnings`, and the rest goes on without them.
    pub fn start(tracker: &Tracker, options: CompanionOptions<'_>) -> Result<Self> {
        let CompanionOptions { settings, clock, warnings, capture, history, with_screen } = options;
        let history_folder = history.clone();
        let (history, history_port) = match history {
            Some(folder) if with_screen => {
                let (running, port) = history::on_screen(tracker, settings, folder, clock, &warnings);
                (running, Some(port))
            }
            Some(folder) => (history::headless(tracker, settings, &folder, clock, &warnings), None),
            None => (None, None),
        };
        let hooks = start_hooks(tracker, settings, clock, &warnings);
        let recorded = RecordedBytes::default();
        let extras = Extras { hooks: hooks.as_ref().map(Hooks::counters), recorded: recorded.clone() };
        let feed = start_feed(tracker, settings, clock, &warnings, extras);
        let capture = capture.then(|| RunningCapture::start(tracker, settings, clock, warnings)).transpose()?;
        Ok(Self { capture, history, history_folder, history_port, hooks, feed, recorded })
    }

    /// Where a screen asks the history; there is one.
    pub fn history_port(&mut self) -> Option<HistoryPort> {
        self.history_port.take()
    }

    /// Counts what is recorded as its news pass, and tells the history where it lies; the queue that comes back ends with `news`.
    pub fn watch_recordings(&self, news: Receiver<RecorderUpdate>) -> Receiver<RecorderUpdate> {
        let news = match &self.history_folder {
            Some(folder) => RecordedPlaces::new(folder.clone()).watch(news),
            None => news,
        };
        self.recorded.watch(news)
    }

    /// The port of the feed, where there is one.
    pub fn feed_port(&self) -> Option<u16> {
        self.feed.as_ref().map(LocalFeed::port)
    }

    /// What there is to know of hooks and feed, as labels and words for the screen, now and whenever it changes.
    pub fn facts(&self) -> watch::Receiver<Vec<(Text, Text)>> {
        let hooks = self.hooks.as_ref().map(Hooks::counters);
        let feed = self.feed_port().map(|port| {
            (Text::from("feed"), Text::from(format!("ws://localhost:{port}/, http://localhost:{port}/overlay")))
        });
        let now = move || feed.iter().cloned().chain(hooks.iter().flat_map(hook_facts)).collect::<Vec<_>>();
        let (facts, seen) = watch::channel(now());
        if self.hooks.is_some() {
            tokio::spawn(async move {
                loop {
                    tokio::select! {
                        () = facts.closed() => return,
                        () = tokio::time::sleep(FACTS_EVERY) => {}
                    }
                    let fresh = now();
                    facts.send_if_modified(|before| std::mem::replace(before, fresh.clone()) != fresh);
                }
            });
        }
        seen
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
    extras: Extras,
) -> Option<LocalFeed> {
    if !settings.feed.on {
        return None;
    }
    let updates = tracker.subscribe(local_feed::QUEUE, false);
    match LocalFeed::start(updates, tracker.commands(), &settings.feed, clock.clone(), Arc::new(extras)) {
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

/// What the feed shows beside the rooms.
struct Extras {
    hooks: Option<HookCounters>,
    recorded: RecordedBytes,
}

impl FeedExtras for Extras {
    fn metrics(&self, rooms: &BTreeMap<RoomKey, Text>) -> Vec<Metric> {
        let mut metrics = self.hooks.as_ref().map(of_hooks).unwrap_or_default();
        let recorded = self.recorded.rooms();
        let running = recorded.values().filter(|room| room.is_recording).count() as u64;
        metrics.push(Metric::gauge("tiktop_recordings", "Recordings that run.", Vec::new(), running));
        for (key, room) in recorded {
            let label = rooms.get(&key).map(|label| label.as_str().to_owned()).unwrap_or_default();
            let help = "Bytes that recordings of a room wrote since the program began.";
            metrics.push(Metric::counter("tiktop_recording_bytes_total", help, vec![("room", label)], room.bytes()));
        }
        metrics
    }

    fn state(&self) -> Vec<(&'static str, Value)> {
        let hooks = self.hooks.iter().flat_map(HookCounters::counts).map(|hook| {
            json!({
                "name": hook.name,
                "called": hook.called,
                "failed": hook.failed,
                "skipped": hook.skipped,
                "last_error": hook.last_error,
            })
        });
        vec![("hooks", hooks.collect())]
    }
}

/// A hook's counts, for the screen.
fn hook_facts(counters: &HookCounters) -> Vec<(Text, Text)> {
    let of = |hook: hooks::HookCounts| {
        let mut words = counted(hook.called, "call", "calls");
        if hook.failed > 0 {
            words = format!("{words}, {} failed", hook.failed);
        }
        if hook.skipped > 0 {
            words = format!("{words}, {} skipped (too soon or too many)", hook.skipped);
        }
        if let Some(error) = &hook.last_error {
            words = format!("{words}; the last failure: {error}");
        }
        (Text::from(format!("hook {}", hook.name)), Text::from(words))
    };
    counters.counts().into_iter().map(of).collect()
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
