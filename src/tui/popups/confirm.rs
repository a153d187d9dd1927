//! Popup with a question before something that cannot be undone.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::tui::action::Action;
use crate::tui::app::{App, ConfirmQuestion};
use crate::tui::number;
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::paint;

/// Draws the question.
pub(super) fn view(app: &App, question: ConfirmQuestion, buf: &mut Buffer) {
    let recording: Vec<&str> = app.tabs.iter().filter(|tab| tab.is_recording()).map(Tab::name).collect();
    let (title, ask) = match question {
        ConfirmQuestion::Quit if recording.is_empty() => {
            let rooms = if app.tabs.len() == 1 { "1 room".to_owned() } else { format!("{} rooms", app.tabs.len()) };
            let long = number::minutes(app.now.since(app.opened));
            ("Quit", format!("{rooms} watched for {long}. Leave?"))
        }
        ConfirmQuestion::Quit => ("Quit", format!("Still recording {}. Finish and quit?", recording.join(", "))),
        ConfirmQuestion::Suspend => (
            "Suspend",
            format!("The recording of {} would miss all that is sent meanwhile. Suspend?", recording.join(", ")),
        ),
        ConfirmQuestion::CloseChosen if app.attached => {
            let count = crate::tui::overview::chosen(app).len();
            ("Hide rooms", format!("Hide the {count} chosen rooms on this screen? The service goes on with them."))
        }
        ConfirmQuestion::Close(key) if app.attached => {
            let tab = app.tabs.iter().find(|tab| tab.key == key);
            let on = if tab.is_some_and(Tab::is_recording) {
                "goes on watching and recording it"
            } else {
                "goes on watching it"
            };
            ("Hide the room", format!("Hide {} on this screen? The service {on}.", tab.map_or("it", Tab::name)))
        }
        ConfirmQuestion::CloseChosen => {
            let rooms = crate::tui::overview::chosen(app);
            let running = rooms.iter().filter_map(|&at| app.tabs.get(at)).filter(|tab| tab.is_recording()).count();
            let stops = if running > 0 { format!(" and finish {running} recordings") } else { String::new() };
            ("Close rooms", format!("Close the {} chosen rooms{stops}?", rooms.len()))
        }
        ConfirmQuestion::Close(key) => {
            let tab = app.tabs.iter().find(|tab| tab.key == key);
            let ask = match tab {
                Some(tab) if !tab.is_recording() => {
                    format!("{} was watched for {}. Close it?", tab.name(), number::minutes(app.now.since(tab.added)))
                }
                _ => "It is being recorded. Finish the recording and close it?".to_owned(),
            };
            ("Close the room", ask)
        }
    };
    let yes = app.key(Action::Accept).unwrap_or_default();
    let closes = matches!(question, ConfirmQuestion::Close(_) | ConfirmQuestion::CloseChosen);
    let answer = match app.key(Action::RemoveRoom).filter(|_| app.attached && closes) {
        Some(remove) => format!("{yes} hide \u{b7} {remove} remove from the service, for every screen"),
        None => format!("{yes} yes"),
    };
    let wide = u16::try_from(crate::text::width(&ask).max(crate::text::width(&answer))).unwrap_or(u16::MAX);
    let inner = super::frame(app, buf, title, wide, 2);
    paint::left(buf, inner, 0, &Line::raw(crate::text::clip(&ask, inner.width.into())));
    paint::left(buf, inner, 1, &Line::styled(answer, app.theme.style(ColorRole::Accent)));
}
