//! Sentences of the log for what is neither talk nor a gift: what the room, TikTok and the host's own things did.

use crate::events::{
    BattleItem, BattleKind, BattleResult, Control, ControlAction, GoalPart, Host, ItemKind, LinkScene, Moderation,
    ModerationKind, PollOption, QuestionChange, Shop, TaskOutcome, Viewer,
};
use crate::room::{BattleNews, GuestNews};
use crate::text::Text;
use crate::tui::{glyphs, number};

/// A battle: "Battle with @ben begins, 5:00", "Won 12 430 : 8 911".
pub(super) fn battle(news: &BattleNews) -> String {
    match news {
        BattleNews::Begun { kind, others, seconds } => {
            let title = battle_title(*kind, others);
            // The service plans 301 s for five minutes.
            match seconds - seconds % 5 {
                0 => format!("{title} begins"),
                seconds => format!("{title} begins, {}:{:02}", seconds / 60, seconds % 60),
            }
        }
        BattleNews::Running { kind, others } => format!("{} is running", battle_title(*kind, others)),
        BattleNews::Over { result, points } => {
            let word = match result {
                Some(BattleResult::Won) => "Won",
                Some(BattleResult::Lost) => "Lost",
                Some(BattleResult::Draw) => "Draw",
                None => "Battle over,",
            };
            format!("{word} {}", battle_points(points))
        }
        BattleNews::CutShort { points } => format!("Battle cut short at {}", battle_points(points)),
        BattleNews::Item(item) => format!("{}{}", item.text, battle_item(item)),
        BattleNews::TaskBegun => "Speed challenge begins".to_owned(),
        BattleNews::TaskOver(TaskOutcome::Succeeded) => "Speed challenge done".to_owned(),
        BattleNews::TaskOver(TaskOutcome::Failed) => "Speed challenge failed".to_owned(),
        BattleNews::TaskOver(TaskOutcome::BothSucceeded) => "Speed challenge done by both sides".to_owned(),
    }
}

fn battle_title(kind: BattleKind, others: &[Host]) -> String {
    let name = |host: &Host| {
        if host.unique_id.is_empty() {
            return (!host.nickname.is_empty()).then(|| host.nickname.to_string());
        }
        Some(format!("@{}", host.unique_id))
    };
    let others: Vec<String> = others.iter().filter_map(name).collect();
    let title = if kind == BattleKind::Teams { "Team battle" } else { "Battle" };
    if others.is_empty() { title.to_owned() } else { format!("{title} with {}", others.join(", ")) }
}

fn battle_points(points: &[u64]) -> String {
    points.iter().map(|&points| number::full(points)).collect::<Vec<_>>().join(" : ")
}

/// What a card does, behind the service's sentence.
fn battle_item(item: &BattleItem) -> String {
    match item.kind {
        ItemKind::Glove if item.multiplier > 1 => {
            format!(" ({}{} for {} s)", glyphs::TIMES, item.multiplier, item.seconds)
        }
        ItemKind::Mist if item.seconds > 0 => format!(" (for {} s)", item.seconds),
        ItemKind::ExtraTime if item.extra_seconds > 0 => format!(" (+{} s)", item.extra_seconds),
        _ => String::new(),
    }
}

/// A poll that begins, with what can be voted for; one that is over, with its result.
pub(super) fn poll(over: bool, title: &Text, options: &[PollOption]) -> String {
    let title = if title.is_empty() { String::new() } else { format!("{title}: ") };
    let option = |option: &PollOption| {
        if over { format!("{} {}", option.text, option.votes) } else { option.text.to_string() }
    };
    let options = options.iter().map(option).collect::<Vec<_>>().join(&format!(" {} ", glyphs::DOT));
    let label = if over { "over: " } else { "" };
    format!("{label}{title}{options}")
}

/// A goal that is new, or reached: "A new guitar string (Rose 62/100)".
pub(super) fn goal(reached: bool, text: &Text, parts: &[GoalPart]) -> String {
    let label = if reached { "reached: " } else { "" };
    let parts = parts.iter().map(|part| format!("{} {}/{}", part.label(), part.progress, part.target));
    let parts = parts.collect::<Vec<_>>().join(", ");
    if text.is_empty() { format!("{label}{parts}") } else { format!("{label}{text} ({parts})") }
}

/// A pinned message, whose it is first.
pub(super) fn pin(name: &str, text: &Text) -> String {
    format!("{name}: {text}")
}

/// A question with who asked it.
pub(super) fn question(text: &Text, from: &Viewer) -> String {
    format!("{text} {} asked by {}", glyphs::DASH, from.name())
}

/// What became of a question, or of all of them.
pub(super) fn question_update(change: QuestionChange, text: &Text, from: Option<&Viewer>) -> String {
    let asked = || from.map_or_else(|| text.to_string(), |from| question(text, from));
    match change {
        QuestionChange::Shown => format!("now: {}", asked()),
        QuestionChange::Answered => format!("answered: {}", asked()),
        QuestionChange::Deleted => format!("deleted: {}", asked()),
        QuestionChange::TurnedOn => "questions are open".to_owned(),
        QuestionChange::TurnedOff => "questions are closed".to_owned(),
    }
}

/// Who came to sit beside the host, or left.
pub(super) fn guests(news: &GuestNews) -> String {
    match news {
        GuestNews::Closed => "the line was closed".to_owned(),
        GuestNews::Left(name) => format!("{name} left"),
        GuestNews::Came { scene, names } => {
            let what = if *scene == LinkScene::CoHost { "co-host" } else { "guest" };
            let many = if names.len() > 1 { "s" } else { "" };
            format!("{what}{many}: {}", names.iter().map(Text::as_str).collect::<Vec<_>>().join(", "))
        }
    }
}

/// The host's shop: the product shown, else how many there are.
pub(super) fn shop(shop: &Shop) -> String {
    match (shop.title.is_empty(), shop.price.is_empty()) {
        (false, true) => shop.title.to_string(),
        (false, false) => format!("{} {}", shop.title, shop.price),
        (true, _) => format!("{} products", shop.products.unwrap_or(0)),
    }
}

/// Pause, resume, end.
pub(super) fn control(control: &Control) -> String {
    let what = match control.action {
        ControlAction::Paused => "The host paused the live".to_owned(),
        ControlAction::Resumed => "The host is back".to_owned(),
        ControlAction::Ended => "The host ended the live".to_owned(),
        ControlAction::Suspended => "TikTok ended the live".to_owned(),
        ControlAction::Other(number) => format!("The live changed in a way we do not know ({number})"),
    };
    if control.tips.is_empty() { what } else { format!("{what}: {}", control.tips) }
}

/// TikTok's moderation: its own words, else what it did and why.
pub(super) fn moderation(told: &Moderation) -> String {
    if !told.text.is_empty() {
        return told.text.to_string();
    }
    let why: Vec<&str> =
        [&told.scene, &told.reason].into_iter().map(Text::as_str).filter(|word| !word.is_empty()).collect();
    let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join(", ")) };
    let what = match told.kind {
        ModerationKind::AccessRecall => "TikTok changed who may watch",
        ModerationKind::Perception => "TikTok warned or punished somebody here",
        ModerationKind::RoomVerify if told.closes => "TikTok closed the room to unverified viewers",
        ModerationKind::RoomVerify => "TikTok checks this live",
        ModerationKind::AccessControl => "TikTok asks viewers for a captcha",
    };
    format!("{what}{why}")
}
