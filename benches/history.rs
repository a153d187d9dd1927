//! What the history costs: rows a CPU second, bytes a line, and how long questions take over many lines.
//!
//! `cargo bench --bench history` writes a million lines of invented people in a hundred rooms; `LINES=10000000` in the environment
//! writes as many as that. Texts are 28 bytes long in the mean, a fifth of them Han, an eighth with emoji. Each room has 2 000 people
//! of its own (`PEOPLE=20` for another number), some of whom speak far more than others; `CROWD=1` draws all of them from 200 000 people, so
//! that nearly each line is of somebody who is new in its live. Files are as large as the default settings make them. Each question is
//! asked once after the files have left memory, and nine times more. `KEEP=FOLDER` leaves the files there, and asks them again when it
//! finds them. `YEAR=FOLDER` writes a year of lives of three hosts instead, and leaves it there to be asked.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a bench that cannot measure should stop"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tiktop::clock::{Clock, Moment, Timestamp};
use tiktop::events::{Chat, EventKind, Gift, Host, Info, LiveStart, Phase, PhaseKind, RoomEvent, Viewer, Viewers};
use tiktop::history::{HistoryFolder, HistoryOptions, HistoryQuery, HistoryReader, HistoryRecorder};
use tiktop::ids::{GiftFacts, GiftId, MsgId, RoomId, RoomKey, UserId};
use tiktop::room::{Applied, Room, TalliedEvent};

const ROOMS: u64 = 100;
const PEOPLE: u64 = 200_000;
const START: i64 = 1_790_000_000_000;

/// A small generator: the same lines in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// Small numbers far more often than large ones, as words and people are.
    fn skewed(&mut self, sides: u64) -> u64 {
        let most = self.roll(sides) + 1;
        self.roll(most)
    }
}

fn text(dice: &mut Dice, nth: u64) -> String {
    let mut text = String::new();
    if dice.roll(5) == 0 {
        for _ in 0..4 + dice.roll(8) {
            text.extend(char::from_u32(0x4E00 + dice.skewed(3_000) as u32));
        }
    } else {
        for _ in 0..3 + dice.roll(5) {
            let word = dice.skewed(40_000);
            let _ = write!(text, "w{word:x} ");
        }
    }
    if dice.roll(8) == 0 {
        text.push('😂');
    }
    if nth.is_multiple_of(33) {
        text.push_str(" hello");
    }
    if nth.is_multiple_of(100_003) {
        text.push_str(" zanzibar");
    }
    text
}

fn tallied(at: i64, id: Option<u64>, kind: EventKind) -> TalliedEvent {
    let at = Moment { mono: at as u64, wall: Timestamp(at) };
    TalliedEvent::new(RoomEvent { id: id.map(MsgId), ..RoomEvent::new(at, kind) }, None)
}

fn person(id: u64) -> Arc<Viewer> {
    let (unique_id, nickname) = (format!("user{id}").into(), format!("User {id}").into());
    Arc::new(Viewer { id: Some(UserId(id)), unique_id, nickname, ..Viewer::default() })
}

fn facts(price: u64) -> Arc<GiftFacts> {
    let name = format!("Gift {price}").into();
    Arc::new(GiftFacts { id: GiftId(price), name, diamonds: Some(price), kind: 2, ..GiftFacts::default() })
}

fn cpu() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).unwrap();
    let time = |part: nix::sys::time::TimeVal| Duration::new(part.tv_sec() as u64, part.tv_usec() as u32 * 1_000);
    time(usage.user_time()) + time(usage.system_time())
}

fn size(dir: &Path) -> u64 {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

/// What is written.
#[derive(Clone, Copy)]
struct Load {
    lines: u64,
    /// People of a room.
    people: u64,
    /// All people are in all rooms.
    crowd: bool,
}

/// Has the lines made, and kept where there is a recorder.
fn write(mut recorder: Option<&mut HistoryRecorder>, Load { lines, people, crowd }: Load) {
    let mut events = |key: RoomKey, events: &[TalliedEvent]| {
        if let Some(recorder) = recorder.as_deref_mut() {
            recorder.events(key, events);
        }
    };
    for room in 0..ROOMS {
        let key = RoomKey(room + 1);
        let live = LiveStart { room_id: RoomId(7_300_000_000_000_000_000 + room), live_seq: 1 };
        let host =
            Host { id: Some(UserId(900 + room)), unique_id: format!("host{room}").into(), nickname: "Host".into() };
        let info = Info { host, ..Info::default() };
        let began =
            [tallied(START, None, EventKind::Live(live)), tallied(START, None, EventKind::Info(Box::new(info)))];
        events(key, &began);
    }
    let mut dice = Dice(7);
    for batch in 0..lines / 20 {
        let room = batch % ROOMS;
        let at = START + (batch / 2) as i64;
        let said: Vec<_> = (0..20)
            .map(|nth| {
                let nth = batch * 20 + nth;
                let who = 10_000 + if crowd { dice.skewed(PEOPLE) } else { room * people + dice.skewed(people) };
                let from = person(who);
                let chat =
                    Chat { from, text: text(&mut dice, nth).into(), emotes: vec![], to: None, language: "en".into() };
                tallied(at, Some(7_400_000_000_000_000_000 + nth), EventKind::Chat(chat))
            })
            .collect();
        events(RoomKey(room + 1), &said);
    }
}

fn recorder(dir: &Path) -> HistoryRecorder {
    let clock = Clock::manual(Timestamp(START));
    let options = HistoryOptions::default();
    let mut recorder = HistoryRecorder::importing(&HistoryFolder::new(dir), options, clock, |_| {}).unwrap();
    for room in 0..ROOMS {
        recorder.added(RoomKey(room + 1), &format!("@host{room}").as_str().into());
    }
    recorder
}

/// Has the files leave the memory of the system.
fn forget(dir: &Path) {
    use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
    for entry in std::fs::read_dir(dir).unwrap() {
        let file = std::fs::File::open(entry.unwrap().path()).unwrap();
        file.sync_all().unwrap();
        posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
    }
}

/// A year of lives of three hosts: one a day of two hours, with regulars, people who come once, gifts, viewers, battles, a gap.
fn year(dir: &Path) {
    const DAY: i64 = 86_400_000;
    let mut options = HistoryOptions::default();
    options.limits.days = 36_500;
    options.limits.bytes = 1 << 40;
    options.highlights = vec!["giveaway".to_owned()];
    let begin = Clock::system().now().wall.0 - 365 * DAY;
    let mut recorder = HistoryRecorder::importing(&HistoryFolder::new(dir), options, Clock::system(), |_| {}).unwrap();
    let mut dice = Dice(11);
    let mut id = 7_400_000_000_000_000_000_u64;
    for day in 0..365_u64 {
        for host in 0..3_u64 {
            let key = RoomKey(day * 3 + host + 1);
            let (name, live) = (format!("host{host}"), RoomId(7_300_000_000_000_000_000 + day * 3 + host));
            recorder.added(key, &format!("@{name}").as_str().into());
            let start = begin + day as i64 * DAY + host as i64 * 3_600_000;
            let mut room = Room::new(1);
            let mut tell = |at: i64, kind: EventKind| {
                id += 1;
                let from_service =
                    !matches!(kind, EventKind::Live(_) | EventKind::Info(_) | EventKind::State(_) | EventKind::Gap(_));
                let moment = Moment { mono: at as u64, wall: Timestamp(at) };
                let event = RoomEvent { id: from_service.then_some(MsgId(id)), ..RoomEvent::new(moment, kind) };
                if let Applied::Fresh(tally) = room.apply(&event) {
                    recorder.events(key, &[TalliedEvent::new(event, tally)]);
                }
            };
            let host_of = |nth: u64| Host {
                id: Some(UserId(900 + nth)),
                unique_id: format!("host{nth}").into(),
                nickname: format!("Host {nth}").into(),
            };
            tell(start, EventKind::Live(LiveStart { room_id: live, live_seq: 1 }));
            let info = Info {
                host: host_of(host),
                title: format!("day {day}").into(),
                started_at: Some(Timestamp(start)),
                ..Info::default()
            };
            tell(start, EventKind::Info(Box::new(info)));
            tell(start, EventKind::State(Phase::new(PhaseKind::Live)));
            for minute in 0..120_i64 {
                let at = start + minute * 60_000;
                let watching = 200 + 100 * host + dice.roll(60) + 10 * minute as u64;
                tell(at, EventKind::Viewers(Viewers { watching, total: Some(4_000), anonymous: 0, top: vec![] }));
                for nth in 0..12 + dice.roll(6) {
                    let who = if dice.roll(5) == 0 {
                        50_000 + day * 500 + dice.roll(500)
                    } else {
                        10_000 + host * 1_000 + dice.skewed(400)
                    };
                    let from = person(who);
                    if dice.roll(12) == 0 {
                        let gift = facts([1, 5, 30, 500, 5_000][dice.skewed(5) as usize]);
                        let gift = Gift { from, to: None, gift, count: 1, group: 0, coins: None, ends: true };
                        tell(at + nth as i64 * 2_000, EventKind::Gift(Box::new(gift)));
                    } else {
                        let mut said = text(&mut dice, nth + 1);
                        if minute == 60 && nth == 0 {
                            said.push_str(" giveaway");
                        }
                        let chat =
                            Chat { from, text: said.as_str().into(), emotes: vec![], to: None, language: "en".into() };
                        tell(at + nth as i64 * 2_000, EventKind::Chat(chat));
                    }
                }
            }
            tell(start + 7_200_000, EventKind::State(Phase::new(PhaseKind::Ended)));
            recorder.removed(key);
        }
    }
    recorder.finish().unwrap();
    println!("a year of lives in {}", dir.display());
}

/// Writes, and says what it took.
fn write_measured(dir: &Path, load: Load) {
    let before = cpu();
    write(None, load);
    let made = cpu().saturating_sub(before);
    let (from, before) = (Instant::now(), cpu());
    let mut kept = recorder(dir);
    write(Some(&mut kept), load);
    kept.finish().unwrap();
    let (wall, used) = (from.elapsed(), cpu().saturating_sub(before));
    let rate = |used: Duration| load.lines as f64 / used.as_secs_f64();
    println!(
        "{} lines: {:.0} rows a CPU second, {:.0} with the making of the lines ({used:.1?} CPU, {wall:.1?} wall), {:.0} MB a million lines",
        load.lines,
        rate(used.saturating_sub(made)),
        rate(used),
        size(dir) as f64 / load.lines as f64
    );
}

fn timed(dir: &Path, label: &str, ask: impl Fn(&HistoryReader) -> usize) {
    forget(dir);
    let reader = HistoryReader::open(&HistoryFolder::new(dir)).unwrap();
    let mut found = 0;
    let mut times: Vec<_> = (0..10)
        .map(|_| {
            let from = Instant::now();
            found = ask(&reader);
            from.elapsed()
        })
        .collect();
    let cold = times.remove(0);
    times.sort();
    println!("{label:<34} {found:>6} found   cold {cold:>9.2?}   warm {:>9.2?}", times[4]);
}

fn main() {
    // `cargo test` runs benches too, with this flag: then it has nothing to say.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    if let Some(dir) = std::env::var_os("YEAR") {
        return year(Path::new(&dir));
    }
    let temporary = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("KEEP").map(std::path::PathBuf::from);
    let dir = kept.as_deref().unwrap_or(temporary.path());
    if !HistoryFolder::new(dir).people_file().exists() {
        let number = |name: &str, default: u64| std::env::var(name).map_or(default, |number| number.parse().unwrap());
        let crowd = std::env::var_os("CROWD").is_some();
        write_measured(dir, Load { lines: number("LINES", 1_000_000), people: number("PEOPLE", 2_000), crowd });
    }
    let zone = jiff::tz::TimeZone::UTC;
    let now = Moment { mono: 0, wall: Timestamp(START + 86_400_000) };
    for query in [
        "zanzibar",
        "hello",
        "hello w1",
        "w1*",
        "w12*",
        "hel*",
        "zan*",
        "一",
        "一丁",
        "一丁七",
        "😂",
        "hello from:user10001",
        "from:user10001",
        "room:host7 hello",
    ] {
        let parsed = HistoryQuery::parse(query, now, &zone).unwrap();
        timed(dir, query, |reader| reader.search(&parsed, 0, 50).unwrap().lines.len());
    }
    timed(dir, "person card", |reader| reader.person_card(10_001).unwrap().map_or(0, |card| card.said.len()));
    let live = 7_300_000_000_000_000_007;
    timed(dir, "report", |reader| reader.report(live).unwrap().map_or(0, |report| report.minutes.len()));
    timed(dir, "people by coins", |reader| reader.list_people(tiktop::history::PersonSort::Coins, 50).unwrap().len());
}
