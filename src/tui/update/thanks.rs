//! Thanks for gifts, and questions that were answered, ticked off one by one.

use crate::tui::app::App;
use crate::tui::msg::UpdateOutcome;
use crate::tui::panes::{PaneId, gifts, questions};
use crate::tui::ticks::StreakMark;
use crate::tui::{glyphs, number};

/// Ticks off the marked gift, or the oldest that is worth a thank and has none; a gift that was ticked off is so no more.
pub(super) fn tick_off(app: &mut App) -> UpdateOutcome {
    let least = app.screen.thank_from;
    if app.focused() == PaneId::Questions {
        return tick_off_question(app);
    }
    let Some(tab) = app.tab_mut() else { return UpdateOutcome::UNCHANGED };
    let marked = tab.marked_gift.filter(|mark| gifts::streak(&tab.room, *mark).is_some());
    let Some(mark) = marked.or_else(|| gifts::oldest_owed(tab, least)) else {
        app.notify(format!("nobody is left to thank for {} {} or more", number::count(least), glyphs::GIFT));
        return UpdateOutcome::dirty();
    };
    tick(app, mark);
    UpdateOutcome::dirty()
}

/// Ticks off one gift, or takes the tick back, and says whose it was.
pub(super) fn tick(app: &mut App, mark: StreakMark) {
    let Some(tab) = app.tab_mut() else { return };
    let name = gifts::streak(&tab.room, mark).map(|streak| (streak.from.clone(), gifts::described(streak)));
    let Some((from, gift)) = name else { return };
    let total = from.id.and_then(|id| tab.room.leaders.total_of(id)).map_or(0, |leader| leader.coins);
    let thanked = tab.thanked.toggle(mark);
    let words = if thanked { "thanked" } else { "still to thank:" };
    let name = tab.names.label(&from);
    let given = format!("{} {} in all", number::count(total), glyphs::GIFT);
    app.notify(format!("{words} {name}: {gift} {} {given}", glyphs::DOT));
}

fn tick_off_question(app: &mut App) -> UpdateOutcome {
    let words = match app.tab_mut().and_then(questions::tick_off) {
        Some((question, true)) => format!("answered: {question}"),
        Some((question, false)) => format!("open again: {question}"),
        None => "no question is open".to_owned(),
    };
    app.notify(words);
    UpdateOutcome::dirty()
}
