//! What the log says about a battle.

use super::{Battle, Side};
use crate::events::{BattleKind, BattleResult, Host};

/// "Battle with @ben begins, 5:00".
pub(super) fn start(battle: &Battle, seconds: u64) -> String {
    // The service plans 301 s for five minutes.
    let seconds = seconds - seconds % 5;
    match seconds {
        0 => format!("{} begins", title(battle)),
        _ => format!("{} begins, {}:{:02}", title(battle), seconds / 60, seconds % 60),
    }
}

/// For somebody who comes in late.
pub(super) fn running(battle: &Battle) -> String {
    format!("{} is running", title(battle))
}

/// "Won 12 430 : 8 911".
pub(super) fn result(battle: &Battle) -> String {
    let word = match outcome(&battle.sides) {
        Some(BattleResult::Won) => "Won",
        Some(BattleResult::Lost) => "Lost",
        Some(BattleResult::Draw) => "Draw",
        None => "Battle over,",
    };
    format!("{word} {}", points(battle))
}

/// "Battle cut short at 120 : 40".
pub(super) fn cut_short(battle: &Battle) -> String {
    format!("Battle cut short at {}", points(battle))
}

/// How it ended for us: as told, else by the points.
fn outcome(sides: &[Side]) -> Option<BattleResult> {
    let (ours, theirs) = sides.split_first().filter(|(first, _)| first.ours)?;
    let best = theirs.iter().map(|side| side.points).max()?;
    Some(ours.result.unwrap_or(match ours.points.cmp(&best) {
        std::cmp::Ordering::Greater => BattleResult::Won,
        std::cmp::Ordering::Less => BattleResult::Lost,
        std::cmp::Ordering::Equal => BattleResult::Draw,
    }))
}

fn title(battle: &Battle) -> String {
    let others: Vec<String> =
        battle.sides.iter().filter(|side| !side.ours).flat_map(|side| &side.hosts).filter_map(name).collect();
    let title = if battle.kind == BattleKind::Teams { "Team battle" } else { "Battle" };
    if others.is_empty() { title.to_owned() } else { format!("{title} with {}", others.join(", ")) }
}

fn name(host: &Host) -> Option<String> {
    if host.unique_id.is_empty() {
        return (!host.nickname.is_empty()).then(|| host.nickname.to_string());
    }
    Some(format!("@{}", host.unique_id))
}

fn points(battle: &Battle) -> String {
    let points: Vec<String> = battle.sides.iter().map(|side| grouped(side.points)).collect();
    points.join(" : ")
}

/// Digits in groups of three: `12 430`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!(["0", "999", "1 000", "12 430", "1 234 567"], [0, 999, 1_000, 12_430, 1_234_567].map(grouped)[..]);
    }
}
