//! Occasion for a hook: one event, with what rules ask for and what calls hand on.

use serde_json::Value;

use crate::events::json::{self, JsonTally, LineContext};
use crate::events::{EventKind, Gift, RoomEvent, Viewer};
use crate::ids::RoomId;
use crate::room::GiftTotal;
use crate::text::counted;

/// An event as hooks see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Occasion {
    /// The `type` of its line.
    pub(super) kind: String,
    /// What the room is called, such as `@name`.
    pub(super) room: String,
    pub(super) room_id: Option<RoomId>,
    /// Backlog that was sent on entry.
    pub(super) history: bool,
    pub(super) person: Option<HookPerson>,
    /// What was said; empty where nothing was.
    pub(super) text: String,
    /// What was given.
    pub(super) gift: Option<HookGift>,
    /// What it is worth in coins, where it is worth some.
    pub(super) coins: Option<u64>,
    /// The line of `tiktop events`; that of a finished streak says all of the streak.
    pub(super) line: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HookPerson {
    pub(super) id: String,
    pub(super) unique_id: String,
    pub(super) nickname: String,
    pub(super) picture: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HookGift {
    pub(super) id: String,
    pub(super) name: String,
    /// Units so far.
    pub(super) count: u64,
    /// A step of a streak that goes on.
    pub(super) runs_on: bool,
    /// It ended with nothing new: no step, but the end.
    pub(super) adds: bool,
}

impl HookPerson {
    fn new(viewer: &Viewer) -> Self {
        Self {
            id: viewer.id.map(|id| id.to_string()).unwrap_or_default(),
            unique_id: viewer.unique_id.original().to_owned(),
            nickname: viewer.nickname.original().to_owned(),
            picture: viewer.picture.as_deref().unwrap_or_default().to_owned(),
        }
    }

    /// What to call them.
    pub(super) fn name(&self) -> &str {
        [&self.nickname, &self.unique_id].into_iter().find(|name| !name.is_empty()).map_or("someone", String::as_str)
    }

    /// Tells them from others.
    pub(super) fn key(&self) -> &str {
        if self.id.is_empty() { &self.unique_id } else { &self.id }
    }
}

impl Occasion {
    /// An event that is no gift.
    pub(super) fn of_event(context: &LineContext<'_>, event: &RoomEvent) -> Self {
        let coins = if let EventKind::Envelope(envelope) = &event.kind { Some(envelope.coins) } else { None };
        let text = said(&event.kind);
        Self {
            kind: event.kind.type_name().to_owned(),
            room: context.room.to_owned(),
            room_id: event.room_id.or(context.room_id),
            history: event.history,
            person: event.kind.person().map(HookPerson::new),
            text: text.to_owned(),
            gift: None,
            coins,
            line: json::line(context, event, None),
        }
    }

    /// A gift: a step of a streak, its end with all of it, or one that comes once.
    pub(super) fn of_gift(context: &LineContext<'_>, event: &RoomEvent, total: &GiftTotal) -> Self {
        let gift = Gift {
            from: total.from.clone(),
            to: total.to.clone(),
            gift: total.gift.clone(),
            count: total.units,
            group: total.group,
            coins: None,
            ends: total.ends,
        };
        let streak = match (total.runs, total.ends) {
            (false, _) => "none",
            (true, false) => "open",
            (true, true) => "closed",
        };
        let units = if total.is_final() { total.units } else { total.added };
        let diamonds = total.gift.diamonds.map(|price| price.saturating_mul(units));
        let tally = JsonTally { added: units, count: total.units, streak, diamonds };
        let of_message = event.kind.is_from_service();
        let event = RoomEvent {
            at: event.at,
            server_at: event.server_at,
            id: event.id.filter(|_| of_message),
            room_id: event.room_id,
            history: false,
            kind: EventKind::Gift(Box::new(gift)),
        };
        Self {
            kind: "gift".to_owned(),
            room: context.room.to_owned(),
            room_id: event.room_id.or(context.room_id),
            history: false,
            person: Some(HookPerson::new(&total.from)),
            text: String::new(),
            gift: Some(HookGift {
                id: total.gift.id.to_string(),
                name: total.gift.name.original().to_owned(),
                count: total.units,
                runs_on: !total.is_final(),
                adds: total.added > 0,
            }),
            coins: total.coins(),
            line: json::line(context, &event, Some(tally)),
        }
    }

    /// A line of `tiktop events`, for a dry run; nothing where it is none.
    pub(super) fn of_line(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kind = value.get("type")?.as_str()?.to_owned();
        let person = value.get("user").filter(|user| user.is_object()).map(|user| HookPerson {
            id: text(&user["id"]),
            unique_id: text(&user["unique_id"]),
            nickname: text(&user["nickname"]),
            picture: text(&user["picture"]),
        });
        let gift = (kind == "gift").then(|| {
            let facts = &value["gift"];
            HookGift {
                id: text(&facts["id"]),
                name: text(&facts["name"]),
                count: value["count"].as_u64().unwrap_or(0),
                runs_on: value["streak"] == "open",
                adds: value["added"].as_u64() != Some(0),
            }
        });
        let price = value["gift"]["diamonds"].as_u64();
        let coins = match &gift {
            Some(gift) => price.map(|price| price.saturating_mul(gift.count)),
            None => value["coins"].as_u64().filter(|_| kind == "envelope"),
        };
        Some(Self {
            room: text(&value["room"]),
            room_id: value["room_id"].as_str().and_then(|id| id.parse().ok()),
            history: value["history"] == true,
            person,
            text: if value["text"].is_string() { text(&value["text"]) } else { text(&value["reason"]) },
            gift,
            coins,
            line: line.to_owned(),
            kind,
        })
    }

    /// What happened, in a few words for people.
    pub(super) fn words(&self) -> String {
        let who = self.person.as_ref().map_or(self.room.as_str(), HookPerson::name);
        match (&self.gift, self.coins) {
            (Some(gift), Some(coins)) => {
                format!("{who} gives {} \u{d7} {} ({})", gift.count, gift.name, counted(coins, "coin", "coins"))
            }
            (Some(gift), None) => format!("{who} gives {} \u{d7} {}", gift.count, gift.name),
            _ if !self.text.is_empty() => format!("{who}: {}", self.text),
            _ => format!("{who}: {}", self.kind.replace('_', " ")),
        }
    }

    /// The fields of TikFinity's web hook, all of them texts.
    pub(super) fn form(&self) -> Vec<(&'static str, String)> {
        let person = self.person.clone().unwrap_or_default();
        let gift = self.gift.clone().unwrap_or_default();
        let coins = self.coins.map(|coins| coins.to_string()).unwrap_or_default();
        let count = if self.gift.is_some() { gift.count.to_string() } else { String::new() };
        let params = self.text.split_once(char::is_whitespace).map_or("", |(_, params)| params.trim());
        vec![
            ("value1", person.unique_id.clone()),
            ("value2", if self.gift.is_some() { gift.name.clone() } else { self.text.clone() }),
            ("value3", if self.gift.is_some() { coins.clone() } else { self.kind.clone() }),
            ("content", self.words()),
            ("avatar_url", person.picture),
            ("userId", person.id.clone()),
            ("username", person.unique_id),
            ("nickname", person.nickname),
            ("commandParams", params.to_owned()),
            ("giftId", gift.id),
            ("giftName", gift.name),
            ("coins", coins),
            ("repeatCount", count),
            ("triggerTypeId", self.kind.clone()),
            ("tikfinityUserId", person.id),
            ("token", String::new()),
        ]
    }

    /// What a program finds in its environment beside the line.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let person = self.person.clone().unwrap_or_default();
        let gift = self.gift.clone().unwrap_or_default();
        vec![
            ("TIKTOP_TYPE", self.kind.clone()),
            ("TIKTOP_ROOM", self.room.clone()),
            ("TIKTOP_USER", person.unique_id),
            ("TIKTOP_NAME", person.nickname),
            ("TIKTOP_TEXT", self.text.clone()),
            ("TIKTOP_GIFT", gift.name),
            ("TIKTOP_COUNT", gift.count.to_string()),
            ("TIKTOP_COINS", self.coins.unwrap_or(0).to_string()),
        ]
    }
}

/// What was said, where an event is something said.
fn said(kind: &EventKind) -> &str {
    match kind {
        EventKind::Chat(chat) => chat.text.original(),
        EventKind::Question(question) => question.text.original(),
        EventKind::Intro(intro) => intro.text.original(),
        EventKind::Caption(caption) => caption.texts.first().map_or("", |text| text.text.original()),
        EventKind::Notice(notice) => notice.text.original(),
        EventKind::Barrage(barrage) => barrage.text.original(),
        EventKind::Pin(pin) => pin.text.original(),
        EventKind::Goal(goal) => goal.text.original(),
        EventKind::Poll(poll) => poll.title.original(),
        EventKind::State(phase) => phase.reason.original(),
        EventKind::Gap(gap) => gap.reason.original(),
        EventKind::Emote(_)
        | EventKind::Gift(_)
        | EventKind::Like(_)
        | EventKind::Join(_)
        | EventKind::Follow(_)
        | EventKind::Share(_)
        | EventKind::Viewers(_)
        | EventKind::Control(_)
        | EventKind::Battle(_)
        | EventKind::BattlePoints(_)
        | EventKind::Delete(_)
        | EventKind::Envelope(_)
        | EventKind::Subscribe(_)
        | EventKind::QuestionUpdate(_)
        | EventKind::Rank(_)
        | EventKind::Link(_)
        | EventKind::GuestTickets(_)
        | EventKind::BattleItem(_)
        | EventKind::BattleTask(_)
        | EventKind::Shop(_)
        | EventKind::Moderation(_)
        | EventKind::Banner(_)
        | EventKind::Announcement(_)
        | EventKind::Minor(_)
        | EventKind::Unknown(_)
        | EventKind::Live(_)
        | EventKind::Info(_)
        | EventKind::StreakClosed(_) => "",
    }
}
