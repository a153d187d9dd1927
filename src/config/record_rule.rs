//! Rules of when a room is recorded, for all rooms and for single ones; and of whose own streams are monitored.

use super::{MonitorConfig, RecordSettings};
use crate::ids::{RoomId, Target};

choices! {
    /// When a room is recorded.
    pub enum RecordRule {
        /// When the key is pressed.
        #[default]
        Key,
        /// When the key is pressed, and from then on again with each next live, until a recording is stopped by hand.
        Next,
        /// Each live, as soon as it is known to be on.
        Live,
    }
}

impl RecordSettings {
    /// When the room of this host, or with this number, is recorded.
    pub fn rule_of(&self, host: &str, room: Option<RoomId>) -> RecordRule {
        self.rooms.iter().find(|(name, _)| names(name, host, room)).map_or(self.when, |(_, &rule)| rule)
    }
}

impl MonitorConfig {
    /// Whether the stream of this host, or of the room with this number, is monitored.
    pub fn covers(&self, host: &str, room: Option<RoomId>) -> bool {
        self.rooms.iter().any(|name| names(name, host, room))
    }
}

/// Whether what stands in the settings means this room.
fn names(name: &str, host: &str, room: Option<RoomId>) -> bool {
    match name.parse() {
        Ok(Target::Host(named)) => named.as_str().eq_ignore_ascii_case(host.trim_start_matches('@')),
        Ok(Target::Room(named)) => Some(named) == room,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_has_its_own_rule_by_name_or_number() {
        let rooms = [("@ana.live", RecordRule::Live), ("7300000000000000001", RecordRule::Next)];
        let rooms = rooms.map(|(name, rule)| (name.to_owned(), rule)).into();
        let settings = RecordSettings { rooms, ..RecordSettings::default() };
        assert_eq!(settings.rule_of("Ana.Live", None), RecordRule::Live);
        assert_eq!(settings.rule_of("ben", Some(RoomId(7_300_000_000_000_000_001))), RecordRule::Next);
        assert_eq!(settings.rule_of("ben", None), RecordRule::Key);
        let monitor = MonitorConfig { rooms: vec!["@ana.live".to_owned()], ..MonitorConfig::default() };
        assert!(monitor.covers("ANA.live", None) && !monitor.covers("ben", Some(RoomId(7))));
    }
}
