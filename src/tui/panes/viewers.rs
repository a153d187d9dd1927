//! Viewers pane: who gave most as the service ranks them, and, with a session, the roster by name.
//!
//! ```text
//! ── Top viewers ───────────────────────── 1 243 now ──
//!  1 mia                                       4 120 ◆
//!  2 Kit                                       1 000 ◆
//! ```

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Pane, PaneId, Step};
use crate::events::{TopViewer, Viewer};
use crate::ids::UserId;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout::{PanePlace, Plan};
use crate::tui::roster::RosterState;
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::view::Cache;
use crate::tui::widgets::{paint, wrap};
use crate::tui::{glyphs, number};

/// The top viewers.
pub(super) struct ViewersPane;

impl Pane for ViewersPane {
    fn title(&self) -> &'static str {
        "Top viewers"
    }

    fn help(&self) -> &'static str {
        "who is here, as far as the service names them"
    }

    fn place(&self) -> PanePlace {
        PanePlace::Side { fifths: 2, least: 4 }
    }

    fn draw(&self, app: &App, tab: &Tab, plan: &Plan, _cache: &mut Cache, buf: &mut Buffer) {
        view(app, tab, buf, plan.area(PaneId::Viewers));
    }

    fn mark(&self, app: &mut App, step: Step) -> bool {
        let page = app.plan().area(PaneId::Viewers).height.saturating_sub(1);
        let Some(tab) = app.tab_mut() else { return false };
        let all: Vec<Option<UserId>> = listed(tab).iter().map(|row| row.viewer.id).take(page.into()).collect();
        if all.is_empty() {
            return false;
        }
        let at = tab.marked_viewer.and_then(|marked| all.iter().position(|id| *id == Some(marked)));
        let next = match (at, step) {
            (None, _) => 0,
            (Some(at), Step::Up) => at.saturating_sub(1),
            (Some(at), Step::Down) => (at + 1).min(all.len() - 1),
        };
        tab.marked_viewer = all.get(next).copied().flatten();
        true
    }

    fn marked_person(&self, tab: &Tab) -> Option<Arc<Viewer>> {
        let marked = tab.marked_viewer?;
        listed(tab).iter().find(|row| row.viewer.id == Some(marked)).map(|row| row.viewer.clone())
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::ScrollUp, Action::ScrollDown, Action::Open, Action::ShowViewers, Action::Zoom]
    }
}

/// The roster where there is one, else what the stream names.
fn listed(tab: &Tab) -> &[TopViewer] {
    match &tab.roster {
        RosterState::Known(roster) if !roster.ranks.is_empty() => &roster.ranks,
        _ => &tab.room.top_viewers,
    }
}

fn view(app: &App, tab: &Tab, buf: &mut Buffer, area: Rect) {
    let dim = app.theme.style(ColorRole::Dim);
    let rows = listed(tab);
    if area.height == 1 {
        let mut items = vec![Line::styled("top viewers", dim)];
        items.extend(rows.iter().take(8).map(|row| {
            let name = Span::styled(row.viewer.name().to_owned(), app.theme.name(row.viewer.id));
            Line::from(vec![name, Span::raw(format!(" {}", number::count(row.score)))])
        }));
        return paint::left(
            buf,
            super::inset(area),
            0,
            &paint::items(&items, &Span::raw("  "), area.width.saturating_sub(2)),
        );
    }
    let mut notes = Vec::new();
    if let RosterState::Known(roster) = &tab.roster {
        notes.push(Line::raw(format!("{} here", number::count(roster.total))));
        notes.push(Line::styled(format!("{} without a name", number::count(roster.anonymous)), dim));
    } else if let Some((watching, _)) = tab.room.stats.watching.filter(|_| tab.is_on_air()) {
        notes.push(Line::styled(format!("{} now", number::count(watching)), dim));
    }
    let mut list = super::titled(app, buf, area, PaneId::Viewers, "Top viewers", &notes);
    let words = tab.roster.words();
    let columns = usize::from(list.width.saturating_sub(2)).max(1);
    let told = wrap::wrap(&words, columns, columns);
    // The list goes before the sentence.
    let told_rows = u16::try_from(told.len()).unwrap_or(0).min(list.height.saturating_sub(4));
    list.height -= told_rows;
    if rows.is_empty() {
        let words = "the service has named nobody yet";
        paint::left(buf, super::inset(list), 0, &Line::styled(words, dim));
    }
    for (row, viewer) in (0..list.height).zip(rows) {
        let place = Rect { y: list.y + row, height: 1, width: list.width.saturating_sub(1), ..list };
        let score =
            Line::styled(format!("{} {}", number::count(viewer.score), glyphs::GIFT), app.theme.style(ColorRole::Gift));
        if viewer.score > 0 {
            paint::right(buf, place, 0, &score);
        }
        let name = Line::from(vec![
            Span::styled(format!("{:>2} ", viewer.rank), dim),
            Span::styled(tab.names.label(&viewer.viewer), app.theme.name(viewer.viewer.id)),
        ]);
        paint::left(buf, Rect { width: place.width.saturating_sub(paint::columns(&score) + 1), ..place }, 0, &name);
        if tab.marked_viewer.is_some() && viewer.viewer.id == tab.marked_viewer {
            paint::mark(buf, place);
        }
    }
    for (row, line) in (0..told_rows).zip(told) {
        let below = super::inset(Rect { y: list.bottom(), height: told_rows, ..list });
        paint::left(buf, below, row, &Line::styled(line.to_owned(), dim));
    }
}
