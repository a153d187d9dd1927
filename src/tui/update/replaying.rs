//! Handler of a replay's time: jumps, paces, and what is typed to go somewhere.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::track::{PlaybackCommand, Speed};
use crate::tui::app::App;
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::number;
use crate::tui::timeline::{ReplayMark, pace_words};

/// Goes to a time.
pub(super) fn seek(to: Timestamp) -> UpdateOutcome {
    Effect::Playback(PlaybackCommand::Seek(to)).into()
}

/// Goes so many seconds ahead, or back.
pub(super) fn skip(seconds: i64) -> UpdateOutcome {
    Effect::Playback(PlaybackCommand::Skip(seconds)).into()
}

/// Goes to a mark and says which it is.
pub(super) fn go_to_mark(app: &mut App, mark: &ReplayMark) -> UpdateOutcome {
    let Some(time) = &app.replay_time else { return UpdateOutcome::UNCHANGED };
    app.notify(format!("{} {}", number::duration(time.offset(mark.at)), mark.words));
    seek(mark.at)
}

/// Shows a mark that was kept just now.
pub(super) fn show_mark(app: &mut App, at: Timestamp, note: &str) {
    let Some(time) = &mut app.replay_time else { return };
    time.add_mark(at, note);
    let place = number::duration(time.offset(at));
    app.notify(format!("marked at {place} ({}): {note}", number::clock(at, &app.zone)));
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
    if let Some(mark) = time.step(app.now.wall, forward).cloned() {
        return go_to_mark(app, &mark);
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
    use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

    use super::*;
    use crate::history::{HistoryAnswer, HistoryQuestion};
    use crate::track;
    use crate::tui::app::Popup;
    use crate::tui::msg::Msg;
    use crate::tui::picker::picks;
    use crate::tui::timeline::ReplayTimeline;
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

    /// A replay of 200 seconds, stood at the first minute, with these marks.
    fn replaying(marks: &[(i64, &str, &str)]) -> App {
        let mut app = on_air();
        (app.replay, app.size) = (true, ratatui::layout::Size::new(100, 30));
        let at = |seconds: i64| Timestamp(NOW.wall.0 + seconds * 1_000);
        let mark = |&(seconds, by, words): &(i64, &str, &str)| ReplayMark {
            at: at(seconds),
            by: by.into(),
            words: words.into(),
        };
        let marks = marks.iter().map(mark).collect();
        let timeline = ReplayTimeline { end: at(140), is_whole: true, marks, ..ReplayTimeline::default() };
        update(&mut app, Msg::Playback(track::PlaybackStatus { start: at(-60), ..track::PlaybackStatus::default() }));
        update(&mut app, Msg::Timeline(timeline.into()));
        app
    }

    fn mouse(app: &mut App, kind: MouseEventKind, column: u16, row: u16) -> Vec<Effect> {
        let modifiers = crossterm::event::KeyModifiers::NONE;
        update(app, Msg::Mouse(MouseEvent { kind, column, row, modifiers })).effects
    }

    fn seek_to(seconds: i64) -> Vec<Effect> {
        vec![Effect::Playback(PlaybackCommand::Seek(Timestamp(NOW.wall.0 + seconds * 1_000)))]
    }

    #[test]
    fn a_click_near_a_marker_goes_to_the_marker_and_ones_own_is_the_nearest() {
        // 97 columns are 200 seconds: the battle stands in column 50, and the mark and the gift both in 60.
        let mut app = replaying(&[(41, "battle", "battle begins"), (61, "hand", "goal"), (62, "gifts", "a rose")]);
        let row = app.plan().timeline.bottom() - 1;
        for column in 48..=52 {
            assert_eq!(mouse(&mut app, MouseEventKind::Down(MouseButton::Left), column, row), seek_to(41), "{column}");
        }
        assert!(app.toast.as_ref().unwrap().text.as_str().contains("battle begins"));
        assert_eq!(mouse(&mut app, MouseEventKind::Down(MouseButton::Left), 60, row), seek_to(61));
        let between = mouse(&mut app, MouseEventKind::Down(MouseButton::Left), 55, row);
        assert!(between != seek_to(41) && between != seek_to(61), "{between:?}");
    }

    #[test]
    fn a_drag_that_leaves_the_bar_goes_on_and_one_that_began_elsewhere_does_nothing() {
        let mut app = replaying(&[]);
        let row = app.plan().timeline.bottom() - 1;
        let (down, drag) = (MouseEventKind::Down(MouseButton::Left), MouseEventKind::Drag(MouseButton::Left));
        assert_eq!(mouse(&mut app, drag, 98, row), [], "nothing was taken hold of");
        assert_eq!(mouse(&mut app, down, 1, row), seek_to(-60));
        assert_eq!(mouse(&mut app, drag, 98, 3), seek_to(140));
        assert_eq!(mouse(&mut app, drag, 0, row), seek_to(-60));
        mouse(&mut app, MouseEventKind::Up(MouseButton::Left), 40, 3);
        assert_eq!(mouse(&mut app, drag, 98, row), []);
    }

    #[test]
    fn the_wheel_on_the_bar_moves_by_a_small_step() {
        let mut app = replaying(&[]);
        let row = app.plan().timeline.bottom() - 1;
        let skip = |seconds| [Effect::Playback(PlaybackCommand::Skip(seconds))];
        assert_eq!(mouse(&mut app, MouseEventKind::ScrollUp, 40, row), skip(5));
        assert_eq!(mouse(&mut app, MouseEventKind::ScrollDown, 40, row), skip(-5));
    }

    #[test]
    fn a_mark_in_a_replay_is_of_the_moment_that_was_shown_and_stands_on_the_bar_once_it_is_kept() {
        let mut app = replaying(&[]);
        assert_eq!(press(&mut app, "m"), []);
        assert!(app.popup.is_none() && app.toast.take().unwrap().text.as_str().contains("no history is kept"));
        app.remembered.is_kept = true;
        press(&mut app, "m");
        app.now = app.now + Duration::from_secs(9);
        update(&mut app, Msg::Paste("goal".to_owned()));
        let (at, note) = (NOW.wall, "goal".to_owned());
        assert_eq!(press(&mut app, "enter"), [Effect::Ask(HistoryQuestion::Mark { live: 73, at, note })]);
        let marks = |app: &App| app.replay_time.as_ref().unwrap().timeline.marks.clone();
        assert_eq!(marks(&app), []);
        let kept = HistoryAnswer::Marked { at, marked: Ok("goal".to_owned()) };
        update(&mut app, Msg::Remembered(Box::new(kept)));
        assert_eq!(marks(&app), [ReplayMark { at, by: "hand".into(), words: "goal".into() }]);
        assert!(app.toast.take().unwrap().text.as_str().starts_with("marked at 1:00 ("));
        let failed = HistoryAnswer::Marked { at, marked: Err("the disk is full".to_owned()) };
        update(&mut app, Msg::Remembered(Box::new(failed)));
        assert_eq!((marks(&app).len(), app.toast.unwrap().text.as_str()), (1, "the disk is full"));
    }

    #[test]
    fn what_fits_no_place_is_answered_with_places_of_this_live() {
        let mut app = replaying(&[(41, "battle", "battle begins")]);
        press(&mut app, "Z");
        update(&mut app, Msg::Paste("99:99:99".to_owned()));
        let Some(Popup::Pick(picker)) = &app.popup else { panic!("moments are open") };
        let rows = picks(&app, picker);
        let told = rows.iter().map(|row| format!("{} {}", row.name, row.note)).collect::<Vec<_>>().join("\n");
        let half = Timestamp(NOW.wall.0 + 40_000).to_jiff().strftime("%H:%M").to_string();
        for form in ["1:40", &half, "+5m", "10x", "battle"] {
            assert!(told.contains(form), "{form} in:\n{told}");
        }
        assert_eq!(press(&mut app, "enter"), [], "an example is no wish");
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
