//! Welcome pane: the dashboard without a room.
//!
//! ```text
//!         tiktop                                    No room yet.
//!
//!         a   add a room: @name, a link or a room id
//!         O   search for lives that are on now
//!         E   look around in the demo
//!         ,   open the config file
//!         ?   all keys
//!         q   quit
//!
//!         Watching needs no account. To connect reliably, put a provider key in TIKTOP_PROVIDER_KEY
//!         (README, "Connecting").
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::{paint, wrap};

const WORDS: &str = "Watching needs no account. To connect reliably, put a provider key in TIKTOP_PROVIDER_KEY (README, \
    \"Connecting\"). What you set up here comes back with screen.remember.";

/// Draws the page.
pub(in crate::tui) fn view(app: &App, buf: &mut Buffer, area: Rect) {
    let columns = area.width.min(84).saturating_sub(if area.width > 60 { 8 } else { 0 });
    let roomy = area.height > 12;
    let page = Rect { x: area.x + (area.width - columns) / 2, width: columns, ..area };
    let page = super::below(page, if roomy { area.height / 4 } else { 0 });
    let mut row = 0;
    paint::left(buf, page, row, &Line::styled("tiktop", app.theme.style(ColorRole::Accent)));
    paint::right(buf, page, row, &Line::raw("No room yet."));
    row += 1 + u16::from(roomy);
    for (action, words) in [
        (Action::AddRoom, "add a room: @name, a link or a room id"),
        (Action::SearchLives, "search for lives that are on now"),
        (Action::Demo, "look around in the demo: invented rooms, no network"),
        (Action::EditConfig, "open the config file in your editor"),
        (Action::Help, "all keys; : finds a command by what it does"),
        (Action::Quit, "quit"),
    ] {
        let Some(key) = app.key(action) else { continue };
        let key = Span::styled(format!("{key:<4}"), app.theme.style(ColorRole::Accent));
        paint::left(buf, page, row, &Line::from(vec![key, Span::raw(words)]));
        row += 1;
    }
    row += u16::from(roomy);
    for line in wrap::wrap(WORDS, columns.into(), columns.into()) {
        paint::left(buf, page, row, &Line::styled(line, app.theme.style(ColorRole::Dim)));
        row += 1;
    }
}
