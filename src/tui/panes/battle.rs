//! Battle pane: who leads, by how much, how fast, and who gives the points.
//!
//! ```text
//! ── Battle ─────────────────────────────────────────────────────────────────────────────────── 1:47 left ──
//!     ▄▄▄  ▄▄▄  ▄  ▄▄▄   ana.live  12 430  █████████████████████████▌░░░░░░░░░░░░░░░░░  8 911  ben
//! ▄█▄ ▄▄█  █▄▄ ▀█  █▄█   ahead · ana.live 41/s · ben 60–66/s · too close to call · glove ×3 0:12
//!  ▀  ▄▄█  ▄▄█ ▄█▄ ▄▄█   carried by mia, Kit, Joon
//! ```
//!
//! Where there is no room for large digits the distance stands before the other words: `+3 519 ahead`.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{Pane, PaneId};
use crate::clock::Moment;
use crate::events::{BattleResult, Host, ItemKind};
use crate::room::{Battle, BattlePhase, CardEffect, Room, RoomMarkKind, Side};
use crate::text::clip;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::freshness::Freshness;
use crate::tui::layout::{PanePlace, Plan};
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::view::Cache;
use crate::tui::widgets::{big_number, paint, split_bar};
use crate::tui::{glyphs, number};

/// Longest name of a side, in columns.
const NAME_COLUMNS: usize = 16;
/// A side whose name no message has told yet.
const UNNAMED: &str = "opponent";

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
        PanePlace::Below { roomy: 4, rows: 3, strip: 2 }
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
    let battle = &named(app, room, battle);
    let left = battle.left(room.skew_ms.unwrap_or(0), app.now);
    let timer = timer(app, battle, left);
    let (area, inline) = if area.height >= 3 {
        (super::titled(app, buf, area, PaneId::Battle, "Battle", &[Line::from(timer)]), Span::default())
    } else {
        (area, timer)
    };
    let mut area = super::inset(area);
    let large = distance(app, battle, buf, area);
    if large > 0 {
        area = Rect { x: area.x + large, width: area.width - large, ..area };
    }
    score(app, battle, &inline, buf, area);
    let words = words(app, room, battle, left, large > 0);
    let below = super::below(area, 1);
    for (row, line) in (0..).zip(paint::flow(&words, &super::separator(app), below.width, below.height)) {
        paint::left(buf, below, row, &line);
    }
}

/// The battle with names for those that no message named: our own host is known anyway, others perhaps as co-hosts, or from their
/// own room where that is watched too.
fn named(app: &App, room: &Room, battle: &Battle) -> Battle {
    let mut battle = battle.clone();
    let nameless = |host: &&mut Host| host.nickname.is_empty() && host.unique_id.is_empty();
    for side in &mut battle.sides {
        if side.ours && side.hosts.is_empty() {
            side.hosts.push(room.host.clone());
        }
        for host in side.hosts.iter_mut().filter(nameless) {
            let seated = || room.board.guests.list.iter().find(|guest| guest.id.is_some() && guest.id == host.id);
            if side.ours || host.id.is_some() && host.id == room.host.id {
                (host.nickname, host.unique_id) = (room.host.nickname.clone(), room.host.unique_id.clone());
            } else if let Some(guest) = seated() {
                (host.nickname, host.unique_id) = (guest.name.clone(), guest.unique_id.clone());
            } else if let Some(tab) = app.tabs.iter().find(|tab| host.id.is_some() && tab.room.host.id == host.id) {
                (host.nickname, host.unique_id) = (tab.room.host.nickname.clone(), tab.room.host.unique_id.clone());
            }
        }
    }
    battle
}

/// The distance in large digits at the left of the pane, where there is room for them; the columns that they take.
fn distance(app: &App, battle: &Battle, buf: &mut Buffer, area: Rect) -> u16 {
    /// Columns that are kept for the bar and the words, and those between the two.
    const KEPT: u16 = 60;
    const BETWEEN: u16 = 3;
    let (Some(ours), Some(theirs)) = opponents(battle) else { return 0 };
    let (sign, role) = match ours.points.cmp(&theirs.points) {
        std::cmp::Ordering::Greater => ("+", ColorRole::Good),
        std::cmp::Ordering::Less => (glyphs::MINUS, ColorRole::Bad),
        std::cmp::Ordering::Equal => ("", ColorRole::Text),
    };
    let number = format!("{sign}{}", number::full(ours.points.abs_diff(theirs.points)));
    let wide = big_number::columns(&number);
    if app.screen.ascii || area.height < big_number::ROWS || area.width < wide + BETWEEN + KEPT {
        return 0;
    }
    for (row, line) in (0..).zip(big_number::lines(&number, app.theme.style(role))) {
        paint::fitting(buf, area, row, &line);
    }
    wide + BETWEEN
}

/// What is left, or what the battle came to; the last seconds call.
fn timer(app: &App, battle: &Battle, left: Duration) -> Span<'static> {
    const LAST: Duration = Duration::from_secs(10);
    let calls = battle.phase == BattlePhase::Running && !left.is_zero() && left <= LAST;
    Span::styled(timer_words(battle, left), app.theme.style(if calls { ColorRole::Warn } else { ColorRole::Accent }))
}

fn timer_words(battle: &Battle, left: Duration) -> String {
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
pub(in crate::tui) fn opponents(battle: &Battle) -> (Option<&Side>, Option<&Side>) {
    let ours = battle.sides.iter().find(|side| side.ours).or(battle.sides.first());
    let others = battle.sides.iter().filter(|side| ours.is_none_or(|ours| !std::ptr::eq(*side, ours)));
    (ours, others.max_by_key(|side| side.points))
}

/// Names of the hosts of a side.
fn name(side: Option<&Side>) -> String {
    let Some(side) = side else { return UNNAMED.into() };
    let hosts: Vec<&str> = side
        .hosts
        .iter()
        .map(|host| {
            [&host.nickname, &host.unique_id]
                .into_iter()
                .find(|name| !name.is_empty())
                .map_or(UNNAMED, |name| name.as_str())
        })
        .collect();
    let all = if hosts.is_empty() { UNNAMED.into() } else { hosts.join(" + ") };
    clip(&all, NAME_COLUMNS).into_owned()
}

/// Names, points and the bar between them. Where there is little room the names go first and the bar after them: the points
/// of both sides are what everybody looks for.
fn score(app: &App, battle: &Battle, timer: &Span<'static>, buf: &mut Buffer, area: Rect) {
    /// Columns of a name, and whether there are a bar and the time, from much room to little.
    const FORMS: [(usize, bool, bool); 6] = [
        (NAME_COLUMNS, true, true),
        (10, true, true),
        (6, true, true),
        (0, true, true),
        (0, false, true),
        (0, false, false),
    ];
    const SHORTEST_BAR: u16 = 6;
    let (a, b) = (app.theme.style(ColorRole::SideA), app.theme.style(ColorRole::SideB));
    let (ours, theirs) = opponents(battle);
    let points = [ours, theirs].map(|side| side.map_or(0, |side| side.points));
    let [our_points, their_points] = points;
    let strong = app.theme.style(ColorRole::Text).add_modifier(Modifier::BOLD);
    for (columns, bar, timed) in FORMS {
        let named = |side| clip(&name(side), columns).into_owned();
        let mut head = vec![Span::styled(named(ours), a)];
        let mut tail = vec![Span::styled(named(theirs), b)];
        if columns > 0 {
            head.push(Span::raw("  "));
            tail.insert(0, Span::raw("  "));
        }
        head.push(Span::styled(number::full(our_points), strong));
        tail.insert(0, Span::styled(number::full(their_points), strong));
        if timed && !timer.content.is_empty() {
            tail.extend([Span::raw("  "), timer.clone()]);
        }
        let (head, tail) = (Line::from(head), Line::from(tail));
        let used = paint::columns(&head) + paint::columns(&tail);
        if used + if bar { SHORTEST_BAR + 4 } else { 3 } > area.width {
            continue;
        }
        paint::left(buf, area, 0, &head);
        paint::right(buf, area, 0, &tail);
        let between = Rect { x: area.x + paint::columns(&head), width: area.width - used, ..area };
        let field = Rect { x: between.x + 2, width: between.width.saturating_sub(4), ..between };
        if bar {
            paint::left(buf, field, 0, &split_bar::bar(our_points, their_points, field.width, app.theme));
        } else {
            paint::left(buf, between, 0, &Line::raw(" : "));
        }
        return;
    }
    let points = points.map(|points| Line::raw(number::full(points)));
    paint::left(buf, area, 0, &paint::items(&points, &Span::raw(":"), area.width));
}

/// What there is to say of it, most wanted first.
fn words(app: &App, room: &Room, battle: &Battle, left: Duration, large: bool) -> Vec<Line<'static>> {
    let dim = app.theme.style(ColorRole::Dim);
    let faint = |words: String| Line::styled(words, dim);
    let (Some(ours), Some(theirs)) = opponents(battle) else {
        return vec![faint("the other side is not known yet".into())];
    };
    let mut words = vec![Line::from(standing(app, battle, ours, theirs, large))];
    if battle.phase == BattlePhase::Running && Freshness::of(room, app.now).is_now() {
        words.extend(needed(ours, theirs, left).map(|need| Line::styled(need, app.theme.style(ColorRole::Warn))));
        words.push(faint(format!("{} {}", name(Some(ours)), pace_words(ours))));
        words.push(faint(format!("{} {}", name(Some(theirs)), pace_words(theirs))));
        words.extend(forecast(ours, theirs, left).map(faint));
        words.extend(battle.effects.iter().filter_map(|card| effect(room, card, app.now)).map(faint));
    }
    if battle.sides.len() > 2 {
        let others = battle.sides.iter().filter(|side| !std::ptr::eq(*side, ours) && !std::ptr::eq(*side, theirs));
        words.extend(others.map(|side| faint(format!("{} {}", name(Some(side)), number::full(side.points)))));
    }
    let known = theirs.hosts.iter().find_map(|host| app.remembered.opponents.get(&host.id?.0));
    if let Some(record) = known.filter(|record| record.met > 0) {
        let times = if record.met == 1 { "once".to_owned() } else { format!("{} times", record.met) };
        words.push(faint(format!("met {times} before, {} won", record.won)));
    }
    words.extend(results(room, battle).map(faint));
    let carriers: Vec<&str> =
        ours.supporters.iter().map(|one| one.nickname.as_str()).filter(|name| !name.is_empty()).collect();
    if !carriers.is_empty() {
        words.push(faint(format!("carried by {}", carriers.join(", "))));
    }
    words
}

/// How the battles before this one ended, the last one at the end.
fn results(room: &Room, battle: &Battle) -> Option<String> {
    /// Runs of one result that are told.
    const MOST: usize = 3;
    // The end of this one is told already.
    let skipped = usize::from(battle.phase != BattlePhase::Running);
    let ended = room.marks.iter().rev().filter_map(|mark| match mark.kind {
        RoomMarkKind::BattleEnded(result) => Some(match result {
            Some(BattleResult::Won) => "won",
            Some(BattleResult::Lost) => "lost",
            Some(BattleResult::Draw) => "drawn",
            None => "cut short",
        }),
        _ => None,
    });
    let mut runs: Vec<(&str, u64)> = Vec::new();
    for result in ended.skip(skipped) {
        if let Some((last, times)) = runs.last_mut()
            && *last == result
        {
            *times += 1;
            continue;
        }
        if runs.len() == MOST {
            break;
        }
        runs.push((result, 1));
    }
    let words = runs.iter().rev().map(|(result, times)| {
        if *times > 1 { format!("{result} {}{times}", glyphs::TIMES) } else { (*result).to_owned() }
    });
    let words = words.collect::<Vec<_>>().join(", ");
    (!words.is_empty()).then(|| format!("before in this live: {words}"))
}

/// The distance with its sign, the word alone where it stands there `large`; red only where we are behind.
fn standing(app: &App, battle: &Battle, ours: &Side, theirs: &Side, large: bool) -> Span<'static> {
    let distance = number::full(ours.points.abs_diff(theirs.points));
    let over = battle.phase != BattlePhase::Running;
    let result = ours.result.filter(|_| over);
    let (words, role) = match (result, ours.points.cmp(&theirs.points)) {
        (Some(BattleResult::Won), _) => (format!("won by {distance}"), ColorRole::Good),
        (Some(BattleResult::Lost), _) => (format!("lost by {distance}"), ColorRole::Bad),
        (Some(BattleResult::Draw), _) => ("a draw".into(), ColorRole::Text),
        (None, std::cmp::Ordering::Greater) => (format!("+{distance} ahead"), ColorRole::Good),
        (None, std::cmp::Ordering::Less) => (format!("{}{distance} behind", glyphs::MINUS), ColorRole::Bad),
        (None, std::cmp::Ordering::Equal) => ("even".into(), ColorRole::Text),
    };
    let word = words.split(' ').find(|word| word.chars().all(char::is_alphabetic)).map(str::to_owned);
    let words = if large { word.unwrap_or(words) } else { words };
    Span::styled(words, app.theme.style(role).add_modifier(Modifier::BOLD))
}

/// Points a second, from the slower to the faster of the last half minute and the last ten seconds.
fn pace_words(side: &Side) -> String {
    let (slow, fast) = (side.pace.min(side.pace_now), side.pace.max(side.pace_now));
    if fast <= slow + slow / 4 + 1 {
        return format!("{}/s", number::count(side.pace));
    }
    format!("{}{}{}/s", number::count(slow), glyphs::NONE, number::count(fast))
}

/// A card that works now: "glove ×5 0:12 by mia".
fn effect(room: &Room, effect: &CardEffect, now: Moment) -> Option<String> {
    let card = match effect.kind {
        ItemKind::Glove if effect.multiplier > 1 => format!("glove {}{}", glyphs::TIMES, effect.multiplier),
        ItemKind::Glove => "glove".into(),
        ItemKind::Mist => "mist".into(),
        ItemKind::ExtraTime => "extra time".into(),
        _ => return None,
    };
    let left = room.until_server(effect.until, now);
    if left.is_zero() {
        return None;
    }
    let by = effect.by.as_ref().map(|by| by.nickname.as_str()).filter(|by| !by.is_empty());
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    Some(format!("{card} {}{by}", number::countdown(left)))
}

/// What the side of this room has to make to draw level by the end, while it is behind.
fn needed(ours: &Side, theirs: &Side, left: Duration) -> Option<String> {
    let gap = theirs.points.checked_sub(ours.points).filter(|&gap| gap > 0)?;
    let seconds = left.as_secs().max(1);
    let rate = gap.div_ceil(seconds).saturating_add(theirs.pace.max(theirs.pace_now));
    (!left.is_zero()).then(|| format!("need {}/s for {}", number::count(rate), number::countdown(left)))
}

/// Whether the side behind passes the side ahead before the end, by both paces. On a thin margin nothing is promised.
fn forecast(ours: &Side, theirs: &Side, left: Duration) -> Option<String> {
    /// So much of the time that is left a forecast may need: gifts come in bursts, most of them at the end.
    const SURE: f64 = 0.7;
    /// The chaser's gain of so many seconds is no lead.
    const THIN: u64 = 15;
    let behind = ours.points < theirs.points;
    let (chaser, leader) = if behind { (ours, theirs) } else { (theirs, ours) };
    let gap = leader.points.checked_sub(chaser.points).filter(|&gap| gap > 0 && !left.is_zero())?;
    let after = |chaser: u64, leader: u64| {
        let closing = chaser.checked_sub(leader).filter(|&closing| closing > 0)?;
        Some(Duration::from_secs(gap / closing))
    };
    let passes = [after(chaser.pace, leader.pace), after(chaser.pace_now, leader.pace_now)];
    if let [Some(one), Some(other)] = passes
        && one.max(other) <= left.mul_f64(SURE)
    {
        let (soon, late) = (number::duration(one.min(other)), number::duration(one.max(other)));
        let range = if soon == late { soon } else { format!("{soon}{}{late}", glyphs::NONE) };
        return Some(format!("at this pace {} passes in {range}", name(Some(chaser))));
    }
    let near = passes.iter().flatten().any(|&after| after <= left.mul_f64(2.0 - SURE));
    let thin = gap <= chaser.pace.max(chaser.pace_now).saturating_mul(THIN.min(left.as_secs().max(5)));
    (near || thin).then(|| "too close to call".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn side(points: u64, pace: u64, pace_now: u64) -> Side {
        let host = crate::events::Host { nickname: "ben".into(), ..Default::default() };
        Side { hosts: vec![host], points, pace, pace_now, ..Side::default() }
    }

    #[rstest]
    // Both paces pass well before the end: a range.
    #[case(side(1_000, 10, 10), side(600, 30, 50), 60, Some("at this pace ben passes in 0:10–0:20"))]
    // They would pass after the end by the half minute, before it by the last ten seconds.
    #[case(side(1_201, 10, 10), side(1_000, 12, 40), 11, Some("too close to call"))]
    // Nobody closes in, but one gift turns it.
    #[case(side(1_050, 10, 10), side(1_000, 8, 8), 40, Some("too close to call"))]
    #[case(side(9_000, 10, 10), side(1_000, 12, 14), 40, None)]
    #[case(side(9_000, 10, 10), side(9_000, 12, 14), 40, None)]
    #[case(side(9_000, 10, 10), side(1_000, 900, 900), 0, None)]
    fn nothing_is_promised_on_a_thin_margin(
        #[case] ours: Side,
        #[case] theirs: Side,
        #[case] left: u64,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(forecast(&ours, &theirs, Duration::from_secs(left)).as_deref(), expected);
    }

    #[test]
    fn who_is_behind_is_told_what_is_needed() {
        let needed = |ours, theirs| needed(&ours, &theirs, Duration::from_secs(38));
        assert_eq!(needed(side(1_000, 1, 1), side(1_380, 4, 2)).unwrap(), "need 14/s for 0:38");
        assert_eq!(needed(side(1_380, 1, 1), side(1_000, 4, 2)), None);
        assert_eq!((pace_words(&side(0, 40, 41)), pace_words(&side(0, 40, 90))), ("40/s".into(), "40–90/s".into()));
    }
}
