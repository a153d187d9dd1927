//! Background service: rooms and recordings without a screen, and the local socket that screens attach to.
//!
//! ```text
//! tracker --TrackerUpdate--> Hub (a mirror of each room) --frames--> Outbox, bounded --> socket --> follow --> a screen's Ports
//! recorder --RecorderUpdate--> |  <------------------------------ PeerMessage, checked --------------------- commands
//!                              +--> RecorderCommand: what the rules say; the list of rooms on disk, every five seconds
//! ```
//!
//! The [`Hub`] follows a tracker with a mirror of each room, records what the rules say, and knows at any time where everything
//! stands. Who attaches gets the list of rooms, the state of each and then all that happens, encoded once for everybody. It
//! refuses to know terminals, and how a tracker and a recorder are built: they are handed to it as queues.
//!
//! Invariants: nobody who reads can hold the hub up, and each costs a bounded amount of memory; whatever somebody sends costs
//! nobody else; a service is alive when it answers hello, whatever files say.

mod absence;
mod client;
mod contract;
mod framing;
mod hub;
mod listener;
mod outbox;
mod peer;
mod place;
mod saved_rooms;
mod served_room;
mod status;

pub use client::{AttachNews, AttachedQueues, ConnectError, Connection, FollowOptions, follow};
pub use contract::{Attach, Request, ServiceMessage};
pub use hub::{Hub, HubOptions, HubPorts, RecordingNews};
pub use listener::Listener;
pub use place::{Place, PlaceError, ServiceLock, StartLock};
pub use saved_rooms::{SavedRoom, SavedRooms, read_absences};
pub use status::{RoomStatus, ServiceStatus};
