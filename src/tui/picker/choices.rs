//! Rows of the pickers that choose among a few things: how somebody is ignored, a layout, a theme, a filter, a moment.

use std::time::Duration;

use super::{Choice, Pick};
use crate::room::LogLine;
use crate::tui::app::App;
use crate::tui::arrangement::Arrangement;
use crate::tui::panes::gifts;
use crate::tui::theme::Theme;
use crate::tui::ticks::StreakMark;
use crate::tui::timeline::{self, ReplayMark, pace_words};
use crate::tui::update::replaying;
use crate::tui::{glyphs, number, remembered};

/// So long somebody is ignored for a while.
const WHILE_MINUTES: u64 = 15;

fn row(name: impl Into<String>, note: impl Into<String>, choice: Choice) -> Pick {
    Pick { name: name.into(), note: note.into(), keys: String::new(), choice }
}

/// Where and for how long.
pub(super) fn ignore(app: &App) -> Vec<Pick> {
    let Some(card) = &app.picked else { return Vec::new() };
    let name = card.viewer.name();
    let mut rows = Vec::new();
    if app.people.is_ignored(&card.viewer) {
        rows.push(row("no longer", format!("{name} is shown again"), Choice::Forgive));
    }
    for (here, place) in [(true, "here"), (false, "everywhere")] {
        for minutes in [Some(WHILE_MINUTES), None] {
            let name = match minutes {
                Some(minutes) => format!("{place}, {minutes} minutes"),
                None => format!("{place}, always"),
            };
            let note = "comments, questions and follows are not shown; gifts are";
            rows.push(row(name, note, Choice::Ignore { here, minutes }));
        }
    }
    rows
}

/// Where to go in a replay, or how fast, where that was typed: `12:30` may be a time after the start, or one of the clock.
pub(super) fn typed_places(app: &App, typed: &str) -> Vec<Pick> {
    let Some(time) = &app.replay_time else { return Vec::new() };
    if let Some(speed) = replaying::typed_pace(typed) {
        return vec![row(format!("pace {}", pace_words(speed)), "Enter goes on so fast", Choice::Pace(speed))];
    }
    let places = replaying::typed_times(app, typed).into_iter().map(|to| {
        let name = format!("go to {}", number::duration(time.offset(to)));
        row(name, format!("{} then", number::clock(to, &app.zone)), Choice::Seek(to))
    });
    places.collect()
}

/// What can be typed to go somewhere, with places of this very replay, where what was typed fits none.
pub(super) fn place_forms(app: &App, typed: &str) -> Vec<Pick> {
    let Some(time) = &app.replay_time else { return Vec::new() };
    let (start, end) = (time.status.start, time.timeline.end);
    let half = Duration::from_secs(time.offset(end).as_secs() / 2);
    let clock = |at| number::clock(at, &app.zone);
    let form = |name: String, note: String| row(name, note, Choice::Stay);
    let mut rows = vec![
        form(String::new(), format!("'{typed}' fits nothing here. What does, for example:")),
        form(
            number::duration(half),
            format!("so long after the start; the end is {}", number::duration(time.offset(end))),
        ),
        form(
            clock(time.after(half)),
            format!("what the clock showed: {} to {}, also with seconds", clock(start), clock(end)),
        ),
        form("+5m, -30s".to_owned(), "so far from here".to_owned()),
        form("10x, max".to_owned(), "a pace".to_owned()),
    ];
    let named = time.timeline.marks.iter().find_map(|mark| {
        let word = mark.words.as_str().split_whitespace().find(|word| word.chars().all(char::is_alphabetic))?;
        Some(form(word.to_lowercase(), format!("a word of a moment: {}", mark.words)))
    });
    rows.extend(named);
    rows
}

/// Moments: of the replay, else those of the history, newest first, else of the room on the screen.
pub(super) fn moments(app: &App) -> Vec<Pick> {
    if let Some(time) = &app.replay_time {
        let row = |mark: &ReplayMark| {
            let (sign, _) = timeline::sign_of(&mark.by);
            let name = format!("{sign} {}", number::duration(time.offset(mark.at)));
            row(name, format!("{}  {}", number::clock(mark.at, &app.zone), mark.words), Choice::Seek(mark.at))
        };
        let rows: Vec<Pick> = time.timeline.marks.iter().map(row).collect();
        return or_words(rows, "no moment was found: type a minute, such as 12:30");
    }
    if app.remembered.is_kept {
        return remembered::moments(app);
    }
    let Some(tab) = app.tab() else { return Vec::new() };
    let rows = tab.room.marks.iter().rev().map(|mark| {
        let name = number::clock(mark.at.wall, &app.zone);
        row(name, mark.kind.words(), Choice::Stay)
    });
    or_words(rows.collect(), "nothing stood out yet")
}

fn or_words(rows: Vec<Pick>, words: &str) -> Vec<Pick> {
    if rows.is_empty() { vec![row("", words, Choice::Stay)] } else { rows }
}

/// The rules that the row makes: its person, the value of its gift, its longer words; and whatever is typed.
pub(super) fn more_like(app: &App, typed: &str) -> Vec<Pick> {
    const SHORTEST: usize = 4;
    const MOST_WORDS: usize = 8;
    let Some(entry) = &app.liked else { return Vec::new() };
    let rule = |text: &str| {
        let note = if app.people.words.has(text) { "no longer" } else { "whoever says it" };
        row(text, note, Choice::Highlight(text.to_owned()))
    };
    let mut rows = Vec::new();
    if let Some(person) = entry.line.person() {
        let note = if app.people.highlights(person) { "no longer" } else { "whatever they say" };
        rows.push(row(person.name(), note, Choice::StandOut(person.clone())));
    }
    let mut said = String::new();
    match &entry.line {
        LogLine::Gift { gift, added, .. } => {
            let coins = gift.diamonds.unwrap_or(0).saturating_mul((*added).max(1));
            let name = format!("gifts from {} {}", number::count(coins), glyphs::GIFT);
            rows.push(row(name, "they are to be thanked for, too", Choice::GiftsFrom(coins)));
        }
        line => said = crate::tui::panes::log_words(line).to_lowercase(),
    }
    let mut words: Vec<&str> = Vec::new();
    for word in said.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= SHORTEST) {
        if !words.contains(&word) && words.len() < MOST_WORDS {
            words.push(word);
        }
    }
    rows.extend(words.into_iter().map(rule));
    if !typed.is_empty() && !rows.iter().any(|row| row.name == typed) {
        rows.push(rule(typed));
    }
    rows
}

/// Gifts of the room that nobody was thanked for yet, the oldest first: who, what, and what they gave in all.
pub(super) fn thanks(app: &App) -> Vec<Pick> {
    let least = app.screen.thank_from;
    let Some(tab) = app.tab() else { return Vec::new() };
    let mut rows: Vec<Pick> = gifts::owed(tab, least)
        .map(|streak| {
            let coins = number::count(streak.diamonds().unwrap_or(0));
            let given = number::clock(streak.last.wall, &app.zone);
            let note = format!("{given}  {}  {coins} {}", gifts::described(streak), glyphs::GIFT);
            let total = streak.from.id.and_then(|id| tab.room.leaders.total_of(id)).map_or(0, |leader| leader.coins);
            let keys = format!("{} {} in all", number::count(total), glyphs::GIFT);
            Pick { name: tab.names.label(&streak.from), note, keys, choice: Choice::Thank(StreakMark::of(streak)) }
        })
        .collect();
    rows.reverse();
    or_words(rows, &format!("nobody is left to thank for {} {} or more", number::count(least), glyphs::GIFT))
}

/// All who gave in the live of the room, most first.
pub(super) fn givers(app: &App) -> Vec<Pick> {
    let Some(tab) = app.tab() else { return Vec::new() };
    let row = |(at, leader): (usize, &crate::room::Leader)| {
        let viewer = &leader.viewer;
        let handle = if viewer.unique_id.is_empty() { String::new() } else { format!("@{}", viewer.unique_id) };
        Pick {
            name: format!("{} {}", at + 1, viewer.name()),
            note: handle,
            keys: format!("{} {}", number::count(leader.coins), glyphs::GIFT),
            choice: Choice::Card(viewer.clone()),
        }
    };
    or_words(
        tab.room.leaders.all().into_iter().enumerate().map(row).collect(),
        "no gift yet in what we saw of this live",
    )
}

/// The layouts there are.
pub(super) fn layouts(app: &App) -> Vec<Pick> {
    let all = Arrangement::all(&app.screen).into_iter();
    all.map(|(name, what)| {
        let mark = if name == app.layout.name { format!("{what} (now)") } else { what };
        row(name.clone(), mark, Choice::Layout(name))
    })
    .collect()
}

/// The themes that come with the program, and the one of the settings.
pub(super) fn themes(app: &App) -> Vec<Pick> {
    let mut names: Vec<String> = Theme::names_of_all().map(str::to_owned).collect();
    if !names.contains(&app.screen.theme) {
        names.insert(0, app.screen.theme.clone());
    }
    let now = |name: &str| if name == app.screen.theme { "now" } else { "" };
    names.into_iter().map(|name| row(name.clone(), now(&name), Choice::Theme(name))).collect()
}

/// The searches with a name; with a search going on it can be kept under what was typed.
pub(super) fn filters(app: &App, typed: &str) -> Vec<Pick> {
    let mut rows: Vec<Pick> = app
        .screen
        .filters
        .iter()
        .map(|(name, query)| row(name.clone(), query.clone(), Choice::Filter(query.clone())))
        .collect();
    if let Some(search) = &app.search
        && !typed.is_empty()
        && !app.screen.filters.contains_key(typed)
    {
        let note = format!("keeps the search {} under this name", search.query.text);
        rows.push(row(typed.to_owned(), note, Choice::SaveFilter(typed.to_owned())));
    }
    if rows.is_empty() {
        let note = "search first, then come back and type a name; or name some under [screen.filters]";
        rows.push(row("no filter yet", note, Choice::Stay));
    }
    rows
}
