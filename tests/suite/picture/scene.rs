//! Evening of the pictures: six invented rooms over twenty minutes, at the end a battle, always the same.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tiktop::clock::Timestamp;
use tiktop::events::{
    BattleAction, BattleEvent, BattleItem, BattleKind, BattlePoints, BattleSide, BattleTimes, Delete, EventKind,
    Follow, Gap, GiftFacts, Goal, GoalPart, Host, Info, ItemKind, Join, Like, LiveStart, Phase, PhaseKind, Pin,
    PinnedWhat, Poll, PollOption, PollStage, Question, Share, Supporter, Viewer,
};
use tiktop::ids::{BattleId, GoalId, PinId, PollId, RoomId, RoomKey, UserId};
use tiktop::record::{RecorderUpdate, RecordingDetails, RecordingState};

use crate::stage::{self, Stage};

/// A room: its name, its title, how many watch, and how many seconds pass between two comments.
const ROOMS: [(&str, &str, u64, u64); 6] = [
    ("ana.live", "Painting the harbour at dusk", 1_190, 3),
    ("ben.tides", "late shift, lo-fi and questions", 842, 6),
    ("cleo_reads", "Reading together: chapter twelve", 317, 9),
    ("dave.radio", "A radio of 1962, opened", 105, 15),
    ("emma.bakes", "Sourdough from scratch", 2_410, 6),
    ("finn", "requests, one song each", 58, 12),
];

const NAMES: [&str; 32] = [
    "mia", "Kit", "Joon", "zoe", "pat", "lia", "Tomás", "Noor", "Sam", "ola", "Amélie", "Yuki", "Diego", "Freya",
    "Ivo", "Leila", "Marek", "Nadia", "Oskar", "Priya", "Ravi", "Sofía", "Theo", "Uma", "Vera", "Wren", "Xavi", "Yara",
    "Zeno", "小雨", "Duc", "민준",
];

const SAID: [[&str; 16]; 2] = [
    [
        "hello from Lisbon",
        "that colour on the water!!",
        "which brush is that?",
        "can you say hi to my sister, she paints too",
        "the boats look alive",
        "first time here, staying",
        "more light on the left one",
        "I could watch this all night",
        "what happened to the lighthouse?",
        "the sky is perfect, leave it",
        "day 12 of asking for a big canvas",
        "good evening from Nairobi",
        "is this oil or acrylic?",
        "we can win this",
        "こんばんは",
        "so calm, thank you",
    ],
    [
        "hello again",
        "what song is this?",
        "one more, please",
        "who wins tonight?",
        "greetings from Seoul",
        "is that the real one?",
        "the sound is a bit low",
        "I just came home from work",
        "good night everyone",
        "how long have you been live?",
        "this made my day",
        "can you show it closer?",
        "merhaba",
        "back from dinner, what did I miss?",
        "you are very patient",
        "ha, yes",
    ],
];

/// Gifts, cheap ones more often: id, name, coins, and whether they come in streaks.
const GIFTS: [(u64, &str, u64, u32, u64); 7] = [
    (5_655, "Rose", 1, 1, 40),
    (5_487, "Finger Heart", 5, 1, 20),
    (6_064, "GG", 1, 1, 12),
    (8_913, "Rosa", 10, 1, 14),
    (5_879, "Doughnut", 30, 1, 8),
    (11_046, "Galaxy", 1_000, 2, 3),
    (7_001, "Swan", 699, 2, 3),
];

/// Twenty minutes before the battle, in steps.
const STEP: u64 = 3;
const STEPS: u64 = 400;
/// How long the battle takes, and how far it is when the picture is taken.
const BATTLE: u64 = 300;
const FOUGHT: u64 = 202;

/// Dice that fall alike everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most.max(1)
    }
}

fn person(nth: u64) -> Arc<Viewer> {
    let nth = nth % NAMES.len() as u64;
    let name = NAMES[usize::try_from(nth).unwrap()];
    let viewer = stage::viewer(600 + i64::try_from(nth).unwrap(), name);
    Arc::new(Viewer {
        moderator: name == "Kit",
        subscriber: ["pat", "Yuki", "Freya"].contains(&name),
        gifter_level: [("mia", 31), ("Oskar", 22), ("Diego", 14)]
            .iter()
            .find(|own| own.0 == name)
            .map_or(0, |own| own.1),
        team_level: if name == "Priya" { 17 } else { 0 },
        follower: nth.is_multiple_of(3),
        ..viewer
    })
}

fn gift(dice: &mut Dice) -> Arc<GiftFacts> {
    let all: u64 = GIFTS.iter().map(|gift| gift.4).sum();
    let mut at = dice.below(all);
    let kind = GIFTS.iter().find(|gift| {
        let here = at < gift.4;
        at = at.saturating_sub(gift.4);
        here
    });
    let (id, name, price, streaks, _) = *kind.unwrap();
    stage::gift(id, name, price, streaks)
}

/// The rooms, up to a moment in the battle of the first.
pub(super) fn evening(stage: &mut Stage) {
    let mut dice = Dice(7);
    for (nth, (name, title, watching, _)) in (1..).zip(ROOMS) {
        stage.add(nth, &format!("@{name}"));
        let host = Host { id: UserId::from_wire(9_000 + nth as i64), unique_id: name.into(), nickname: name.into() };
        let live = LiveStart { room_id: RoomId(7_300_000_000_000_000_000 + nth), live_seq: 1 };
        stage.happen(nth, EventKind::Live(live));
        let started_at = Some(Timestamp(stage.now.wall.0 - 1_000_000 * i64::try_from(nth * nth).unwrap() / 3));
        let info = Info { host, title: title.into(), watching: Some(watching), started_at, ..Info::default() };
        stage.happen(nth, EventKind::Info(Box::new(info)));
        stage.phase(nth, Phase::new(PhaseKind::Live).through("provider euler"));
    }
    board(stage);
    for step in 0..STEPS {
        for (room, (_, _, watching, between)) in (1..).zip(ROOMS) {
            happenings(stage, &mut dice, room, step, watching, between);
        }
        if step == 250 {
            missed(stage);
        }
        stage.wait(STEP);
    }
    battle(stage, &mut dice);
    let unread = Duration::from_secs(751);
    let recording = RecordingState::Running {
        since: stage.now - unread,
        bytes: 142_900_000,
        rate: 204_000,
        file: PathBuf::from("/home/ana/Videos/ana.mkv"),
        quality: "hd".into(),
        sound_only: false,
        details: Box::new(RecordingDetails::default()),
    };
    stage.dashboard.record(RecorderUpdate::Recording { room: RoomKey(1), recording }, stage.now);
    stage.dashboard.look(stage.now);
}

/// What three seconds of a room bring.
fn happenings(stage: &mut Stage, dice: &mut Dice, room: u64, step: u64, watching: u64, between: u64) {
    // People come in a swell and leave slowly; each room at its own time.
    let phase = (step + room * 90) % 420;
    let swell = if phase < 120 { phase * phase / 48 } else { 300_u64.saturating_sub((phase - 120) * 3 / 2) };
    if step % 3 == room % 3 {
        stage.watching(room, watching + watching * swell / 1_100 + dice.below(watching / 60 + 2));
    }
    let busy = 1 + swell / 150;
    if step * STEP % between < STEP || dice.below(4) < busy - 1 {
        let who = person(dice.below(NAMES.len() as u64));
        let lines = SAID[usize::from(room != 1)];
        let text = lines[usize::try_from(dice.below(lines.len() as u64)).unwrap()];
        stage.say(room, &who, text);
    }
    if dice.below(40) < 3 * busy {
        let (who, gift) = (person(dice.below(NAMES.len() as u64)), gift(dice));
        let count = if gift.streakable() { 1 + dice.below(24) } else { 1 };
        stage.give(room, &who, &gift, count, true);
    }
    let taps = dice.below(9) * busy;
    stage.happen(room, EventKind::Like(Like { from: None, count: taps, total: 82_000 + step * 31 }));
    if dice.below(16) == 0 {
        let from = person(dice.below(NAMES.len() as u64));
        stage.happen(room, EventKind::Follow(Follow { from, followers: None }));
    }
    if dice.below(30) == 0 {
        let from = person(dice.below(NAMES.len() as u64));
        stage.happen(room, EventKind::Share(Share { from, shares: None, friends: 0 }));
    }
    if dice.below(9) == 0 {
        for _ in 0..=dice.below(12) {
            let from = person(dice.below(NAMES.len() as u64));
            stage.happen(room, EventKind::Join(Join { from, watching: None, source: "".into() }));
        }
    }
    if step % 90 == 40 + room {
        let text = ["how long have you been painting?", "do you sell prints?", "who taught you this?"];
        let text = text[usize::try_from(step / 90 % 3).unwrap()];
        let from = person(step + room);
        let id = format!("{room}-{step}");
        let asked = Question { id: id.as_str().into(), from, text: text.into(), asked_at: None };
        stage.happen(room, EventKind::Question(asked));
    }
}

/// What stands above the chat: a pinned message, a poll, a goal.
fn board(stage: &mut Stage) {
    let pin = Pin {
        id: PinId::from_wire(1),
        pinned: true,
        message: None,
        what: PinnedWhat::Chat,
        from: Some(person(1)),
        text: "be kind; prints are in the shop on Friday".into(),
        pinned_at: None,
        seconds: 0,
        by: None,
    };
    stage.happen(1, EventKind::Pin(Box::new(pin)));
    let option = |index, text: &str, votes| PollOption { index, text: text.into(), votes };
    let poll = Poll {
        id: PollId::from_wire(1),
        stage: PollStage::Votes,
        title: "".into(),
        options: vec![option(0, "sunset", 214), option(1, "moonlight", 131)],
        starts_at: None,
        ends_at: None,
        by: None,
    };
    stage.happen(1, EventKind::Poll(Box::new(poll)));
    let part = GoalPart { kind: 1, name: "Rosa".into(), progress: 62, target: 100, ..GoalPart::default() };
    let goal = Goal { id: GoalId::from_wire(1), text: "a new easel".into(), parts: vec![part], ..Goal::default() };
    stage.happen(1, EventKind::Goal(Box::new(goal)));
}

fn missed(stage: &mut Stage) {
    let length = Duration::from_secs(12);
    let gap = Gap { from: stage.now - length, length, reason: "the socket was dropped".into() };
    stage.happen(1, EventKind::Gap(gap));
}

/// A battle that turns: first they lead, then a glove and a streak bring ours ahead.
fn battle(stage: &mut Stage, dice: &mut Dice) {
    let battle = BattleId::from_wire(77);
    let began = stage.now.wall.0;
    let ends_at = Some(Timestamp(began + i64::try_from(BATTLE * 1_000).unwrap()));
    let times = BattleTimes { started_at: Some(Timestamp(began)), seconds: BATTLE, ends_at };
    let side = |id: i64, name: &str, points, supporters: &[(&str, u64)]| BattleSide {
        hosts: vec![Host { id: UserId::from_wire(id), unique_id: name.into(), nickname: name.into() }],
        points: Some(points),
        supporters: supporters
            .iter()
            .map(|(name, points)| Supporter { id: None, nickname: (*name).into(), points: *points })
            .collect(),
        ..BattleSide::default()
    };
    let sides = |ours, theirs| {
        vec![
            side(9_001, "ana.live", ours, &[("mia", 4_100), ("Oskar", 2_300), ("Kit", 1_020)]),
            side(9_002, "ben.tides", theirs, &[("ola", 900)]),
        ]
    };
    let started =
        BattleEvent { battle, action: BattleAction::Started, kind: BattleKind::OneToOne, times, sides: sides(0, 0) };
    stage.happen(1, EventKind::Battle(Box::new(started)));
    let (mia, oskar) = (person(0), person(18));
    let rose = stage::gift(5_655, "Rose", 1, 1);
    for second in 0..FOUGHT {
        let ours = second * 44 + (second.saturating_sub(120)) * 52 - second.min(3);
        let theirs = second * 52 - second * second / 60;
        if second % 2 == 0 {
            let points = BattlePoints {
                battle,
                kind: BattleKind::OneToOne,
                times,
                sides: sides(ours, theirs),
                cause: None,
                over: false,
            };
            stage.happen(1, EventKind::BattlePoints(Box::new(points)));
        }
        if second % STEP == 0 {
            for (room, (_, _, watching, between)) in (1..).zip(ROOMS) {
                happenings(stage, dice, room, STEPS + second / STEP, watching, between);
            }
        }
        match second {
            120 => stage.give(1, &oskar, &stage::gift(11_046, "Galaxy", 1_000, 2), 1, true),
            190 => {
                let glove = BattleItem {
                    battle,
                    kind: ItemKind::Glove,
                    code: 2,
                    from: None,
                    side: UserId::from_wire(9_001),
                    text: "mia sent 1 boosting glove".into(),
                    multiplier: 3,
                    starts_at: Some(stage.now.wall),
                    seconds: 30,
                    extra_seconds: 0,
                };
                stage.happen(1, EventKind::BattleItem(Box::new(glove)));
            }
            178 => stage.say(1, &person(25), "free coins on my page"),
            186 => stage.happen(1, EventKind::Delete(Delete { messages: vec![], users: vec![UserId(625)] })),
            _ => {}
        }
        if second >= 150 && second % 2 == 0 {
            stage.give(1, &mia, &rose, 4 * (second - 148), false);
        }
        stage.wait(1);
    }
}

/// Rooms that are not live, for the table: one is tried again, one is waited for.
pub(super) fn troubles(stage: &mut Stage) {
    let back = Phase::new(PhaseKind::Reconnecting)
        .because("the provider answered 429: too many requests")
        .until(stage.now + Duration::from_secs(7));
    stage.phase(3, back);
    stage.add(7, "@gus.and.dog");
    let offline = Phase::new(PhaseKind::Offline)
        .because("TikTok reports nobody on air")
        .until(stage.now + Duration::from_secs(1_300));
    stage.phase(7, offline);
    stage.add(8, "@hana");
    stage.phase(8, Phase::new(PhaseKind::Connecting).through("direct"));
}
