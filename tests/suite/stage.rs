//! Stage with an evening of invented rooms, sent to a dashboard as the tracker would send it. For screens, benches and
//! pictures.

use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tiktop::clock::{Moment, Timestamp};
use tiktop::config::{Keys, ScreenSettings};
use tiktop::events::{
    BattleAction, BattleEvent, BattleKind, BattlePoints, BattleSide, BattleTimes, Chat, Delete, EventKind, Follow, Gap,
    Gift, GiftFacts, Host, Info, Join, Like, LiveStart, Phase, PhaseKind, Question, RoomEvent, Share, Supporter,
    Unknown, Viewer, Viewers,
};
use tiktop::ids::{BattleId, GiftId, MsgId, RoomId, RoomKey, UserId};
use tiktop::room::TalliedEvent;
use tiktop::track::{RoomUpdate, TrackerUpdate};
use tiktop::tui::{Dashboard, ScreenOptions};

/// 19:30 UTC on an evening in 2026.
const START: i64 = 1_793_302_200_000;

/// A dashboard and the time it lives in.
pub(crate) struct Stage {
    pub(crate) dashboard: Dashboard,
    pub(crate) now: Moment,
    next_id: i64,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(ScreenSettings::default(), false)
    }

    pub(crate) fn with(screen: ScreenSettings, mono: bool) -> Self {
        Self::set_up(screen, mono, None)
    }

    fn set_up(screen: ScreenSettings, mono: bool, memory: Option<tiktop::tui::ScreenMemory>) -> Self {
        let now = Moment { mono: 7_200_000, wall: Timestamp(START) };
        let options = ScreenOptions {
            record: tiktop::config::RecordSettings::default(),
            screen,
            keys: Keys::new(),
            notice: None,
            replay: false,
            attached: false,
            mono,
            depth: tiktop::tui::ColourDepth::Sixteen,
            memory,
            config_file: None,
            zone: jiff::tz::TimeZone::UTC,
        };
        Self { dashboard: Dashboard::new(options, now).unwrap(), now, next_id: 1 }
    }

    /// A dashboard that goes on where another one was left.
    pub(crate) fn remembering(memory: tiktop::tui::ScreenMemory) -> Self {
        Self::set_up(ScreenSettings::default(), false, Some(memory))
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.dashboard.tick(self.now);
    }

    pub(crate) fn press(&mut self, chords: &str) {
        for chord in chords.split_whitespace() {
            assert!(self.dashboard.press(chord, self.now), "{chord} is a key");
        }
    }

    pub(crate) fn add(&mut self, room: u64, label: &str) {
        self.hear(room, RoomUpdate::Added { label: label.into() });
    }

    pub(crate) fn hear(&mut self, room: u64, kind: RoomUpdate) {
        self.track(TrackerUpdate::Room(RoomKey(room), kind));
    }

    /// Gets an update of the tracker.
    pub(crate) fn track(&mut self, update: TrackerUpdate) {
        self.dashboard.track(update, self.now);
    }

    pub(crate) fn happen(&mut self, room: u64, kind: EventKind) {
        let id = MsgId::from_wire(self.next_id);
        self.next_id += 1;
        let event = RoomEvent { at: self.now, server_at: None, id, room_id: None, history: false, kind };
        self.hear(room, RoomUpdate::Events(Arc::from(vec![TalliedEvent::new(event, None)])));
    }

    /// Brings a room on air.
    pub(crate) fn go_live(&mut self, room: u64, name: &str, title: &str, watching: u64) {
        let host = Host { id: UserId::from_wire(9_000 + room as i64), unique_id: name.into(), nickname: name.into() };
        self.happen(
            room,
            EventKind::Live(LiveStart { room_id: RoomId(7_300_000_000_000_000_000 + room), live_seq: 1 }),
        );
        let started_at = Some(Timestamp(START - 7_200_000));
        let info = Info { host, title: title.into(), watching: Some(watching), started_at, ..Info::default() };
        self.happen(room, EventKind::Info(Box::new(info)));
        self.phase(room, Phase::new(PhaseKind::Live).through("provider euler"));
    }

    pub(crate) fn phase(&mut self, room: u64, phase: Phase) {
        self.happen(room, EventKind::State(phase));
    }

    pub(crate) fn say(&mut self, room: u64, from: &Arc<Viewer>, text: &str) {
        let chat = Chat { from: from.clone(), text: text.into(), emotes: vec![], to: None, language: "en".into() };
        self.happen(room, EventKind::Chat(chat));
    }

    pub(crate) fn give(&mut self, room: u64, from: &Arc<Viewer>, gift: &Arc<GiftFacts>, count: u64, ends: bool) {
        let group = if gift.streakable() { 40 + from.id.unwrap().0 } else { 0 };
        let gift = Gift { from: from.clone(), to: None, gift: gift.clone(), count, group, coins: None, ends };
        self.happen(room, EventKind::Gift(Box::new(gift)));
    }

    pub(crate) fn watching(&mut self, room: u64, watching: u64) {
        self.happen(room, EventKind::Viewers(Viewers { watching, total: None, anonymous: 0, top: vec![] }));
    }

    /// What a terminal of this size shows.
    pub(crate) fn picture(&mut self, width: u16, height: u16) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| self.dashboard.draw(frame)).unwrap();
        terminal
    }
}

pub(crate) fn viewer(id: i64, name: &str) -> Viewer {
    Viewer {
        id: UserId::from_wire(id),
        unique_id: name.to_lowercase().into(),
        nickname: name.into(),
        ..Viewer::default()
    }
}

pub(crate) fn gift(id: u64, name: &str, price: u64, kind: u32) -> Arc<GiftFacts> {
    Arc::new(GiftFacts { id: GiftId(id), name: name.into(), diamonds: Some(price), kind, ..GiftFacts::default() })
}

/// Four rooms; the first in the middle of a busy live.
pub(crate) fn evening(stage: &mut Stage) {
    for (room, label) in [(1, "@ana.live"), (2, "@ben"), (3, "@cleo"), (4, "@dave")] {
        stage.add(room, label);
    }
    stage.go_live(2, "ben", "late shift", 842);
    stage.phase(3, Phase::new(PhaseKind::Connecting).through("direct"));
    let dave = Phase::new(PhaseKind::Offline)
        .because("TikTok reports nobody on air.")
        .until(stage.now + Duration::from_secs(1_300));
    stage.phase(4, dave);
    stage.go_live(1, "ana.live", "Painting the harbour", 1_190);
    crowd(stage);
    for at in 0..114_u64 {
        let swell = [0, 40, 90, 160, 230, 300, 312, 280, 220, 150, 120, 90, 60, 30, 10, 0, 20, 60, 110];
        let watching = 1_190 + swell[usize::try_from(at / 6).unwrap()];
        stage.watching(1, watching);
        let taps = 4 + at * 7 % 13 * (1 + at / 30 % 2);
        stage.happen(1, EventKind::Like(Like { from: None, count: taps, total: 82_000 + at * 9 }));
        stage.wait(6);
    }
    chatter(stage);
    stage.dashboard.look(stage.now);
}

fn crowd(stage: &mut Stage) {
    let rosa = gift(8_913, "Rosa", 10, 1);
    let sam = Arc::new(viewer(105, "Sam"));
    stage.give(1, &sam, &rosa, 3, true);
    let galaxy = gift(11_046, "Galaxy", 1_000, 2);
    stage.give(1, &Arc::new(viewer(101, "Kit")), &galaxy, 1, true);
}

fn chatter(stage: &mut Stage) {
    let kit = Arc::new(Viewer { moderator: true, ..viewer(101, "Kit") });
    let mia = Arc::new(Viewer { gifter_level: 31, ..viewer(102, "mia") });
    let joon = Arc::new(viewer(103, "Joon"));
    let pat = Arc::new(Viewer { subscriber: true, ..viewer(104, "pat") });
    let zoe = Arc::new(viewer(106, "zoe"));
    stage.say(1, &kit, "hello everyone, rules are pinned");
    stage.say(1, &mia, "that was amazing!!");
    stage.say(1, &Arc::new(viewer(107, "newcomer")), "first time here, what is this about");
    stage.happen(1, EventKind::Follow(Follow { from: zoe.clone(), followers: None }));
    for id in 0..41 {
        let from = Arc::new(viewer(500 + id, "nia"));
        stage.happen(1, EventKind::Join(Join { from, watching: None, source: "".into() }));
    }
    stage.say(
        1,
        &joon,
        "can you say hi to my sister, her name is very long and she watches every day from the other side of the sea",
    );
    stage.wait(20);
    stage.say(1, &pat, "buy followers at my page");
    stage.happen(1, EventKind::Delete(Delete { messages: vec![], users: vec![UserId(104)] }));
    stage.happen(1, EventKind::Share(Share { from: zoe.clone(), shares: None, friends: 0 }));
    let asked = Question {
        id: "1".into(),
        from: Arc::new(viewer(108, "lia")),
        text: "how long have you been streaming?".into(),
        asked_at: None,
    };
    stage.happen(1, EventKind::Question(asked));
    let gap = Gap {
        from: stage.now - Duration::from_secs(41),
        length: Duration::from_secs(41),
        reason: "the socket was dropped".into(),
    };
    stage.happen(1, EventKind::Gap(gap));
    stage.say(1, &kit, "back!");
    let rose = gift(5_655, "Rose", 1, 1);
    stage.give(1, &mia, &rose, 112, true);
    stage.give(1, &joon, &gift(5_487, "Finger Heart", 5, 1), 12, false);
    stage.give(1, &zoe, &rose, 37, false);
    stage.say(1, &zoe, "🎉 congratulations");
    let unknown = Unknown { method: "WebcastHashtagMessage".into(), bytes: 812, error: None };
    stage.happen(1, EventKind::Unknown(unknown));
    for text in ["hi ben", "who wins tonight", "3-2-1"] {
        stage.say(2, &kit, text);
    }
}

/// A battle of the first room against the second, 107 s before its end.
pub(crate) fn battle(stage: &mut Stage) {
    let ends_at = Timestamp(stage.now.wall.0 + 107_000);
    let times = BattleTimes { started_at: Some(Timestamp(ends_at.0 - 300_000)), seconds: 300, ends_at: Some(ends_at) };
    let side = |id: i64, name: &str, points, supporters: &[&str]| BattleSide {
        hosts: vec![Host { id: UserId::from_wire(id), unique_id: name.into(), nickname: name.into() }],
        points: Some(points),
        supporters: supporters
            .iter()
            .map(|name| Supporter { id: None, nickname: (*name).into(), points: 100 })
            .collect(),
        ..BattleSide::default()
    };
    let battle = BattleId::from_wire(77);
    let sides = vec![side(9_001, "ana.live", 11_200, &[]), side(9_002, "ben", 6_931, &[])];
    let started = BattleEvent { battle, action: BattleAction::Started, kind: BattleKind::OneToOne, times, sides };
    stage.happen(1, EventKind::Battle(Box::new(started)));
    for step in 0..=30 {
        let sides = vec![
            side(9_001, "ana.live", 11_200 + step * 41, &["mia", "Kit", "Joon"]),
            side(9_002, "ben", 6_931 + step * 66, &["ola"]),
        ];
        let points = BattlePoints { battle, kind: BattleKind::OneToOne, times, sides, cause: None, over: false };
        stage.happen(1, EventKind::BattlePoints(Box::new(points)));
        if step < 30 {
            stage.now = stage.now + Duration::from_secs(1);
        }
    }
}
