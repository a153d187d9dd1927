//! Recordings that begin by themselves: what the rules of a room say is due.

use std::time::Duration;

use crate::config::RecordRule;
use crate::ids::RoomKey;
use crate::record::{Quality, RecorderCommand};
use crate::tui::app::App;
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::tab::Tab;

/// A room that is here for less has been told with all that was known.
const JUST_CAME: Duration = Duration::from_secs(5);

/// Begins what is due of a room: its recording, and to watch its stream where that is one's own. A service does so itself.
pub(super) fn begin_due(app: &mut App, room: RoomKey) -> Vec<Effect> {
    if app.replay || app.attached {
        return Vec::new();
    }
    let App { tabs, record, .. } = app;
    let Some(tab) = tabs.iter_mut().find(|tab| tab.key == room) else { return Vec::new() };
    let due = tab.with_rules(|rules, room| [rules.begin_due(room, record), rules.monitor_due(room, record)]);
    due.into_iter().flatten().map(Effect::Record).collect()
}

/// Begins to record a room, in a quality of its own where one is named; nothing where no live is known.
pub(super) fn begin(tab: &mut Tab, quality: Option<Quality>) -> Option<Effect> {
    tab.with_rules(|rules, room| rules.begin(room, quality)).map(Effect::Record)
}

/// Makes the room on the screen one of which each live is recorded, or no longer.
pub(super) fn toggle(app: &mut App) -> UpdateOutcome {
    let Some(tab) = app.tab() else { return UpdateOutcome::UNCHANGED };
    let each = tab.rules.rule(tab.ruled(), &app.record) == RecordRule::Live;
    let rule = if each { RecordRule::Key } else { RecordRule::Live };
    let (room, lasts) = (tab.key, "; record.rooms in the config file makes that last");
    let words = rule_words(tab, rule);
    app.notify(if each { words } else { format!("{words}{lasts}") });
    set(app, room, rule);
    let told = app.attached.then_some(Effect::Record(RecorderCommand::SetRule(room, rule)));
    UpdateOutcome { dirty: true, effects: told.into_iter().chain(begin_due(app, room)).collect() }
}

/// Somebody said on another screen, or here, when a room is recorded.
pub(super) fn apply_rule(app: &mut App, room: RoomKey, rule: RecordRule) -> UpdateOutcome {
    let Some(tab) = app.position(room).and_then(|at| app.tabs.get(at)) else { return UpdateOutcome::UNCHANGED };
    // What was said before this screen came is no news.
    let is_known = tab.rules.rule(tab.ruled(), &app.record) == rule || app.now.since(tab.added) < JUST_CAME;
    let words = rule_words(tab, rule);
    set(app, room, rule);
    if is_known {
        return UpdateOutcome::UNCHANGED;
    }
    app.event_log.add(app.now, words.clone());
    app.notify(words);
    UpdateOutcome::dirty()
}

fn set(app: &mut App, room: RoomKey, rule: RecordRule) {
    if let Some(tab) = app.tabs.iter_mut().find(|tab| tab.key == room) {
        tab.rules.rule = Some(rule);
    }
}

fn rule_words(tab: &Tab, rule: RecordRule) -> String {
    let name = tab.name();
    match rule {
        RecordRule::Key => format!("{name} is recorded only when you say so"),
        RecordRule::Next => format!("{name}: the next live after a recording is recorded too"),
        RecordRule::Live => format!("each live of {name} is recorded from now on"),
    }
}
