//! Dashboard for screen readers (`tiktop --linear @name`): plain lines of what matters, one below the other, and nothing that is
//! drawn again. What is typed is a command.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::Result;
use tokio::sync::mpsc;

use super::output;
use crate::clock::Clock;
use crate::config::{Loaded, Secrets};
use crate::events::{OwnEvent, PhaseKind, Viewer};
use crate::history::HistoryControl;
use crate::ids::{RoomKey, Target};
use crate::room::{BattlePhase, LogLine, Room, Seq};
use crate::run::{self, RunningHistory};
use crate::text::{Text, counted};
use crate::track::{RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use crate::tui::{event_words, log_sentence, log_words};

/// Updates that may wait for a slow terminal.
const QUEUE: usize = 4_096;
/// Typed lines that may wait.
const TYPED: usize = 16;
/// Rows of a room that are kept.
const ROWS: usize = 2_000;
/// How often the numbers of each room are said.
const NUMBERS_EVERY: Duration = Duration::from_secs(300);
const HELP: &str = "commands: add @name, close @name, rooms, top, battle, mark NOTE (this moment), more (people who come in, too), less, help, quit";

/// Runs until the person quits. Where a service runs, unless `alone`, its rooms are told, with those that were `named`.
pub(super) fn run(
    loaded: &Loaded,
    secrets: Secrets,
    rooms: Vec<Target>,
    named: Vec<Target>,
    alone: bool,
    no_history: bool,
) -> Result<ExitCode> {
    let runtime = run::headless_runtime()?;
    let ended = runtime.block_on(async {
        #[cfg(unix)]
        if !alone && let Some(service) = run::find_service().await? {
            let words = format!("tiktop, the rooms of the service, one line for each thing that happens. {HELP}");
            output::print_line(&words)?;
            let clock = Clock::alignable();
            let (updates, commands) = run::follow_all(service, &clock)?;
            for room in named {
                commands.send(TrackerCommand::Add(room)).await?;
            }
            let zone = jiff::tz::TimeZone::system();
            // The service keeps the history.
            let screen = LinearScreen { rooms: HashMap::new(), tells_all: false, zone, clock, history: None };
            return screen.run(updates, commands).await;
        }
        let clock = Clock::system();
        let tracker = Tracker::on_service(run::client(&loaded.settings, secrets, false)?, clock.clone())?;
        let history = super::history::kept(no_history, &tracker, &loaded.settings, &clock);
        let control = history.as_ref().map(RunningHistory::control);
        let updates = tracker.subscribe(QUEUE, false);
        let commands = tracker.commands();
        output::print_line(&format!("tiktop, one line for each thing that happens. {HELP}"))?;
        for room in rooms {
            commands.send(TrackerCommand::Add(room)).await?;
        }
        let zone = jiff::tz::TimeZone::system();
        let screen = LinearScreen { rooms: HashMap::new(), tells_all: false, zone, clock, history: control };
        let ended = screen.run(updates, commands).await;
        tracker.finish().await;
        super::history::finish(history).await;
        ended
    });
    // A thread still waits for a line to be typed.
    runtime.shutdown_background();
    ended
}

/// A room as it is told of.
struct LinearRoom {
    label: Text,
    mirror: Room,
    /// Gift rows that still grow: told when they are over.
    running: Vec<Seq>,
}

impl LinearRoom {
    fn name(&self) -> &str {
        let handle = &self.mirror.host.unique_id;
        if handle.is_empty() { self.label.as_str() } else { handle.as_str() }
    }
}

struct LinearScreen {
    rooms: HashMap<RoomKey, LinearRoom>,
    /// People who come in and share are told too.
    tells_all: bool,
    zone: jiff::tz::TimeZone,
    clock: Clock,
    /// Takes moments, where a history is kept.
    history: Option<HistoryControl>,
}

impl LinearScreen {
    async fn run(
        mut self,
        mut updates: mpsc::Receiver<TrackerUpdate>,
        commands: mpsc::Sender<TrackerCommand>,
    ) -> Result<ExitCode> {
        let mut typed = typed_lines();
        let mut listens = true;
        let stop = run::stop_signal();
        tokio::pin!(stop);
        let mut numbers = tokio::time::interval(NUMBERS_EVERY);
        numbers.tick().await;
        loop {
            tokio::select! {
                () = &mut stop => return Ok(ExitCode::SUCCESS),
                line = typed.recv(), if listens => match line {
                    Some(line) => if !self.obey(line.trim(), &commands).await? {
                        return Ok(ExitCode::SUCCESS);
                    },
                    None => listens = false,
                },
                update = updates.recv() => match update {
                    Some(update) => self.tell(update, &commands)?,
                    None => return Ok(ExitCode::SUCCESS),
                },
                _ = numbers.tick() => self.say_numbers()?,
            }
        }
    }

    /// Does what was typed; false to quit.
    async fn obey(&mut self, line: &str, commands: &mpsc::Sender<TrackerCommand>) -> Result<bool> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" => {}
            "q" | "quit" | "exit" => return Ok(false),
            "add" | "a" => match rest.parse::<Target>() {
                Ok(target) => commands.send(TrackerCommand::Add(target)).await?,
                Err(error) => output::print_line(&error.to_string())?,
            },
            "close" | "x" => {
                let wanted = rest.trim().trim_start_matches('@');
                match self
                    .rooms
                    .iter()
                    .find(|(_, room)| room.name().trim_start_matches('@').eq_ignore_ascii_case(wanted))
                {
                    Some((&key, _)) => commands.send(TrackerCommand::Remove(key)).await?,
                    None => output::print_line(&format!("no room is called '{wanted}'"))?,
                }
            }
            "rooms" | "r" => self.say_numbers()?,
            "top" | "t" => self.say_top()?,
            "battle" | "b" => self.say_battles()?,
            "more" | "less" => {
                self.tells_all = word == "more";
                let words = if self.tells_all { "everything is told" } else { "only what matters is told" };
                output::print_line(words)?;
            }
            "mark" | "m" => self.mark(rest.trim())?,
            "help" | "?" => output::print_line(HELP)?,
            _ => output::print_line(&format!("'{word}' is no command. {HELP}"))?,
        }
        Ok(true)
    }

    fn tell(&mut self, update: TrackerUpdate, commands: &mpsc::Sender<TrackerCommand>) -> Result<()> {
        let TrackerUpdate::Room(key, news) = update else { return Ok(()) };
        match news {
            RoomUpdate::Added { label } => {
                output::print_line(&format!("{label}: added"))?;
                self.rooms.insert(key, LinearRoom { label, mirror: Room::new(ROWS), running: Vec::new() });
            }
            RoomUpdate::Removed { .. } => {
                if let Some(room) = self.rooms.remove(&key) {
                    output::print_line(&format!("{}: closed", room.name()))?;
                }
            }
            RoomUpdate::Snapshot(snapshot) => {
                if let Some(room) = self.rooms.get_mut(&key) {
                    room.mirror = Arc::unwrap_or_clone(snapshot);
                }
            }
            RoomUpdate::Lagged(_) => {
                output::print_line("some lines were lost: too much happened at once")?;
                // A full queue is asked again with the next loss.
                let _ = commands.try_send(TrackerCommand::Snapshot(key));
            }
            RoomUpdate::Events(events) => {
                let many = self.rooms.len() > 1;
                let Some(room) = self.rooms.get_mut(&key) else { return Ok(()) };
                for tallied in events.iter() {
                    if let Some(words) = event_words(room.name(), &tallied.event) {
                        tracing::info!("{words}");
                    }
                    let from = room.mirror.chat.next_seq();
                    room.mirror.apply(&tallied.event);
                    let said = lines(room, from, self.tells_all);
                    let state = state(tallied.event.kind.as_own().as_ref());
                    for words in state.into_iter().chain(said) {
                        let time = tallied.event.at.wall.to_jiff().to_zoned(self.zone.clone()).strftime("%H:%M");
                        let place = if many { format!("{}, ", room.name()) } else { String::new() };
                        output::print_line(&format!("{time} {place}{words}"))?;
                    }
                }
            }
            RoomUpdate::Raw(_) | RoomUpdate::Frame(_) | RoomUpdate::Summary(_) => {}
        }
        Ok(())
    }

    /// Marks this moment in each live that is on.
    fn mark(&self, note: &str) -> Result<()> {
        let Some(history) = &self.history else {
            return Ok(output::print_line("no history is kept: there is nowhere to mark a moment")?);
        };
        let is_on = |room: &&LinearRoom| matches!(room.mirror.phase.kind, PhaseKind::Live | PhaseKind::Paused);
        let mut marked = Vec::new();
        for room in self.rooms.values().filter(is_on) {
            if let Some(live) = room.mirror.room_id {
                history.mark(live.0, self.clock.now().wall, note);
                marked.push(room.name());
            }
        }
        let words =
            if marked.is_empty() { "no live is on".to_owned() } else { format!("marked: {}", marked.join(", ")) };
        Ok(output::print_line(&words)?)
    }

    /// Where each room stands, in a sentence.
    fn say_numbers(&self) -> Result<()> {
        for room in self.rooms.values() {
            let stats = &room.mirror.stats;
            let mut words = format!("{}: {}", room.name(), room.mirror.phase.kind);
            if let Some((watching, _)) = stats.watching {
                let _ = write!(words, ", {}", counted(watching, "viewer", "viewers"));
            }
            let comments = counted(stats.comments, "comment", "comments");
            let _ = write!(words, ", {comments}, {} in gifts", counted(stats.coins, "coin", "coins"));
            output::print_line(&words)?;
        }
        if self.rooms.is_empty() {
            output::print_line("no room yet: type add @name")?;
        }
        Ok(())
    }

    /// Where each battle stands, and how long it goes on.
    fn say_battles(&self) -> Result<()> {
        let mut running = 0;
        for room in self.rooms.values() {
            let Some(battle) = room.mirror.battle.as_ref().filter(|battle| battle.phase == BattlePhase::Running) else {
                continue;
            };
            running += 1;
            let sides = battle.sides.iter().map(|side| {
                let names: Vec<_> = side.hosts.iter().map(|host| host.nickname.as_str()).collect();
                let names =
                    if names.iter().all(|name| name.is_empty()) { "opponent".into() } else { names.join(" and ") };
                format!("{names} {}", side.points)
            });
            let left = battle.left(room.mirror.skew_ms.unwrap_or(0), self.clock.now()).as_secs();
            let sides = sides.collect::<Vec<_>>().join(", ");
            output::print_line(&format!("{}: battle, {sides}, {left} seconds left", room.name()))?;
        }
        if running == 0 {
            output::print_line("no battle is on")?;
        }
        Ok(())
    }

    /// Who gave most in each room.
    fn say_top(&self) -> Result<()> {
        for room in self.rooms.values() {
            let top: Vec<_> = room
                .mirror
                .leaders
                .top()
                .take(5)
                .map(|leader| format!("{} {}", leader.viewer.name(), leader.coins))
                .collect();
            let words = if top.is_empty() { "nobody has given yet".to_owned() } else { top.join(", ") };
            output::print_line(&format!("{}: {words}", room.name()))?;
        }
        Ok(())
    }
}

/// What is said of a change of state; nothing where that is no news.
fn state(own: Option<&OwnEvent<'_>>) -> Option<String> {
    match own {
        Some(OwnEvent::State(phase)) if !matches!(phase.kind, PhaseKind::LookingUp | PhaseKind::Connecting) => {
            let why = if phase.reason.is_empty() { String::new() } else { format!(": {}", phase.reason) };
            Some(format!("{}{why}", phase.kind))
        }
        _ => None,
    }
}

/// What the new rows say, and the gifts that are over.
fn lines(room: &mut LinearRoom, from: Seq, tells_all: bool) -> Vec<String> {
    let mut told = Vec::new();
    let over: Vec<Seq> = room
        .running
        .iter()
        .copied()
        .filter(|seq| {
            !matches!(room.mirror.chat.get(*seq).map(|entry| &entry.line), Some(LogLine::Gift { running: true, .. }))
        })
        .collect();
    room.running.retain(|seq| !over.contains(seq));
    for entry in over.iter().filter_map(|seq| room.mirror.chat.get(*seq)) {
        told.extend(words(&entry.line, tells_all));
    }
    for entry in room.mirror.chat.from_seq(from) {
        if let LogLine::Gift { running: true, .. } = entry.line {
            room.running.push(entry.seq);
        } else if !entry.history {
            told.extend(words(&entry.line, tells_all));
        }
    }
    told
}

fn words(line: &LogLine, tells_all: bool) -> Option<String> {
    let what = log_words(line);
    let who = |viewer: &Viewer| {
        let role = if viewer.host {
            " (host)"
        } else if viewer.moderator {
            " (moderator)"
        } else {
            ""
        };
        format!("{}{role}", viewer.name())
    };
    match line {
        LogLine::Joins { .. } | LogLine::Share(_) | LogLine::Intro(_) | LogLine::ServiceText { .. } if !tells_all => {
            None
        }
        // The state says so.
        LogLine::Live { live_seq: 0 | 1, .. } => None,
        LogLine::Chat { from, .. } | LogLine::Emote { from, .. } => Some(format!("{}: {what}", who(from))),
        LogLine::Question { from, .. } => Some(format!("question of {}: {what}", who(from))),
        LogLine::Gift { from, gift, added, .. } => {
            let coins = gift.diamonds.unwrap_or(0).saturating_mul(*added);
            let worth = if coins > 0 { format!(", {}", counted(coins, "coin", "coins")) } else { String::new() };
            Some(format!("gift of {}: {what}{worth}", who(from)))
        }
        LogLine::Follow(from) | LogLine::Share(from) | LogLine::Subscribe { from, .. } => {
            Some(format!("{} {what}", who(from)))
        }
        line => Some(log_sentence(line)).filter(|_| !what.is_empty()),
    }
}

/// Lines as they are typed; none any more once standard input is over.
fn typed_lines() -> mpsc::Receiver<String> {
    let (lines, typed) = mpsc::channel(TYPED);
    tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
    typed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::events::{Chat, EventKind, RoomEvent};

    #[test]
    fn what_is_said_is_a_line_with_its_speaker_in_words() {
        let mut room = LinearRoom { label: "@ana".into(), mirror: Room::new(100), running: Vec::new() };
        let from = Arc::new(Viewer { nickname: "Kit".into(), moderator: true, ..Viewer::default() });
        let kind = EventKind::Chat(Chat { from, text: "hello".into(), emotes: vec![], to: None, language: "".into() });
        let event = RoomEvent { at: Moment::default(), server_at: None, id: None, room_id: None, history: false, kind };
        room.mirror.apply(&event);
        assert_eq!(lines(&mut room, Seq(0), false), ["Kit (moderator): hello"]);
    }
}
