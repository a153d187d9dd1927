//! Tests of the whole history: events in, rows out, and what is left after faults, repeats and a purge.

mod faults;
mod imports;
mod restarts;
mod searches;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::clock::{Clock, Moment, Timestamp};
use crate::events::{
    Chat, EventKind, Gift, Host, Info, Join, Like, LiveStart, Phase, PhaseKind, Question, RoomEvent, Viewer, Viewers,
};
use crate::ids::{GiftFacts, GiftId, MsgId, RoomId, RoomKey, UserId};
use crate::room::{Applied, AwayRoom, Room, TalliedEvent};

const ROOM: RoomKey = RoomKey(1);
const LIVE: RoomId = RoomId(7_300_000_000_000_000_001);
const NOON: i64 = 1_793_302_200_000;

/// A room as its task has it: what it says goes into the history.
struct Scene {
    room: Room,
    at: i64,
    next_id: u64,
    live: RoomId,
}

impl Scene {
    fn new() -> Self {
        Self::of_live(LIVE, NOON)
    }

    fn of_live(live: RoomId, at: i64) -> Self {
        Self { room: Room::new(100), at, next_id: 7_400_000_000_000_000_000 + at as u64 % 1_000_000_000, live }
    }

    fn event(&mut self, kind: EventKind) -> RoomEvent {
        self.at += 100;
        self.next_id += 1;
        let at = Moment { mono: self.at as u64, wall: Timestamp(self.at) };
        let id = kind.is_from_service().then_some(MsgId(self.next_id));
        RoomEvent { at, server_at: None, id, room_id: Some(self.live), history: false, kind }
    }

    fn tally(&mut self, event: RoomEvent) -> Vec<TalliedEvent> {
        match self.room.apply(&event) {
            Applied::Fresh(tally) => vec![TalliedEvent::new(event, tally)],
            _ => Vec::new(),
        }
    }

    fn say(&mut self, kind: EventKind) -> Vec<TalliedEvent> {
        let event = self.event(kind);
        self.tally(event)
    }

    fn begin(&mut self) -> Vec<TalliedEvent> {
        let live = LiveStart { room_id: self.live, live_seq: 1 };
        let host = Host { id: Some(UserId(99)), unique_id: "ana.live".into(), nickname: "Ana".into() };
        let info = Info { host, title: "evening".into(), ..Info::default() };
        let mut events = self.say(EventKind::Live(live));
        events.extend(self.say(EventKind::Info(Box::new(info))));
        events.extend(self.say(EventKind::State(Phase::new(PhaseKind::Live))));
        events
    }

    fn chat(&mut self, who: u64, text: &str) -> Vec<TalliedEvent> {
        self.say(chat(who, text))
    }

    fn gift(&mut self, who: u64, group: u64, count: u64, price: Option<u64>) -> Vec<TalliedEvent> {
        self.say(gift(who, group, count, price))
    }
}

fn viewer(id: u64) -> Arc<Viewer> {
    Arc::new(Viewer {
        id: Some(UserId(id)),
        unique_id: format!("user{id}").into(),
        nickname: format!("User {id}").into(),
        ..Viewer::default()
    })
}

fn chat(who: u64, text: &str) -> EventKind {
    EventKind::Chat(Chat { from: viewer(who), text: text.into(), emotes: vec![], to: None, language: "en".into() })
}

fn gift(who: u64, group: u64, count: u64, price: Option<u64>) -> EventKind {
    let kind = if group == 0 { 2 } else { 1 };
    let facts = GiftFacts { id: GiftId(5), name: "Rose".into(), diamonds: price, kind, ..GiftFacts::default() };
    let gift = Gift { from: viewer(who), to: None, gift: Arc::new(facts), count, group, coins: None, ends: group == 0 };
    EventKind::Gift(Box::new(gift))
}

/// A busy minute.
fn busy(scene: &mut Scene) -> Vec<TalliedEvent> {
    let mut events = scene.begin();
    for nth in 0..50 {
        events.extend(scene.chat(nth % 7 + 1, &format!("line {nth} hello")));
        events.extend(scene.say(EventKind::Join(Join {
            from: viewer(nth + 100),
            watching: Some(40 + nth),
            source: "".into(),
        })));
    }
    for count in 1..=9 {
        events.extend(scene.gift(3, 77, count, Some(10)));
    }
    events.extend(scene.gift(4, 0, 2, Some(100)));
    events.extend(scene.gift(5, 0, 1, None));
    events.extend(scene.say(EventKind::Like(Like { from: Some(viewer(6)), count: 15, total: 900 })));
    events.extend(scene.say(EventKind::Viewers(Viewers {
        watching: 123,
        total: Some(456),
        anonymous: 0,
        top: vec![],
    })));
    events
}

fn options() -> HistoryOptions {
    let mut options = HistoryOptions::default();
    options.limits.days = 36_500;
    options.flush_after = Duration::from_millis(5);
    options
}

fn recorder(dir: &Path) -> HistoryRecorder {
    try_recorder(dir).unwrap()
}

fn try_recorder(dir: &Path) -> Result<HistoryRecorder, HistoryError> {
    let clock = Clock::manual(Timestamp(NOON));
    let mut recorder = HistoryRecorder::start(&HistoryFolder::new(dir), options(), clock, |_| {}, None)?;
    recorder.added(ROOM, &"@ana.live".into());
    Ok(recorder)
}

fn keep(dir: &Path, events: &[TalliedEvent]) {
    let mut recorder = recorder(dir);
    events.chunks(7).for_each(|events| recorder.events(ROOM, events));
    recorder.finish().unwrap();
}

fn reader(dir: &Path) -> HistoryReader {
    HistoryReader::open(&HistoryFolder::new(dir)).unwrap()
}

fn found(dir: &Path, query: &str) -> Vec<String> {
    let now = Moment { mono: 0, wall: Timestamp(NOON + 86_400_000) };
    let query = HistoryQuery::parse(query, now, &jiff::tz::TimeZone::UTC).unwrap();
    reader(dir).search(&query, 0, 100).unwrap().lines.into_iter().map(|line| line.text).collect()
}

/// All of the history but the spans, as text.
fn all_rows(dir: &Path) -> String {
    let mut all = Vec::new();
    let tables = [
        ExportTable::People,
        ExportTable::Lives,
        ExportTable::Attendance,
        ExportTable::Gifts,
        ExportTable::Minutes,
        ExportTable::Chat,
    ];
    for table in tables {
        export(&reader(dir), table, ExportFormat::Ndjson, &mut all).unwrap();
    }
    String::from_utf8(all).unwrap()
}

#[test]
fn the_sums_of_the_history_are_those_of_the_room() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let events = busy(&mut scene);
    keep(dir.path(), &events);
    let live = reader(dir.path()).live(LIVE.0).unwrap().unwrap();
    let stats = &scene.room.stats;
    assert_eq!((live.chats, live.gifts, live.coins), (stats.comments, stats.gifts, stats.coins));
    assert_eq!((live.unpriced, live.joins, live.likes_seen), (stats.unpriced, stats.joins, stats.likes_seen));
    assert_eq!((live.likes_reported, live.peak, live.total_viewers), (stats.likes.unwrap(), stats.peak, 456));
    assert_eq!((live.chats, live.gifts, live.coins, live.unpriced), (50, 12, 290, 1));
    assert_eq!((live.handle.as_str(), live.title.as_str(), live.host), ("ana.live", "evening", Some(99)));
    let report = reader(dir.path()).report(LIVE.0).unwrap().unwrap();
    assert_eq!(report.minutes.iter().map(|minute| minute.chats).sum::<u64>(), 50);
    assert_eq!(report.minutes.iter().map(|minute| minute.coins).sum::<u64>(), 290);
    assert_eq!(report.gifters.iter().map(|row| row.coins).collect::<Vec<_>>(), [200, 90, 0]);
    assert_eq!(found(dir.path(), "line").len(), 50);
    // Who comes back is told them, too.
    let since = |at| reader(dir.path()).rooms_since(Timestamp(at)).unwrap();
    let rooms = since(NOON);
    let [AwayRoom { name, counts, top, .. }] = rooms.as_slice() else { panic!("{rooms:?}") };
    assert_eq!(
        (name.as_str(), counts.coins, counts.givers, counts.comments, counts.begun),
        ("ana.live", 290, 3, 50, 1)
    );
    assert_eq!(*top, [("User 4", 200), ("User 3", 90)].map(|(name, coins)| (crate::text::Text::new(name), coins)));
    // Of a live that ran and a minute that had begun it is not known which part came later.
    let counts = &since(NOON + 5_000)[0].counts;
    assert_eq!((counts.begun, counts.comments, since(scene.at + 1)), (0, 0, vec![]));
}

#[test]
fn words_of_all_scripts_are_found_newest_first() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let mut events = scene.begin();
    for text in
        ["hello out there", "日本語のテスト", "한국어 좋아요", "สวัสดีครับ", "party 😂😂", "Élan vital", "hello again"]
    {
        events.extend(scene.chat(1, text));
    }
    let asked =
        EventKind::Question(Question { id: "1".into(), from: viewer(2), text: "hello?".into(), asked_at: None });
    events.extend(scene.say(asked));
    keep(dir.path(), &events);
    let found = |query: &str| found(dir.path(), query);
    assert_eq!(found("hello"), ["hello?", "hello again", "hello out there"]);
    assert_eq!(found("\"hello out\""), ["hello out there"]);
    assert_eq!(found("hel* -again kind:chat"), ["hello out there"]);
    for one in ["日", "本語", "語のテ", "テスト"] {
        assert_eq!(found(one), ["日本語のテスト"], "{one}");
    }
    assert_eq!(found("语").len() + found("日語").len(), 0);
    assert_eq!((found("국어"), found("สวัส"), found("😂"), found("elan")).0.len(), 1);
    assert_eq!([found("สวัส"), found("😂"), found("elan")].map(|found| found.len()), [1, 1, 1]);
    assert_eq!(found("from:user2"), ["hello?"]);
    assert_eq!(found("from:user2 room:ana hello"), ["hello?"]);
    assert_eq!(found("room:kenji hello").len(), 0);
    assert_eq!(found("before:2026-10-01 hello").len(), 0);
}

#[test]
fn gifts_are_found_by_worth_and_name() {
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &busy(&mut Scene::new()));
    assert_eq!(found(dir.path(), "gift>95"), ["Rose × 2"]);
    assert_eq!(found(dir.path(), "kind:gift rose from:user3"), ["Rose × 9"]);
}

#[test]
fn pages_follow_each_other() {
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &busy(&mut Scene::new()));
    let query = HistoryQuery::parse("line", Moment::default(), &jiff::tz::TimeZone::UTC).unwrap();
    let page = |skip| reader(dir.path()).search(&query, skip, 20).unwrap();
    let pages = [page(0), page(20), page(40)];
    assert_eq!(pages.each_ref().map(|page| (page.lines.len(), page.more)), [(20, true), (20, true), (10, false)]);
    let all: Vec<_> = pages.iter().flat_map(|page| &page.lines).map(|line| line.text.as_str()).collect();
    let expected: Vec<_> = (0..50).rev().map(|nth| format!("line {nth} hello")).collect();
    assert_eq!(all, expected);
}

#[test]
fn a_person_is_known_by_id_with_old_names_notes_and_rooms() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let mut events = scene.begin();
    events.extend(scene.chat(1, "hi"));
    keep(dir.path(), &events);
    let mut other = Scene::of_live(RoomId(7_300_000_000_000_000_002), NOON + 12 * 86_400_000);
    let mut events = other.begin();
    events.extend(other.gift(1, 0, 3, Some(7)));
    let renamed = Viewer { unique_id: "new.name".into(), moderator: true, ..(*viewer(1)).clone() };
    let said = Chat { from: Arc::new(renamed), text: "back".into(), emotes: vec![], to: None, language: "".into() };
    events.extend(other.say(EventKind::Chat(said)));
    let news = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&news);
    let (folder, clock) = (HistoryFolder::new(dir.path()), Clock::manual(Timestamp(NOON)));
    let tell = move |told| heard.lock().unwrap().push(told);
    let mut recorder = HistoryRecorder::start(&folder, options(), clock, |_| {}, Some(Box::new(tell))).unwrap();
    recorder.added(ROOM, &"@ana.live".into());
    recorder.events(ROOM, &events);
    recorder.control().annotate(1, Some("likes cats".into()), Some("vip".into()));
    recorder.finish().unwrap();
    let told = news.lock().unwrap().clone();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].person, told[0].lives_before, told[0].away_days), (1, 1, Some(12)));
    let reader = reader(dir.path());
    assert_eq!(reader.people_called("@USER1", 9).unwrap(), [1], "by the old name too");
    let card = reader.person_card(1).unwrap().unwrap();
    assert_eq!((card.person.lives, card.person.chats, card.person.coins), (2, 2, 21));
    assert_eq!((card.person.note.as_deref(), card.person.tag.as_deref()), (Some("likes cats"), Some("vip")));
    assert_eq!(card.past.iter().map(|past| past.handle.as_str()).collect::<Vec<_>>(), ["user1"]);
    assert!(card.here.len() == 1 && card.here[0].moderator && card.here[0].lives == 2);
    assert_eq!(card.said.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["back", "hi"]);
    assert!(reader.report(7_300_000_000_000_000_002).unwrap().unwrap().before.is_some());
}

/// Every byte of every file.
fn bytes(dir: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        all.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    all
}

fn holds(all: &[u8], word: &str) -> bool {
    all.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

#[test]
fn a_purge_of_a_person_leaves_no_byte_of_their_text() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let mut events = busy(&mut scene);
    for nth in 0..300 {
        events.extend(scene.chat(1_000 + nth % 40, &format!("ordinary words number {nth}")));
        events.extend(scene.chat(4_711, &format!("zanzibar secret{nth} xylophone日本{nth}")));
    }
    keep(dir.path(), &events);
    assert!(holds(&bytes(dir.path()), "zanzibar") && holds(&bytes(dir.path()), "user4711"));
    let folder = HistoryFolder::new(dir.path());
    let dry = purge(&folder, &PurgeScope::Person("@user4711".into()), true, |_| {}).unwrap();
    let purged = purge(&folder, &PurgeScope::Person("@user4711".into()), false, |_| {}).unwrap();
    assert_eq!((purged, purged.lines, purged.people), (dry, 300, 1));
    let left = bytes(dir.path());
    for word in ["zanzibar", "secret1", "xyloph", "user4711", "user 4711"] {
        assert!(!holds(&left, word), "'{word}' is still there");
    }
    assert_eq!(found(dir.path(), "zanzibar").len(), 0);
    assert_eq!(found(dir.path(), "ordinary").len(), 100, "a page of the others");
    let told = purge(&folder, &PurgeScope::Person("user471".into()), false, |_| {}).unwrap_err();
    assert!(told.to_string().contains("nobody"), "a part of a name is nobody: {told}");
}

#[test]
fn a_room_a_time_and_everything_are_purged() {
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &busy(&mut Scene::new()));
    let folder = HistoryFolder::new(dir.path());
    let before = purge(&folder, &PurgeScope::Before(NOON), false, |_| {}).unwrap();
    assert_eq!((before.lives, before.lines), (0, 0));
    let room = purge(&folder, &PurgeScope::Room("@Ana.Live".into()), false, |_| {}).unwrap();
    assert_eq!((room.lives, room.lines), (1, 50));
    assert!(room.people >= 50 && !holds(&bytes(dir.path()), "user3"));
    keep(dir.path(), &busy(&mut Scene::new()));
    purge(&folder, &PurgeScope::All, false, |_| {}).unwrap();
    assert!(!folder.exists());
}

#[test]
fn two_processes_never_write_at_once_and_the_second_reads() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = recorder(dir.path());
    first.events(ROOM, &busy(&mut Scene::new()));
    first.control().flush(Duration::from_secs(60));
    let told = try_recorder(dir.path()).map(drop).unwrap_err();
    assert!(told.to_string().contains(&format!("process {}", std::process::id())), "{told}");
    let told = purge(&HistoryFolder::new(dir.path()), &PurgeScope::All, false, |_| {}).unwrap_err();
    assert!(matches!(told, HistoryError::Busy { .. }));
    assert_eq!(found(dir.path(), "line").len(), 50);
    first.finish().unwrap();
    assert!(try_recorder(dir.path()).is_ok());
}

#[test]
fn a_broken_file_is_moved_aside_and_a_new_one_begun() {
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &busy(&mut Scene::new()));
    let people = dir.path().join("people.db");
    let torn = b"this is no database at all, and was never one, whatever its name".repeat(200);
    std::fs::write(&people, &torn).unwrap();
    let warned = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&warned);
    let warn = move |words: &str| told.lock().unwrap().push(words.to_owned());
    let (folder, clock) = (HistoryFolder::new(dir.path()), Clock::manual(Timestamp(NOON)));
    let mut recorder = HistoryRecorder::start(&folder, options(), clock, warn, None).unwrap();
    recorder.added(ROOM, &"@ana.live".into());
    recorder.events(ROOM, &busy(&mut Scene::new()));
    recorder.finish().unwrap();
    let aside: Vec<_> = status(&folder).unwrap().set_aside;
    assert_eq!(aside.len(), 1);
    assert_eq!(std::fs::read(&aside[0]).unwrap(), torn, "it is the user's, and whole");
    assert!(warned.lock().unwrap()[0].contains("broken"));
    assert_eq!(reader(dir.path()).live(LIVE.0).unwrap().unwrap().chats, 50);
}

#[test]
fn a_newer_form_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &busy(&mut Scene::new()));
    let people = dir.path().join("people.db");
    let connection = rusqlite::Connection::open(&people).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = std::fs::read(&people).unwrap();
    assert!(matches!(try_recorder(dir.path()), Err(HistoryError::Newer { found: 99, .. })));
    assert!(matches!(HistoryReader::open(&HistoryFolder::new(dir.path())), Err(HistoryError::Newer { .. })));
    assert_eq!(std::fs::read(&people).unwrap(), before);
}

#[test]
fn text_goes_in_whole_files_and_people_stay() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options();
    options.limits = HistoryLimits { days: 30, bytes: 1 << 30 };
    let folder = HistoryFolder::new(dir.path());
    let day = 86_400_000;
    for (nth, at) in [NOON - 60 * day, NOON - 20 * day, NOON].into_iter().enumerate() {
        let clock = Clock::manual(Timestamp(at));
        let mut recorder = HistoryRecorder::start(&folder, options.clone(), clock, |_| {}, None).unwrap();
        recorder.added(ROOM, &"@ana.live".into());
        let mut scene = Scene::of_live(RoomId(LIVE.0 + nth as u64), at);
        recorder.events(ROOM, &busy(&mut scene));
        recorder.finish().unwrap();
    }
    assert_eq!(folder.chat_files().len(), 2, "the oldest went");
    let then = |nth, at| reader(dir.path()).newcomer(LIVE.0 + nth, 3, at).unwrap();
    let [first, second] = [then(0, NOON - 60 * day + 60_000), then(2, NOON + 60_000)];
    assert_eq!((first.lives_before, first.away_days), (0, None), "what came later says nothing");
    assert_eq!((second.lives_before, second.away_days), (2, Some(20)));
    assert_eq!(reader(dir.path()).lives(None, 0, 9).unwrap().len(), 3);
    assert_eq!(found(dir.path(), "line").len(), 100);
    let reader = HistoryReader::open_with(&folder, &GiveUp::default()).unwrap();
    let query = |text| HistoryQuery::parse(text, Moment::default(), &jiff::tz::TimeZone::UTC).unwrap();
    let mut told = Vec::new();
    reader.search_with_progress(&query("line"), 0, 200, |at| told.push((at.file, at.files, at.lines.len()))).unwrap();
    assert_eq!(told, [(1, 2, 0), (2, 2, 50)], "how far it is, and what came in");
    let give_up = GiveUp::default();
    let reader = HistoryReader::open_with(&folder, &give_up).unwrap();
    give_up.begin(true);
    let mut files = 0;
    let left = reader.search_with_progress(&query("line"), 0, 200, |_| {
        files += 1;
        give_up.give_up();
    });
    assert!(matches!(left, Err(HistoryError::Interrupted)), "{left:?}");
    assert_eq!(files, 1, "nothing more is looked through");
}

#[cfg(unix)]
#[test]
fn a_live_is_told_again_with_its_sums_at_its_times() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    keep(dir.path(), &busy(&mut scene));
    let told = reader(dir.path()).live_events(LIVE.0).unwrap().unwrap();
    let mut room = Room::new(1_000);
    let times: Vec<_> = told.events.iter().map(|event| event.at.wall).collect();
    assert!(times.is_sorted(), "{times:?}");
    for event in &told.events {
        let _ = room.apply(event);
    }
    let (now, then) = (&room.stats, &scene.room.stats);
    assert_eq!((now.comments, now.gifts, now.coins), (then.comments, then.gifts, then.coins));
    assert_eq!((now.unpriced, now.likes_seen, now.joins), (then.unpriced, then.likes_seen, 0));
    assert_eq!((room.room_id, room.host.unique_id.as_str(), told.lines), (Some(LIVE), "ana.live", 50));
    assert_eq!(room.phase.kind, PhaseKind::Ended);
    assert!(reader(dir.path()).live_events(7).unwrap().is_none());
}

#[test]
fn the_lines_around_a_time_are_those_of_its_live() {
    let dir = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (Scene::new(), Scene::of_live(RoomId(LIVE.0 + 1), NOON + 50));
    let mut recorder = recorder(dir.path());
    for (room, scene) in [(ROOM, &mut one), (RoomKey(2), &mut other)] {
        recorder.added(room, &"@ana.live".into());
        recorder.events(room, &scene.begin());
        for nth in 0..40 {
            recorder.events(room, &scene.chat(1, &format!("{} of {}", nth, room.0)));
        }
    }
    recorder.finish().unwrap();
    let line = |nth: i64| NOON + 300 + 100 * (nth + 1);
    let around = reader(dir.path()).around(LIVE.0, line(20), None, 3).unwrap();
    let texts: Vec<_> = around.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["18 of 1", "19 of 1", "20 of 1", "21 of 1", "22 of 1", "23 of 1"]);
    let meant = reader(dir.path()).around(LIVE.0, line(20), Some(around[1].id), 1).unwrap();
    assert_eq!(meant.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["18 of 1", "19 of 1", "20 of 1"]);
    assert!(reader(dir.path()).around(LIVE.0, line(20) + 86_400_000, None, 3).unwrap().is_empty());
}

#[test]
fn moments_are_kept_with_their_lives_and_a_mark_is_taken_beside_a_writer() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let mut recorder = recorder(dir.path());
    recorder.added(ROOM, &"@ana.live".into());
    recorder.events(ROOM, &scene.begin());
    recorder.events(ROOM, &scene.gift(3, 0, 1, Some(5_000)));
    recorder.events(
        ROOM,
        &scene.say(EventKind::Gap(crate::events::Gap {
            from: Moment { mono: NOON as u64, wall: Timestamp(NOON) },
            length: Duration::from_secs(41),
            reason: "socket dropped".into(),
        })),
    );
    recorder.mark(ROOM, Timestamp(NOON + 9_000), " goal ");
    recorder.control().flush(Duration::from_secs(10));
    assert!(annotate(&HistoryFolder::new(dir.path()), 3, Some("kind"), None).unwrap(), "while another one writes");
    recorder.finish().unwrap();
    let mut desk = HistoryDesk::new(HistoryFolder::new(dir.path()), None, Box::new(|_, _, _| None));
    let mut mark = |note: &str| {
        let (live, at, note) = (LIVE.0, Timestamp(NOON + 9_500), note.to_owned());
        desk.answer(HistoryQuestion::Mark { live, at, note }, &GiveUp::default(), |_| ())
    };
    let marked = |note: &str| Some(HistoryAnswer::Marked { at: Timestamp(NOON + 9_500), marked: Ok(note.to_owned()) });
    assert_eq!([mark(" "), mark("again")], [marked("marked"), marked("again")], "beside a replay nobody writes");
    let moments = reader(dir.path()).moments(Some(LIVE.0), 10).unwrap();
    let moments = &moments[2..];
    let told: Vec<_> = moments.iter().rev().map(|moment| (moment.by.as_str(), moment.note.as_str())).collect();
    assert_eq!(
        told,
        [
            ("gifts", "User 3 gave Rose, 5000 coins"),
            ("gap", "nothing heard for 41 s: socket dropped"),
            ("hand", "goal")
        ]
    );
    assert_eq!((moments[0].room.as_str(), moments[0].live_began), ("ana.live", NOON + 100));
    assert_eq!(reader(dir.path()).person(3).unwrap().unwrap().note.as_deref(), Some("kind"));
}

#[test]
fn the_same_minute_of_the_last_live_is_found_by_its_distance_from_the_beginning() {
    let minute = |at: i64, chats| MinuteRow { at, chats, ..MinuteRow::default() };
    let live = LiveRow { started: Some(NOON), first_at: NOON, ..LiveRow::default() };
    let past = PastLive { live, minutes: vec![minute(NOON, 5), minute(NOON + 120_000, 7)] };
    let chats = |millis| past.minute_after(millis).map(|minute| minute.chats);
    assert_eq!([chats(0), chats(59_999), chats(60_000), chats(130_000)], [Some(5), Some(5), None, Some(7)]);
    assert_eq!((chats(-1), chats(500_000)), (None, None));
}

#[test]
fn files_are_for_the_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let inside = dir.path().join("history");
    let mut recorder = recorder(&inside);
    recorder.events(ROOM, &busy(&mut Scene::new()));
    recorder.control().flush(Duration::from_secs(60));
    for entry in std::fs::read_dir(&inside).unwrap().map(Result::unwrap) {
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
    }
    assert_eq!(std::fs::metadata(&inside).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_frequent_beginning_gives_the_newest_lines_as_the_whole_word_does() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let mut events = scene.begin();
    for nth in 0..120 {
        let text = if nth % 4 == 0 { format!("other {nth}") } else { format!("Héllo {nth}") };
        events.extend(scene.chat(nth % 7 + 1, &text));
    }
    keep(dir.path(), &events);
    let page = |query: &str, skip| {
        let now = Moment { mono: 0, wall: Timestamp(NOON + 86_400_000) };
        let query = HistoryQuery::parse(query, now, &jiff::tz::TimeZone::UTC).unwrap();
        reader(dir.path()).search(&query, skip, 20).unwrap()
    };
    for skip in [0, 20, 80] {
        assert_eq!(page("hel*", skip), page("hello", skip), "from {skip}");
        assert_eq!(page("hel* from:user3", skip), page("hello from:user3", skip));
    }
    assert_eq!(page("hel*", 0).lines.len(), 20);
    assert!(page("hel* since:2030-01-01", 0).lines.is_empty());
}
