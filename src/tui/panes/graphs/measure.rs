//! Measures that are drawn over time: what each is called, where its numbers come from and what stands in its rule.

use ratatui::text::{Line, Span as Words};

use super::span::{SILENCE, Span};
use crate::history::PastLive;
use crate::room::Room;
use crate::tui::app::App;
use crate::tui::freshness::Freshness;
use crate::tui::theme::ColorRole;
use crate::tui::{glyphs, number};

/// Buckets of which the trend's two halves are made, and the change from which on it is told, in percent.
const TREND_BUCKETS: usize = 6;
const TREND_FROM: u64 = 5;

/// Something that is drawn over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// How many watch.
    Viewers,
    /// What is given.
    Coins,
    /// What is said.
    Comments,
    /// Taps that reached us.
    Likes,
}

impl Measure {
    /// All of them, the one that is looked for most first.
    pub(super) const ALL: [Self; 4] = [Self::Viewers, Self::Coins, Self::Comments, Self::Likes];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Viewers => "Viewers",
            Self::Coins => "Diamonds a minute",
            Self::Comments => "Comments a minute",
            Self::Likes => "Likes a minute",
        }
    }

    pub(super) fn role(self) -> ColorRole {
        match self {
            Self::Viewers => ColorRole::Accent,
            Self::Coins => ColorRole::Gift,
            Self::Comments => ColorRole::Good,
            Self::Likes => ColorRole::Like,
        }
    }

    /// Its values over the span, one a bucket.
    pub(super) fn values(self, room: &Room, span: &Span) -> Vec<Option<u64>> {
        match self {
            Self::Viewers => span.level(&room.viewers),
            Self::Coins => span.rate(&room.coins),
            Self::Comments => span.rate(&room.comments),
            Self::Likes => span.rate(&room.likes),
        }
    }

    /// Its values at the same minutes of the host's live before, one a bucket.
    pub(super) fn past_values(self, past: &PastLive, room: &Room, span: &Span) -> Vec<Option<u64>> {
        let skew = room.skew_ms.unwrap_or(0);
        let began = room.started_at.map_or(span.time_of(0).wall.0, |started| started.0.saturating_sub(skew));
        let value = |bucket| {
            let minute = past.minute_after(span.time_of(bucket).wall.0.saturating_sub(began))?;
            match self {
                Self::Viewers => minute.viewers,
                Self::Coins => Some(minute.coins),
                Self::Comments => Some(minute.chats),
                Self::Likes => Some(minute.likes),
            }
        };
        (0..span.buckets).map(value).collect()
    }

    /// What stands in its rule: where it is now, then what explains it.
    pub(super) fn notes(self, app: &App, room: &Room, values: &[Option<u64>]) -> Vec<Line<'static>> {
        let dim = app.theme.style(ColorRole::Dim);
        let mut notes = match self {
            Self::Viewers => viewers(app, room),
            Self::Coins => counted(app, room, room.stats.coins, &room.coins, glyphs::GIFT),
            Self::Comments => counted(app, room, room.stats.comments, &room.comments, ""),
            Self::Likes => likes(app, room),
        };
        if Freshness::of(room, app.now).is_now() {
            notes.extend(trend(values).map(|words| Line::styled(words, dim)));
        }
        notes
    }
}

/// How the last minute compares with the one before: `↑ 12%`; nothing where it hardly changed or too little was seen.
fn trend(values: &[Option<u64>]) -> Option<String> {
    let recent = values.get(values.len().checked_sub(2 * TREND_BUCKETS)?..)?;
    let (before, now) = recent.split_at(TREND_BUCKETS);
    let sum = |half: &[Option<u64>]| half.iter().copied().try_fold(0u64, |sum, value| Some(sum.saturating_add(value?)));
    let (before, now) = (sum(before)?, sum(now)?);
    let percent = u64::try_from(u128::from(before.abs_diff(now)) * 100 / u128::from(before.max(1))).unwrap_or(u64::MAX);
    let arrow = if now >= before { glyphs::MORE_ABOVE } else { glyphs::MORE_BELOW };
    (before > 0 && (TREND_FROM..1_000).contains(&percent)).then(|| format!("{arrow} {percent}%"))
}

/// How many watch now, and the most there were.
pub(super) fn viewers(app: &App, room: &Room) -> Vec<Line<'static>> {
    let dim = app.theme.style(ColorRole::Dim);
    let Some((watching, at)) = room.stats.watching else { return vec![Line::styled("not known yet", dim)] };
    let fresh = if app.now.since(at) >= SILENCE { Freshness::Old } else { Freshness::of(room, app.now) };
    let mut now = Line::from(fresh.value(app.theme, number::count(watching), ColorRole::Text));
    if fresh.is_now() {
        now.spans.push(Words::styled(" now", dim));
    }
    vec![now, Line::styled(format!("peak {}", number::count(room.stats.peak)), dim)]
}

/// The total is what the room reports, where it does; the rate is of the taps that reached us, which are a part.
pub(super) fn likes(app: &App, room: &Room) -> Vec<Line<'static>> {
    let fresh = Freshness::of(room, app.now);
    let total = match room.stats.likes {
        Some(likes) => Line::from(fresh.value(app.theme, number::count(likes), ColorRole::Text)),
        None => Line::styled(glyphs::NONE, app.theme.style(ColorRole::Dim)),
    };
    let rate = fresh.rate(&room.likes, app.now).map(|rate| {
        let words = if fresh.is_now() { format!("~{rate} seen") } else { rate };
        Line::styled(words, app.theme.style(ColorRole::Dim))
    });
    std::iter::once(total).chain(rate).collect()
}

/// A total of what we saw, and its rate.
fn counted(app: &App, room: &Room, total: u64, series: &crate::room::Series, unit: &str) -> Vec<Line<'static>> {
    let fresh = Freshness::of(room, app.now);
    let words = format!("{} {unit}", number::count(total));
    let total = Line::from(fresh.value(app.theme, words.trim_end(), ColorRole::Text));
    let rate = fresh.rate(series, app.now).map(|rate| Line::styled(rate, app.theme.style(ColorRole::Dim)));
    std::iter::once(total).chain(rate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likes_that_nobody_told_are_not_none() {
        use crate::events::{EventKind, Like};
        let mut app = crate::tui::update::tests::on_air();
        let words = |app: &App| likes(app, &app.tabs[0].room).first().unwrap().to_string();
        let like = |total| EventKind::Like(Like { from: None, count: 12, total });
        crate::tui::update::tests::happen(&mut app, 1, like(0));
        assert_eq!(words(&app), glyphs::NONE);
        crate::tui::update::tests::happen(&mut app, 1, like(1_204));
        assert_eq!(words(&app), number::count(1_204));
    }

    #[test]
    fn a_trend_is_told_where_it_is_one() {
        let values = |before: u64, now: u64| [[Some(before); 6], [Some(now); 6]].concat();
        assert_eq!(trend(&values(100, 112)).as_deref(), Some("↑ 12%"));
        assert_eq!(trend(&values(100, 50)).as_deref(), Some("↓ 50%"));
        assert_eq!(trend(&values(100, 103)), None);
        assert_eq!(trend(&values(0, 50)), None);
        assert_eq!(trend(&[Some(1); 5]), None);
        assert_eq!(trend(&[[Some(1); 6], [None; 6]].concat()), None, "over a gap nothing is compared");
    }
}
