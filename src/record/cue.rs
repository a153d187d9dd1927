//! Cues: what is said and given during a recording, for the files beside the video.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::events::{BattleAction, EventKind, RoomEvent, Viewer};
use crate::text::Text;

/// One thing that happened, as it is kept beside a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Cue {
    /// When it came.
    pub at: Timestamp,
    /// The `type` of the event, such as `chat`.
    pub kind: Text,
    /// The handle of the person.
    pub user: Text,
    /// Their display name.
    pub nickname: Text,
    /// What was said; of a gift its name and how many.
    pub text: Text,
}

impl Cue {
    /// What to keep of an event: comments, gifts, questions, followers, shares. Nothing of what was before us.
    pub fn from_event(event: &RoomEvent) -> Option<Self> {
        if event.history {
            return None;
        }
        let (person, text): (&Viewer, Text) = if let EventKind::Chat(chat) = &event.kind {
            (&chat.from, chat.text.clone())
        } else if let EventKind::Gift(gift) = &event.kind {
            let name = if gift.gift.name.is_empty() { Text::from("a gift") } else { gift.gift.name.clone() };
            (&gift.from, Text::from(format_args!("{name} x{}", gift.count.max(1))))
        } else if let EventKind::Battle(battle) = &event.kind {
            // Nobody says it: it marks its place.
            let words = match battle.action {
                BattleAction::Started => "a battle begins",
                BattleAction::Finished | BattleAction::CutShort => "the battle is over",
                _ => return None,
            };
            let (at, kind) = (event.at.wall, Text::from(event.kind.type_name()));
            return Some(Self { at, kind, user: Text::default(), nickname: Text::default(), text: Text::from(words) });
        } else {
            match (event.kind.type_name(), event.kind.person()) {
                (name @ ("follow" | "share" | "subscribe" | "question"), Some(person)) => (person, Text::from(name)),
                _ => return None,
            }
        };
        Some(Self {
            at: event.at.wall,
            kind: Text::from(event.kind.type_name()),
            user: person.unique_id.clone(),
            nickname: person.nickname.clone(),
            text,
        })
    }
}
