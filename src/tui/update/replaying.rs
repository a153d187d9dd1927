//! Handler of a replay's time: jumps, paces, and what is typed to go somewhere.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::track::{PlaybackCommand, Speed};
use crate::tui::app::App;
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::number;
use crate::tui::timeline::pace_words;

/// Goes to a time.
pub(super) fn seek(to: Timestamp) -> UpdateOutcome {
    Effect::Playback(PlaybackCommand::Seek(to)).into()
}

/// Goes on at a pace.
pub(super) fn set_pace(app: &mut App, speed: Speed) -> UpdateOutcome {
    app.notify(format!("pace: {}", pace_words(speed)));
    Effect::Playback(PlaybackCommand::Pace(speed)).into()
}

/// The next pace, faster or slower.
pub(super) fn step_pace(app: &mut App, faster: bool) -> UpdateOutcome {
    let Some(time) = &app.replay_time else { return UpdateOutcome::UNCHANGED };
    let speed = time.pace(faster);
    set_pace(app, speed)
}

/// To the next moment, or the one before.
pub(super) fn step_moment(app: &mut App, forward: bool) -> UpdateOutcome {
    let Some(time) = &app.replay_time else { return UpdateOutcome::UNCHANGED };
    if let Some(mark) = time.step(app.now.wall, forward) {
        let words = format!("{} {}", number::duration(time.offset(mark.at)), mark.words);
        let at = mark.at;
        app.notify(words);
        return seek(at);
    }
    let whole = if time.timeline.is_whole || !forward { "" } else { " yet" };
    app.notify(format!("no moment {} this{whole}", if forward { "after" } else { "before" }));
    UpdateOutcome::dirty()
}

/// A place that was typed: `42` is a minute, `12:30` and `1:02:30` are times after the start, `+5m` and `-30s` from here.
pub(in crate::tui) fn typed_time(app: &App, typed: &str) -> Option<Timestamp> {
    let time = app.replay_time.as_ref()?;
    if let Some(rest) = typed.strip_prefix(['+', '-']) {
        let seconds = seconds(rest)?.saturating_mul(if typed.starts_with('-') { -1 } else { 1 });
        return Some(Timestamp(app.now.wall.0.saturating_add(seconds.saturating_mul(1_000))).max(time.status.start));
    }
    let parts: Vec<u64> = typed.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let span = match parts.as_slice() {
        [minutes] => minutes.checked_mul(60)?,
        [minutes, seconds @ 0..60] => minutes.checked_mul(60)?.checked_add(*seconds)?,
        [hours, minutes @ 0..60, seconds @ 0..60] => hours.checked_mul(3_600)?.checked_add(minutes * 60 + seconds)?,
        _ => return None,
    };
    Some(time.after(Duration::from_secs(span)))
}

/// The places that were meant by what was typed: the time after the start, and the time of the clock where it lies in what is played. A time
/// after the end is meant only where no other fits.
pub(in crate::tui) fn typed_times(app: &App, typed: &str) -> Vec<Timestamp> {
    let Some(time) = &app.replay_time else { return Vec::new() };
    let end = time.timeline.end;
    let mut places: Vec<_> = typed_time(app, typed).into_iter().chain(clock_time(app, typed, end)).collect();
    if places.len() > 1 && places[0] > end {
        places.remove(0);
    }
    places
}

/// The first moment of what is played at which a clock showed what was typed: `19:40` or `19:40:30`.
fn clock_time(app: &App, typed: &str, end: Timestamp) -> Option<Timestamp> {
    let start = app.replay_time.as_ref()?.status.start;
    let parts: Vec<i8> = typed.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hour, minute, second) = match *parts.as_slice() {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let clock = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    let day = start.to_jiff().to_zoned(app.zone.clone()).date();
    // A replay may go on past midnight.
    [day, day.tomorrow().ok()?].into_iter().find_map(|day| {
        let at = Timestamp(day.to_datetime(clock).to_zoned(app.zone.clone()).ok()?.timestamp().as_millisecond());
        // The minute in which it starts is meant too, though it began before.
        let at = at.max(start.min(Timestamp(at.0.saturating_add(59_999))));
        (start..=end).contains(&at).then_some(at)
    })
}

fn seconds(text: &str) -> Option<i64> {
    let (count, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit {
        "" | "m" | "min" => 60,
        "s" => 1,
        "h" => 3_600,
        _ => return None,
    };
    count.parse::<i64>().ok()?.checked_mul(unit)
}

/// A pace that was typed: `x10`, `10x`, `max`.
pub(in crate::tui) fn typed_pace(typed: &str) -> Option<Speed> {
    let is_pace = typed == "max" || typed.contains(['x', '\u{d7}']);
    typed.trim_start_matches(['x', '\u{d7}']).parse().ok().filter(|_| is_pace)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::Moment;
    use crate::events::{EventKind, Question, RoomEvent, Viewer};
    use crate::ids::RoomKey;
    use crate::room::TalliedEvent;
    use crate::track;
    use crate::tui::msg::Msg;
    use crate::tui::timeline::{ReplayMark, ReplayTimeline};
    use crate::tui::update::tests::{NOW, on_air, press};
    use crate::tui::update::update;

    #[test]
    fn a_replay_is_led_by_its_timeline() {
        let mut app = on_air();
        (app.replay, app.size) = (true, ratatui::layout::Size::new(100, 30));
        let at = |seconds: i64| Timestamp(NOW.wall.0 + seconds * 1_000);
        let status =
            track::PlaybackStatus { start: at(-60), speed: track::Speed::Times(1), ..track::PlaybackStatus::default() };
        let mark = |seconds, words: &str| ReplayMark { at: at(seconds), by: "battle".into(), words: words.into() };
        let marks = vec![mark(-30, "battle begins"), mark(40, "battle won")];
        let timeline = ReplayTimeline { end: at(140), is_whole: true, marks, ..ReplayTimeline::default() };
        update(&mut app, Msg::Playback(status));
        update(&mut app, Msg::Timeline(timeline.into()));
        let seek = |seconds| [Effect::Playback(track::PlaybackCommand::Seek(at(seconds)))];
        assert_eq!(press(&mut app, ")"), seek(40));
        assert_eq!(press(&mut app, "("), seek(-30));
        assert_eq!(press(&mut app, "e"), [Effect::Playback(track::PlaybackCommand::Pace(track::Speed::Times(2)))]);
        // A clock shows whole seconds.
        let whole = Timestamp(at(120).0 / 1_000 * 1_000);
        let clock = whole.to_jiff().strftime("%H:%M:%S").to_string();
        for (typed, effects) in [
            ("1:30", seek(30)),
            ("2", seek(60)),
            ("+1m", seek(60)),
            ("-30s", seek(-30)),
            ("won", seek(40)),
            (&clock, [Effect::Playback(track::PlaybackCommand::Seek(whole))]),
        ] {
            press(&mut app, "Z");
            update(&mut app, Msg::Paste(typed.to_owned()));
            assert_eq!(press(&mut app, "enter"), effects, "{typed}");
        }
        press(&mut app, "Z");
        update(&mut app, Msg::Paste("x7".to_owned()));
        assert_eq!(press(&mut app, "enter"), [Effect::Playback(track::PlaybackCommand::Pace(track::Speed::Times(7)))]);
        // In the middle of the bar: 97 columns are 200 seconds.
        let plan = app.plan();
        let click = |column| crossterm::event::MouseEvent {
            kind: crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left),
            column,
            row: plan.timeline.bottom() - 1,
            modifiers: crossterm::event::KeyModifiers::NONE,
        };
        assert_eq!(update(&mut app, Msg::Mouse(click(98))).effects, seek(140));
        assert_eq!(update(&mut app, Msg::Mouse(click(1))).effects, seek(-60));
    }

    #[test]
    fn a_jump_back_takes_out_of_the_inbox_what_comes_after() {
        let mut app = on_air();
        app.replay = true;
        for seconds in [0, 60] {
            let at = Moment { mono: 0, wall: Timestamp(NOW.wall.0 + seconds * 1_000) };
            let from = Arc::new(Viewer { nickname: "Mia".into(), ..Viewer::default() });
            let question = Question { id: "1".into(), from, text: "which song?".into(), asked_at: None };
            let event = TalliedEvent::new(RoomEvent::new(at, EventKind::Question(question)), None);
            let news = track::TrackerUpdate::Room(RoomKey(1), track::RoomUpdate::Events(vec![event].into()));
            update(&mut app, Msg::Tracked(news));
        }
        assert_eq!(app.inbox.len(), 2);
        app.inbox.forget_after(NOW.wall);
        assert_eq!(app.inbox.len(), 1);
    }

    #[test]
    fn replay_keys_are_keys_only_in_a_replay_and_others_only_with_a_live() {
        let mut live = on_air();
        assert_eq!(press(&mut live, "."), []);
        assert!(live.toast.take().unwrap().text.as_str().contains(". works only in a replay"));
        assert!(live.key(crate::tui::action::Action::ReplayPause).is_none());

        let mut replay = on_air();
        replay.replay = true;
        assert_eq!(press(&mut replay, "P"), [Effect::Playback(track::PlaybackCommand::Pause)]);
        for key in ["a", "r", "R"] {
            assert_eq!(press(&mut replay, key), []);
            assert!(replay.popup.is_none() && replay.toast.take().unwrap().text.as_str().contains("with a live"));
        }
        assert!(replay.key(crate::tui::action::Action::Record).is_none());
    }
}
