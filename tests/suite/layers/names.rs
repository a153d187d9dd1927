//! Rules for names of types: one thing, one name. What one module shows to another is named as nothing else in the crate is.

use std::collections::BTreeMap;
use std::path::Path;

use super::{is_for_tests, module_of, root, rust_files, scan};

/// The words that begin the definition of a type.
const DEFINES: [&str; 5] = ["struct", "enum", "trait", "type", "union"];

/// The types that a source shows to other modules, each with its line. Associated types belong to their trait and are no
/// names of the crate.
fn shown_types(source: &str) -> Vec<(usize, &str)> {
    let shown = source.lines().enumerate().filter_map(|(at, line)| {
        let rest = line.trim_start().strip_prefix("pub")?;
        let rest = match rest.strip_prefix('(') {
            Some(scope) => scope.split_once(')')?.1,
            None => rest,
        };
        let mut words = rest.strip_prefix(' ')?.split_whitespace();
        let defines = words.next().is_some_and(|word| DEFINES.contains(&word));
        let name = words.next().filter(|_| defines)?;
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
        // A name that a macro fills in is not known here.
        (end > 0).then(|| (at + 1, &name[..end]))
    });
    shown.collect()
}

#[test]
fn a_type_that_is_shown_to_other_modules_has_a_name_of_its_own() {
    let sources: Vec<_> = rust_files("src")
        .into_iter()
        .map(|file| (module_of(&file), std::fs::read_to_string(root().join(&file)).unwrap(), file))
        .collect();
    assert!(sources.len() > 10, "the sources were not found");
    let test_modules: Vec<Vec<String>> = sources
        .iter()
        .flat_map(|(module, source, _)| {
            let named = scan(module, source).test_modules.into_iter();
            named.map(|name| module.iter().cloned().chain([name]).collect()).collect::<Vec<_>>()
        })
        .collect();
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (_, source, file) in sources.iter().filter(|(module, ..)| !is_for_tests(module, &test_modules)) {
        for (line, name) in shown_types(source) {
            places.entry(name).or_default().push(place(file, line));
        }
    }
    let faults: Vec<_> = places
        .iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(name, places)| format!("`{name}` stands for {} things: {}", places.len(), places.join(", ")))
        .collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn place(file: &Path, line: usize) -> String {
    format!("{}:{line}", file.display())
}

#[test]
fn definitions_are_found_whatever_they_show_themselves_to() {
    let source = "pub struct A;\npub(super) enum B<T> {}\n    pub(in crate::x) type C = u8;\nstruct Private;\n\
                  pub trait D: Send {}\npub fn f() {}\npub use x::E;\npub(crate) struct F(u8);\n\
                  /// pub struct G\npub enum $name {}";
    let names: Vec<_> = shown_types(source).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["A", "B", "C", "D", "F"]);
    assert_eq!(shown_types(source)[2].0, 3);
}

/// Verbs that say neither what goes in nor what comes out.
const EMPTY_VERBS: [&str; 7] = ["take", "say", "tell", "told", "hear", "settle", "judge"];

/// The functions that a source shows to other modules, each with its line.
fn shown_functions(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source.lines().enumerate().filter_map(|(at, line)| {
        let (front, name) = line.split_once("fn ")?;
        let shown = front.trim_start().starts_with("pub");
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        shown.then(|| (at + 1, &name[..end]))
    })
}

#[test]
fn a_function_that_is_shown_to_other_modules_is_named_for_what_it_does() {
    let files = rust_files("src");
    let mut faults = Vec::new();
    for file in &files {
        let source = std::fs::read_to_string(root().join(file)).unwrap();
        let empty = shown_functions(&source).filter(|(_, name)| EMPTY_VERBS.contains(&name.split('_').next().unwrap()));
        faults.extend(empty.map(|(line, name)| format!("{}: `{name}`", place(file, line))));
    }
    assert!(files.len() > 10 && faults.is_empty(), "\n{}\n", faults.join("\n"));
    let found: Vec<_> = shown_functions("    pub(super) async fn take<T>(x: T) {}\nfn tell() {}").collect();
    assert_eq!(found, [(1, "take")]);
}

/// Words in the place of the noun that a module's documentation begins with.
const RIDDLES: [&str; 14] =
    ["", "What", "Why", "How", "Who", "Where", "Which", "Whether", "When", "From", "The", "A", "An", "One"];

#[test]
fn every_file_begins_with_what_it_is() {
    for file in rust_files("src").into_iter().chain(rust_files("tests")) {
        let source = std::fs::read_to_string(root().join(&file)).unwrap();
        let first = source.lines().find_map(|line| line.strip_prefix("//! ")).unwrap_or_default();
        let word = first.split(' ').next().unwrap_or_default();
        assert!(!RIDDLES.contains(&word), "{}: '{first}'", file.display());
    }
}
