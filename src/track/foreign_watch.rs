//! Detector of a foreign room: whether what comes belongs to the live we are in. Pure: counts of messages and the time in, a
//! verdict out.
//!
//! Single messages of other lives are ordinary: guests and battles bring them. A room in which every message is one is the wrong
//! room: the host went on under another id, or somebody led us astray.

use std::time::Duration;

use super::room_actor::AppliedResponse;
use crate::clock::Moment;
use crate::ids::RoomId;

/// So many messages from the start of a connection, all of another live, are enough.
const FIRST_MESSAGES: u64 = 20;
/// Later, or where messages are few, it takes this long without one of our own.
const OWN_MESSAGE_WITHIN: Duration = Duration::from_secs(30);

/// What came of one connection so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ForeignWatch {
    /// A message of our own live came.
    met_ours: bool,
    /// Messages of other lives since the last of ours.
    foreign: u64,
    /// When the first of them came.
    since: Option<Moment>,
}

impl ForeignWatch {
    /// Adds what a response brought. The live that all of it belongs to, once it is clear that this is not ours.
    pub(super) fn add(&mut self, applied: &AppliedResponse, now: Moment) -> Option<RoomId> {
        if applied.ours > 0 {
            *self = Self { met_ours: true, ..Self::default() };
        }
        let theirs = applied.foreign_id.filter(|_| applied.ours == 0)?;
        self.foreign = self.foreign.saturating_add(applied.foreign);
        let since = *self.since.get_or_insert(now);
        let is_clear = (!self.met_ours && self.foreign >= FIRST_MESSAGES) || now.since(since) >= OWN_MESSAGE_WITHIN;
        is_clear.then_some(theirs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, Timestamp};

    const THEIRS: RoomId = RoomId(2);

    fn applied(ours: u64, foreign: u64) -> AppliedResponse {
        AppliedResponse { control: None, ours, foreign, foreign_id: (foreign > 0).then_some(THEIRS) }
    }

    #[test]
    fn twenty_messages_from_the_start_are_enough() {
        let (mut watch, now) = (ForeignWatch::default(), Moment::default());
        assert_eq!(watch.add(&applied(0, 19), now), None);
        assert_eq!(watch.add(&applied(0, 0), now), None);
        assert_eq!(watch.add(&applied(0, 1), now), Some(THEIRS));
    }

    #[test]
    fn later_it_takes_half_a_minute_without_one_of_ours() {
        let clock = Clock::manual(Timestamp(1));
        let mut watch = ForeignWatch::default();
        let seconds = Duration::from_secs;
        for (wait, ours, foreign, expected) in [
            (0, 1, 30, None),
            (1, 0, 500, None),
            (29, 0, 1, None),
            (0, 1, 1, None),
            (60, 0, 1, None),
            (29, 0, 1, None),
            (1, 0, 0, None),
            (0, 0, 1, Some(THEIRS)),
        ] {
            clock.advance(seconds(wait));
            assert_eq!(watch.add(&applied(ours, foreign), clock.now()), expected);
        }
    }
}
