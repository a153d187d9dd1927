//! Freshness of what a room shows: rates and values of a room from which nothing comes must not look alive.

use std::time::Duration;

use ratatui::text::Span;

use super::theme::{ColorRole, Theme};
use super::{glyphs, number};
use crate::clock::Moment;
use crate::events::PhaseKind;
use crate::room::{Room, Series};

/// A room that says nothing for so long is quiet: even a small one tells its viewers every few seconds.
pub(super) const QUIET_FROM: Duration = Duration::from_secs(10);
/// From here on silence is told in minutes.
const MINUTE: Duration = Duration::from_secs(60);

/// How fresh a room's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Something came lately.
    Now,
    /// The line stands, and nothing has come for so long.
    Quiet(Duration),
    /// Nothing can come: not live, or not connected.
    Old,
}

impl Freshness {
    /// How fresh the numbers of `room` are.
    pub(super) fn of(room: &Room, now: Moment) -> Self {
        let heard = room.messages.last().filter(|heard| heard.mono > room.phase_since.mono);
        let silence = now.since(heard.unwrap_or(room.phase_since));
        match room.phase.kind {
            PhaseKind::Live if silence >= QUIET_FROM => Self::Quiet(silence),
            PhaseKind::Live => Self::Now,
            // The socket stands while the host pauses: what comes is of now.
            PhaseKind::Paused if silence < QUIET_FROM => Self::Now,
            _ => Self::Old,
        }
    }

    /// Whether something came lately.
    pub(super) fn is_now(self) -> bool {
        self == Self::Now
    }

    /// A value: faint and marked as old where nothing comes.
    pub(super) fn value(self, theme: Theme, words: impl Into<String>, role: ColorRole) -> Span<'static> {
        let words = words.into();
        if self.is_now() {
            return Span::styled(words, theme.style(role));
        }
        let mark = if words.starts_with('~') { "" } else { "~" };
        Span::styled(format!("{mark}{words}"), theme.style(ColorRole::Dim))
    }

    /// A rate a minute: `38/min`, `–` where nothing comes; nothing while too little was watched to tell.
    pub(super) fn rate(self, series: &Series, now: Moment) -> Option<String> {
        if !self.is_now() {
            return Some(glyphs::NONE.to_owned());
        }
        series.per_minute(now).map(number::rate)
    }

    /// How long nothing has come: `quiet 23 s`; nothing where that is no news.
    pub(super) fn quiet_words(self) -> Option<String> {
        match self {
            Self::Quiet(silence) if silence < MINUTE => Some(format!("quiet {} s", silence.as_secs())),
            Self::Quiet(silence) => Some(format!("quiet {}", number::minutes(silence))),
            Self::Now | Self::Old => None,
        }
    }

    /// How long until it, or its words, change by themselves; nothing when they do not.
    pub(super) fn next_change(room: &Room, now: Moment) -> Option<Duration> {
        match Self::of(room, now) {
            Self::Now => {
                let heard = room.messages.last().map_or(room.phase_since.mono, |at| at.mono.max(room.phase_since.mono));
                let silence = Duration::from_millis(now.mono.saturating_sub(heard));
                Some(QUIET_FROM.saturating_sub(silence).max(Duration::from_millis(1)))
            }
            Self::Quiet(silence) if silence < MINUTE => {
                Some(Duration::from_millis(1_000 - u64::from(silence.subsec_millis())))
            }
            Self::Quiet(_) | Self::Old => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{EventKind, Like, Phase, RoomEvent};

    fn at(seconds: u64) -> Moment {
        Moment { mono: 1_000_000, ..Moment::default() } + Duration::from_secs(seconds)
    }

    fn room() -> Room {
        let mut room = Room::new(10);
        happen(&mut room, 0, EventKind::State(Phase::new(PhaseKind::Live)));
        room
    }

    fn happen(room: &mut Room, seconds: u64, kind: EventKind) {
        let event = RoomEvent { at: at(seconds), server_at: None, id: None, room_id: None, history: false, kind };
        room.apply(&event);
    }

    #[test]
    fn a_room_that_says_nothing_is_quiet_and_then_counts() {
        let mut room = room();
        happen(&mut room, 5, EventKind::Like(Like { from: None, count: 1, total: 1 }));
        assert_eq!(Freshness::of(&room, at(14)), Freshness::Now);
        assert_eq!(Freshness::next_change(&room, at(14)), Some(Duration::from_secs(1)));
        assert_eq!(Freshness::of(&room, at(28)).quiet_words().unwrap(), "quiet 23 s");
        assert_eq!(Freshness::of(&room, at(5 + 150)).quiet_words().unwrap(), "quiet 2m");
        assert_eq!(Freshness::next_change(&room, at(28)), Some(Duration::from_secs(1)));
        assert_eq!(Freshness::of(&room, at(28)).rate(&room.likes, at(28)).unwrap(), "–");
    }

    #[test]
    fn what_is_not_live_has_no_rate_and_old_values() {
        let mut room = room();
        for second in 1..30 {
            happen(&mut room, second, EventKind::Like(Like { from: None, count: 9, total: second }));
        }
        assert!(Freshness::of(&room, at(30)).rate(&room.likes, at(30)).is_some_and(|rate| rate != "–"));
        happen(&mut room, 30, EventKind::State(Phase::new(PhaseKind::Reconnecting)));
        let fresh = Freshness::of(&room, at(31));
        assert_eq!(fresh.rate(&room.likes, at(31)).unwrap(), "–");
        assert_eq!(fresh.value(Theme::new(true), "1 243", ColorRole::Text).content, "~1 243");
        assert_eq!(fresh.quiet_words(), None);
        // Back again: what came before does not make it look quiet.
        happen(&mut room, 60, EventKind::State(Phase::new(PhaseKind::Live)));
        assert_eq!(Freshness::of(&room, at(61)), Freshness::Now);
    }
}
