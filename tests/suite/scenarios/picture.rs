//! Picture of a room in words, as the expectations of a scenario write it.

use tiktop::clock::Moment;
use tiktop::events::EventKind;
use tiktop::room::{Board, Bucket, CardEffect, Leader, LogEntry, LogLine, Room, Side, Streak, TalliedEvent};
use tiktop::tui::log_words;

use super::notation::START;

/// `mia: hello [first]`
pub(super) fn row(entry: &LogEntry) -> String {
    let mut row = match &entry.line {
        LogLine::Chat { from, text, first, .. } => {
            format!("{}: {text}{}", from.name(), if *first { " [first]" } else { "" })
        }
        LogLine::Gift { from, gift, count, running, .. } => {
            format!("{} gave {} x{count}{}", from.name(), gift.name, if *running { " [running]" } else { "" })
        }
        LogLine::Emote { from, count } => format!("{} {count} stickers", from.name()),
        LogLine::Joins { last, count } => format!("{count} joined, last {}", last.name()),
        LogLine::Follow(from) => format!("{} followed", from.name()),
        LogLine::Share(from) => format!("{} shared", from.name()),
        LogLine::Battle(_) | LogLine::Control(_) => log_words(&entry.line),
        LogLine::Subscribe { from, months } => format!("{} subscribed, {months} months", from.name()),
        LogLine::Poll { .. } => format!("Poll: {}", log_words(&entry.line)),
        LogLine::Goal { .. } => format!("Goal: {}", log_words(&entry.line)),
        LogLine::Pin { .. } => format!("Pin: {}", log_words(&entry.line)),
        LogLine::QuestionUpdate { .. } => format!("Question: {}", log_words(&entry.line)),
        LogLine::Guests(_) => format!("Guests: {}", log_words(&entry.line)),
        LogLine::Shop(_) => format!("Shop: {}", log_words(&entry.line)),
        LogLine::ServiceText { topic, text } => format!("{topic:?}: {text}"),
        LogLine::Question { from, text } => format!("{} asked: {text}", from.name()),
        LogLine::Gap(gap) => format!("missed {} s", gap.length.as_secs()),
        LogLine::Live { room_id, live_seq } => format!("live {live_seq} in {room_id}"),
        other => format!("{other:?}"),
    };
    for (mark, on) in [(" [history]", entry.history), (" [deleted]", entry.deleted)] {
        if on {
            row.push_str(mark);
        }
    }
    row
}

/// `mia Rose x13 +1`
pub(super) fn streak(streak: &Streak) -> String {
    format!("{} {} x{} +{}", streak.from.name(), streak.gift.name, streak.count, streak.added)
}

/// `mia Rose x13 added 0`
pub(super) fn closing(tallied: &TalliedEvent) -> String {
    let EventKind::StreakClosed(closed) = &tallied.event.kind else { return format!("{:?}", tallied.event.kind) };
    let added = tallied.tally.map(|tally| tally.added);
    format!("{} {} x{} added {}", closed.from.name(), closed.gift.name, closed.count, added.unwrap())
}

/// `mia 34 coins, 34 gifts`
pub(super) fn leader(leader: &Leader) -> String {
    format!("{} {} coins, {} gifts", leader.viewer.name(), leader.coins, leader.gifts)
}

/// The phase, then a side a line: `running, 298 s left`, `ours ana 120 pts, 4/s, won`.
pub(super) fn battle(room: &Room, now: Moment) -> Vec<String> {
    let Some(battle) = &room.battle else { return Vec::new() };
    let left = battle.left(room.skew_ms.unwrap_or(0), now).as_secs();
    let cut = if battle.cut_short { ", cut short" } else { "" };
    let phase = format!("{:?}, {left} s left{cut}", battle.phase).to_lowercase();
    std::iter::once(phase).chain(battle.sides.iter().map(side)).chain(battle.effects.iter().map(effect)).collect()
}

fn side(side: &Side) -> String {
    let hosts: Vec<String> = side
        .hosts
        .iter()
        .map(|host| if host.unique_id.is_empty() { "unnamed".to_owned() } else { host.unique_id.to_string() })
        .collect();
    let ours = if side.ours { "ours " } else { "" };
    let pace = if side.pace > 0 { format!(", {}/s", side.pace) } else { String::new() };
    let result = side.result.map(|result| format!(", {result}")).unwrap_or_default();
    format!("{ours}{} {} pts{pace}{result}", hosts.join("+"), side.points)
}

/// `glove ×5 by mia until 43`
fn effect(effect: &CardEffect) -> String {
    let by = effect.by.as_ref().map(|by| format!(" by {}", by.nickname)).unwrap_or_default();
    let times = if effect.multiplier > 0 { format!(" ×{}", effect.multiplier) } else { String::new() };
    format!("{}{times}{by} until {}", effect.kind, (effect.until.0 - START.wall.0) / 1_000)
}

/// `7`, `empty` or `gap`.
pub(super) fn bucket(bucket: &Bucket) -> String {
    match bucket {
        Bucket::Empty => "empty".to_owned(),
        Bucket::Gap => "gap".to_owned(),
        Bucket::Value { last, .. } => last.to_string(),
    }
}

/// Seconds of the scenario's clock, or `never`.
pub(super) fn seconds(at: Option<Moment>) -> String {
    at.map_or("never".to_owned(), |at| format!("{}", at.since(START).as_secs_f64()))
}

/// `poll blue 12, red 3 (over)` and the like, one line a thing.
pub(super) fn board(board: &Board) -> Vec<String> {
    let poll = board.poll.iter().map(|poll| {
        let options: Vec<_> = poll.options.iter().map(|option| format!("{} {}", option.text, option.votes)).collect();
        format!("poll {}{}", options.join(", "), if poll.over { " (over)" } else { "" })
    });
    let goals = board.goals.iter().map(|goal| {
        let parts: Vec<_> = goal.parts.iter().map(|part| format!("{}/{}", part.progress, part.target)).collect();
        format!("goal {} {}{}", goal.text, parts.join(", "), if goal.reached { " (reached)" } else { "" })
    });
    let pinned = board.pinned.iter().map(|pinned| format!("pinned {}: {}", pinned.name, pinned.text));
    let caption = board.caption.iter().map(|caption| format!("caption {}", caption.text));
    let questions = board.questions.iter().map(|asked| format!("question {} {:?}", asked.text, asked.state));
    let guests = board.guests.list.iter().map(|guest| {
        let name = guest.called().unwrap_or("?");
        format!("{} {name} {}", if guest.host { "host" } else { "guest" }, guest.coins)
    });
    let rank = board.rank.as_ref().map(|rank| format!("rank {} No. {}", rank.title, rank.place));
    poll.chain(goals).chain(pinned).chain(caption).chain(questions).chain(guests).chain(rank).collect()
}
