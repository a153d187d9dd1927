//! News of a recording: numbers go into the tab, endings are told in words that stay.

use std::time::Duration;

use crate::record::{Recording, Update};
use crate::tui::app::App;
use crate::tui::msg::Outcome;
use crate::tui::number;

/// Handles news of a recording.
pub(super) fn apply_update(app: &mut App, update: Update) -> Outcome {
    let Some(at) = app.position(update.room) else { return Outcome::QUIET };
    let Some(tab) = app.tabs.get_mut(at) else { return Outcome::QUIET };
    let name = tab.name().to_owned();
    let words = ending(&name, &update.recording);
    let failed = matches!(update.recording, Recording::Failed { .. });
    tab.recording = Some(update.recording);
    match words {
        Some(words) if failed => app.warn(words),
        Some(words) => app.notify(words),
        None => {}
    }
    Outcome::dirty()
}

/// What is to be told of a recording that is over.
fn ending(name: &str, recording: &Recording) -> Option<String> {
    match recording {
        Recording::Done { file, bytes, millis, reason } => {
            let length = number::duration(Duration::from_millis(*millis));
            let size = number::bytes(*bytes);
            Some(format!("{name}: recorded {length}, {size} ({reason}): {}", file.display()))
        }
        Recording::Failed { reason, file } => {
            let kept = file.as_ref().map(|file| format!(" Kept: {}", file.display())).unwrap_or_default();
            Some(format!("{name}: {reason}{kept}"))
        }
        Recording::Starting | Recording::Running { .. } | Recording::Reconnecting { .. } | Recording::Stopping => None,
    }
}
