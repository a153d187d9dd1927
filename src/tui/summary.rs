//! Summary for somebody who leaves: what was seen in each room, and where the recordings are.

use std::time::Duration;

use super::app::App;
use super::number;
use super::tab::Tab;
use crate::clock::Moment;
use crate::record::RecordingState;

/// Lines of rooms and recordings that were closed before; the first ones go when there are more.
const MOST: usize = 100;

/// The lines, rooms first; none where nothing was seen.
pub(super) fn lines(app: &App, now: Moment) -> Vec<String> {
    let open = app.tabs.iter().chain(app.closed.as_ref().map(|closed| &closed.tab));
    let open: Vec<&Tab> = open.collect();
    let rooms = open.iter().filter_map(|tab| seen(tab, now));
    let files = open.iter().filter_map(|tab| tab.recording.as_ref().and_then(|recording| file(tab, recording)));
    app.told.iter().cloned().chain(rooms).chain(files).collect()
}

/// Keeps what there is to say of a room that goes.
pub(super) fn keep(app: &mut App, tab: &Tab) {
    let words = seen(tab, app.now).into_iter().chain(tab.recording.as_ref().and_then(|recording| file(tab, recording)));
    app.told.extend(words);
    forget(app);
}

/// Keeps a sentence about a recording that ended.
pub(super) fn keep_words(app: &mut App, words: String) {
    app.told.push(words);
    forget(app);
}

fn forget(app: &mut App) {
    let surplus = app.told.len().saturating_sub(MOST);
    app.told.drain(..surplus);
}

/// What was seen in a room; nothing where nothing was.
fn seen(tab: &Tab, now: Moment) -> Option<String> {
    let stats = &tab.room.stats;
    if stats.messages == 0 {
        return None;
    }
    let mut words = vec![format!("@{}: watched {}", tab.name(), number::duration(now.since(tab.added)))];
    if stats.peak > 0 {
        words.push(format!("peak {}", number::many_in_full(stats.peak, "viewer")));
    }
    words.push(number::many_in_full(stats.comments, "comment"));
    let unsure = if stats.unpriced > 0 { "at least " } else { "" };
    words.push(format!(
        "{} worth {unsure}{}",
        number::many_in_full(stats.gifts, "gift"),
        number::many_in_full(stats.coins, "coin")
    ));
    if stats.gaps > 0 {
        let length = number::duration(Duration::from_millis(stats.gap_ms));
        words.push(format!("missed {length} in {}", number::many_in_full(stats.gaps, "gap")));
    }
    if stats.unreadable > 0 {
        words.push(number::many_in_full(stats.unreadable, "unreadable message"));
    }
    Some(words.join(", "))
}

/// Where a recording that still runs is; what ended was told when it did.
fn file(tab: &Tab, recording: &RecordingState) -> Option<String> {
    match recording {
        RecordingState::Running { file, .. } => {
            Some(format!("@{}: recorded until now: {}", tab.name(), file.display()))
        }
        RecordingState::Reconnecting { .. } | RecordingState::Stopping => {
            Some(format!("@{}: its recording is being finished", tab.name()))
        }
        RecordingState::Starting
        | RecordingState::Waiting { .. }
        | RecordingState::Done { .. }
        | RecordingState::Failed { .. } => None,
    }
}
