//! Battle pane: who leads, by how much, how fast, and who gives the points.
//!
//! ```text
//! ── Battle ─────────────────────────────────────────────────────────────────────────────────── 1:47 left ──
//!  ana.live  12 430  ███████████████████████████████████████▌░░░░░░░░░░░░░░░░░░░░░░░░░  8 911  ben
//!  +3 519 ahead · you 41/s, they 66/s · they pass you in 2:20, after the end · carried by mia, Kit, Joon
//! ```

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Pane, PaneId};
use crate::clock::Moment;
use crate::events::{BattleResult, ItemKind};
use crate::room::{Battle, BattlePhase, CardEffect, Room, Side};
use crate::text::clip;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout::{PanePlace, Plan};
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::view::Cache;
use crate::tui::widgets::{paint, split_bar, wrap};
use crate::tui::{glyphs, number};

/// Longest name of a side, in columns.
const NAME_COLUMNS: usize = 16;

/// The battle.
pub(super) struct BattlePane;

impl Pane for BattlePane {
    fn title(&self) -> &'static str {
        "Battle"
    }

    fn help(&self) -> &'static str {
        "who leads a battle, by how much and who carries it"
    }

    fn place(&self) -> PanePlace {
        PanePlace::Below { rows: 3, strip: 2 }
    }

    fn is_wanted(&self, tab: &Tab, now: Moment) -> bool {
        tab.shows_battle(now)
    }

    fn draw(&self, app: &App, tab: &Tab, plan: &Plan, _cache: &mut Cache, buf: &mut Buffer) {
        view(app, &tab.room, buf, plan.area(PaneId::Battle));
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Zoom]
    }
}

/// Draws the pane; two rows are drawn without a title.
fn view(app: &App, room: &Room, buf: &mut Buffer, area: Rect) {
    let Some(battle) = &room.battle else {
        let words = "no battle";
        return paint::left(buf, super::inset(area), 0, &Line::styled(words, app.theme.style(ColorRole::Dim)));
    };
    let left = battle.left(room.skew_ms.unwrap_or(0), app.now);
    let timer = timer(battle, left);
    let (area, inline) = if area.height >= 3 {
        (super::titled(app, buf, area, PaneId::Battle, "Battle", &Line::raw(timer)), String::new())
    } else {
        (area, timer)
    };
    let area = super::inset(area);
    score(app, battle, &inline, buf, area);
    let words = words(battle, left);
    let lines = wrap::wrap(&words, area.width.into(), area.width.into());
    let room_left = area.height.saturating_sub(1);
    for (row, line) in (1..).zip(lines.iter().take(room_left.into())) {
        let cut = row == room_left && lines.len() > room_left.into();
        let text = if cut { clip(&words, area.width.into()) } else { (*line).into() };
        paint::left(buf, area, row, &Line::styled(text, app.theme.style(ColorRole::Dim)));
    }
}

fn timer(battle: &Battle, left: Duration) -> String {
    match battle.phase {
        BattlePhase::Running if left.is_zero() => "running".into(),
        BattlePhase::Running => format!("{} left", number::countdown(left)),
        BattlePhase::Punish if left.is_zero() => "forfeit".into(),
        BattlePhase::Punish => format!("forfeit {}", number::countdown(left)),
        BattlePhase::Over if battle.cut_short => "cut short".into(),
        BattlePhase::Over => "over".into(),
    }
}

/// Our side and the strongest of the others.
fn opponents(battle: &Battle) -> (Option<&Side>, Option<&Side>) {
    let ours = battle.sides.iter().find(|side| side.ours).or(battle.sides.first());
    let others = battle.sides.iter().filter(|side| ours.is_none_or(|ours| !std::ptr::eq(*side, ours)));
    (ours, others.max_by_key(|side| side.points))
}

/// Names of the hosts of a side.
fn name(side: Option<&Side>) -> String {
    let Some(side) = side else { return "?".into() };
    let hosts: Vec<&str> = side
        .hosts
        .iter()
        .map(|host| {
            [&host.nickname, &host.unique_id]
                .into_iter()
                .find(|name| !name.is_empty())
                .map_or("?", |name| name.as_str())
        })
        .collect();
    let all = if hosts.is_empty() { "?".into() } else { hosts.join(" + ") };
    clip(&all, NAME_COLUMNS).into_owned()
}

fn score(app: &App, battle: &Battle, timer: &str, buf: &mut Buffer, area: Rect) {
    let (a, b) = (app.theme.style(ColorRole::SideA), app.theme.style(ColorRole::SideB));
    let (ours, theirs) = opponents(battle);
    let (our_points, their_points) = (ours.map_or(0, |side| side.points), theirs.map_or(0, |side| side.points));
    let head = Line::from(vec![Span::styled(name(ours), a), Span::raw(format!("  {}  ", number::full(our_points)))]);
    let mut tail =
        Line::from(vec![Span::raw(format!("  {}  ", number::full(their_points))), Span::styled(name(theirs), b)]);
    if !timer.is_empty() {
        tail.spans.push(Span::styled(format!("  {timer}"), app.theme.style(ColorRole::Accent)));
    }
    paint::left(buf, area, 0, &head);
    paint::right(buf, area, 0, &tail);
    let used = paint::columns(&head) + paint::columns(&tail);
    if used < area.width {
        let field = Rect { x: area.x + paint::columns(&head), width: area.width - used, ..area };
        paint::left(buf, field, 0, &split_bar::bar(our_points, their_points, field.width, (a, b)));
    }
}

fn words(battle: &Battle, left: Duration) -> String {
    let (Some(ours), Some(theirs)) = opponents(battle) else { return "the other side is not known yet".into() };
    let mut words = vec![standing(battle, ours, theirs)];
    if battle.phase == BattlePhase::Running {
        words.push(format!("you {}/s, they {}/s", number::count(ours.pace), number::count(theirs.pace)));
        words.extend(forecast(ours, theirs, left));
        words.extend(battle.effects.iter().filter_map(effect));
    }
    if battle.sides.len() > 2 {
        let others = battle.sides.iter().filter(|side| !std::ptr::eq(*side, ours) && !std::ptr::eq(*side, theirs));
        words.extend(others.map(|side| format!("{} {}", name(Some(side)), number::full(side.points))));
    }
    let carriers: Vec<&str> =
        ours.supporters.iter().map(|one| one.nickname.as_str()).filter(|name| !name.is_empty()).collect();
    if !carriers.is_empty() {
        words.push(format!("carried by {}", carriers.join(", ")));
    }
    words.join(&format!(" {} ", glyphs::DOT))
}

fn standing(battle: &Battle, ours: &Side, theirs: &Side) -> String {
    let distance = number::full(ours.points.abs_diff(theirs.points));
    let over = battle.phase != BattlePhase::Running;
    match (ours.result.filter(|_| over), ours.points.cmp(&theirs.points)) {
        (Some(BattleResult::Won), _) => format!("won by {distance}"),
        (Some(BattleResult::Lost), _) => format!("lost by {distance}"),
        (Some(BattleResult::Draw), _) => "a draw".into(),
        (None, std::cmp::Ordering::Greater) => format!("+{distance} ahead"),
        (None, std::cmp::Ordering::Less) => format!("{}{distance} behind", glyphs::MINUS),
        (None, std::cmp::Ordering::Equal) => "even".into(),
    }
}

/// A card that works now: "glove ×5 by mia".
fn effect(effect: &CardEffect) -> Option<String> {
    let card = match effect.kind {
        ItemKind::Glove if effect.multiplier > 1 => format!("glove {}{}", glyphs::TIMES, effect.multiplier),
        ItemKind::Glove => "glove".into(),
        ItemKind::Mist => "mist".into(),
        _ => return None,
    };
    let by = effect.by.as_ref().map(|by| by.nickname.as_str()).filter(|by| !by.is_empty());
    Some(by.map_or(card.clone(), |by| format!("{card} by {by}")))
}

/// When the side behind passes the side ahead, if both keep their pace; nothing when it never does.
fn forecast(ours: &Side, theirs: &Side, left: Duration) -> Option<String> {
    let behind = ours.points < theirs.points;
    let (chaser, leader) = if behind { (ours, theirs) } else { (theirs, ours) };
    let closing = chaser.pace.checked_sub(leader.pace).filter(|&closing| closing > 0)?;
    let after = Duration::from_secs(leader.points.abs_diff(chaser.points) / closing);
    let who = if behind { "you pass them" } else { "they pass you" };
    let late = if !left.is_zero() && after > left { ", after the end" } else { "" };
    (after < Duration::from_secs(3_600)).then(|| format!("{who} in {}{late}", number::duration(after)))
}
