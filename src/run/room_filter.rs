//! Filter of a service's rooms: only those that somebody named, by whatever name they were added.

use std::collections::{BTreeMap, BTreeSet};

use crate::events::OwnEvent;
use crate::ids::{RoomId, RoomKey, Target};
use crate::room::TalliedEvent;
use crate::text::Text;
use crate::track::{RoomUpdate, TrackerUpdate};

/// Lets the news of named rooms pass.
#[derive(Debug)]
pub(super) struct RoomFilter {
    named: Vec<Target>,
    /// Rooms that are none of them, as far as is known.
    others: BTreeMap<RoomKey, Text>,
    passed: BTreeSet<RoomKey>,
}

impl RoomFilter {
    pub(super) fn new(named: Vec<Target>) -> Self {
        Self { named, others: BTreeMap::new(), passed: BTreeSet::new() }
    }

    /// What is left of an update. A room that turns out to be one of them is told with its beginning.
    pub(super) fn pass(&mut self, update: TrackerUpdate) -> Vec<TrackerUpdate> {
        let TrackerUpdate::Room(key, news) = update else { return vec![update] };
        if let RoomUpdate::Removed { .. } = news {
            self.others.remove(&key);
            return if self.passed.remove(&key) { vec![TrackerUpdate::Room(key, news)] } else { Vec::new() };
        }
        if self.passed.contains(&key) {
            return vec![TrackerUpdate::Room(key, news)];
        }
        match &news {
            RoomUpdate::Added { label } if !self.is_named(label.as_str(), None) => {
                self.others.insert(key, label.clone());
                return Vec::new();
            }
            RoomUpdate::Added { .. } => {
                self.passed.insert(key);
                return vec![TrackerUpdate::Room(key, news)];
            }
            RoomUpdate::Snapshot(room) if self.is_named(room.host.unique_id.as_str(), room.room_id) => {}
            RoomUpdate::Events(events) if events.iter().any(|event| self.names(event)) => {}
            _ => return Vec::new(),
        }
        self.passed.insert(key);
        let label = self.others.remove(&key).unwrap_or_default();
        vec![TrackerUpdate::Room(key, RoomUpdate::Added { label }), TrackerUpdate::Room(key, news)]
    }

    fn names(&self, tallied: &TalliedEvent) -> bool {
        match tallied.event.kind.as_own() {
            Some(OwnEvent::Info(info)) => self.is_named(info.host.unique_id.as_str(), None),
            Some(OwnEvent::Live(live)) => self.is_named("", Some(live.room_id)),
            Some(OwnEvent::State(_) | OwnEvent::Gap(_) | OwnEvent::StreakClosed(_)) | None => false,
        }
    }

    fn is_named(&self, name: &str, live: Option<RoomId>) -> bool {
        let name = name.trim_start_matches('@');
        self.named.iter().any(|target| match target {
            Target::Host(host) => host.as_str().eq_ignore_ascii_case(name),
            Target::Room(room) => Some(*room) == live || room.to_string() == name,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::room::Room;

    fn kinds(updates: &[TrackerUpdate]) -> Vec<&'static str> {
        let kind = |update: &TrackerUpdate| match update {
            TrackerUpdate::Room(_, RoomUpdate::Added { .. }) => "added",
            TrackerUpdate::Room(_, RoomUpdate::Snapshot(_)) => "snapshot",
            TrackerUpdate::Room(_, RoomUpdate::Removed { .. }) => "removed",
            _ => "other",
        };
        updates.iter().map(kind).collect()
    }

    #[test]
    fn a_room_passes_by_its_label_by_its_host_and_by_its_live() {
        let mut filter = RoomFilter::new(vec!["@ana.live".parse().unwrap(), "7300000000000000001".parse().unwrap()]);
        let added = |label: &str| RoomUpdate::Added { label: Text::new(label) };
        let mut pass = |key, news| kinds(&filter.pass(TrackerUpdate::Room(RoomKey(key), news)));
        assert_eq!(pass(1, added("@Ana.live")), ["added"]);
        assert!(pass(2, added("@kenji")).is_empty() && pass(3, added("7300000000000000002")).is_empty());
        let mut room = Room::new(1);
        room.host.unique_id = Text::new("kenji");
        assert!(pass(2, RoomUpdate::Snapshot(Arc::new(room.clone()))).is_empty());
        room.host.unique_id = Text::new("ana.live");
        assert_eq!(pass(3, RoomUpdate::Snapshot(Arc::new(room.clone()))), ["added", "snapshot"]);
        assert_eq!(pass(3, RoomUpdate::Snapshot(Arc::new(room.clone()))), ["snapshot"]);
        room.host.unique_id = Text::new("kenji");
        room.room_id = Some(RoomId(7_300_000_000_000_000_001));
        assert_eq!(pass(2, RoomUpdate::Snapshot(Arc::new(room))), ["added", "snapshot"]);
        assert_eq!(pass(2, RoomUpdate::Removed { into: None }), ["removed"]);
        assert!(pass(2, RoomUpdate::Removed { into: None }).is_empty());
    }
}
