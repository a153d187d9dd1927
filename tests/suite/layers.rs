//! Import rules of the layers, read from the sources themselves: the architecture document that cannot rot.
//!
//! What ships is judged. Items under `#[cfg(test)]` may import what they like; their length is counted all the same.

mod names;
mod scan;

use std::path::{Path, PathBuf};

use scan::scan;

/// Modules that every layer may use.
const LEAVES: [&str; 3] = ["text", "ids", "clock"];

/// Each module of the crate and what it may import beside itself and the leaves.
const MAY_IMPORT: [(&str, &[&str]); 23] = [
    ("main", &["run_program"]),
    // The door of the program in `lib.rs`.
    ("run_program", &["cli"]),
    (
        "cli",
        &[
            "run",
            "daemon",
            "client",
            "hooks",
            "local_feed",
            "tui",
            "track",
            "record",
            "journal",
            "history",
            "sim",
            "room",
            "events",
            "webcast",
            "wire",
            "config",
        ],
    ),
    (
        "run",
        &[
            "daemon",
            "client",
            "hooks",
            "local_feed",
            "tui",
            "track",
            "record",
            "journal",
            "history",
            "sim",
            "room",
            "events",
            "webcast",
            "wire",
            "config",
        ],
    ),
    ("tui", &["track", "record", "journal", "history", "room", "events", "config"]),
    ("daemon", &["track", "record", "history", "room", "events", "config"]),
    ("local_feed", &["track", "room", "events", "config"]),
    ("hooks", &["track", "room", "events", "webcast", "config"]),
    ("client", &["track", "record", "room", "events", "webcast", "wire", "config"]),
    ("track", &["webcast", "events", "wire", "room", "config"]),
    ("record", &["webcast", "events", "wire", "room", "config"]),
    ("journal", &["webcast", "events", "wire", "room", "config"]),
    ("history", &["events", "room"]),
    ("sim", &["wire"]),
    ("room", &["events"]),
    ("events", &["wire"]),
    ("webcast", &["wire", "config"]),
    ("config", &[]),
    ("wire", &[]),
    ("text", &[]),
    ("ids", &[]),
    ("clock", &[]),
    // Declares the modules, and may show some of them at the door of the library.
    (
        "lib",
        &[
            "run",
            "daemon",
            "client",
            "hooks",
            "local_feed",
            "tui",
            "track",
            "record",
            "journal",
            "history",
            "sim",
            "room",
            "events",
            "webcast",
            "wire",
            "config",
        ],
    ),
];

/// What may be named in some modules only. `a::b` is how a path begins; `*::a` is a word anywhere in it.
const NAMED_ONLY_IN: [(&str, &[&str]); 23] = [
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("tui_input", &["tui"]),
    ("reqwest", &["webcast", "hooks"]),
    ("tokio_tungstenite", &["webcast", "sim", "local_feed"]),
    ("hyper", &["sim", "local_feed"]),
    ("hyper_util", &["sim", "local_feed"]),
    ("http_body_util", &["sim", "local_feed"]),
    ("tokio_rustls", &["sim"]),
    ("rcgen", &["sim"]),
    ("rusqlite", &["history"]),
    ("directories", &["config"]),
    ("color_eyre", &["cli", "run", "main"]),
    // Bytes, meaning, state and settings know no tasks and no sockets.
    (
        "tokio",
        &[
            "webcast",
            "track",
            "record",
            "journal",
            "sim",
            "tui",
            "client",
            "daemon",
            "hooks",
            "local_feed",
            "run",
            "cli",
            "main",
        ],
    ),
    ("std::time::Instant", &["clock"]),
    ("std::time::SystemTime", &["clock"]),
    ("*::pb", &["wire", "events", "sim"]),
    ("*::unbounded_channel", &[]),
    ("println!", &[]),
    ("print!", &[]),
    ("eprintln!", &[]),
    ("eprint!", &[]),
    ("dbg!", &[]),
];

/// Files that may name standard output or standard error, with why what they write needs no cleaning or how it is cleaned.
const PRINTERS: [(&str, &str); 6] = [
    ("src/cli/output.rs", "cleans whatever it is given"),
    ("src/cli/config.rs", "cleans each of its lines"),
    ("src/cli/decode.rs", "lines of JSON, which escapes"),
    ("src/cli/event_output.rs", "lines of JSON, which escapes"),
    ("src/tui/terminal.rs", "frames of cells"),
    ("src/tui/terminal/capabilities.rs", "asks whether it is a terminal"),
];
/// Longest file.
const MAX_LINES: usize = 600;
/// Files that are longer for a reason.
const LONGER: [&str; 0] = [];
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 7] = ["mod", "utils", "util", "helpers", "common", "misc", "manager"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under `folder`, as a path from the root.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

/// `["room", "stats"]` of `src/room/stats.rs`.
fn module_of(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix("src").unwrap_or(file).with_extension("");
    inside.iter().map(|part| part.to_string_lossy().into_owned()).collect()
}

/// What is wrong with the imports of one source.
fn faults(file: &Path, module: &[String], source: &str) -> Vec<String> {
    let top = module.first().map_or("", String::as_str);
    let mut faults = Vec::new();
    for used in scan(module, source).uses {
        let place = format!("`{}:{}`", file.display(), used.line);
        faults.extend(layer_fault(top, &used.path).map(|fault| format!("{place} {fault}")));
        for (name, homes) in NAMED_ONLY_IN {
            if !homes.contains(&top) && names(&used.path, name) {
                let homes = if homes.is_empty() { "nowhere".to_owned() } else { homes.join(", ") };
                faults.push(format!("{place} names `{}`, which may stand in: {homes}", name.trim_start_matches("*::")));
            }
        }
    }
    faults
}

fn layer_fault(top: &str, path: &[String]) -> Option<String> {
    let used = match path {
        [root, used, ..] if matches!(root.as_str(), "crate" | "tiktop") => used.as_str(),
        _ => return None,
    };
    if used == top || LEAVES.contains(&used) {
        return None;
    }
    let may_import = |module: &str| MAY_IMPORT.iter().find(|(name, _)| *name == module).map(|(_, allowed)| *allowed);
    let Some(allowed) = may_import(top) else {
        return Some(format!("is in `{top}`, which has no layer; give it a row in tests/suite/layers.rs"));
    };
    if allowed.contains(&used) {
        return None;
    }
    if may_import(used).is_none() {
        return Some(format!("uses `{used}`, which has no layer; name the module it lives in"));
    }
    let allowed: Vec<_> = allowed.iter().copied().chain(["and the leaves"]).collect();
    Some(format!("uses `{used}`, but {top} may use: {}", allowed.join(", ")))
}

/// Whether `path` names what a row of [`NAMED_ONLY_IN`] is about.
fn names(path: &[String], name: &str) -> bool {
    match name.strip_prefix("*::") {
        Some(word) => path.iter().any(|part| part == word),
        None => name.split("::").count() <= path.len() && name.split("::").zip(path).all(|(name, part)| name == part),
    }
}

/// Whether a module is compiled for tests alone, as its parent says.
fn is_for_tests(module: &[String], test_modules: &[Vec<String>]) -> bool {
    test_modules.iter().any(|test| module.starts_with(test))
}

#[test]
fn modules_import_downward_only() {
    let sources: Vec<_> = rust_files("src")
        .into_iter()
        .map(|file| (module_of(&file), std::fs::read_to_string(root().join(&file)).unwrap(), file))
        .collect();
    assert!(sources.len() > 10, "the sources were not found");
    let child = |module: &[String], name| module.iter().cloned().chain([name]).collect();
    let test_modules: Vec<Vec<String>> = sources
        .iter()
        .flat_map(|(module, source, _)| {
            scan(module, source).test_modules.into_iter().map(|name| child(module, name)).collect::<Vec<_>>()
        })
        .collect();
    let faults: Vec<_> = sources
        .iter()
        .filter(|(module, ..)| !is_for_tests(module, &test_modules))
        .flat_map(|(module, source, file)| faults(file, module, source))
        .collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn what_is_printed_goes_through_few_hands() {
    let names_a_stream = |source: &str| ["stdout()", "stderr()"].iter().any(|word| source.contains(word));
    for file in rust_files("src") {
        let source = std::fs::read_to_string(root().join(&file)).unwrap();
        let shown = file.display().to_string();
        let may = PRINTERS.iter().any(|(printer, _)| *printer == shown);
        assert!(may || !names_a_stream(&source), "`{shown}` writes to a standard stream; print through cli/output.rs");
    }
}

#[test]
fn files_are_short_and_named_for_what_they_hold() {
    let mut faults = Vec::new();
    for file in ["src", "tests", "benches"].into_iter().flat_map(rust_files) {
        let shown = file.display().to_string();
        let lines = std::fs::read_to_string(root().join(&file)).unwrap().lines().count();
        if lines > MAX_LINES && !LONGER.contains(&shown.as_str()) {
            faults.push(format!("`{shown}` has {lines} lines; split it by noun ({MAX_LINES} at most)"));
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        if EMPTY_NAMES.contains(&name.as_ref()) {
            faults.push(format!("`{shown}` has a name that says nothing; name it for what it holds"));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

mod scanner {
    use rstest::rstest;

    use super::*;

    fn faults_of(module: &[&str], source: &str) -> Vec<String> {
        let module: Vec<String> = module.iter().map(|&part| part.to_owned()).collect();
        faults(Path::new("src/x.rs"), &module, source)
    }

    #[rstest]
    #[case("use crate::tui;", 1)]
    #[case("\nuse crate::{\n    events::Event,\n    tui::{App, Msg},\n};", 4)]
    #[case("fn f() {\n    crate::tui::draw();\n}", 2)]
    #[case("use super::super::tui::App;", 1)]
    #[case("mod inner {\n    use super::super::super::tui;\n}", 2)]
    #[case("macro_rules! m { () => { $crate::tui::draw() } }", 1)]
    #[case("#[cfg(test)]\nuse crate::track;\nuse crate::tui;", 3)]
    #[case("#[cfg(test)]\nmod tests { fn f() { g(); } }\nuse crate::tui;", 3)]
    #[case("const A: char = '\"'; use crate::tui; const B: char = '\"';", 1)]
    #[case("fn f<'a>(x: &'a str) { r#\"\"#; crate::tui::g('\\'') }", 1)]
    fn an_upward_import_is_found(#[case] source: &str, #[case] line: usize) {
        let fault = format!("`src/x.rs:{line}` uses `tui`, but room may use: events, and the leaves");
        let found = faults_of(&["room", "stats"], source);
        assert!(!found.is_empty() && found.iter().all(|found| *found == fault), "{found:?}");
    }

    #[rstest]
    #[case("use crate::events::Event;\nuse crate::text::Text;\nuse super::Room;")]
    #[case("// use crate::tui;\n/* crate::tui::x /* nested */ crate::tui */")]
    #[case("const A: &str = \"crate::tui::x \\\" crate::tui\";")]
    #[case("const A: &str = r#\"crate::tui \" crate::tui\"#;")]
    #[case("#[cfg(test)]\nmod tests {\n    use crate::{tui, track};\n}")]
    #[case("#[cfg(test)]\nmod tests;\n")]
    #[case("mod inner { use super::super::Room; }")]
    fn what_is_allowed_or_no_import_passes(#[case] source: &str) {
        assert_eq!(faults_of(&["room", "stats"], source), Vec::<String>::new());
    }

    #[rstest]
    #[case("use ratatui::Frame;", "`ratatui`, which may stand in: tui")]
    #[case("use std::time::{Duration, Instant};", "`std::time::Instant`, which may stand in: clock")]
    #[case(
        "let (tx, rx) = tokio::sync::mpsc::unbounded_channel();",
        "`unbounded_channel`, which may stand in: nowhere"
    )]
    #[case("fn f(x: crate::wire::pb::Frame) {}", "`pb`, which may stand in: wire, events, sim")]
    #[case("fn f() { println!(); }", "`println!`, which may stand in: nowhere")]
    fn a_name_out_of_its_place_is_found(#[case] source: &str, #[case] says: &str) {
        let found = faults_of(&["track"], source);
        assert!(found.len() == 1 && found[0].contains(says), "{found:?}");
    }

    #[test]
    fn a_file_for_tests_alone_is_told_by_its_parent() {
        let parent = ["webcast".to_owned()];
        let found =
            scan(&parent, "#[cfg(test)]\npub(super) mod tests;\nmod socket;\n#[cfg(test)]\nmod fakes;").test_modules;
        assert_eq!(found, ["tests", "fakes"]);
        let test = ["webcast".to_owned(), "tests".to_owned()];
        assert!(is_for_tests(&test, std::slice::from_ref(&test.to_vec())));
        assert!(!is_for_tests(&parent, &[test.to_vec()]));
    }

    #[test]
    fn a_module_without_a_layer_is_found() {
        assert!(faults_of(&["newcomer"], "use crate::events::Event;")[0].contains("give it a row"));
        assert!(faults_of(&["room"], "use crate::Event;")[0].contains("name the module it lives in"));
    }
}
