//! Scenario files: what happened in a room, line by line, and what the room must say afterwards.
//!
//! Every file in `tests/fixtures/scenarios` runs. Beside its own expectations each one proves two laws: a mirror that is
//! told the same events is equal, and a snapshot brings everything back.

mod notation;
mod picture;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use tiktop::room::{Applied, Room, TalliedEvent};

use notation::{Step, moment, parse};

/// Enough for every scenario, and small enough that one of them can overflow it.
const LOG_LIMIT: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// What it shows, as a sentence.
    about: String,
    /// One event a line; [`notation`] explains them.
    events: String,
    expect: Expect,
}

/// Only what is named is compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// Units added by each gift message, in order.
    added: Option<Vec<u64>>,
    /// What each streak closed by us says.
    closed: Option<Vec<String>>,
    /// Seconds until the next tick has something to do.
    next_tick: Option<String>,
    #[serde(default)]
    stats: BTreeMap<String, u64>,
    rows: Option<Vec<String>>,
    running: Option<Vec<String>>,
    finished: Option<Vec<String>>,
    leaders: Option<Vec<String>>,
    battle: Option<Vec<String>>,
    /// What stands beside the talk.
    board: Option<Vec<String>>,
    /// The last viewer buckets of 10 s, oldest first.
    viewers: Option<Vec<String>>,
    unknown: Option<BTreeMap<String, u64>>,
    host: Option<String>,
    live_seq: Option<u32>,
}

/// What running a scenario gave.
struct Outcome {
    room: Room,
    seconds: f64,
    added: Vec<u64>,
    closed: Vec<String>,
    told: Vec<TalliedEvent>,
}

#[test]
fn every_scenario_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 20, "scenarios are missing");
    let wrong: Vec<String> = files.iter().filter_map(|file| check(file).err()).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn check(file: &Path) -> Result<(), String> {
    let name = file.file_stem().unwrap().to_string_lossy();
    let scenario: Scenario =
        toml::from_str(&fs::read_to_string(file).unwrap()).map_err(|error| format!("{name}: {error}"))?;
    let outcome = run(&scenario.events).map_err(|error| format!("{name}: {error}"))?;
    let mut wrong = differences(&scenario.expect, &outcome);
    wrong.extend(laws_broken(&outcome));
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("{name}: {}\n{}", scenario.about, wrong.join("\n")))
}

fn run(events: &str) -> Result<Outcome, String> {
    let mut outcome =
        Outcome { room: Room::new(LOG_LIMIT), seconds: 0.0, added: Vec::new(), closed: Vec::new(), told: Vec::new() };
    for line in events.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (seconds, step) = parse(line).map_err(|error| format!("'{line}': {error}"))?;
        outcome.seconds = seconds;
        let closed = match step {
            Step::Tick => outcome.room.tick(moment(seconds)),
            Step::EndLive => outcome.room.end_live(moment(seconds)),
            Step::Event(event) => {
                let verdict = outcome.room.apply(&event);
                let is_gift = matches!(event.kind, tiktop::events::EventKind::Gift(_));
                if let Applied::Fresh(tally) = verdict {
                    outcome.added.extend(tally.filter(|_| is_gift).map(|tally| tally.added));
                    outcome.told.push(TalliedEvent::new(*event, tally));
                }
                continue;
            }
        };
        outcome.closed.extend(closed.iter().map(picture::closing));
        outcome.told.extend(closed);
    }
    Ok(outcome)
}

fn differences(expect: &Expect, outcome: &Outcome) -> Vec<String> {
    let room = &outcome.room;
    let mut wrong = Vec::new();
    let mut compare = |what: &str, expected: Option<String>, found: String| {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            wrong.push(format!("  {what}\n    expected {expected}\n    found    {found}"));
        }
    };
    let lines = |lines: &Option<Vec<String>>| lines.as_ref().map(|lines| lines.join("\n             "));
    let found = |found: Vec<String>| found.join("\n             ");
    compare("added", expect.added.as_ref().map(|added| format!("{added:?}")), format!("{:?}", outcome.added));
    compare("closed", lines(&expect.closed), found(outcome.closed.clone()));
    compare("rows", lines(&expect.rows), found(room.chat.iter().map(picture::row).collect()));
    compare("running", lines(&expect.running), found(room.streaks.running().map(picture::streak).collect()));
    compare("finished", lines(&expect.finished), found(room.streaks.finished().map(picture::streak).collect()));
    compare("leaders", lines(&expect.leaders), found(room.leaders.top().map(picture::leader).collect()));
    compare("battle", lines(&expect.battle), found(picture::battle(room, moment(outcome.seconds))));
    compare("board", lines(&expect.board), found(picture::board(&room.board)));
    compare("next_tick", expect.next_tick.clone(), picture::seconds(room.next_tick()));
    compare("host", expect.host.clone(), room.host.unique_id.to_string());
    compare("live_seq", expect.live_seq.map(|seq| seq.to_string()), room.live_seq.to_string());
    compare("unknown", expect.unknown.as_ref().map(|map| format!("{map:?}")), format!("{:?}", room.unknown));
    let buckets = room.viewers.window(moment(outcome.seconds), 10, expect.viewers.as_ref().map_or(0, Vec::len));
    compare("viewers", lines(&expect.viewers), found(buckets.iter().map(picture::bucket).collect()));
    let stats = serde_json::to_value(&room.stats).unwrap();
    for (field, number) in &expect.stats {
        let found = match stats.get(field) {
            Some(serde_json::Value::Array(with_moment)) => with_moment[0].to_string(),
            Some(found) => found.to_string(),
            None => "no such field".to_owned(),
        };
        compare(field, Some(number.to_string()), found);
    }
    wrong
}

fn laws_broken(outcome: &Outcome) -> Vec<String> {
    let mut mirror = Room::new(LOG_LIMIT);
    for tallied in &outcome.told {
        mirror.apply(&tallied.event);
    }
    // Readers are told what is fresh; how much was not is the origin's own count.
    mirror.stats.duplicates = outcome.room.stats.duplicates;
    mirror.stats.foreign = outcome.room.stats.foreign;
    let origin = serde_json::to_string(&outcome.room).unwrap();
    let restored: Room = serde_json::from_str(&origin).unwrap();
    let mut broken = Vec::new();
    if serde_json::to_string(&mirror).unwrap() != origin {
        broken.push("  a mirror of it differs".to_owned());
    }
    if serde_json::to_string(&restored).unwrap() != origin {
        broken.push("  a snapshot of it differs".to_owned());
    }
    broken
}
