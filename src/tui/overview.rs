//! Overviews of all rooms that take the place of one room on the screen: the table, the wall of cards, the merged feed.

use super::app::App;
use super::merged::MergedView;
use super::tab::Tab;

/// Which overview is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overview {
    /// One row a room.
    Table,
    /// One card a room, all of them alive.
    Wall,
    /// What is said in all rooms, in one list.
    Feed(MergedView),
}

/// The rooms that an action of an overview is for: those that are chosen there, else the one that is marked.
pub(super) fn chosen(app: &App) -> Vec<usize> {
    let chosen: Vec<usize> =
        (0..app.tabs.len()).filter(|&at| app.tabs.get(at).is_some_and(|tab| tab.is_chosen)).collect();
    if app.overview.is_none() || chosen.is_empty() {
        Vec::from_iter((!app.tabs.is_empty()).then_some(app.active))
    } else {
        chosen
    }
}

/// Whether a room is among those that are looked for by a part of their name or state.
pub(super) fn fits(app: &App, tab: &Tab) -> bool {
    let wanted = app.room_filter.to_lowercase();
    let state = super::panes::phase::phase_name(tab.room.phase.kind);
    wanted.split_whitespace().all(|word| {
        let nickname = tab.room.host.nickname.as_str().to_lowercase();
        tab.name().to_lowercase().contains(word) || nickname.contains(word) || state.contains(word)
    })
}
