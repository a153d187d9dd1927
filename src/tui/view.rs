//! View: the state as a picture. Draws and decides nothing.
//!
//! ```text
//!  1 ●ana.live 1.2k  2 ●ben •3 842  3 ◐cleo  4 ○dave                        ⏺ 0:12:31 142 MB 1.6 Mb/s  19:42   tabs
//! ── Chat · Painting the harbour ───────────────────────────── 38/min ──┬── Gifts ──────── 12.6k ◆ · 41/min ──
//! 19:41 M Kit           hello everyone, rules are pinned                │▸ mia           Rose ×37          37 ◆
//!       L31 mia         that was amazing!!                              │  Kit           Galaxy          1.0k ◆
//!       + followed      zoe                                             ├── Top ──────────────────────────────
//!       → joined        nia and 40 more                                 │1 mia 4.1k   2 Kit 1.0k   3 Joon 820
//! 19:42 ◆ mia           Rose ×112                                 112 ◆ ├── Viewers ── 1 243 now · peak 1 502 ──
//!       S pat           (deleted)                                       │1.5k ▃▆█▇▅▃▁      ▁▃▂
//!       ┄┄┄ missed 0:41: socket dropped ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄├── Likes ───── 83.0k · ~420/min seen ──
//!       Kit             back!                                           │▂▃▅▇▅▃▂▁▂▃▄▅▆▇█▇▆▅▃▂▂▃▄▅
//! ── Battle ────────────────────────────────────────────────────────────┴─────────────────────── 1:47 left ──
//!  ana.live  12 430  █████████████████████████████████████▌░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  8 911  ben
//!  +3 519 ahead · ana.live 41/s · ben 60–66/s · too close to call · carried by mia, Kit, Joon
//!  ? help  a add  r record  ] room  Tab pane  z zoom                              provider euler · 4.2 msg/s   status
//! ```
//!
//! `layout` says where; each pane's own drawing is in its file.

use std::collections::HashMap;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::app::App;
use super::overview::Overview;
use super::panes::chat::Composer;
use super::panes::{status, tabs, welcome};
use super::tab::Tab;
use super::theme::ColorRole;
use super::widgets::paint;
use super::{glyphs, merged, popups, table, timeline, wall};
use crate::ids::RoomKey;
use crate::room::{LogEntry, Seq};

/// Wrapped entries kept; a screenful is far below.
const CACHED_ENTRIES: usize = 2_048;

/// What was computed for earlier frames. Can be thrown away at any time without changing a picture.
#[derive(Debug, Default)]
pub(super) struct Cache {
    wrapped: HashMap<(RoomKey, u64, Seq), Wrapped>,
}

#[derive(Debug)]
struct Wrapped {
    rev: (u32, u32),
    columns: u16,
    lines: Vec<Line<'static>>,
}

impl Cache {
    /// The lines of an entry, composed only when it or the width changed.
    pub(super) fn lines(&mut self, tab: &Tab, entry: &LogEntry, composer: &Composer<'_>) -> &[Line<'static>] {
        let key = (tab.key, tab.composed, entry.seq);
        if self.wrapped.len() >= CACHED_ENTRIES && !self.wrapped.contains_key(&key) {
            self.wrapped.clear();
        }
        let rev = (entry.rev, tab.rows.repeats(entry.seq));
        let compose = || Wrapped { rev, columns: composer.columns, lines: composer.lines(entry) };
        let wrapped = self.wrapped.entry(key).or_insert_with(compose);
        if (wrapped.rev, wrapped.columns) != (rev, composer.columns) {
            *wrapped = compose();
        }
        &wrapped.lines
    }
}

/// Draws the whole screen.
pub(super) fn view(app: &App, cache: &mut Cache, frame: &mut Frame<'_>) {
    let plan = app.plan();
    let cursor = {
        let buf = frame.buffer_mut();
        tabs::view(app, buf, plan.tabs);
        match app.tab() {
            Some(tab) => match app.overview {
                Some(Overview::Table) => table::view(app, buf, app.body()),
                Some(Overview::Wall) => wall::view(app, buf, app.body()),
                Some(Overview::Feed(at)) => merged::view(app, at, buf, app.body()),
                None => {
                    for (id, _) in plan.shown() {
                        id.pane().draw(app, tab, &plan, cache, buf);
                    }
                    plan.dividers.iter().for_each(|&line| divider(app, line, buf));
                }
            },
            None => welcome::view(app, buf, app.body()),
        }
        super::away::view(app, buf, app.body());
        timeline::view(app, buf, plan.timeline);
        status::view(app, &plan, buf);
        let cursor = popups::view(app, buf);
        if app.screen.ascii {
            glyphs::to_ascii(buf);
        }
        cursor
    };
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

/// The line between two columns, joined to the rules that meet it.
fn divider(app: &App, line: Rect, buf: &mut Buffer) {
    let dim = app.theme.style(ColorRole::Dim);
    let is_rule = |buf: &Buffer, x: Option<u16>, y: u16| {
        x.and_then(|x| buf.cell((x, y))).is_some_and(|cell| cell.symbol() == glyphs::RULE)
    };
    for (row, y) in (0..).zip(line.top()..line.bottom()) {
        let sides = (is_rule(buf, line.x.checked_sub(1), y), is_rule(buf, line.x.checked_add(1), y));
        let joint = match (row, sides) {
            (0, _) => glyphs::DIVIDER_DOWN,
            (_, (true, true)) => glyphs::DIVIDER_CROSS,
            (_, (true, false)) => glyphs::DIVIDER_LEFT,
            (_, (false, true)) => glyphs::DIVIDER_BRANCH,
            (_, (false, false)) => glyphs::DIVIDER,
        };
        paint::left(buf, line, row, &Line::styled(joint, dim));
    }
    if is_rule(buf, Some(line.x), line.bottom()) {
        let below = Rect { y: line.bottom(), height: 1, ..line };
        paint::left(buf, below, 0, &Line::styled(glyphs::DIVIDER_UP, dim));
    }
}
