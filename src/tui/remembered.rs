//! Answers of the history as the screen keeps them: who is new or back, the open card, what was found, the live before.

use std::collections::{HashMap, HashSet};

use super::app::App;
use super::number;
use super::picker::{Choice, Pick};
use crate::clock::{Moment, Timestamp};
use crate::history::{
    AroundLines, FoundLine, FoundPage, KnownPerson, LiveReport, LiveRow, MomentRow, OpponentRecord, SearchProgress,
    query_words,
};
use crate::text::Text;

/// Columns of a name in a list.
const NAME: usize = 22;
/// Who gave so many coins before is a supporter.
pub(super) const SUPPORTER_FROM: u64 = 1_000;

/// What a history has told.
#[derive(Clone, Debug, Default)]
pub(super) struct Remembered {
    /// There is a history to ask.
    pub(super) is_kept: bool,
    /// It tells unasked who is new or back; else that is asked for.
    pub(super) tells_news: bool,
    /// When it was last asked who is new or back, while that is not answered.
    pub(super) asked_news: Option<Moment>,
    /// It has told who is new or back.
    pub(super) knows_news: bool,
    /// The person of the open card, and what is known; nothing while it is asked for.
    pub(super) card: Option<(u64, Option<Box<KnownPerson>>)>,
    /// What fits the query of this text; nothing while it is looked for.
    pub(super) found: Option<(String, FoundPage)>,
    /// The query that is looked for now, and how far that is, with all lines found so far; nothing until that is told.
    pub(super) looking: Option<(String, Option<SearchProgress>)>,
    /// Why it cannot be looked for, or what went wrong.
    pub(super) fault: Option<String>,
    /// What was said around a time.
    pub(super) around: Option<Box<AroundLines>>,
    /// Moments of all lives, newest first; nothing while they are asked for.
    pub(super) moments: Option<Vec<MomentRow>>,
    /// The report of a live; nothing while it is asked for.
    pub(super) report: Option<Box<LiveReport>>,
    /// Of which live it is, or is asked for, by its room id.
    pub(super) report_of: Option<u64>,
    /// Lives of the past; nothing while they are asked for.
    pub(super) lives: Option<Vec<LiveRow>>,
    /// What is known of opponents, by user id.
    pub(super) opponents: HashMap<u64, OpponentRecord>,
    /// Lives and opponents that were asked about.
    pub(super) asked: HashSet<u64>,
}

/// A time as lists show it.
fn when(app: &App, at: i64) -> String {
    Timestamp(at).to_jiff().to_zoned(app.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

fn saying(words: impl Into<String>) -> Vec<Pick> {
    vec![Pick { name: String::new(), note: words.into(), keys: String::new(), choice: Choice::Stay }]
}

/// What fits the query that was typed, newest first.
pub(super) fn found(app: &App, typed: &str) -> Vec<Pick> {
    if let Some(fault) = &app.remembered.fault {
        return saying(fault.clone());
    }
    if typed.trim().is_empty() {
        return saying(
            "words, from:name, room:name, kind:gift, gift>100, since:3d, before:2026-11-20, \"a phrase\", begin*",
        );
    }
    match &app.remembered.found {
        Some((text, page)) if text == typed.trim() => {
            if page.lines.is_empty() {
                return saying("nothing that is kept fits");
            }
            let more = page.lines.last().filter(|_| page.more).map(|last| older(text, last.at));
            page.lines.iter().map(|line| row(app, line)).chain(more).collect()
        }
        _ => match progress(app, typed) {
            Some(progress) if !progress.lines.is_empty() => progress.lines.iter().map(|line| row(app, line)).collect(),
            _ => saying("looking \u{2026} Esc leaves it"),
        },
    }
}

/// How far the search for what was typed is.
fn progress<'a>(app: &'a App, typed: &str) -> Option<&'a SearchProgress> {
    let (text, progress) = app.remembered.looking.as_ref()?;
    progress.as_ref().filter(|_| text == typed.trim())
}

/// What was found for what was typed, or how far that is; nothing where neither is known.
pub(super) fn search_state(app: &App, typed: &str) -> Option<String> {
    if app.remembered.fault.is_some() {
        return None;
    }
    if let Some((_, page)) = app.remembered.found.as_ref().filter(|(text, _)| text == typed.trim()) {
        let found = number::count(page.lines.len() as u64);
        return Some(if page.more { format!("the newest {found}") } else { format!("{found} found") });
    }
    let SearchProgress { file, files, back_to, lines, .. } = progress(app, typed)?;
    let day = Timestamp(*back_to).to_jiff().to_zoned(app.zone.clone()).strftime("%Y-%m-%d").to_string();
    Some(format!("file {file} of {files}, back to {day}, {} found", number::count(lines.len() as u64)))
}

/// The row that leads to what fits and is older.
fn older(typed: &str, than: i64) -> Pick {
    let words = query_words(typed).filter(|word| !word.starts_with("before:") && !word.starts_with("until:"));
    let words: Vec<_> = words.map(str::to_owned).chain([format!("before:{}", Timestamp(than).rfc3339())]).collect();
    let note = "there is more: Enter shows what came before".to_owned();
    Pick { name: "older".to_owned(), note, keys: String::new(), choice: Choice::Find(words.join(" ")) }
}

fn row(app: &App, line: &FoundLine) -> Pick {
    let text = Text::new(&line.text);
    let text = if text.is_empty() { "(a sticker)" } else { text.as_str() };
    let choice = Choice::Moment { live: line.live, at: line.at, line: Some(line.id) };
    let note = format!("{} @{}  {text}", when(app, line.at), line.room);
    let name = crate::text::clip(line.name().as_str(), NAME).into_owned();
    Pick { name, note, keys: String::new(), choice }
}

/// The place of the first line of a moment.
pub(super) fn moment_place(around: &AroundLines) -> usize {
    let meant = around.line.and_then(|id| around.lines.iter().position(|line| line.id == id));
    meant.or_else(|| around.lines.iter().position(|line| line.at >= around.at)).unwrap_or(0)
}

/// What was said around a moment, newest last, with how to see it again: the recording of it, and the replay of the history.
pub(super) fn around(app: &App) -> Vec<Pick> {
    let Some(around) = &app.remembered.around else { return saying("looking \u{2026}") };
    if around.lines.is_empty() {
        return saying("what was said then is no longer kept").into_iter().chain(again(app, around)).collect();
    }
    let is_among = around.lines.iter().any(|line| Some(line.id) == around.line);
    let lines = around.lines.iter().map(|line| {
        let pick = row(app, line);
        let is_meant = if is_among { Some(line.id) == around.line } else { line.at == around.at };
        let mark = if is_meant { "<" } else { "" };
        let choice = match &app.replay_time {
            Some(_) => Choice::Seek(Timestamp(line.at)),
            None => Choice::Stay,
        };
        Pick { keys: mark.to_owned(), choice, ..pick }
    });
    let mut rows: Vec<_> = lines.collect();
    // Below the moment itself, where one looks first.
    let below = (moment_place(around) + 1).min(rows.len());
    rows.splice(below..below, again(app, around));
    rows
}

/// Rows that say how to see a moment again; Enter copies the words.
fn again(app: &App, around: &AroundLines) -> Vec<Pick> {
    let mut rows = Vec::new();
    let copied = |name: &str, note: String, words: String| Pick {
        name: name.to_owned(),
        note,
        keys: "copy".to_owned(),
        choice: Choice::CopyWords(words),
    };
    if let Some((file, at)) = &around.recorded {
        let (at, file) = (number::duration(*at), Text::from(format_args!("{}", file.display())));
        rows.push(copied("recorded", format!("{at} into {file}"), format!("{file} {at}")));
    }
    if app.replay_time.is_none() {
        let began = around.lines.first().and_then(|line| line.live_began).unwrap_or(around.at).min(around.at);
        let into = std::time::Duration::from_millis(around.at.saturating_sub(began).max(0) as u64);
        let words = format!("tiktop replay --history {} --from {}", around.live, number::duration(into));
        rows.push(copied("plays it again", words.clone(), words));
    }
    rows
}

/// Moments of all lives, newest first.
pub(super) fn moments(app: &App) -> Vec<Pick> {
    let Some(moments) = &app.remembered.moments else { return saying("looking \u{2026}") };
    if moments.is_empty() {
        return saying("no moment is kept yet");
    }
    let pick = |moment: &MomentRow| {
        let offset = std::time::Duration::from_millis(moment.at.saturating_sub(moment.live_began).max(0) as u64);
        let note = Text::new(&moment.note);
        let note = format!("{}  {note}", when(app, moment.at));
        let choice = Choice::Moment { live: moment.live, at: moment.at, line: None };
        // A capture may have been marked of whose live nothing else is kept.
        let name = match moment.room.as_str() {
            "" => format!("live {}", moment.live),
            room => format!("@{room} {}", number::duration(offset)),
        };
        Pick { name, note, keys: moment.by.clone(), choice }
    };
    moments.iter().map(pick).collect()
}

/// Lives of the past, newest first, that fit what was typed.
pub(super) fn lives(app: &App) -> Vec<Pick> {
    let Some(lives) = &app.remembered.lives else { return saying("looking \u{2026}") };
    if lives.is_empty() {
        return saying("no live is kept yet");
    }
    let pick = |live: &LiveRow| {
        let length = number::duration(std::time::Duration::from_millis(live.length().max(0) as u64));
        let average = live.average.map(|average| format!(" (average {})", number::count(average))).unwrap_or_default();
        let peak =
            if live.peak > 0 { format!("peak {}", number::count(live.peak)) } else { "no viewers told".to_owned() };
        let unsure = if live.unpriced > 0 { "+" } else { "" };
        // What matters most comes first: the end is cut off where the window is narrow.
        let note = format!(
            "{} {length:>7} {:>6}{unsure} coins {:>5} comments, {peak}{average}  {}",
            when(app, live.began()),
            number::count(live.coins),
            number::count(live.chats),
            Text::new(&live.title)
        );
        let choice = Choice::Moment { live: live.id, at: live.began(), line: None };
        Pick { name: format!("@{}", live.handle), note, keys: String::new(), choice }
    };
    lives.iter().map(pick).collect()
}

/// What the history knows of a person, a sentence each.
pub(super) fn person(app: &App, id: u64) -> Vec<String> {
    if !app.remembered.is_kept {
        return Vec::new();
    }
    let known = match &app.remembered.card {
        Some((of, Some(card))) if *of == id => card,
        Some((of, None)) if *of == id => return vec!["asking the history \u{2026}".to_owned()],
        _ => return Vec::new(),
    };
    let KnownPerson { person, past, here, .. } = &**known;
    let mut lines = vec![
        format!("first seen {}, last {}", when(app, person.first_seen), when(app, person.last_seen)),
        format!(
            "{}, {}, {} in all",
            number::many(person.lives, "live"),
            number::many(person.chats, "comment"),
            number::many(person.coins, "coin")
        ),
    ];
    if !past.is_empty() {
        let names: Vec<_> = past.iter().take(4).map(|past| format!("@{}", Text::new(&past.handle))).collect();
        lines.push(format!("was {}", names.join(", ")));
    }
    for room in here.iter().take(5) {
        let is = if room.moderator { ", moderator" } else { "" };
        let is = if room.subscriber { format!("{is}, subscriber") } else { is.to_owned() };
        lines.push(format!(
            "with @{}: {}, {}, {}{is}",
            Text::new(&room.room),
            number::many(room.lives, "live"),
            number::many(room.chats, "comment"),
            number::many(room.coins, "coin")
        ));
    }
    if let Some(tag) = &person.tag {
        lines.push(format!("tag: {}", Text::new(tag)));
    }
    if let Some(note) = &person.note {
        lines.push(format!("note: {}", Text::new(note)));
    }
    lines
}

/// What a person said in other lives, newest first: when, in which room, what.
pub(super) fn said_before(app: &App, id: u64, except: Option<u64>) -> Vec<(String, String)> {
    let Some((_, Some(card))) = app.remembered.card.as_ref().filter(|(of, _)| *of == id) else { return Vec::new() };
    let others = card.said.iter().filter(|line| Some(line.live) != except);
    others.map(|line| (format!("{} @{}", when(app, line.at), line.room), Text::new(&line.text).to_string())).collect()
}
