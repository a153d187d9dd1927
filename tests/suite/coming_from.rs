//! Check of `docs/coming-from.md` against the sources: what it names is there, and no option of ours is missing from it.

use std::path::Path;

use strum::IntoEnumIterator;
use tiktop::config::TransportKind;

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The names behind `owner::` in code of the document.
fn named(text: &str, owner: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mark = format!("`{owner}::");
    let names = text.split(mark.as_str()).skip(1);
    names.map(|rest| rest.chars().take_while(|&c| is_name(c)).collect()).collect()
}

/// Public methods of a source.
fn methods(source: &str) -> Vec<&str> {
    let lines = source.lines().map(str::trim_start);
    let lines = lines.filter_map(|line| line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub async fn ")));
    lines.filter_map(|line| line.split(['(', '<']).next()).collect()
}

/// Variants of an enum of a source.
fn variants(source: &str, name: &str) -> Vec<String> {
    let body = source.split(&format!("pub enum {name} {{\n")).nth(1).unwrap().split("\n}").next().unwrap();
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let lines = lines.filter(|line| line.starts_with(|c: char| c.is_uppercase()));
    lines.map(|line| line.chars().take_while(|c| c.is_alphanumeric()).collect()).collect()
}

#[test]
fn methods_in_the_document_exist() {
    let text = read("docs/coming-from.md");
    for (owner, file) in [
        ("Client", "src/client.rs"),
        ("ClientBuilder", "src/client/builder.rs"),
        ("Live", "src/client/live.rs"),
        ("LiveFeed", "src/client/live_feed.rs"),
        ("FoundLive", "src/client/live_feed.rs"),
    ] {
        let source = read(file);
        let (names, known) = (named(&text, owner), methods(&source));
        assert!(!names.is_empty(), "{owner} is not named");
        for name in names {
            assert!(known.contains(&name.as_str()), "there is no {owner}::{name}");
        }
    }
}

#[test]
fn kinds_in_the_document_exist() {
    let text = read("docs/coming-from.md");
    let kinds = event_kinds();
    for name in named(&text, "EventKind") {
        assert!(kinds.contains(&name), "there is no EventKind::{name}; there are {kinds:?}");
    }
    for (owner, file) in [
        ("PhaseKind", "src/events/status.rs"),
        ("ServiceErrorKind", "src/webcast/error.rs"),
        ("Error", "src/client/error.rs"),
        ("LiveEvent", "src/client/live.rs"),
    ] {
        let known = variants(&read(file), owner);
        for name in named(&text, owner) {
            assert!(known.contains(&name), "there is no {owner}::{name}; there are {known:?}");
        }
    }
    // These stand in a table.
    for name in named(&text, "TransportKind") {
        assert!(TransportKind::iter().any(|kind| format!("{kind:?}") == name), "TransportKind::{name}");
    }
}

#[test]
fn every_event_is_in_the_document() {
    let named = named(&read("docs/coming-from.md"), "EventKind");
    // What only we say; the two libraries know nothing of the kind.
    let ours = ["Live", "Info"];
    for kind in event_kinds() {
        assert!(named.contains(&kind) || ours.contains(&kind.as_str()), "EventKind::{kind} is not in the document");
    }
}

/// The kinds that stand in the table of events: `Chat(Chat) = "chat" {`.
fn event_kinds() -> Vec<String> {
    let source = read("src/events/event.rs");
    let table = source.split_once("\nevent_kinds! {").expect("the table is there").1;
    let rows = table.lines().map(str::trim).filter(|line| line.contains(") = \""));
    let kinds: Vec<_> = rows.filter_map(|row| Some(row.split_once('(')?.0.to_owned())).collect();
    assert!(kinds.len() > 30, "the table was not read: {kinds:?}");
    kinds
}
