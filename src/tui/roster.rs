//! Roster of a room: who is here by name, as the service tells it to those who are logged in. Asked for once a minute at most,
//! and only while it is on the screen.

use std::time::Duration;

use super::app::App;
use super::panes::PaneId;
use crate::events::TopViewer;
use crate::ids::{RoomId, RoomKey, UserId};
use crate::text::Text;

/// Not asked for again before.
const ASK_EVERY: Duration = Duration::from_secs(60);

/// Whose roster is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RosterQuestion {
    /// Our handle of the room.
    pub room: RoomKey,
    /// The live.
    pub room_id: RoomId,
    /// Its host.
    pub host: UserId,
}

/// A roster, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterAnswer {
    /// Our handle of the room.
    pub room: RoomKey,
    /// Who is there; why that is not told, in words.
    pub roster: Result<ShownRoster, Text>,
}

/// Who is here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownRoster {
    /// How many are here.
    pub total: u64,
    /// How many of them have no name here.
    pub anonymous: u64,
    /// Those who are named, by rank.
    pub ranks: Vec<TopViewer>,
}

/// What is known of the roster of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum RosterState {
    /// Nobody has asked.
    #[default]
    Unasked,
    /// It was asked for.
    Asked,
    /// This is it.
    Known(ShownRoster),
    /// It was not told; why, in words.
    Refused(Text),
}

impl RosterState {
    /// What there is to say beside the list; nothing where the list says it all.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Known(_) => String::new(),
            Self::Asked | Self::Unasked => "These are whom the stream names.".to_owned(),
            Self::Refused(why) => why.to_string(),
        }
    }
}

/// The question that is due for the room on the screen; nothing while its roster is not shown, or was asked for lately.
pub(super) fn question_due(app: &mut App) -> Option<RosterQuestion> {
    let shown = app.overview.is_none() && app.popup.is_none() && !app.plan().area(PaneId::Viewers).is_empty();
    let now = app.now;
    let tab = app.tab_mut().filter(|tab| shown && tab.is_on_air())?;
    let refused = matches!(tab.roster, RosterState::Refused(_));
    let lately = tab.roster_asked.is_some_and(|asked| now.since(asked) < ASK_EVERY);
    let (Some(room_id), Some(host), false) = (tab.room.room_id, tab.room.host.id, refused || lately) else {
        return None;
    };
    tab.roster_asked = Some(now);
    if tab.roster == RosterState::Unasked {
        tab.roster = RosterState::Asked;
    }
    Some(RosterQuestion { room: tab.key, room_id, host })
}
