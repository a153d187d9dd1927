//! Panes of the dashboard: what a pane is, and the table of all of them. A new pane is one file beside these and one row of
//! the table; layout, view, keys, mouse and help ask the table and know no pane by name.
//!
//! A pane of one row draws itself as a strip; one with more begins with its title.

pub(super) mod battle;
pub(super) mod chat;
pub(super) mod gifts;
pub(super) mod graphs;
pub(super) mod phase;
pub(super) mod questions;
pub(super) mod status;
pub(super) mod tabs;
#[cfg(test)]
mod tests;
pub(super) mod viewers;
pub(super) mod welcome;

pub use chat::{log_sentence, log_words};

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::action::Action;
use super::app::App;
use super::glyphs;
use super::layout::{PanePlace, Plan};
use super::tab::Tab;
use super::theme::ColorRole;
use super::view::Cache;
use super::widgets::feed::Scroll;
use super::widgets::paint;
use crate::clock::Moment;
use crate::events::Viewer;

/// A part of the screen that shows one kind of thing about the room on it. Holds no state: that is in the `Tab`.
pub(super) trait Pane: Sync {
    /// Its name, in its rule and in the help.
    fn title(&self) -> &'static str;

    /// What it shows, in a few words for the help.
    fn help(&self) -> &'static str;

    /// Where it wants to stand, and how much room it takes there.
    fn place(&self) -> PanePlace;

    /// Whether there is anything to show; without it the pane takes no room and cannot be focused.
    fn is_wanted(&self, _tab: &Tab, _now: Moment) -> bool {
        true
    }

    /// Draws into its rectangle of the plan, which is not empty.
    fn draw(&self, app: &App, tab: &Tab, plan: &Plan, cache: &mut Cache, buf: &mut Buffer);

    /// Moves its rows; `by` is asked with the length of a page. A pane without rows stays as it is.
    fn scroll(&self, _app: &mut App, _by: &dyn Fn(usize) -> Scroll) {}

    /// Whether it shows other rows than its newest.
    fn is_scrolled(&self, _tab: &Tab) -> bool {
        false
    }

    /// Moves the mark by one row; false where rows cannot be marked.
    fn mark(&self, _app: &mut App, _step: Step) -> bool {
        false
    }

    /// The person in the marked row.
    fn marked_person(&self, _tab: &Tab) -> Option<Arc<Viewer>> {
        None
    }

    /// What a click at `at` does beside moving the focus here.
    fn click(&self, _app: &mut App, _at: Position) {}

    /// What can be done while it has the focus, for the help.
    fn actions(&self) -> &'static [Action];
}

/// Where a mark goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To the row above.
    Up,
    /// To the row below.
    Down,
}

macro_rules! panes {
    ($($id:ident = $pane:expr;)*) => {
        /// Names a pane of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum PaneId {
            $(#[doc = concat!("`", stringify!($pane), "`")] $id,)*
        }

        impl PaneId {
            /// Every pane, in the order of the focus. The first is the one that is always there.
            pub(super) const ALL: &'static [Self] = &[$(Self::$id,)*];

            /// The pane of this name, as the settings write it.
            pub(super) fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|id| id.name() == name)
            }

            /// Its name in the settings.
            pub(super) fn name(self) -> String {
                match self { $(Self::$id => stringify!($id).to_lowercase(),)* }
            }

            /// The pane itself.
            pub(super) fn pane(self) -> &'static dyn Pane {
                match self { $(Self::$id => &$pane,)* }
            }
        }
    };
}

panes! {
    Chat   = chat::ChatPane;
    Gifts  = gifts::GiftsPane;
    Graphs = graphs::GraphsPane;
    Battle = battle::BattlePane;
    Viewers = viewers::ViewersPane;
    Questions = questions::QuestionsPane;
}

/// What moves the rows of a list.
const SCROLLING: &[Action] = &[
    Action::ScrollUp,
    Action::ScrollDown,
    Action::Open,
    Action::PageUp,
    Action::PageDown,
    Action::Top,
    Action::Bottom,
    Action::Zoom,
];

/// Draws the rule with a pane's title, and as many of its notes as fit, and returns what is left below it.
fn titled(app: &App, buf: &mut Buffer, area: Rect, id: PaneId, title: &str, notes: &[Line<'static>]) -> Rect {
    let dim = app.theme.style(ColorRole::Dim);
    let style = app.theme.style(if app.focused() == id { ColorRole::Accent } else { ColorRole::Text });
    paint::rule(buf, area, 0, &Line::from(Span::styled(title, style)), notes, dim);
    below(area, 1)
}

/// What stands between the items of a row.
fn separator(app: &App) -> Span<'static> {
    Span::styled(format!(" {} ", glyphs::DOT), app.theme.style(ColorRole::Dim))
}

/// The area without its first rows.
pub(in crate::tui) fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// The area without a column at either side.
fn inset(area: Rect) -> Rect {
    Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(2), ..area }
}
