//! Names of people that more than one of them has: there the handle stands beside the name.

use std::collections::{HashMap, HashSet};
use std::hash::Hasher;
use std::time::Duration;

use siphasher::sip::SipHasher13;

use crate::clock::Moment;
use crate::events::Viewer;
use crate::ids::UserId;

/// Names remembered of one room; when there are more, all are forgotten and learned anew.
const MAX_NAMES: usize = 50_000;

/// Two people with one name are mixed up when both were seen within this time.
const TOGETHER: Duration = Duration::from_secs(10 * 60);

/// The names of one room.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Who was seen last under a name and when, by the name's hash.
    owners: HashMap<u64, (UserId, Moment)>,
    shared: HashSet<u64>,
    /// Every name is shown with its handle.
    always: bool,
}

impl Names {
    /// No names yet; with `always` every one is shown with its handle.
    pub(super) fn new(always: bool) -> Self {
        Self { always, ..Self::default() }
    }

    /// Somebody was seen; whether their name has just become one that others have too. Who has not been seen for a while does
    /// not count: in a large room nearly every name comes twice in a night.
    pub(super) fn note(&mut self, viewer: &Viewer, at: Moment) -> bool {
        let Some(id) = viewer.id.filter(|_| !viewer.nickname.is_empty()) else { return false };
        let name = hash(viewer.nickname.as_str());
        if self.owners.len() >= MAX_NAMES && !self.owners.contains_key(&name) {
            self.owners.clear();
            self.shared.clear();
        }
        let before = self.owners.insert(name, (id, at));
        before.is_some_and(|(other, seen)| other != id && at.since(seen) < TOGETHER) && self.shared.insert(name)
    }

    /// The handle to show beside the name; nothing where the name alone will do.
    pub(super) fn handle(&self, viewer: &Viewer) -> Option<String> {
        let handle = viewer.unique_id.as_str();
        let differs = !handle.is_empty() && !viewer.nickname.is_empty() && handle != viewer.nickname.as_str();
        let wanted = self.always || self.shared.contains(&hash(viewer.nickname.as_str()));
        (differs && wanted).then(|| format!("@{handle}"))
    }

    /// The name, with its handle where it needs one.
    pub(super) fn label(&self, viewer: &Viewer) -> String {
        match self.handle(viewer) {
            Some(handle) => format!("{} {handle}", viewer.name()),
            None => viewer.name().to_owned(),
        }
    }
}

/// Letters that differ by case only look alike in a crowd.
fn hash(name: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    name.trim().chars().flat_map(char::to_lowercase).for_each(|c| hasher.write_u32(u32::from(c)));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(id: i64, handle: &str, nickname: &str) -> Viewer {
        Viewer { id: UserId::from_wire(id), unique_id: handle.into(), nickname: nickname.into(), ..Viewer::default() }
    }

    #[test]
    fn two_people_with_one_name_are_told_apart() {
        let (one, other) = (viewer(1, "ana", "Ana"), viewer(2, "ana_2", "ANA "));
        let mut names = Names::default();
        let at = |minutes: u64| Moment::default() + Duration::from_secs(minutes * 60);
        assert!(!names.note(&one, at(0)) && !names.note(&one, at(1)));
        assert!(!names.note(&other, at(20)), "the first one is gone");
        assert_eq!(names.label(&one), "Ana");
        assert!(names.note(&one, at(21)), "the rows of the other change too");
        assert!(!names.note(&other, at(22)));
        assert_eq!((names.label(&one), names.handle(&other).unwrap()), ("Ana @ana".to_owned(), "@ana_2".to_owned()));
        assert_eq!(names.handle(&viewer(3, "kit", "Kit")), None);
    }

    #[test]
    fn with_the_option_every_name_has_its_handle() {
        let names = Names::new(true);
        assert_eq!(names.label(&viewer(3, "kit.k", "Kit")), "Kit @kit.k");
        assert_eq!(names.label(&viewer(3, "kit", "kit")), "kit", "once is enough");
    }
}
