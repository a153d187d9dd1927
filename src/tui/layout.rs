//! Where everything goes, by the size of the screen. Pure: the same size and wishes give the same plan, so `update` can ask
//! what a key or a click means without looking at what was drawn.
//!
//! Three forms. Wide: the chat, a column of gifts and graphs beside it, the battle below. Narrow: the chat, one row each for
//! gifts and viewers, two for the battle. Small: the chat. What does not fit is in [`Plan::hidden`] and opens over the chat.

use ratatui::layout::Rect;

/// A part of the screen that shows one kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub(super) enum Pane {
    /// What is said and done.
    Chat,
    /// Streaks, gifts and who gave most.
    Gifts,
    /// Viewers and likes over time.
    Graphs,
    /// The battle.
    Battle,
}

/// What asks for room.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wants {
    /// There is a battle to show.
    pub(super) battle: bool,
    /// This pane takes the place of the chat and its neighbours.
    pub(super) zoom: Option<Pane>,
    /// Rows of the status area, 1 or more.
    pub(super) status_rows: u16,
}

/// Where everything goes. An empty rectangle is not shown. A pane of one row is a strip without a title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Rooms and clock.
    pub(super) tabs: Rect,
    pub(super) chat: Rect,
    pub(super) gifts: Rect,
    pub(super) graphs: Rect,
    pub(super) battle: Rect,
    /// Hints, words and the transport.
    pub(super) status: Rect,
    /// The column between chat and gifts.
    pub(super) divider: Rect,
    /// Whether panes begin with a rule that has their title in it.
    pub(super) titled: bool,
    /// Panes that are not shown in full.
    pub(super) hidden: Vec<Pane>,
}

const WIDE: (u16, u16) = (110, 28);
const NARROW: (u16, u16) = (40, 12);

impl Plan {
    /// The rectangle of a pane.
    pub(super) fn area(&self, pane: Pane) -> Rect {
        match pane {
            Pane::Chat => self.chat,
            Pane::Gifts => self.gifts,
            Pane::Graphs => self.graphs,
            Pane::Battle => self.battle,
        }
    }

    fn area_mut(&mut self, pane: Pane) -> &mut Rect {
        match pane {
            Pane::Chat => &mut self.chat,
            Pane::Gifts => &mut self.gifts,
            Pane::Graphs => &mut self.graphs,
            Pane::Battle => &mut self.battle,
        }
    }
}

/// Makes the plan of a screen.
pub(super) fn plan(screen: Rect, wants: Wants) -> Plan {
    let mut plan = Plan::default();
    let mut rest = screen;
    if screen.height >= 3 {
        plan.tabs = take_top(&mut rest, 1);
    }
    if screen.height >= 2 {
        let most = (rest.height / 3).max(1);
        plan.status = take_bottom(&mut rest, wants.status_rows.clamp(1, most));
    }
    if screen.width >= WIDE.0 && screen.height >= WIDE.1 {
        wide(&mut plan, rest, wants);
    } else if screen.width >= NARROW.0 && screen.height >= NARROW.1 {
        narrow(&mut plan, rest, wants);
    } else {
        plan.hidden = [Pane::Gifts, Pane::Graphs].into_iter().chain(wants.battle.then_some(Pane::Battle)).collect();
        *plan.area_mut(wants.zoom.unwrap_or(Pane::Chat)) = rest;
    }
    plan
}

fn wide(plan: &mut Plan, mut rest: Rect, wants: Wants) {
    plan.titled = true;
    if wants.battle && wants.zoom != Some(Pane::Battle) {
        plan.battle = take_bottom(&mut rest, 3);
    }
    if let Some(pane) = wants.zoom {
        *plan.area_mut(pane) = rest;
        return;
    }
    let column = (rest.width * 2 / 5).clamp(43, 72);
    plan.chat = Rect { width: rest.width - column - 1, ..rest };
    plan.divider = Rect { x: plan.chat.right(), width: 1, ..rest };
    let mut side = Rect { x: plan.divider.right(), width: column, ..rest };
    plan.graphs = take_bottom(&mut side, rest.height * 2 / 5);
    plan.gifts = side;
}

fn narrow(plan: &mut Plan, mut rest: Rect, wants: Wants) {
    plan.titled = true;
    plan.hidden = vec![Pane::Gifts, Pane::Graphs];
    if wants.battle && wants.zoom != Some(Pane::Battle) {
        plan.battle = take_bottom(&mut rest, 2);
    }
    if wants.zoom != Some(Pane::Graphs) {
        plan.graphs = take_bottom(&mut rest, 1);
    }
    if wants.zoom != Some(Pane::Gifts) {
        plan.gifts = take_bottom(&mut rest, 1);
    }
    *plan.area_mut(wants.zoom.unwrap_or(Pane::Chat)) = rest;
}

fn take_top(rest: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(rest.height);
    let taken = Rect { height: rows, ..*rest };
    *rest = Rect { y: rest.y + rows, height: rest.height - rows, ..*rest };
    taken
}

fn take_bottom(rest: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(rest.height);
    rest.height -= rows;
    Rect { y: rest.bottom(), height: rows, ..*rest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use strum::IntoEnumIterator;

    fn shown(plan: &Plan) -> Vec<Rect> {
        let panes = Pane::iter().map(|pane| plan.area(pane));
        panes.chain([plan.tabs, plan.status, plan.divider]).filter(|area| !area.is_empty()).collect()
    }

    proptest! {
        #[test]
        fn parts_never_overlap_and_never_leave_the_screen(
            width in 0u16..240, height in 0u16..80, battle: bool, status_rows in 0u16..6,
            zoom in proptest::option::of(proptest::sample::select(Pane::iter().collect::<Vec<_>>())),
        ) {
            let screen = Rect::new(0, 0, width, height);
            let areas = shown(&plan(screen, Wants { battle, zoom, status_rows }));
            for (at, area) in areas.iter().enumerate() {
                prop_assert_eq!(area.intersection(screen), *area);
                for other in areas.iter().skip(at + 1) {
                    prop_assert!(!area.intersects(*other), "{:?} and {:?}", area, other);
                }
            }
        }

        #[test]
        fn a_pane_is_shown_or_named_as_hidden(width in 1u16..240, height in 3u16..80, battle: bool) {
            let plan = plan(Rect::new(0, 0, width, height), Wants { battle, zoom: None, status_rows: 1 });
            prop_assert!(!plan.chat.is_empty());
            for pane in Pane::iter().filter(|&pane| battle || pane != Pane::Battle) {
                prop_assert!(!plan.area(pane).is_empty() || plan.hidden.contains(&pane), "{:?}", pane);
            }
        }
    }
}
