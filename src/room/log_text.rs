//! Rows of the log that are nothing but their words: what changes no state.

use super::chatlog::{LogLine, Topic};
use crate::events::{
    Announcement, Barrage, Control, ControlAction, Envelope, Intro, MinorEvent, Moderation, ModerationKind, Notice,
    NoticeKind, Rank, RankKind, Shop,
};
use crate::text::Text;

/// The row of a control message.
pub(super) fn control(control: &Control) -> LogLine {
    LogLine::Control(control_words(control))
}

/// The row of the host's welcome line, where it has words.
pub(super) fn intro(intro: &Intro) -> Option<LogLine> {
    (!intro.text.is_empty()).then(|| LogLine::Intro(intro.text.clone()))
}

/// The row of a notice, where it has words.
pub(super) fn notice(notice: &Notice) -> Option<LogLine> {
    (!notice.text.is_empty()).then(|| LogLine::Notice { kind: notice.kind, text: notice.text.clone() })
}

/// The row of a chest that appears.
pub(super) fn envelope(envelope: &Envelope) -> Option<LogLine> {
    envelope.shown.then(|| LogLine::Envelope {
        from: envelope.from.clone(),
        coins: envelope.coins,
        winners: envelope.winners,
        opens_at: envelope.opens_at,
    })
}

/// The row of a banner for one viewer, where it has words.
pub(super) fn barrage(barrage: &Barrage) -> Option<LogLine> {
    (!barrage.text.is_empty()).then(|| LogLine::Barrage { kind: barrage.kind, text: barrage.text.clone() })
}

/// The row of a message of TikTok's moderation.
pub(super) fn moderation(moderation: &Moderation) -> LogLine {
    LogLine::Notice { kind: NoticeKind::Moderation, text: moderation_words(moderation) }
}

/// The row of a sentence for many rooms, where it has words.
pub(super) fn announcement(announcement: &Announcement) -> Option<LogLine> {
    told(Topic::Announcement, announcement.text.clone())
}

/// The row of a place in a ranking, where it is a person's.
pub(super) fn rank(rank: &Rank) -> Option<LogLine> {
    told(Topic::Rank, rank_words(rank))
}

/// The row of the host's shop, where it shows something.
pub(super) fn shop(shop: &Shop) -> Option<LogLine> {
    told(Topic::Shop, shop_words(shop))
}

/// The row of a minor event, where it has words for people.
pub(super) fn minor(event: &MinorEvent) -> Option<LogLine> {
    told(Topic::Note, minor_words(event))
}

fn told(topic: Topic, text: Text) -> Option<LogLine> {
    (!text.is_empty()).then_some(LogLine::Told { topic, text })
}

fn control_words(control: &Control) -> Text {
    let what = match control.action {
        ControlAction::Paused => "The host paused the live".to_owned(),
        ControlAction::Resumed => "The host is back".to_owned(),
        ControlAction::Ended => "The host ended the live".to_owned(),
        ControlAction::Suspended => "TikTok ended the live".to_owned(),
        ControlAction::Other(number) => format!("The live changed in a way we do not know ({number})"),
    };
    if control.tips.is_empty() { Text::from(what) } else { Text::from(format!("{what}: {}", control.tips)) }
}

fn moderation_words(told: &Moderation) -> Text {
    if !told.text.is_empty() {
        return told.text.clone();
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
    Text::from(format!("{what}{why}"))
}

/// The room's own places stand beside the talk; a row for every step of them would flood it.
fn rank_words(rank: &Rank) -> Text {
    if rank.kind == RankKind::Room { Text::default() } else { rank.text.clone() }
}

fn shop_words(shop: &Shop) -> Text {
    match (shop.title.is_empty(), shop.price.is_empty(), shop.products) {
        (false, true, _) => shop.title.clone(),
        (false, false, _) => Text::from(format!("{} {}", shop.title, shop.price)),
        (true, _, Some(products @ 1..)) => Text::from(format!("{products} products")),
        (true, ..) => Text::default(),
    }
}

/// The latency probe has the region of the prober for a text: nobody wants to read that.
fn minor_words(show: &MinorEvent) -> Text {
    if show.name == "msg_detect" { Text::default() } else { show.text.clone() }
}
