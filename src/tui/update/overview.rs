//! Handler of the overviews: which one is shown, which rooms are chosen in it, and what is done with those.

use ratatui::layout::Position;

use super::rooms;
use super::rules;
use crate::record::RecorderCommand;
use crate::track::TrackerCommand;
use crate::tui::app::App;
use crate::tui::merged::{self, MergedView};
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::overview::{self, Overview};
use crate::tui::widgets::feed::Scroll;
use crate::tui::{table, wall};

/// Shows an overview, or the room again where that one is shown.
pub(super) fn toggle(app: &mut App, wanted: Overview) -> UpdateOutcome {
    let same = app.overview.is_some_and(|shown| std::mem::discriminant(&shown) == std::mem::discriminant(&wanted));
    if same {
        return rooms::show(app, app.active);
    }
    app.overview = (!app.tabs.is_empty()).then_some(wanted);
    UpdateOutcome::dirty()
}

/// Puts away one thing at a time: the mark of the feed, the chosen rooms, what is looked for, the overview.
pub(super) fn leave(app: &mut App) -> UpdateOutcome {
    if let Some(Overview::Feed(at)) = &mut app.overview
        && at.marked.is_some()
    {
        *at = MergedView::default();
        return UpdateOutcome::dirty();
    }
    if app.tabs.iter().any(|tab| tab.is_chosen) {
        unchoose(app);
        return UpdateOutcome::dirty();
    }
    if !app.room_filter.is_empty() {
        app.room_filter.clear();
        return UpdateOutcome::dirty();
    }
    rooms::show(app, app.active)
}

/// Sorts by the next column, and shows the table where nothing sorted is shown.
pub(super) fn sort(app: &mut App) -> UpdateOutcome {
    app.sort = app.sort.next();
    if !matches!(app.overview, Some(Overview::Table | Overview::Wall)) {
        app.overview = (!app.tabs.is_empty()).then_some(Overview::Table);
    }
    UpdateOutcome::dirty()
}

/// Looks for rooms by a part of their name or state.
pub(super) fn filter(app: &mut App, wanted: &str) -> UpdateOutcome {
    wanted.trim().clone_into(&mut app.room_filter);
    let order = table::order(app);
    if order.is_empty() {
        app.notify(format!("no room fits '{}'", app.room_filter));
        app.room_filter.clear();
    } else if !order.contains(&app.active) {
        app.active = order.first().copied().unwrap_or(0);
    }
    UpdateOutcome::dirty()
}

/// The next room, or the one before; in an overview it is marked there.
pub(super) fn next_room(app: &mut App, forward: bool) -> UpdateOutcome {
    let count = app.tabs.len().max(1);
    match app.overview {
        None => rooms::show(app, (app.active + if forward { 1 } else { count - 1 }) % count),
        Some(_) => mark(app, if forward { Scroll::Down(1) } else { Scroll::Up(1) }),
    }
}

/// Moves the mark; on the wall up and down are rows of cards.
pub(super) fn scroll(app: &mut App, by: impl Fn(usize) -> Scroll) -> UpdateOutcome {
    let page = table::page(app.body()).max(1);
    match app.overview {
        Some(Overview::Feed(at)) => {
            let next = merged::scroll(app, at, by(page));
            if let Some(room) = next.marked.and_then(|row| app.position(row.room)) {
                app.active = room;
            }
            app.overview = Some(Overview::Feed(next));
            UpdateOutcome::dirty()
        }
        Some(Overview::Wall) => {
            let columns = wall::columns(app);
            let by = match by(1) {
                Scroll::Up(rows) => Scroll::Up(rows * columns),
                Scroll::Down(rows) => Scroll::Down(rows * columns),
                far => far,
            };
            mark(app, by)
        }
        _ => mark(app, by(page)),
    }
}

fn mark(app: &mut App, by: Scroll) -> UpdateOutcome {
    let order = table::order(app);
    let marked = order.iter().position(|&at| at == app.active).unwrap_or(0);
    let next = super::scrolled(marked, order.len().saturating_sub(1), by);
    app.active = order.get(next).copied().unwrap_or(app.active);
    UpdateOutcome::dirty()
}

/// Chooses the marked room for what is done next, or no longer; the mark goes to the next.
pub(super) fn choose_room(app: &mut App) -> UpdateOutcome {
    if let Some(tab) = app.tab_mut() {
        tab.is_chosen = !tab.is_chosen;
    }
    mark(app, Scroll::Down(1))
}

/// A click marks a room, a second one opens it; in the feed a row is marked.
pub(super) fn click(app: &mut App, at: Position) -> UpdateOutcome {
    let room = match app.overview {
        Some(Overview::Feed(view)) => {
            let Some(row) = merged::row_at(app, view, at) else { return UpdateOutcome::UNCHANGED };
            if view.marked == Some(row) {
                return super::keys::open_marked(app);
            }
            let bottom =
                view.bottom.or_else(|| merged::row_at(app, view, Position::new(at.x, app.body().bottom() - 1)));
            app.active = app.position(row.room).unwrap_or(app.active);
            app.overview = Some(Overview::Feed(MergedView { marked: Some(row), bottom }));
            return UpdateOutcome::dirty();
        }
        Some(Overview::Wall) => wall::room_at(app, app.body(), at),
        _ => table::room_at(app, app.body(), at),
    };
    match room {
        Some(room) if room == app.active => rooms::show(app, room),
        Some(room) => {
            app.active = room;
            UpdateOutcome::dirty()
        }
        None => UpdateOutcome::UNCHANGED,
    }
}

/// Tries the chosen rooms again now.
pub(super) fn retry(app: &mut App) -> UpdateOutcome {
    let keys: Vec<_> = overview::chosen(app).into_iter().filter_map(|at| app.tabs.get(at)).map(|tab| tab.key).collect();
    if keys.len() > 1 {
        app.notify(format!("trying {} rooms again now", keys.len()));
    }
    unchoose(app);
    UpdateOutcome {
        dirty: true,
        effects: keys.into_iter().map(|key| Effect::Track(TrackerCommand::Retry(key))).collect(),
    }
}

/// Records the chosen rooms; where all of them are being recorded, stops.
pub(super) fn record(app: &mut App) -> UpdateOutcome {
    let chosen = overview::chosen(app);
    if let [only] = chosen.as_slice() {
        app.active = *only;
        unchoose(app);
        return super::keys::record_or_stop(app);
    }
    let stops = chosen.iter().filter_map(|&at| app.tabs.get(at)).all(crate::tui::tab::Tab::is_recording);
    let (mut effects, mut off_air) = (Vec::new(), 0);
    for at in chosen {
        let Some(tab) = app.tabs.get_mut(at) else { continue };
        if stops {
            tab.rules.note_stop();
            effects.push(Effect::Record(RecorderCommand::Stop(tab.key)));
        } else if tab.is_recording() {
        } else if tab.live_to_record().is_some() {
            effects.extend(rules::begin(tab, None));
        } else {
            off_air += 1;
        }
    }
    let count = effects.len();
    let more = if off_air > 0 { format!("; {off_air} are not live") } else { String::new() };
    app.notify(if stops {
        format!("stopping {count} recordings")
    } else {
        format!("recording {count} more rooms{more}")
    });
    unchoose(app);
    UpdateOutcome { dirty: true, effects }
}

pub(super) fn unchoose(app: &mut App) {
    app.tabs.iter_mut().for_each(|tab| tab.is_chosen = false);
}
