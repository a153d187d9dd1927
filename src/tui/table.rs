//! Table of all rooms: state, unread, viewers, talk, gifts, recording and the way to each, sortable, one row a room. Where rows are
//! left over, the chosen room's card stands below.
//!
//! ```text
//!  ROOM           STATE          UNREAD  VIEWERS▼  30 MIN    CHAT/MIN   ◆/MIN  REC       VIA
//! ● ana.live      live 2h13m                1 243  ▃▅▆▇▆▅▇▆        38      41  142 MB    provider euler
//! ◐ cleo          back in 0:07       •2      ~311  ▅▅▄▄              –       –            provider euler
//! ```

use std::cmp::Reverse;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::app::App;
use super::freshness::Freshness;
use super::panes::phase;
use super::tab::Tab;
use super::theme::ColorRole;
use super::widgets::{graph, paint};
use super::{glyphs, number, overview, wall};
use crate::clock::Timestamp;
use crate::events::PhaseKind;
use crate::record::{AlertLevel, RecordingState};
use crate::room::{Battle, BattlePhase, Bucket};

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RoomSort {
    /// As they were added.
    #[default]
    Added,
    /// What is unread, most first.
    Unread,
    /// Who watches, most first.
    Viewers,
    /// How much is said.
    Comments,
    /// How much is given.
    Coins,
}

impl RoomSort {
    /// The next one, round and round.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Added => Self::Unread,
            Self::Unread => Self::Viewers,
            Self::Viewers => Self::Comments,
            Self::Comments => Self::Coins,
            Self::Coins => Self::Added,
        }
    }
}

/// A column: where it begins is counted from those that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Room,
    State,
    Unread,
    Viewers,
    Trend,
    Comments,
    Coins,
    Recording,
    Since,
    Way,
}

/// Columns in their order, with their heading, the least and the most width they take, and how long they are kept where there is
/// little room: the highest goes first.
const COLUMNS: [(Column, &str, u16, u16, u8); 10] = [
    (Column::Room, "ROOM", 13, 26, 0),
    (Column::State, "STATE", 17, 22, 1),
    (Column::Unread, "UNREAD", 7, 7, 2),
    (Column::Viewers, "VIEWERS", 7, 8, 3),
    (Column::Trend, "30 MIN", 8, 40, 7),
    (Column::Comments, "CHAT/MIN", 8, 9, 4),
    (Column::Coins, "◆/MIN", 6, 8, 5),
    (Column::Recording, "REC", 8, 10, 6),
    (Column::Since, "LIVE FOR", 8, 8, 9),
    (Column::Way, "VIA", 16, 80, 8),
];
/// Columns between two.
const BETWEEN: u16 = 2;
/// Rows of the card below, at least and at most.
const LEAST_CARD: u16 = 8;
const MOST_CARD: u16 = 16;
/// Seconds that the trend shows.
const TREND: u64 = 30 * 60;

/// The rooms in the order of the table, by their place among the tabs.
pub(super) fn order(app: &App) -> Vec<usize> {
    let mut rows: Vec<usize> =
        (0..app.tabs.len()).filter(|&at| app.tabs.get(at).is_some_and(|tab| overview::fits(app, tab))).collect();
    let rate = |tab: &Tab, series: &crate::room::Series| {
        if Freshness::of(&tab.room, app.now).is_now() { series.per_minute(app.now).unwrap_or(0) } else { 0 }
    };
    let value = |tab: &Tab| match app.sort {
        RoomSort::Added => 0,
        RoomSort::Unread => tab.unread,
        RoomSort::Viewers => tab.room.stats.watching.map_or(0, |(watching, _)| watching),
        RoomSort::Comments => rate(tab, &tab.room.comments),
        RoomSort::Coins => rate(tab, &tab.room.coins),
    };
    rows.sort_by_key(|&at| Reverse(app.tabs.get(at).map_or(0, value)));
    rows
}

/// The room at a place of the screen.
pub(super) fn room_at(app: &App, area: Rect, at: Position) -> Option<usize> {
    let list = list_area(area);
    let row = list.contains(at).then(|| usize::from(at.y - list.y))?;
    let order = order(app);
    order.get(first_row(app, &order, list) + row).copied()
}

/// Rows that fit below the headings.
pub(super) fn page(area: Rect) -> usize {
    list_area(area).height.into()
}

/// The first room shown, how many are, and how many there are.
pub(super) fn extent(app: &App, area: Rect) -> (usize, usize, usize) {
    let (list, order) = (list_area(area), order(app));
    (first_row(app, &order, list), list.height.into(), order.len())
}

fn list_area(area: Rect) -> Rect {
    Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area }
}

fn first_row(app: &App, order: &[usize], list: Rect) -> usize {
    let chosen = order.iter().position(|&at| at == app.active).unwrap_or(0);
    (chosen + 1).saturating_sub(usize::from(list.height))
}

/// Draws the table.
pub(super) fn view(app: &App, buf: &mut Buffer, area: Rect) {
    let columns = columns(area.width);
    let sorted = match app.sort {
        RoomSort::Added => None,
        RoomSort::Unread => Some(Column::Unread),
        RoomSort::Viewers => Some(Column::Viewers),
        RoomSort::Comments => Some(Column::Comments),
        RoomSort::Coins => Some(Column::Coins),
    };
    for &(column, heading, place) in &columns {
        let role = if sorted == Some(column) { ColorRole::Accent } else { ColorRole::Dim };
        let mark = if sorted == Some(column) { glyphs::NEWER } else { "" };
        let heading = Line::styled(format!("{heading}{mark}"), app.theme.style(role));
        draw(buf, place.on(area, 0), column, &heading);
    }
    let has_since = columns.iter().any(|(column, ..)| *column == Column::Since);
    let list = list_area(area);
    let order = order(app);
    let shown = order.iter().skip(first_row(app, &order, list));
    for (row, &at) in (0..list.height).zip(shown) {
        let Some(tab) = app.tabs.get(at) else { continue };
        for &(column, _, place) in &columns {
            let cell = place.on(list, row);
            if column == Column::Trend {
                trend(app, tab, buf, cell);
            } else {
                draw(buf, cell, column, &words(app, tab, column, has_since));
            }
        }
        if at == app.active {
            paint::mark(buf, Rect { y: list.y + row, height: 1, ..list });
        }
    }
    // One row parts them.
    let below = super::panes::below(list, u16::try_from(order.len()).unwrap_or(u16::MAX).saturating_add(1));
    if let (Some(tab), LEAST_CARD..) = (app.tab().filter(|_| order.contains(&app.active)), below.height) {
        wall::card(app, tab, false, buf, Rect { height: below.height.min(MOST_CARD), ..below });
    }
}

/// Where a column stands in the width of the table.
#[derive(Clone, Copy)]
struct Place {
    from: u16,
    width: u16,
}

impl Place {
    fn on(self, area: Rect, row: u16) -> Rect {
        Rect { x: area.x.saturating_add(self.from), y: area.y.saturating_add(row), width: self.width, height: 1 }
    }
}

/// The columns that fit and where they stand.
fn columns(width: u16) -> Vec<(Column, &'static str, Place)> {
    let mut kept: Vec<_> = COLUMNS.to_vec();
    let wide =
        |kept: &[(Column, &str, u16, u16, u8)]| kept.iter().map(|(.., least, _, _)| least + BETWEEN).sum::<u16>();
    while kept.len() > 1 && wide(&kept) > width {
        let last = kept.iter().enumerate().max_by_key(|(_, (.., rank))| *rank).map_or(0, |(at, _)| at);
        kept.remove(last);
    }
    // What is left over goes to those that are kept longest first.
    let mut left = width.saturating_sub(wide(&kept));
    let mut by_rank: Vec<_> = kept.iter_mut().collect();
    by_rank.sort_by_key(|(.., rank)| *rank);
    for (_, _, least, most, _) in by_rank {
        let more = most.saturating_sub(*least).min(left);
        *least += more;
        left -= more;
    }
    let mut from = 1;
    let mut places = Vec::new();
    for (column, heading, wide, ..) in kept {
        places.push((column, heading, Place { from, width: wide.min(width.saturating_sub(from)) }));
        from += wide + BETWEEN;
    }
    places
}

/// Numbers stand at the right of their column, words at the left.
fn draw(buf: &mut Buffer, cell: Rect, column: Column, line: &Line<'_>) {
    match column {
        Column::Room | Column::State | Column::Trend | Column::Recording | Column::Way => {
            paint::left(buf, cell, 0, line);
        }
        Column::Unread | Column::Viewers | Column::Comments | Column::Coins | Column::Since => {
            paint::right(buf, cell, 0, line);
        }
    }
}

fn words(app: &App, tab: &Tab, column: Column, has_since: bool) -> Line<'static> {
    let theme = app.theme;
    let room = &tab.room;
    let fresh = Freshness::of(room, app.now);
    let rate = |series: &crate::room::Series| {
        let rate = fresh.rate(series, app.now).unwrap_or_default();
        Line::styled(
            rate.replace("/min", ""),
            theme.style(if fresh.is_now() { ColorRole::Text } else { ColorRole::Dim }),
        )
    };
    match column {
        Column::Room => {
            let kind = room.phase.kind;
            let chosen = if tab.is_chosen { format!("{} ", glyphs::TICK) } else { String::new() };
            Line::from(vec![
                Span::styled(chosen, theme.style(ColorRole::Accent)),
                Span::styled(format!("{} ", phase::glyph(kind)), theme.style(phase::role(kind))),
                Span::raw(tab.name().to_owned()),
            ])
        }
        Column::State => {
            let words = state(app, tab);
            // How long it is live stands in a column of its own.
            let words = if has_since && words.starts_with("live ") { "live".to_owned() } else { words };
            Line::styled(words, theme.style(phase::role(room.phase.kind)))
        }
        Column::Since => match live_for(app, tab).filter(|_| tab.is_on_air()) {
            Some(length) => Line::raw(number::minutes(length)),
            None => Line::styled(glyphs::NONE, theme.style(ColorRole::Dim)),
        },
        Column::Unread if tab.unread == 0 => Line::default(),
        Column::Unread => {
            Line::styled(format!("{}{}", glyphs::UNREAD, number::short(tab.unread)), theme.style(ColorRole::Accent))
        }
        Column::Viewers => match room.stats.watching.filter(|_| tab.is_on_air()) {
            Some((watching, _)) => Line::from(fresh.value(theme, number::count(watching), ColorRole::Text)),
            None => Line::styled(glyphs::NONE, theme.style(ColorRole::Dim)),
        },
        Column::Comments => rate(&room.comments),
        Column::Coins => rate(&room.coins),
        Column::Recording => match &tab.recording {
            Some(recording) if tab.is_recording() => {
                let alert = recording.alert().map(|alert| alert.level);
                let role = if alert == Some(AlertLevel::Warning) { ColorRole::Warn } else { ColorRole::Bad };
                let words = match recording {
                    RecordingState::Running { bytes, .. } | RecordingState::Reconnecting { bytes, .. } => {
                        format!("{} {}", glyphs::RECORDING, number::bytes(*bytes))
                    }
                    _ => glyphs::RECORDING.to_owned(),
                };
                Line::styled(words, theme.style(role))
            }
            Some(RecordingState::Failed { .. }) => Line::styled("failed", theme.style(ColorRole::Bad)),
            Some(_) | None => Line::default(),
        },
        Column::Way => {
            let way = room.phase.transport.as_ref().map_or(room.phase.reason.as_str(), |transport| transport.as_str());
            Line::styled(way.to_owned(), theme.style(ColorRole::Dim))
        }
        Column::Trend => Line::default(),
    }
}

/// Where a room stands, in a few words: its battle, how long it is live, when it is tried again.
pub(super) fn state(app: &App, tab: &Tab) -> String {
    let room = &tab.room;
    let skew = room.skew_ms.unwrap_or(0);
    if let Some(battle) = room.battle.as_ref().filter(|battle| battle.phase == BattlePhase::Running) {
        let left = battle.left(skew, app.now);
        if room.phase.kind == PhaseKind::Live && !left.is_zero() {
            return format!("battle {}{}", number::countdown(left), gap(battle));
        }
    }
    match (room.phase.kind, room.phase.retry_at.filter(|_| phase::counts_down(&room.phase, app.now))) {
        (_, Some(at)) => format!("again in {}", number::countdown(at.since(app.now))),
        (PhaseKind::Live, None) => match live_for(app, tab) {
            Some(live) => format!("live {}", number::minutes(live)),
            None => "live".to_owned(),
        },
        (kind, None) => phase::phase_name(kind).to_owned(),
    }
}

/// How long the live of a room is on, as far as its beginning is known.
fn live_for(app: &App, tab: &Tab) -> Option<Duration> {
    let Timestamp(started) = tab.room.started_at?;
    let millis = app.now.wall.0.saturating_add(tab.room.skew_ms.unwrap_or(0)).saturating_sub(started);
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

/// By how much a battle is won or lost now, with a blank before it; nothing while it is even.
fn gap(battle: &Battle) -> String {
    let (Some(ours), Some(theirs)) = super::panes::battle::opponents(battle) else { return String::new() };
    let sign = match ours.points.cmp(&theirs.points) {
        std::cmp::Ordering::Greater => "+",
        std::cmp::Ordering::Less => glyphs::MINUS,
        std::cmp::Ordering::Equal => return String::new(),
    };
    format!(" {sign}{}", number::short(ours.points.abs_diff(theirs.points)))
}

fn trend(app: &App, tab: &Tab, buf: &mut Buffer, cell: Rect) {
    let count = usize::from(cell.width.max(1));
    let step = (TREND / u64::from(cell.width.max(1))).max(10);
    let values: Vec<Option<u64>> = tab
        .room
        .viewers
        .window(app.now, step, count)
        .into_iter()
        .map(|bucket| if let Bucket::Value { max, .. } = bucket { Some(max) } else { None })
        .collect();
    let max = values.iter().flatten().copied().max().unwrap_or(0);
    let dim = app.theme.style(ColorRole::Dim);
    graph::bars(buf, cell, &values, max, (app.theme.style(ColorRole::Accent), dim));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_matter_least_go_first_and_none_hangs_over() {
        for width in 1..200 {
            let columns = columns(width);
            assert_eq!(columns.first().map(|(column, ..)| *column), Some(Column::Room), "{width}");
            assert!(columns.iter().all(|(_, _, place)| place.from + place.width <= width.max(1)), "{width}");
        }
        let names = |width| columns(width).iter().map(|(_, name, _)| *name).collect::<Vec<_>>().join(" ");
        let last = columns(200).last().map(|(_, _, place)| place.from + place.width);
        assert!(last.is_some_and(|end| end > 190), "a wide table leaves the right half empty: {last:?}");
        assert_eq!(names(200), "ROOM STATE UNREAD VIEWERS 30 MIN CHAT/MIN ◆/MIN REC LIVE FOR VIA");
        assert_eq!(names(80), "ROOM STATE UNREAD VIEWERS CHAT/MIN ◆/MIN REC");
        assert_eq!(names(59), "ROOM STATE UNREAD VIEWERS");
    }
}
