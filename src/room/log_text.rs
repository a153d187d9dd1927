//! Rows of the log that are nothing but their words: what changes no state.

use super::chatlog::{LogLine, Topic};
use crate::events::{
    Control, ControlAction, EventKind, MinorEvent, Moderation, ModerationKind, NoticeKind, Rank, RankKind, Shop,
};
use crate::text::Text;

/// The row of an event, where it has words for one.
pub(super) fn row(kind: &EventKind) -> Option<LogLine> {
    Some(match kind {
        EventKind::Control(control) => LogLine::Control(control_words(control)),
        EventKind::Intro(intro) if !intro.text.is_empty() => LogLine::Intro(intro.text.clone()),
        EventKind::Notice(notice) if !notice.text.is_empty() => {
            LogLine::Notice { kind: notice.kind, text: notice.text.clone() }
        }
        EventKind::Envelope(envelope) if envelope.shown => LogLine::Envelope {
            from: envelope.from.clone(),
            coins: envelope.coins,
            winners: envelope.winners,
            opens_at: envelope.opens_at,
        },
        EventKind::Barrage(barrage) if !barrage.text.is_empty() => {
            LogLine::Barrage { kind: barrage.kind, text: barrage.text.clone() }
        }
        EventKind::Moderation(told) => LogLine::Notice { kind: NoticeKind::Moderation, text: moderation_words(told) },
        kind => {
            let (topic, text) = told(kind)?;
            LogLine::Told { topic, text }
        }
    })
}

fn told(kind: &EventKind) -> Option<(Topic, Text)> {
    let (topic, text) = match kind {
        EventKind::Announcement(told) => (Topic::Announcement, told.text.clone()),
        EventKind::Rank(rank) => (Topic::Rank, rank_words(rank)),
        EventKind::Shop(shop) => (Topic::Shop, shop_words(shop)),
        EventKind::Minor(show) => (Topic::Note, minor_words(show)),
        _ => return None,
    };
    (!text.is_empty()).then_some((topic, text))
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
