//! Hosts of the rooms that look-ups named, so that what is known under a name is found under its room's number.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::ids::{RoomId, UniqueId};

/// Rooms remembered; the oldest is forgotten first.
const MOST: usize = 1_024;

/// The hosts of rooms.
#[derive(Debug, Default)]
pub(in crate::webcast) struct KnownHosts(Mutex<VecDeque<(RoomId, UniqueId)>>);

impl KnownHosts {
    pub(in crate::webcast) fn insert(&self, room: RoomId, host: &UniqueId) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match rooms.iter_mut().find(|(known, _)| *known == room) {
            Some((_, known)) => known.clone_from(host),
            None => {
                if rooms.len() == MOST {
                    rooms.pop_front();
                }
                rooms.push_back((room, host.clone()));
            }
        }
    }

    pub(in crate::webcast) fn get(&self, room: RoomId) -> Option<UniqueId> {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.iter().find(|(known, _)| *known == room).map(|(_, host)| host.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_rooms_are_remembered() {
        let hosts = KnownHosts::default();
        for room in 0..=MOST as u64 {
            hosts.insert(RoomId(room), &"ana".parse().unwrap());
        }
        hosts.insert(RoomId(5), &"ben".parse().unwrap());
        assert_eq!(hosts.get(RoomId(0)), None);
        assert_eq!(hosts.get(RoomId(5)).unwrap().as_str(), "ben");
    }
}
