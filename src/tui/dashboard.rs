//! Dashboard without its terminal: state and cache in one hand. The loop drives it; so do tests, benches and whoever wants a
//! picture of a screen.

use std::sync::Arc;
use std::time::Duration;

use ratatui::Frame;

use super::app::App;
use super::chord::Chord;
use super::msg::{Effect, Msg, UpdateOutcome};
use super::timeline::ReplayTimeline;
use super::view::Cache;
use super::widgets::uncertain_width::UncertainRows;
use super::{ScreenError, ScreenMemory, ScreenOptions, memory, summary, update, view, wanted};
use crate::clock::Moment;
use crate::history::HistoryAnswer;
use crate::ids::RoomKey;
use crate::room::Room;
use crate::{record, track};

/// A dashboard that is told things and draws itself.
#[derive(Debug)]
pub struct Dashboard {
    app: App,
    cache: Cache,
    uncertain_rows: UncertainRows,
}

impl Dashboard {
    /// An empty dashboard; an error when the keys cannot be.
    pub fn new(options: ScreenOptions, now: Moment) -> Result<Self, ScreenError> {
        Ok(Self { app: App::new(options, now)?, cache: Cache::default(), uncertain_rows: UncertainRows::default() })
    }

    /// Hears news of a room. What the screen asks of the tracker in answer comes back.
    pub fn track(&mut self, update: track::TrackerUpdate, now: Moment) -> Vec<track::TrackerCommand> {
        let answers = self.handle(now, Msg::Tracked(update)).effects.into_iter();
        answers.filter_map(|effect| if let Effect::Track(command) = effect { Some(command) } else { None }).collect()
    }

    /// The mirror of a room, for those who hold it against the tracker's own.
    pub fn room(&self, key: RoomKey) -> Option<&Room> {
        self.app.position(key).and_then(|at| self.app.tabs.get(at)).map(|tab| &tab.room)
    }

    /// Hears news of a recording.
    pub fn record(&mut self, update: record::RecorderUpdate, now: Moment) {
        self.handle(now, Msg::Recorded(update));
    }

    /// There is a history to ask; `tells_news` says whether it tells unasked who is new or back.
    pub fn with_history(&mut self, tells_news: bool) {
        (self.app.remembered.is_kept, self.app.remembered.tells_news) = (true, tells_news);
    }

    /// Hears where a replay stands, and what happens in it.
    pub fn replay(&mut self, status: track::PlaybackStatus, timeline: Arc<ReplayTimeline>, now: Moment) {
        self.handle(now, Msg::Playback(status));
        self.handle(now, Msg::Timeline(timeline));
    }

    /// Hears what the history tells.
    pub fn remember(&mut self, answer: HistoryAnswer, now: Moment) {
        self.handle(now, Msg::Remembered(Box::new(answer)));
    }

    /// Somebody has been looking until now: nothing is told of the time before.
    pub fn look(&mut self, now: Moment) {
        self.app.last_key = now;
    }

    /// Presses a key, named as in the config (`ctrl-l`, `?`); false when there is no such key.
    pub fn press(&mut self, chord: &str, now: Moment) -> bool {
        let Ok(chord) = chord.parse::<Chord>() else { return false };
        self.handle(now, Msg::Key(chord.event()));
        true
    }

    /// Types text as if it were pasted.
    pub fn paste(&mut self, text: &str, now: Moment) {
        self.handle(now, Msg::Paste(text.to_owned()));
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Moment) {
        self.handle(now, Msg::Tick);
    }

    /// The title of the window: what is unread in all rooms, and the room on the screen.
    pub fn title(&self) -> String {
        let unread: u64 = self.app.tabs.iter().map(|tab| tab.unread).sum();
        let unread = if unread == 0 { String::new() } else { format!(" •{}", super::number::short(unread)) };
        let room = self.app.tab().map(|tab| format!(" {}", tab.name())).unwrap_or_default();
        format!("tiktop{unread}{room}")
    }

    /// What was seen and recorded, a line each, for whoever leaves.
    pub fn summary(&self, now: Moment) -> Vec<String> {
        summary::lines(&self.app, now)
    }

    /// What there is to keep for the next run.
    pub fn memory(&self) -> ScreenMemory {
        memory::of(&self.app)
    }

    /// Draws one frame.
    pub fn draw(&mut self, frame: &mut Frame<'_>) {
        self.app.size = frame.area().as_size();
        view::view(&self.app, &mut self.cache, frame);
        self.uncertain_rows.mark(frame.buffer_mut());
    }

    /// Forgets everything that is kept only to draw faster. The next frame looks the same.
    pub fn clear_cache(&mut self) {
        self.cache = Cache::default();
    }

    /// Hears anything; what is to be done about it comes back.
    pub(super) fn handle(&mut self, now: Moment, msg: Msg) -> UpdateOutcome {
        if self.app.replay && now.wall < self.app.now.wall {
            // A replay that goes back has not seen what comes after.
            self.app.inbox.forget_after(now.wall);
        }
        self.app.now = now;
        update::update(&mut self.app, msg)
    }

    /// The rooms that are needed in full.
    pub(super) fn wanted_rooms(&self) -> track::WantedRooms {
        wanted::rooms(&self.app)
    }

    /// How long until the picture changes by itself.
    pub(super) fn next_wake(&self, now: Moment) -> Duration {
        update::next_wake(&self.app, now)
    }

    /// Frames a second at most.
    pub(super) fn fps(&self) -> u16 {
        match crate::config::in_range("screen.fps", self.app.screen.fps.into()) {
            0 => super::terminal::fps(0, |_| None),
            set => u16::try_from(set).unwrap_or(1),
        }
    }

    /// How long the next frame has to wait after one of so many bytes, so that the line is not asked for more than was set.
    pub(super) fn pause_after(&self, bytes: u64) -> Duration {
        match self.app.screen.max_bytes_per_second {
            0 => Duration::ZERO,
            most => Duration::from_millis(bytes.saturating_mul(1_000) / most),
        }
    }

    /// A frame of so many bytes was drawn.
    pub(super) fn count_bytes(&mut self, bytes: u64, now: Moment) {
        self.app.sent.add(bytes, now);
    }

    /// Whether the person is in this window.
    pub(super) fn has_focus(&self) -> bool {
        self.app.has_focus
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::config::{Keys, RecordSettings, ScreenSettings};
    use crate::events::{EventKind, Question, RoomEvent, Viewer};
    use crate::room::TalliedEvent;

    /// Somebody asks something.
    fn ask(dashboard: &mut Dashboard, at: Moment) {
        let from = Arc::new(Viewer { nickname: "Mia".into(), ..Viewer::default() });
        let question = Question { id: "1".into(), from, text: "which song?".into(), asked_at: None };
        let event = TalliedEvent::new(RoomEvent::new(at, EventKind::Question(question)), None);
        dashboard.track(track::TrackerUpdate::Room(RoomKey(1), track::RoomUpdate::Events(Arc::from(vec![event]))), at);
    }

    #[test]
    fn a_jump_back_in_a_replay_takes_out_of_the_inbox_what_comes_after() {
        for replay in [true, false] {
            let options = ScreenOptions {
                record: RecordSettings::default(),
                screen: ScreenSettings::default(),
                keys: Keys::new(),
                notice: None,
                replay,
                attached: false,
                mono: false,
                depth: super::super::ColourDepth::Sixteen,
                memory: None,
                config_file: None,
                zone: jiff::tz::TimeZone::UTC,
            };
            let at = |seconds: i64| Moment { mono: 0, wall: Timestamp(1_793_302_205_250 + seconds * 1_000) };
            let mut dashboard = Dashboard::new(options, at(0)).unwrap();
            let added = track::RoomUpdate::Added { label: "@ana".into() };
            dashboard.track(track::TrackerUpdate::Room(RoomKey(1), added), at(0));
            ask(&mut dashboard, at(0));
            ask(&mut dashboard, at(60));
            dashboard.tick(at(60));
            assert_eq!(dashboard.app.inbox.len(), 2);
            dashboard.tick(at(0));
            // The clock of a live may be set back: what came stays.
            assert_eq!(dashboard.app.inbox.len(), if replay { 1 } else { 2 });
            if replay {
                ask(&mut dashboard, at(60));
                assert_eq!(dashboard.app.inbox.len(), 2, "it comes again");
            }
        }
    }
}
