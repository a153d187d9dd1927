//! Checks of "Where a change goes" of ARCHITECTURE.md against the sources: what one table decides is decided nowhere else.

use std::path::{Path, PathBuf};

use tiktop::sim::SimFault;

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

/// The arms of a source that would swallow a new kind of event: `_ =>` or `other =>` beside arms that name an `EventKind`.
fn swallowing_arms(source: &str) -> Vec<usize> {
    #[derive(Default)]
    struct Block {
        kinds: bool,
        rest: Option<usize>,
    }
    let names_kind = |pattern: &str| {
        let at = pattern.find("EventKind::");
        at.is_some_and(|at| !pattern[..at].ends_with(char::is_alphanumeric) && !pattern[..at].contains("if "))
    };
    let (mut blocks, mut found) = (vec![Block::default()], Vec::new());
    for (at, line) in source.lines().enumerate() {
        let line = line.trim();
        if let Some(block) = blocks.last_mut() {
            let pattern = line.split_once("=>").map_or(line, |(pattern, _)| pattern).trim();
            let is_arm = line.contains("=>") || line.starts_with(['(', '|', 'E']);
            block.kinds |= is_arm && names_kind(pattern);
            if line.contains("=>") && pattern.chars().all(|sign| sign.is_ascii_lowercase() || sign == '_') {
                block.rest = Some(at + 1);
            }
        }
        for sign in line.chars() {
            match sign {
                '{' => blocks.push(Block::default()),
                '}' => {
                    let block = blocks.pop().unwrap_or_default();
                    found.extend(block.rest.filter(|_| block.kinds));
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn no_arm_swallows_a_new_kind_of_event() {
    let arms = sources("src").into_iter().flat_map(|(file, source)| {
        swallowing_arms(&source).into_iter().map(|line| format!("{file}:{line}")).collect::<Vec<_>>()
    });
    let arms: Vec<_> = arms.collect();
    assert!(arms.is_empty(), "name the kinds, or ask `EventKind::as_own`:\n{}", arms.join("\n"));
}

#[test]
fn an_arm_that_swallows_is_seen() {
    let swallows = "match kind {\n    EventKind::Chat(chat) => {\n        print(chat);\n    }\n    _ => {}\n}\n";
    assert_eq!(swallowing_arms(swallows), [5]);
    assert_eq!(swallowing_arms(&swallows.replace("_ =>", "other =>")), [5]);
    assert!(swallowing_arms(&swallows.replace("_ =>", "EventKind::Gift(_) =>")).is_empty());
    assert!(swallowing_arms(&swallows.replace("EventKind", "KeyEventKind")).is_empty());
    assert!(swallowing_arms("match field {\n    1 => out = EventKind::Chat(chat),\n    _ => {}\n}\n").is_empty());
}

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

#[test]
fn every_fault_is_played_by_the_simulator_and_by_a_test() {
    let [sim, tests] = ["src/sim", "tests/suite"].map(|folder| {
        let used =
            sources(folder).into_iter().filter(|(file, _)| !file.ends_with("sim/faults.rs") || folder != "src/sim");
        used.map(|(_, source)| source).collect::<String>()
    });
    let named = |source: &str, fault: SimFault| {
        let name = format!("SimFault::{fault:?}");
        source.match_indices(&name).any(|(at, _)| !source[at + name.len()..].starts_with(char::is_alphanumeric))
    };
    let idle: Vec<_> = SimFault::all().filter(|&fault| !named(&sim, fault)).collect();
    assert!(idle.is_empty(), "the simulator never asks for {idle:?}");
    let untested: Vec<_> = SimFault::all().filter(|&fault| !named(&tests, fault)).collect();
    assert!(untested.is_empty(), "no test plays {untested:?}");
}

#[test]
fn every_command_has_its_file_and_stands_in_the_readme() {
    let (cli, readme) = (text("src/cli.rs"), text("README.md"));
    let variants = cli.split_once("\nenum Command {\n").unwrap().1.split("\n}").next().unwrap();
    let names = variants.lines().map(str::trim).filter(|line| line.starts_with(char::is_uppercase));
    let names: Vec<_> = names.map(|line| line.split([',', '(']).next().unwrap().to_lowercase()).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(root().join(format!("src/cli/{name}.rs")).exists(), "{name} has no file of its own in src/cli/");
        let shown = readme.split("## Use").nth(1).unwrap().split("\n## ").next().unwrap();
        let words = shown.split(|sign: char| !sign.is_alphanumeric());
        assert!(words.into_iter().any(|word| word == name), "README.md does not name the command {name} under Use");
    }
}

#[test]
fn an_option_that_is_clamped_has_a_range() {
    let table = text("src/config/options.rs");
    let mut asked = 0;
    for (file, source) in sources("src").iter().filter(|(file, _)| !file.ends_with("config/options.rs")) {
        for option in source.split("in_range(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            asked += 1;
            let row = format!("row(\"{option}\", Number(");
            assert!(table.contains(&row), "{file} clamps '{option}', which has no range in config/options.rs");
        }
    }
    assert!(asked >= 3, "the places that clamp were not found");
}
