//! Popup with a question before something that cannot be undone.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::tui::action::Action;
use crate::tui::app::{App, ConfirmQuestion};
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::paint;

/// Draws the question.
pub(super) fn view(app: &App, question: ConfirmQuestion, buf: &mut Buffer) {
    let recording: Vec<&str> = app.tabs.iter().filter(|tab| tab.is_recording()).map(Tab::name).collect();
    let (title, ask) = match question {
        ConfirmQuestion::Quit => ("Quit", format!("Still recording {}. Finish and quit?", recording.join(", "))),
        ConfirmQuestion::Suspend => (
            "Suspend",
            format!("The recording of {} would miss all that is sent meanwhile. Suspend?", recording.join(", ")),
        ),
        ConfirmQuestion::Close(_) => {
            ("Close the room", "It is being recorded. Finish the recording and close it?".to_owned())
        }
    };
    let yes = app.key(Action::Accept).unwrap_or_default();
    let answer = format!("{yes} yes");
    let wide = u16::try_from(crate::text::width(&ask)).unwrap_or(u16::MAX);
    let inner = super::frame(app, buf, title, wide, 2);
    paint::left(buf, inner, 0, &Line::raw(crate::text::clip(&ask, inner.width.into())));
    paint::left(buf, inner, 1, &Line::styled(answer, app.theme.style(ColorRole::Accent)));
}
