//! Cues: what is said and given during a recording, for the files beside the video.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::events::{EventKind, RoomEvent, Viewer};
use crate::room::{Room, RoomMark, RoomMarkKind};
use crate::text::Text;

/// The kind of a cue that marks its place.
const MOMENT: &str = "moment";

/// One thing that happened, as it is kept beside a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Cue {
    /// When it came.
    pub at: Timestamp,
    /// The `type` of the event, such as `chat`; `moment` for what marks its place.
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

    /// What to keep of an event that `room` has applied, and of the `marks` it had before: what was said and given, and the
    /// moments that marked themselves, which become chapters.
    pub fn of_applied(event: &RoomEvent, room: &Room, marks: u64) -> impl Iterator<Item = Self> {
        // Of a gap the recording knows better: it has a connection of its own. A dear gift is a line of the chat already.
        let is_chapter =
            |mark: &&RoomMark| !matches!(mark.kind, RoomMarkKind::Reconnected { .. } | RoomMarkKind::Gift(_));
        let moment = |mark: &RoomMark| Self {
            at: mark.at.wall,
            kind: Text::new(MOMENT),
            user: Text::new(mark.kind.name()),
            nickname: Text::default(),
            text: Text::from(mark.kind.words()),
        };
        Self::from_event(event).into_iter().chain(room.marks.since(marks).filter(is_chapter).map(moment))
    }

    /// Nobody says it: it marks its place. `user` is then what made it.
    pub(super) fn is_moment(&self) -> bool {
        self.kind.as_str() == MOMENT
    }
}
