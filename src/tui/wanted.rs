//! Rooms of a service that the screen needs in full: those that somebody looks at, or has looked at lately. Of the others a
//! summary is enough: their state, their numbers, what is unread and what asks for a look.

use super::app::App;
use super::overview::{self, Overview};
use super::wall;
use crate::ids::RoomKey;
use crate::room::RowInterest;
use crate::track::WantedRooms;

/// Rooms that are followed in full though nobody looks at them now: who goes back to one finds all that was said there.
pub(super) const KEPT: usize = 8;

/// Remembers which room is looked at.
pub(super) fn note_shown(app: &mut App) {
    // A mark that passes over a table looks at no room.
    let Some(key) = app.tab().map(|tab| tab.key).filter(|_| app.overview.is_none()) else { return };
    if app.looked_at.front() != Some(&key) {
        app.looked_at.retain(|known| *known != key);
        app.looked_at.push_front(key);
        app.looked_at.truncate(KEPT);
    }
}

/// What the screen needs now, the room that it shows first.
pub(super) fn rooms(app: &App) -> WantedRooms {
    let mut full = Vec::with_capacity(KEPT);
    let mut add = |key: RoomKey| {
        if !full.contains(&key) {
            full.push(key);
        }
    };
    let key = |at: usize| app.tabs.get(at).map(|tab| tab.key);
    key(app.active).into_iter().for_each(&mut add);
    match app.overview {
        Some(Overview::Wall) => wall::shown(app).into_iter().filter_map(key).for_each(&mut add),
        Some(Overview::Feed(_)) => {
            app.tabs.iter().filter(|tab| overview::fits(app, tab)).map(|tab| tab.key).for_each(&mut add);
        }
        Some(Overview::Table) | None => {}
    }
    app.looked_at.iter().copied().filter(|key| app.position(*key).is_some()).for_each(&mut add);
    if app.tabs.len() <= KEPT {
        app.tabs.iter().map(|tab| tab.key).for_each(&mut add);
    }
    let mut rows = RowInterest {
        people: app.people.highlighted(),
        firsts: app.screen.inbox.iter().any(|kind| kind == "first"),
        ..RowInterest::default()
    };
    app.people.words.add_interest(&mut rows);
    WantedRooms { full, rows }
}
