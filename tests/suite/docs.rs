//! Checks of the documents: files they point to, the version, the block of keys.

use std::path::{Path, PathBuf};

use tiktop::tui::keys_markdown;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A document of the project; a printed word where it is not written yet.
fn document(name: &str) -> Option<String> {
    let text = std::fs::read_to_string(root().join(name)).ok();
    if text.is_none() {
        eprintln!("skipped: there is no {name} yet");
    }
    text
}

/// Targets of links into the project, without their `#part`.
fn linked(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let files = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    files.map(|target| target.split('#').next().unwrap_or_default()).filter(|target| !target.is_empty()).collect()
}

/// Paths named as code: `src/room.rs`. Patterns and placeholders are no paths.
fn named(text: &str) -> Vec<&str> {
    const FOLDERS: [&str; 6] = ["src/", "tests/", "proto/", "assets/", "benches/", ".ci/"];
    let code = text.split('`').skip(1).step_by(2);
    code.filter(|code| FOLDERS.iter().any(|folder| code.starts_with(folder)))
        .filter(|code| !code.contains(['*', '<', '{', '…', ' ', ':']))
        .collect()
}

#[test]
fn files_that_documents_point_to_exist() {
    let mut dead = Vec::new();
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "docs/coming-from.md",
        "docs/feed.md",
        "docs/protocol.md",
        "docs/sim.md",
        "proto/README.md",
    ] {
        let Some(text) = document(name) else { continue };
        let folder = root().join(name).parent().map(Path::to_owned).unwrap_or_default();
        let links = linked(&text).into_iter().map(|target| (target, folder.join(target)));
        let paths: Vec<(&str, PathBuf)> =
            links.chain(named(&text).into_iter().map(|path| (path, root().join(path)))).collect();
        dead.extend(
            paths.iter().filter(|(_, path)| !path.exists()).map(|(target, _)| format!("{name} points to {target}")),
        );
    }
    assert!(dead.is_empty(), "there is no such file:\n{}", dead.join("\n"));
}

/// What stands between `<!-- name -->` and `<!-- /name -->`.
fn block<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, after) = text.split_once(&format!("<!-- {name} -->"))?;
    after.split_once(&format!("<!-- /{name} -->")).map(|(inside, _)| inside.trim())
}

#[test]
fn the_readme_lists_the_keys_that_are() {
    let Some(text) = document("README.md") else { return };
    let keys = keys_markdown();
    let right = block(&text, "keys") == Some(keys.trim());
    assert!(right, "put this into README.md between `<!-- keys -->` and `<!-- /keys -->`:\n\n{keys}");
}

/// Sources and documents of the project, with their text.
fn texts(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            texts(&path, found);
        } else if path.extension().is_some_and(|ending| ["rs", "md", "proto", "toml"].iter().any(|own| ending == *own))
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            found.push((path, text));
        }
    }
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let headings =
        text.lines().filter_map(|line| line.strip_prefix('#')).map(|rest| rest.trim_start_matches('#').trim());
    let plain = |heading: &str| {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|sign| sign.is_alphanumeric() || "-_".contains(*sign)).collect()
    };
    headings.map(plain).collect()
}

#[test]
fn every_section_that_is_cited_exists() {
    const CITED: &str = "protocol.md#";
    let known = anchors(&document("docs/protocol.md").unwrap());
    let mut all = Vec::new();
    for folder in ["src", "tests", "proto", "docs", "benches"] {
        texts(&root().join(folder), &mut all);
    }
    let (mut faults, mut cited) = (Vec::new(), 0);
    for (path, text) in all.iter().filter(|(path, _)| !path.ends_with("tests/suite/docs.rs")) {
        let shown = path.strip_prefix(root()).unwrap_or(path).display();
        for rest in text.split(CITED).skip(1) {
            let anchor: String = rest.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '-').collect();
            cited += 1;
            if !known.contains(&anchor) {
                faults.push(format!("{shown} cites protocol.md#{anchor}"));
            }
        }
        if text.to_lowercase().contains("protocol notes") {
            faults.push(format!("{shown} speaks of protocol notes: cite docs/protocol.md#section"));
        }
    }
    assert!(faults.is_empty(), "there is no such section:\n{}", faults.join("\n"));
    assert!(cited > 20, "only {cited} citations were found");
}

#[test]
fn sections_that_the_protocol_points_to_itself_exist() {
    let text = document("docs/protocol.md").unwrap();
    let known = anchors(&text);
    let own = text.split("](#").skip(1).filter_map(|rest| rest.split(')').next());
    let dead: Vec<_> = own.filter(|anchor| !known.iter().any(|one| one == anchor)).collect();
    assert!(dead.is_empty(), "docs/protocol.md has no section {dead:?}");
}

#[test]
fn a_block_is_what_its_marks_enclose() {
    assert_eq!(block("a <!-- keys -->\n| q |\n<!-- /keys --> b", "keys"), Some("| q |"));
    assert_eq!(block("a <!-- keys --> b", "keys"), None);
}

#[test]
fn the_changelog_has_this_version() {
    let Some(text) = document("CHANGELOG.md") else { return };
    let version = env!("CARGO_PKG_VERSION");
    let found = text.lines().any(|line| line.starts_with("## ") && line.contains(version));
    assert!(found, "CHANGELOG.md has no heading `## {version}`");
}

#[test]
fn links_and_paths_are_told_from_other_words() {
    let text =
        "[a](src/a.rs#L1) [b](https://example.com/x) [c](#part) ![d](assets/d.svg \"title\") `src/b.rs` `src/*.rs` `x`";
    assert_eq!(linked(text), ["src/a.rs", "assets/d.svg"]);
    assert_eq!(named(text), ["src/b.rs"]);
}
