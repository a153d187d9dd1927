//! Contract between the service and whoever attaches: the messages each way, and who can talk to whom.
//!
//! The first frame each way is a [`Hello`], whose shape never changes. After it, messages only grow: a build passes over messages,
//! events and rows that it does not know, and fills fields that are missing with their defaults.

use serde::{Deserialize, Serialize};

use super::status::ServiceStatus;
use crate::clock::Moment;
use crate::ids::{RoomKey, Target};
use crate::record::{RecorderCommand, RecorderUpdate};
use crate::room::AwayReport;
use crate::text::Text;
use crate::track::{TrackerCommand, TrackerUpdate, WantedRooms};

/// The contract that this build speaks. 2: screens say which rooms they want in full and get summaries of the others.
pub const CONTRACT: u32 = 2;
/// The oldest one that it still serves: the one before. Who speaks it gets all that happens in all rooms.
pub const OLDEST_CONTRACT: u32 = 1;

/// The first frame each way. Its shape never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The newest contract that is spoken.
    pub contract: u32,
    /// The oldest one; where it is not said, the newest.
    #[serde(default)]
    pub oldest: Option<u32>,
    /// The version of the program.
    #[serde(default)]
    pub build: String,
    /// What the one who attaches may do. From the service; nobody gives it to themselves.
    #[serde(default)]
    pub role: Role,
    /// The service's clock.
    #[serde(default)]
    pub now: Moment,
    /// The process.
    #[serde(default)]
    pub pid: u32,
}

impl Hello {
    /// What this build says.
    pub fn new(role: Role, now: Moment) -> Self {
        Self {
            contract: CONTRACT,
            oldest: Some(OLDEST_CONTRACT),
            build: env!("CARGO_PKG_VERSION").to_owned(),
            role,
            now,
            pid: std::process::id(),
        }
    }

    fn oldest(&self) -> u32 {
        self.oldest.unwrap_or(self.contract).min(self.contract)
    }

    /// The contract that both speak: the newest one. An error where there is none: which side is older.
    pub fn agree(&self, other: &Self) -> Result<u32, Mismatch> {
        let both = self.contract.min(other.contract);
        if both >= self.oldest().max(other.oldest()) {
            return Ok(both);
        }
        Err(if self.contract < other.contract { Mismatch::WeAreOlder } else { Mismatch::TheyAreOlder })
    }
}

/// Why two builds cannot talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// This side is too old for the other.
    WeAreOlder,
    /// The other side is too old for this one.
    TheyAreOlder,
}

/// What somebody who attaches may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Role {
    /// Everything.
    Full,
    /// Look.
    #[default]
    ReadOnly,
}

impl From<String> for Role {
    fn from(name: String) -> Self {
        if name == "full" { Self::Full } else { Self::ReadOnly }
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        match role {
            Role::Full => "full".to_owned(),
            Role::ReadOnly => "read_only".to_owned(),
        }
    }
}

/// What somebody who attached says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeerMessage {
    /// Send the rooms and all that happens in them from now on.
    Attach(Attach),
    /// Which rooms to send in full from now on; of the others a summary twice a second. Until it is said, all are.
    Want(WantedRooms),
    /// Tell the tracker.
    Track(TrackerCommand),
    /// Tell the recorder.
    Record(RecorderCommand),
    /// Something to be answered.
    Ask(Request),
}

/// What is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attach {
    /// A person looks: what happened since they last did is told.
    pub looks: bool,
}

/// A question or an order that is answered, each with one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// How everything stands. Answered with [`ServiceMessage::Status`].
    Status,
    /// Track these rooms.
    AddRooms {
        /// Which.
        rooms: Vec<Target>,
        /// Only as long as this connection lasts, unless they are tracked already.
        #[serde(default)]
        lent: bool,
    },
    /// Track them no longer.
    RemoveRooms(Vec<Target>),
    /// Record them.
    StartRecording(Vec<Target>),
    /// Finish their recordings.
    StopRecording(Vec<Target>),
    /// End the service.
    Stop,
}

/// What the service says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "messages are made one at a time and sent at once")]
pub enum ServiceMessage {
    /// The rooms there are, with what they were called when they were added. What is not among them is gone.
    Rooms(Vec<(RoomKey, Text)>),
    /// News of a room, or of the transports.
    Tracked(TrackerUpdate),
    /// News of a recording.
    Recorded(RecorderUpdate),
    /// What happened since this person last looked.
    Away(AwayReport),
    /// What stands beside the rooms, such as how often hooks were called, as labels and words.
    Facts(Vec<(Text, Text)>),
    /// Something went wrong, in words.
    Warned(Text),
    /// OrderResult to [`Request::Status`].
    Status(Box<ServiceStatus>),
    /// OrderResult to an order: one for each room.
    Done(Vec<OrderResult>),
    /// Why something is not done, in one sentence.
    Refused(Text),
    /// The service ends, and why.
    Ending(Text),
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderResult {
    /// Whether it was done, or had been before.
    pub done: bool,
    /// In one sentence.
    pub words: Text,
}

impl OrderResult {
    /// It is so.
    pub fn done(words: impl Into<Text>) -> Self {
        Self { done: true, words: words.into() }
    }

    /// It could not be done.
    pub fn failed(words: impl Into<Text>) -> Self {
        Self { done: false, words: words.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(contract: u32, oldest: u32) -> Hello {
        Hello { contract, oldest: Some(oldest), ..Hello::new(Role::Full, Moment::default()) }
    }

    #[test]
    fn the_newest_common_contract_is_spoken_and_the_older_side_is_named() {
        assert_eq!(hello(3, 2).agree(&hello(3, 2)), Ok(3));
        assert_eq!(hello(3, 2).agree(&hello(2, 1)), Ok(2));
        assert_eq!(hello(2, 1).agree(&hello(3, 2)), Ok(2));
        assert_eq!(hello(1, 1).agree(&hello(3, 2)), Err(Mismatch::WeAreOlder));
        assert_eq!(hello(3, 2).agree(&hello(1, 1)), Err(Mismatch::TheyAreOlder));
        assert_eq!(hello(3, 9).agree(&hello(3, 2)), Ok(3), "nonsense about the oldest is no reason");
    }

    #[test]
    fn a_hello_of_another_build_is_read() {
        let read: Hello = serde_json::from_str(r#"{"contract":7,"colour":"red"}"#).unwrap();
        assert_eq!((read.contract, read.oldest, read.role), (7, None, Role::ReadOnly));
        let role: Role = serde_json::from_str("\"owner\"").unwrap();
        assert_eq!(role, Role::ReadOnly, "a role that is not known may only look");
    }
}
