//! Rows of the log for events that change no state: which of them are worth one, and what of them it carries.

use super::chatlog::{LogLine, Topic};
use crate::events::{
    Announcement, Barrage, Control, Envelope, Intro, MinorEvent, Moderation, Notice, NoticeKind, Rank, RankKind, Shop,
};
use crate::text::Text;

/// The row of a control message.
pub(super) fn control(control: &Control) -> LogLine {
    LogLine::Control(control.clone())
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
    LogLine::Moderation(Box::new(moderation.clone()))
}

/// The row of a sentence for many rooms, where it has words.
pub(super) fn announcement(announcement: &Announcement) -> Option<LogLine> {
    service_text(Topic::Announcement, &announcement.text)
}

/// The row of a place in a ranking, where it is a person's: the room's own places stand beside the talk, and a row for
/// every step of them would flood it.
pub(super) fn rank(rank: &Rank) -> Option<LogLine> {
    if rank.kind == RankKind::Room { None } else { service_text(Topic::Rank, &rank.text) }
}

/// The row of the host's shop, where it shows something.
pub(super) fn shop(shop: &Shop) -> Option<LogLine> {
    let shows = !shop.title.is_empty() || shop.products.is_some_and(|products| products > 0);
    shows.then(|| LogLine::Shop(shop.clone()))
}

/// The row of a minor event, where it has words for people. The latency probe has the region of the prober for a text:
/// nobody wants to read that.
pub(super) fn minor(event: &MinorEvent) -> Option<LogLine> {
    if event.name == "msg_detect" { None } else { service_text(Topic::Note, &event.text) }
}

/// The text of a row that the service tells anew at each entry, so that one of it is enough for a live.
pub(super) fn repeated_text(line: &LogLine) -> Option<&str> {
    match line {
        LogLine::Intro(text)
        | LogLine::Notice { kind: NoticeKind::Welcome | NoticeKind::Room, text }
        | LogLine::ServiceText { topic: Topic::Note | Topic::Announcement, text } => Some(text.as_str()),
        LogLine::Shop(shop) => Some(shop.title.as_str()).filter(|title| !title.is_empty()),
        _ => None,
    }
}

fn service_text(topic: Topic, text: &Text) -> Option<LogLine> {
    (!text.is_empty()).then(|| LogLine::ServiceText { topic, text: text.clone() })
}
