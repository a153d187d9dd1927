//! Recordings that begin by themselves: each live of a room, or the next one after a recording.

use crate::config::RecordRule;
use crate::events::PhaseKind;
use crate::ids::{RoomId, RoomKey};
use crate::record::{Quality, RecorderCommand, RecordingJob};
use crate::tui::app::App;
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::tab::Tab;

/// Begins the recording of a room that is due now, if any: once for each live.
pub(super) fn begin_due(app: &mut App, room: RoomKey) -> Option<Effect> {
    if app.replay || app.attached {
        return None;
    }
    let at = app.position(room)?;
    let rule = rule(app, app.tabs.get(at)?);
    let tab = app.tabs.get_mut(at)?;
    let wanted = rule == RecordRule::Live || rule == RecordRule::Next && tab.record.goes_on;
    // Where the event socket is refused the live is known all the same.
    let is_on = tab.is_on_air() || matches!(tab.room.phase.kind, PhaseKind::Blocked | PhaseKind::Failed);
    if !wanted || !is_on || tab.is_recording() || tab.live_to_record() == tab.record.last {
        return None;
    }
    begin(tab, None)
}

/// Begins to watch the stream of a room that is one's own, once for each live.
pub(super) fn monitor_due(app: &mut App, room: RoomKey) -> Option<Effect> {
    if app.replay || app.attached || app.record.monitor.rooms.is_empty() {
        return None;
    }
    let at = app.position(room)?;
    let monitor = &app.record.monitor;
    let tab = app.tabs.get_mut(at).filter(|tab| monitor.covers(tab.name(), tab.room.room_id))?;
    let is_on = tab.is_on_air() || matches!(tab.room.phase.kind, PhaseKind::Blocked | PhaseKind::Failed);
    let room_id = tab.live_to_record().filter(|room_id| is_on && tab.monitored != Some(*room_id))?;
    tab.monitored = Some(room_id);
    Some(Effect::Record(RecorderCommand::Monitor(job(tab, room_id, None))))
}

/// What the recorder is told of a room.
fn job(tab: &Tab, room_id: RoomId, quality: Option<Quality>) -> RecordingJob {
    RecordingJob { room: tab.key, room_id, host: tab.name().into(), title: tab.room.title.clone(), quality }
}

/// Begins to record a room, in a quality of its own where one is named; nothing where no live is known.
pub(super) fn begin(tab: &mut Tab, quality: Option<Quality>) -> Option<Effect> {
    let room_id = tab.live_to_record()?;
    tab.record.last = Some(room_id);
    tab.record.goes_on = true;
    Some(Effect::Record(RecorderCommand::Start(job(tab, room_id, quality))))
}

/// When a room is recorded: as a key said, else as the settings say.
fn rule(app: &App, tab: &Tab) -> RecordRule {
    tab.record.rule.unwrap_or_else(|| app.record.rule_of(tab.name(), tab.room.room_id))
}

/// Makes the room on the screen one of which each live is recorded, or no longer.
pub(super) fn toggle(app: &mut App) -> UpdateOutcome {
    let Some(each) = app.tab().map(|tab| rule(app, tab) == RecordRule::Live) else {
        return UpdateOutcome::UNCHANGED;
    };
    let Some(tab) = app.tab_mut() else { return UpdateOutcome::UNCHANGED };
    let rule = if each { RecordRule::Key } else { RecordRule::Live };
    tab.record.rule = Some(rule);
    let (room, name) = (tab.key, tab.name().to_owned());
    let words = if each {
        format!("{name} is recorded only when you say so")
    } else {
        format!("each live of {name} is recorded from now on; record.rooms in the config file makes that last")
    };
    app.notify(words);
    let told = app.attached.then_some(Effect::Record(RecorderCommand::SetRule(room, rule)));
    UpdateOutcome { dirty: true, effects: told.into_iter().chain(begin_due(app, room)).collect() }
}
