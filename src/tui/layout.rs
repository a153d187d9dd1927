//! Layout of the dashboard by the size of the screen. Pure: the same size and wishes give the same plan, so `update` can ask
//! what a key or a click means without looking at what was drawn.
//!
//! Width decides first, then height. Widest: the chat and a column for each side pane. Wide: the chat and one column with all
//! side panes. Narrow and high: the chat and all others below it. Narrow: the chat, and strips for the rest. Small: the chat. What does not fit is in [`Plan::hidden`] and opens
//! over the chat.

use ratatui::layout::Rect;

use super::panes::PaneId;

/// Where a pane wants to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PanePlace {
    /// What others leave.
    Main,
    /// In a column beside the main pane, as a strip of one row where there is none.
    Side {
        /// Fifths of the column it takes when others stand in it too; the first pane of a column takes what they leave.
        fifths: u16,
        /// Rows below which it is a strip of one row instead.
        least: u16,
    },
    /// Below the others, as wide as the screen.
    Below {
        /// Rows with a title, on a screen that has many.
        roomy: u16,
        /// Rows with a title.
        rows: u16,
        /// Rows without one, where there is little room.
        strip: u16,
    },
}

/// What asks for room.
#[derive(Clone, Debug)]
pub(super) struct LayoutRequest {
    /// The panes that have something to show.
    pub(super) panes: Vec<PaneId>,
    /// Percent of the width for the columns beside the main pane.
    pub(super) side: u16,
    /// Panes beside the main one are strips of one row.
    pub(super) strips: bool,
    /// This pane takes the place of the main pane and its neighbours.
    pub(super) zoom: Option<PaneId>,
    /// Rows of the status area, 1 or more.
    pub(super) status_rows: u16,
    /// Rows of the timeline of a replay, above it.
    pub(super) timeline_rows: u16,
}

/// Where everything goes. A pane of one row is a strip without a title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Rooms and clock.
    pub(super) tabs: Rect,
    /// Hints, words and the transport.
    pub(super) status: Rect,
    /// Where a replay stands.
    pub(super) timeline: Rect,
    /// The lines between columns.
    pub(super) dividers: Vec<Rect>,
    /// Whether panes begin with a rule that has their title in it.
    pub(super) titled: bool,
    /// Panes that are not shown in full.
    pub(super) hidden: Vec<PaneId>,
    areas: Vec<(PaneId, Rect)>,
}

/// Width and height from which on there is a column beside the main pane.
const WIDE: (u16, u16) = (110, 12);
/// Width from which on every side pane has a column of its own.
const WIDEST: u16 = 170;
/// Width and height from which on there are strips.
const NARROW: (u16, u16) = (40, 12);
/// Columns that the main pane keeps, and that a column beside it has at least.
const LEAST_MAIN: u16 = 40;
const LEAST_SIDE: u16 = 30;
/// Rows of the middle from which on a pane below has its title, and from which on it is roomy.
const TITLED_FROM: u16 = 14;
const ROOMY_FROM: u16 = 26;
/// Rows of the middle from which on panes stand below the chat where there is no width for a column.
const STACKED_FROM: u16 = 36;
/// Percent of the rows that the chat keeps then.
const STACKED_MAIN: u32 = 55;

impl Plan {
    /// The rectangle of a pane; empty when it is not shown.
    pub(super) fn area(&self, id: PaneId) -> Rect {
        self.areas.iter().find(|(pane, _)| *pane == id).map_or(Rect::ZERO, |(_, area)| *area)
    }

    /// The panes that are shown and where.
    pub(super) fn shown(&self) -> impl Iterator<Item = (PaneId, Rect)> + '_ {
        self.areas.iter().copied().filter(|(_, area)| !area.is_empty())
    }

    fn put(&mut self, id: PaneId, area: Rect) {
        self.areas.push((id, area));
    }
}

/// The wanted panes that stand beside the main one, or below it.
fn of_place(wants: &LayoutRequest, is: impl Fn(PanePlace) -> bool) -> Vec<PaneId> {
    wants.panes.iter().copied().filter(|id| is(id.pane().place())).collect()
}

/// Makes the plan of a screen.
pub(super) fn plan(screen: Rect, wants: &LayoutRequest) -> Plan {
    let mut plan = Plan::default();
    let mut rest = screen;
    if screen.height >= 3 {
        plan.tabs = split_top(&mut rest, 1);
    }
    if screen.height >= 2 {
        let most = (rest.height / 3).max(1);
        plan.status = split_bottom(&mut rest, wants.status_rows.clamp(1, most));
    }
    if screen.height >= 4 {
        let rows = wants.timeline_rows.min(rest.height.saturating_sub(1));
        plan.timeline = split_bottom(&mut rest, rows);
    }
    let main = wants.zoom.unwrap_or_else(main_pane);
    if screen.width >= WIDE.0 && screen.height >= WIDE.1 && !wants.strips {
        let titled = rest.height >= TITLED_FROM;
        put_below(&mut plan, &mut rest, wants, titled);
        plan.titled = true;
        let columns = if screen.width >= WIDEST { usize::MAX } else { 1 };
        if wants.zoom.is_none() {
            put_beside(&mut plan, &mut rest, wants, columns);
        }
    } else if screen.width >= NARROW.0 && rest.height >= STACKED_FROM && !wants.strips {
        put_below(&mut plan, &mut rest, wants, true);
        plan.titled = true;
        if wants.zoom.is_none() {
            put_under(&mut plan, &mut rest, wants);
        }
    } else if screen.width >= NARROW.0 && screen.height >= NARROW.1 {
        put_below(&mut plan, &mut rest, wants, false);
        plan.titled = true;
        let sides = of_place(wants, |place| matches!(place, PanePlace::Side { .. }));
        for &id in sides.iter().rev().filter(|&&id| wants.zoom != Some(id)) {
            let strip = split_bottom(&mut rest, 1);
            plan.put(id, strip);
        }
        plan.hidden = sides;
    } else {
        plan.hidden = of_place(wants, |place| place != PanePlace::Main);
    }
    plan.put(main, rest);
    plan
}

/// The pane that takes what others leave.
fn main_pane() -> PaneId {
    PaneId::ALL.iter().copied().find(|id| id.pane().place() == PanePlace::Main).unwrap_or(PaneId::Chat)
}

fn put_below(plan: &mut Plan, rest: &mut Rect, wants: &LayoutRequest, titled: bool) {
    for &id in wants.panes.iter().rev().filter(|&&id| wants.zoom != Some(id)) {
        if let PanePlace::Below { roomy, rows, strip } = id.pane().place() {
            let rows = if rest.height >= ROOMY_FROM { roomy } else { rows };
            let area = split_bottom(rest, if titled { rows } else { strip });
            plan.put(id, area);
        }
    }
}

/// The side panes one below the other under the main one, as high as their shares.
fn put_under(plan: &mut Plan, rest: &mut Rect, wants: &LayoutRequest) {
    let sides = of_place(wants, |place| matches!(place, PanePlace::Side { .. }));
    let shares =
        |id: PaneId| if let PanePlace::Side { fifths, least } = id.pane().place() { (fifths, least) } else { (0, 0) };
    let all = sides.iter().map(|&id| shares(id).0).sum::<u16>().max(1);
    let main = u16::try_from(u32::from(rest.height) * STACKED_MAIN / 100).unwrap_or(rest.height);
    let height = rest.height - main;
    for &id in sides.iter().rev() {
        let (fifths, least) = shares(id);
        let rows = height * fifths / all;
        let area = split_bottom(rest, if rows < least { 1 } else { rows });
        plan.put(id, area);
    }
}

/// Columns for the side panes, at most so many, from the right.
fn put_beside(plan: &mut Plan, rest: &mut Rect, wants: &LayoutRequest, columns: usize) {
    let sides = of_place(wants, |place| matches!(place, PanePlace::Side { .. }));
    // With a column for each, a column is narrower.
    let percent = u32::from(if columns > 1 { wants.side * 5 / 8 } else { wants.side });
    let most = rest.width.saturating_sub(LEAST_MAIN).max(LEAST_SIDE);
    let share = u16::try_from(u32::from(rest.width) * percent / 100).unwrap_or(u16::MAX).clamp(LEAST_SIDE, most);
    let columns = columns.min(usize::from(most / share.max(1)).max(1));
    let a_column = sides.len().div_ceil(columns.min(sides.len().max(1))).max(1);
    for column in sides.chunks(a_column).rev() {
        let mut area = split_right(rest, share);
        plan.dividers.push(split_right(rest, 1));
        let Some((first, others)) = column.split_first() else { continue };
        let height = area.height;
        let fifths = |id: &PaneId| if let PanePlace::Side { fifths, .. } = id.pane().place() { fifths } else { 0 };
        // Many panes share what two would have.
        let all = column.iter().map(fifths).sum::<u16>().max(5);
        for &id in others.iter().rev() {
            let PanePlace::Side { fifths, least } = id.pane().place() else { continue };
            let rows = height * fifths / all;
            let part = split_bottom(&mut area, if rows < least { 1 } else { rows });
            plan.put(id, part);
        }
        plan.put(*first, area);
    }
}

fn split_top(rest: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(rest.height);
    let taken = Rect { height: rows, ..*rest };
    *rest = Rect { y: rest.y + rows, height: rest.height - rows, ..*rest };
    taken
}

fn split_bottom(rest: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(rest.height);
    rest.height -= rows;
    Rect { y: rest.bottom(), height: rows, ..*rest }
}

fn split_right(rest: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(rest.width);
    rest.width -= columns;
    Rect { x: rest.right(), width: columns, ..*rest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn wants(battle: bool, zoom: Option<PaneId>, status_rows: u16) -> LayoutRequest {
        let panes = PaneId::ALL.iter().copied().filter(|&id| battle || id != PaneId::Battle).collect();
        LayoutRequest { panes, zoom, status_rows, timeline_rows: status_rows / 2, side: 40, strips: false }
    }

    fn shown(plan: &Plan) -> Vec<Rect> {
        let panes = plan.shown().map(|(_, area)| area);
        let lines = [plan.tabs, plan.timeline, plan.status].into_iter().chain(plan.dividers.clone());
        panes.chain(lines).filter(|area| !area.is_empty()).collect()
    }

    #[rstest]
    #[case(300, 20)]
    #[case(120, 27)]
    #[case(110, 12)]
    #[case(200, 60)]
    #[case(40, 100)]
    #[case(80, 50)]
    fn where_there_is_room_nothing_is_hidden(#[case] width: u16, #[case] height: u16) {
        let plan = plan(Rect::new(0, 0, width, height), &wants(true, None, 1));
        assert_eq!(plan.hidden, []);
        for &id in PaneId::ALL {
            assert!(!plan.area(id).is_empty(), "{id:?}");
        }
    }

    proptest! {
        #[test]
        fn parts_never_overlap_and_never_leave_the_screen(
            width in 0u16..340, height in 0u16..80, battle: bool, status_rows in 0u16..6,
            zoom in proptest::option::of(proptest::sample::select(PaneId::ALL)),
        ) {
            let screen = Rect::new(0, 0, width, height);
            let areas = shown(&plan(screen, &wants(battle, zoom, status_rows)));
            for (at, area) in areas.iter().enumerate() {
                prop_assert_eq!(area.intersection(screen), *area);
                for other in areas.iter().skip(at + 1) {
                    prop_assert!(!area.intersects(*other), "{:?} and {:?}", area, other);
                }
            }
        }

        #[test]
        fn a_pane_is_shown_or_named_as_hidden(width in 1u16..340, height in 3u16..80, battle: bool) {
            let wants = wants(battle, None, 1);
            let plan = plan(Rect::new(0, 0, width, height), &wants);
            prop_assert!(!plan.area(PaneId::Chat).is_empty());
            for &id in &wants.panes {
                prop_assert!(!plan.area(id).is_empty() || plan.hidden.contains(&id), "{:?}", id);
            }
        }
    }
}
