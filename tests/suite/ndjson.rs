//! Tests of the lines of `tiktop events`: every type against the schema, and as a snapshot, because machine output is a
//! promise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tiktop::clock::{Moment, Timestamp};
use tiktop::events::json::{self, JsonTally, LineContext};
use tiktop::events::{
    EventKind, Gap, GiftFacts, Info, LiveStart, Phase, PhaseKind, RoomEvent, StreakClosed, Viewer, decode,
};
use tiktop::ids::{GiftId, MsgId, RoomId, UserId};
use tiktop::wire::capture;

use crate::invented::{self, one_of_each};

const CTX: LineContext<'_> = LineContext { room: "@the.host", room_id: Some(RoomId(9)), live_seq: 1 };

fn at() -> Moment {
    Moment { mono: 5_000, wall: Timestamp(1_700_000_001_000) }
}

fn ours(kind: EventKind) -> RoomEvent {
    RoomEvent { at: at(), server_at: None, id: None, room_id: None, history: false, kind }
}

/// What we ourselves say about a room.
fn our_own() -> Vec<RoomEvent> {
    let from = Arc::new(Viewer { id: Some(UserId(2)), nickname: "Ana".into(), ..Viewer::default() });
    let gift = Arc::new(GiftFacts { id: GiftId(5), kind: 1, ..GiftFacts::default() });
    let retrying = Phase::new(PhaseKind::Reconnecting).because("the socket closed").through("direct");
    vec![
        ours(EventKind::State(retrying.until(at() + Duration::from_secs(5)))),
        ours(EventKind::Gap(Gap { from: at(), length: Duration::from_millis(2_500), reason: "reconnected".into() })),
        ours(EventKind::Live(LiveStart { room_id: RoomId(10), live_seq: 2 })),
        ours(EventKind::Info(Box::new(Info { title: "Late songs".into(), likes: Some(5), ..Info::default() }))),
        ours(EventKind::StreakClosed(Box::new(StreakClosed { from, to: None, gift, count: 7, group: 3 }))),
    ]
}

fn all_lines() -> Vec<String> {
    let tally = JsonTally { added: 2, count: 3, streak: "open", diamonds: Some(2) };
    let messages = one_of_each();
    let decoded = messages.iter().map(|message| decode(message, at()));
    let mut lines: Vec<_> = decoded
        .chain(our_own())
        .map(|event| json::line(&CTX, &event, matches!(event.kind, EventKind::Gift(_)).then_some(tally)))
        .collect();
    let lost = BTreeMap::from([("chat".to_owned(), 12), ("gift".to_owned(), 1)]);
    lines.push(json::lost_line(&CTX, at(), at() + Duration::from_secs(3), &lost, 4, 40));
    let faults = [("silent".to_owned(), 12), ("black".to_owned(), 10)];
    lines.push(json::monitor_line(&CTX, at(), "ld", 52_000, &faults, ""));
    lines.push(json::raw_line(&CTX, at(), "WebcastChatMessage", Some(MsgId(5)), b"\x00\xff"));
    lines
}

#[test]
fn lines_look_like_this() {
    insta::assert_snapshot!(all_lines().join("\n"));
}

#[test]
fn every_type_has_a_line_and_every_line_fits_the_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../assets/schema/event.v1.json")).unwrap();
    let mut seen = BTreeSet::new();
    for line in all_lines() {
        let value: Value = serde_json::from_str(&line).unwrap();
        let name = value["type"].as_str().unwrap().to_owned();
        let problems = Schema { root: &schema }.problems(&value);
        assert!(problems.is_empty(), "{problems:#?} in {line}");
        seen.insert(name);
    }
    let promised: BTreeSet<_> = schema["properties"]["type"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(seen, promised);
}

#[test]
fn the_schema_check_can_fail() {
    let schema: Value = serde_json::from_str(include_str!("../../assets/schema/event.v1.json")).unwrap();
    let line = &all_lines()[0];
    for (field, wrong) in [("room", "5"), ("user", "{}"), ("text", "null"), ("id", "7"), ("extra", "1"), ("v", "2")] {
        let mut value: Value = serde_json::from_str(line).unwrap();
        value[field] = serde_json::from_str(wrong).unwrap();
        assert!(!Schema { root: &schema }.problems(&value).is_empty(), "{field} = {wrong}");
    }
}

#[test]
fn no_control_reaches_a_line_unescaped() {
    let line = &all_lines()[0];
    assert!(!line.chars().any(tiktop::text::must_escape), "{line:?}");
    assert!(line.contains(r"hello \u001b[31m\u202eworld\u009b\u007f\n"), "{line}");
    let value: Value = serde_json::from_str(line).unwrap();
    assert_eq!(value["text"], "hello \u{1b}[31m\u{202e}world\u{9b}\u{7f}\n");
}

#[test]
fn a_raw_line_can_be_decoded_again() {
    for message in one_of_each() {
        let line = json::raw_line(&CTX, at(), &message.method, message.msg_id, &message.payload);
        let Ok(capture::CaptureLine::Message { message: read, .. }) = capture::CaptureLine::parse(&line) else {
            panic!("{line}")
        };
        assert_eq!(read, message);
    }
}

#[test]
fn a_gift_that_no_room_counted_adds_nothing() {
    let event = decode(&invented::message("WebcastGiftMessage", &invented::gift()), at());
    let value: Value = serde_json::from_str(&json::line(&CTX, &event, None)).unwrap();
    assert_eq!((&value["added"], &value["count"], &value["streak"]), (&0.into(), &3.into(), &"open".into()));
}

/// As much of JSON Schema as ours uses, and stricter in one thing: a field that is not described is a problem.
struct Schema<'a> {
    root: &'a Value,
}

impl Schema<'_> {
    fn problems(&self, line: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        let own = &self.root["$defs"][format!("line_{}", line["type"].as_str().unwrap_or_default())];
        for schema in [self.root, own] {
            self.check_object(schema, line, "line", &mut problems);
        }
        let described = |key: &String| !self.root["properties"][key].is_null() || !own["properties"][key].is_null();
        let undescribed = line.as_object().unwrap().keys().filter(|key| !described(key));
        problems.extend(undescribed.map(|key| format!("{key} is not described")));
        problems
    }

    fn check(&self, schema: &Value, value: &Value, path: &str, problems: &mut Vec<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            let target = &self.root["$defs"][name.rsplit('/').next().unwrap()];
            let keys = value.as_object().into_iter().flat_map(|object| object.keys());
            problems.extend(
                keys.filter(|&key| target["properties"][key].is_null())
                    .map(|key| format!("{path}.{key} is not described")),
            );
            return self.check(target, value, path, problems);
        }
        if let Some(options) = schema["oneOf"].as_array() {
            let fits = |option: &&Value| {
                let mut found = Vec::new();
                self.check(option, value, path, &mut found);
                found.is_empty()
            };
            if options.iter().filter(fits).count() != 1 {
                problems.push(format!("{path}: none or several of the forms"));
            }
            return;
        }
        if let Some(constant) = schema.get("const").filter(|&constant| constant != value) {
            problems.push(format!("{path}: not {constant}"));
        }
        if let Some(options) = schema["enum"].as_array().filter(|options| !options.contains(value)) {
            problems.push(format!("{path}: none of {options:?}"));
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            Value::String(name) => vec![name],
            _ => Vec::new(),
        };
        if !types.is_empty() && !types.iter().any(|name| is_a(value, name)) {
            problems.push(format!("{path}: {value} is not {types:?}"));
        }
        if schema["minimum"].as_f64() > value.as_f64() && value.is_number() {
            problems.push(format!("{path}: below the minimum"));
        }
        if schema["pattern"] == "^[0-9]+$"
            && value.as_str().is_some_and(|id| id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()))
        {
            problems.push(format!("{path}: {value} is no id"));
        }
        for item in value.as_array().into_iter().flatten().filter(|_| schema["items"].is_object()) {
            self.check(&schema["items"], item, path, problems);
        }
        self.check_object(schema, value, path, problems);
    }

    fn check_object(&self, schema: &Value, value: &Value, path: &str, problems: &mut Vec<String>) {
        let Some(object) = value.as_object() else { return };
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        problems
            .extend(required.filter(|&key| !object.contains_key(key)).map(|key| format!("{path}.{key} is missing")));
        for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = object.get(key) {
                self.check(schema, value, &format!("{path}.{key}"), problems);
            }
        }
    }
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => value.is_null(),
    }
}
