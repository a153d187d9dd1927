//! Hooks: programs and addresses that are called on events, by rules of the settings.
//!
//! A reader of the tracker like any other, with a queue of its own; each hook has one more, and a task that makes its calls one
//! after the other. A hook that hangs, floods, is missing or is refused costs its own calls, which are counted and told, and
//! delays no room.

mod call;
mod occasion;
mod pace;
mod rule;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::call::Call;
use self::occasion::Occasion;
use self::pace::Pace;
use self::rule::Rule;
use crate::clock::{Clock, Moment};
use crate::config::{HookSettings, Settings};
use crate::events::json::LineContext;
use crate::events::{EventKind, OwnEvent, Phase, PhaseKind, RoomEvent};
use crate::ids::{RoomId, RoomKey};
use crate::room::{GiftTotal, StreakTotals, TalliedEvent};
use crate::text::Text;
use crate::track::{RoomUpdate, TrackerCommand, TrackerUpdate};

/// Updates that may wait for the rules: minutes of a busy room. They keep up with far more.
pub const QUEUE: usize = 4_096;
/// Updates taken at once.
const BATCH: usize = 512;
/// Calls that may wait for a hook that is slow.
const MAX_WAITING: usize = 64;
/// Failures of one hook are told once in this time.
const TELL_AGAIN: Duration = Duration::from_secs(60);
/// How long the end waits for calls that are under way.
const LAST_CALLS: Duration = Duration::from_secs(2);

/// What became of one hook's calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct HookCounts {
    /// What the hook is called.
    pub name: String,
    /// Calls that went well.
    pub called: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Events that came too soon or too many: its pace or its queue left no place.
    pub skipped: u64,
    /// Why the last one failed.
    pub last_error: Option<String>,
}

/// The hooks of the settings, at work beside a tracker.
#[derive(Debug)]
pub struct Hooks {
    counters: HookCounters,
    follower: JoinHandle<()>,
    callers: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

/// Counts of all hooks, for whoever shows them.
#[derive(Clone, Debug)]
pub struct HookCounters(Arc<Vec<Counter>>);

#[derive(Debug)]
struct Counter {
    name: String,
    called: AtomicU64,
    failed: AtomicU64,
    skipped: AtomicU64,
    last: Mutex<LastFailure>,
}

#[derive(Debug, Default)]
struct LastFailure {
    error: Option<String>,
    told: Option<Moment>,
}

impl HookCounters {
    /// What became of each hook's calls so far.
    pub fn counts(&self) -> Vec<HookCounts> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let of = |hook: &Counter| HookCounts {
            name: hook.name.clone(),
            called: count(&hook.called),
            failed: count(&hook.failed),
            skipped: count(&hook.skipped),
            last_error: hook.last.lock().unwrap_or_else(PoisonError::into_inner).error.clone(),
        };
        self.0.iter().map(of).collect()
    }
}

/// What is wrong with the hooks of the settings, each mistake with its place: `hooks.0: …`.
pub fn check(settings: &Settings) -> Result<(), Vec<String>> {
    let hooks = settings.hooks.iter().enumerate();
    let mistakes: Vec<_> =
        hooks.filter_map(|(at, hook)| Some(format!("hooks.{at}: {}", Rule::new(hook).err()?))).collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// Programs of hooks that are not there, each with its place: `hooks.0: …`.
pub fn missing_programs(settings: &Settings) -> Vec<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &str| {
        let program = std::path::Path::new(program);
        if program.components().count() > 1 {
            return program.is_file();
        }
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    };
    let hooks = settings.hooks.iter().enumerate();
    let programs = hooks.filter_map(|(at, hook)| Some((at, hook.exec.first()?)));
    let missing = programs.filter(|(_, program)| !is_there(program));
    missing.map(|(at, program)| format!("hooks.{at}: there is no program '{program}' (exec)")).collect()
}

/// What to call a hook: its name, else its place.
fn name_of(at: usize, hook: &HookSettings) -> String {
    let said = crate::text::printable(&hook.name).trim().to_owned();
    if said.is_empty() { (at + 1).to_string() } else { said }
}

/// A hook, ready to be asked.
struct Hook {
    rule: Rule,
    pace: Pace,
    calls: mpsc::Sender<Arc<Occasion>>,
}

impl Hooks {
    /// Starts the hooks; `updates` are those of a reader that was subscribed before the first room was added. What goes wrong,
    /// and what hooks are to show, is told to `notices`.
    pub fn start(
        updates: mpsc::Receiver<TrackerUpdate>,
        commands: mpsc::Sender<TrackerCommand>,
        settings: &Settings,
        clock: &Clock,
        notices: &mpsc::Sender<Text>,
    ) -> Result<Self, String> {
        let named = settings.hooks.iter().enumerate().map(|(at, hook)| (name_of(at, hook), hook));
        let named: Vec<_> = named.collect();
        let counters = named.iter().map(|(name, _)| Counter {
            name: name.clone(),
            called: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            last: Mutex::default(),
        });
        let counters = HookCounters(Arc::new(counters.collect()));
        let stop = CancellationToken::new();
        let secrets = secret_variables(settings);
        let (mut hooks, mut callers) = (Vec::new(), Vec::new());
        for (at, (name, hook)) in named.iter().enumerate() {
            let wrong = |error: String| format!("hook '{name}': {error}");
            let rule = Rule::new(hook).map_err(wrong)?;
            let call = Call::new(hook, &secrets, |name| std::env::var(name).ok()).map_err(wrong)?;
            let (calls, inbox) = mpsc::channel(MAX_WAITING);
            hooks.push(Hook { rule, pace: Pace::new(hook), calls });
            let caller = Caller {
                at,
                call,
                notify: hook.notify,
                counters: counters.clone(),
                clock: clock.clone(),
                notices: notices.clone(),
            };
            callers.push(tokio::spawn(caller.work(inbox, stop.clone())));
        }
        let follower = Follower { hooks, rooms: HashMap::new(), counters: counters.clone(), clock: clock.clone() };
        let follower = tokio::spawn(follower.follow(updates, commands));
        Ok(Self { counters, follower, callers, stop })
    }

    /// The counts, which go on counting.
    pub fn counters(&self) -> HookCounters {
        self.counters.clone()
    }

    /// Waits for the calls that are under way, two seconds at most. Finish the tracker first.
    pub async fn finish(self) {
        let ended = async {
            // A task that panicked has ended too.
            let _ = self.follower.await;
            for caller in self.callers {
                let _ = caller.await;
            }
        };
        let _ = tokio::time::timeout(LAST_CALLS, ended).await;
        self.stop.cancel();
    }
}

/// Variables that hold what no program of a hook needs: keys of providers, headers with secrets.
fn secret_variables(settings: &Settings) -> Vec<String> {
    let providers = settings.providers.iter();
    let keys = providers.flat_map(|provider| provider.headers_env.values().chain([&provider.key_env]));
    keys.chain([&settings.cloud.key_env]).filter(|name| !name.is_empty()).cloned().collect()
}

/// A room as the lines name it, and its streaks.
#[derive(Default)]
struct HookRoom {
    label: Text,
    room_id: Option<RoomId>,
    live_seq: u32,
    streaks: StreakTotals,
    lost_from: Option<Moment>,
}

impl HookRoom {
    fn context(&self) -> LineContext<'_> {
        LineContext { room: self.label.as_str(), room_id: self.room_id, live_seq: self.live_seq }
    }
}

/// Holds the events against the rules.
struct Follower {
    hooks: Vec<Hook>,
    rooms: HashMap<RoomKey, HookRoom>,
    counters: HookCounters,
    clock: Clock,
}

impl Follower {
    async fn follow(mut self, mut updates: mpsc::Receiver<TrackerUpdate>, commands: mpsc::Sender<TrackerCommand>) {
        let mut batch = Vec::with_capacity(BATCH);
        while updates.recv_many(&mut batch, BATCH).await > 0 {
            for update in batch.drain(..) {
                let TrackerUpdate::Room(key, news) = update else { continue };
                if let Some(command) = self.apply(key, news) {
                    // A tracker that is gone answers no more.
                    let _ = commands.send(command).await;
                }
            }
        }
        let keys: Vec<_> = self.rooms.keys().copied().collect();
        for key in keys {
            self.end_streaks(key);
        }
    }

    fn apply(&mut self, key: RoomKey, news: RoomUpdate) -> Option<TrackerCommand> {
        match news {
            RoomUpdate::Added { label } => {
                self.rooms.insert(key, HookRoom { label, ..HookRoom::default() });
            }
            RoomUpdate::Events(events) => events.iter().for_each(|tallied| self.event(key, tallied)),
            RoomUpdate::Lagged(lost) => {
                let room = self.rooms.get_mut(&key)?;
                room.lost_from.get_or_insert(lost.from);
                if let Some(live) = lost.live {
                    (room.room_id, room.live_seq) = (Some(live.room_id), live.live_seq);
                }
                return Some(TrackerCommand::Snapshot(key));
            }
            RoomUpdate::Snapshot(snapshot) => {
                let room = self.rooms.get_mut(&key)?;
                let lost_from = room.lost_from.take()?;
                let totals = room.streaks.catch_up(&snapshot, lost_from);
                self.gifts(key, &totals, None);
            }
            RoomUpdate::Removed { .. } => {
                self.end_streaks(key);
                self.rooms.remove(&key);
            }
            RoomUpdate::Raw(_) | RoomUpdate::Frame(_) | RoomUpdate::Summary(_) => {}
        }
        None
    }

    fn event(&mut self, key: RoomKey, tallied: &TalliedEvent) {
        let event = &tallied.event;
        let Some(room) = self.rooms.get_mut(&key) else { return };
        match event.kind.as_own() {
            Some(OwnEvent::Info(info)) => {
                if !info.host.unique_id.is_empty() {
                    room.label = Text::from(format_args!("@{}", info.host.unique_id));
                }
                return;
            }
            Some(OwnEvent::Live(live)) => {
                (room.room_id, room.live_seq) = (Some(live.room_id), live.live_seq);
                let label = room.label.clone();
                self.end_streaks(key);
                self.hooks.iter_mut().for_each(|hook| hook.rule.begin_live(label.as_str()));
            }
            Some(OwnEvent::State(phase)) if phase.kind == PhaseKind::Ended => self.end_streaks(key),
            Some(OwnEvent::State(_) | OwnEvent::Gap(_) | OwnEvent::StreakClosed(_)) | None => {}
        }
        if tallied.tally.is_some() {
            let Some(room) = self.rooms.get_mut(&key) else { return };
            let totals = room.streaks.apply(tallied);
            return self.gifts(key, &totals, Some(event));
        }
        let kind = event.kind.type_name();
        if !self.hooks.iter().any(|hook| hook.rule.wants(kind)) {
            return;
        }
        let Some(room) = self.rooms.get(&key) else { return };
        let occasion = Occasion::of_event(&room.context(), event);
        self.call(&Arc::new(occasion));
    }

    fn end_streaks(&mut self, key: RoomKey) {
        let Some(room) = self.rooms.get_mut(&key) else { return };
        let totals = room.streaks.end_all();
        self.gifts(key, &totals, None);
    }

    fn gifts(&mut self, key: RoomKey, totals: &[GiftTotal], event: Option<&RoomEvent>) {
        if totals.is_empty() || !self.hooks.iter().any(|hook| hook.rule.wants("gift")) {
            return;
        }
        let now = self.clock.now();
        for total in totals {
            let Some(room) = self.rooms.get(&key) else { return };
            let own = RoomEvent {
                room_id: room.room_id,
                ..RoomEvent::new(now, EventKind::State(Phase::new(PhaseKind::Live)))
            };
            let occasion = Occasion::of_gift(&room.context(), event.unwrap_or(&own), total);
            self.call(&Arc::new(occasion));
        }
    }

    fn call(&mut self, occasion: &Arc<Occasion>) {
        let now = self.clock.now();
        for (hook, counter) in self.hooks.iter_mut().zip(self.counters.0.iter()) {
            if !hook.rule.matches(occasion) {
                continue;
            }
            let called = hook.pace.call(now).is_ok() && hook.calls.try_send(occasion.clone()).is_ok();
            if !called {
                counter.skipped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Makes the calls of one hook, one after the other.
struct Caller {
    at: usize,
    call: Call,
    notify: bool,
    counters: HookCounters,
    clock: Clock,
    notices: mpsc::Sender<Text>,
}

impl Caller {
    async fn work(self, mut inbox: mpsc::Receiver<Arc<Occasion>>, stop: CancellationToken) {
        loop {
            let occasion = tokio::select! {
                () = stop.cancelled() => return,
                occasion = inbox.recv() => match occasion {
                    Some(occasion) => occasion,
                    None => return,
                },
            };
            if self.notify {
                self.show(Text::from(occasion.words()));
            }
            tokio::select! {
                () = stop.cancelled() => return,
                made = self.call.make(&occasion) => match made {
                    Ok(()) => self.count_call(),
                    Err(error) => self.count_failure(&error.to_string()),
                },
            }
        }
    }

    fn count_call(&self) {
        if let Some(counter) = self.counters.0.get(self.at) {
            counter.called.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a failure, and tells it unless one was told a short time ago.
    fn count_failure(&self, error: &str) {
        let Some(counter) = self.counters.0.get(self.at) else { return };
        let failures = counter.failed.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::warn!("hook '{}' failed: {error}", counter.name);
        let now = self.clock.now();
        let mut last = counter.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.error = Some(error.to_owned());
        if last.told.is_some_and(|told| now.since(told) < TELL_AGAIN) {
            return;
        }
        last.told = Some(now);
        drop(last);
        let times = if failures == 1 { String::new() } else { format!(" ({failures} failures so far)") };
        self.show(Text::from(format_args!("hook '{}': {error}{times}", counter.name)));
    }

    /// A screen that does not take it is not waited for.
    fn show(&self, words: Text) {
        let _ = self.notices.try_send(words);
    }
}

/// What the hooks would do on lines of `tiktop events`: one entry a call, as `(hook, what it would do, the event in words)`.
pub struct DryRun {
    hooks: Vec<(String, Rule, Call, bool)>,
    ended: BTreeMap<String, u64>,
}

/// A call that would be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PlannedCall {
    /// The hook.
    pub hook: String,
    /// What it would do.
    pub does: String,
    /// The event, in a few words.
    pub event: String,
}

impl DryRun {
    /// Prepares the rules; nothing is ever called.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let mut hooks = Vec::new();
        for (at, hook) in settings.hooks.iter().enumerate() {
            let name = name_of(at, hook);
            let wrong = |error: String| format!("hook '{name}': {error}");
            let rule = Rule::new(hook).map_err(wrong)?;
            let call = Call::new(hook, &[], |name| std::env::var(name).ok()).map_err(wrong)?;
            hooks.push((name, rule, call, hook.notify));
        }
        Ok(Self { hooks, ended: BTreeMap::new() })
    }

    /// The calls that a line would make; nothing where it is no line of `tiktop events`. Pace is not looked at: a file says
    /// nothing of when.
    pub fn line(&mut self, line: &str) -> Option<Vec<PlannedCall>> {
        let occasion = Occasion::of_line(line)?;
        if occasion.kind == "live" {
            self.hooks.iter_mut().for_each(|(_, rule, ..)| rule.begin_live(&occasion.room));
        }
        if self.is_repeated_end(&occasion) {
            return Some(Vec::new());
        }
        let mut calls = Vec::new();
        for (name, rule, call, notify) in &mut self.hooks {
            if rule.matches(&occasion) {
                let mut does = call.describe();
                does.extend(notify.then(|| "show a line".to_owned()));
                calls.push(PlannedCall { hook: name.clone(), does: does.join(", "), event: occasion.words() });
            }
        }
        Some(calls)
    }

    /// A streak's end may be told twice; the second one adds nothing.
    fn is_repeated_end(&mut self, occasion: &Occasion) -> bool {
        let (Some(gift), Some(person)) = (&occasion.gift, &occasion.person) else { return false };
        let group = serde_json::from_str::<serde_json::Value>(&occasion.line).unwrap_or_default();
        let Some(group) = group["group"].as_str().filter(|_| !gift.runs_on) else { return false };
        let key = format!("{} {} {group}", person.key(), gift.id);
        let known = self.ended.insert(key, gift.count);
        known.is_some_and(|count| count >= gift.count)
    }
}
