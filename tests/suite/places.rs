//! "Where a change goes" of ARCHITECTURE.md, held to the sources: what one table decides is decided nowhere else.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder of the project, by its path from the root, with its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let (mut folders, mut found): (Vec<PathBuf>, _) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let shown = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((shown, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// Lines of the sources below `folder` that a judge objects to, as `file:line: text`.
fn lines(folder: &str, objects: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let of = |(file, text): (String, String)| {
        let wrong = text.lines().enumerate().filter(|(_, line)| objects(&file, line));
        wrong.map(|(at, line)| format!("{file}:{}: {}", at + 1, line.trim())).collect::<Vec<_>>()
    };
    sources(folder).into_iter().flat_map(of).collect()
}

#[test]
fn a_transport_is_known_by_its_row_alone() {
    let matched = lines("src", |file, line| {
        let arms = line.split("TransportKind::").skip(1).map(|rest| rest.trim_start_matches(char::is_alphanumeric));
        !file.ends_with("transport/registry.rs")
            && arms.map(str::trim_start).any(|rest| rest.starts_with("=>") || rest.starts_with('|'))
    });
    assert!(matched.is_empty(), "ask the registry instead:\n{}", matched.join("\n"));
}
