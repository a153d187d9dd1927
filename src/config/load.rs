//! Loader of the settings: defaults, then the file, then each `--set`; the last word wins.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use toml::de::DeTable;
use toml::{Table, Value};

use super::check::Checker;
use super::error::{ConfigError, ConfigErrorKind, Problem, one_line};
use super::options::{ValueHandling, map_texts};
use super::paths;
use super::schema::{Settings, TransportKind};
use super::set::{self, Set};
use super::source::{SettingsSource, printable};
use crate::text::{to_utf8, with_newlines};

/// Bytes a config file may have; far more than anybody writes.
const MAX_FILE: u64 = 1 << 20;

/// The settings, and where they were said.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Loaded {
    /// What holds.
    pub settings: Settings,
    /// The file that was read; nothing when there is none.
    pub file: Option<PathBuf>,
    /// What is allowed and yet hardly meant, each a sentence.
    pub warnings: Vec<String>,
    /// Keys of the file that are no options, each a sentence with its place: what they say is not heard.
    pub unknown_keys: Vec<String>,
    places: BTreeMap<String, OptionPlace>,
}

/// Where an option was said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum OptionPlace {
    /// In the file.
    File {
        /// Its path.
        path: PathBuf,
        /// The line of the key, from 1.
        line: usize,
    },
    /// In `--set`, with this key.
    Flag(String),
}

impl fmt::Display for OptionPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", printable(&path.to_string_lossy())),
            Self::Flag(key) => write!(f, "--set {}", printable(key)),
        }
    }
}

impl Loaded {
    /// Where the option at this dotted path (`keys.quit`, `providers.0.url`) got its value; nothing for a default.
    pub fn locate(&self, option: &str) -> Option<&OptionPlace> {
        self.places.get(option)
    }

    /// A sentence that begins with an option (`keys.quit: …`), with the place of that option in front, where it was said.
    pub fn placed(&self, sentence: &str) -> String {
        let place = sentence.split_once(": ").and_then(|(option, _)| self.locate(option));
        place.map_or_else(|| sentence.to_owned(), |place| format!("{place}: {sentence}"))
    }
}

/// Loads the settings. `file` is what `--config` names and must exist, as must a file named by `TIKTOP_CONFIG`; the usual
/// file may be missing. `sets` are the `KEY=VALUE` of each `--set`.
///
/// Fails with every mistake of the file and of the flags.
pub fn load(file: Option<&Path>, sets: &[String]) -> Result<Loaded, ConfigError> {
    let named = file.map(Path::to_owned).or_else(paths::named_config_file);
    let must_exist = named.is_some();
    let mut draft = DraftSettings::default();
    if let Some(path) = named.or_else(paths::usual_config_file)
        && let Some(text) = read(&path, must_exist)?
    {
        draft.add_file(path, &text);
    }
    draft.finish(sets)
}

/// The defaults and `--set` alone: for `demo` and tests, which must not see the user's file.
pub fn load_sets(sets: &[String]) -> Result<Loaded, ConfigError> {
    DraftSettings::default().finish(sets)
}

/// Reads a config file; nothing when it is not there and need not be.
fn read(path: &Path, must_exist: bool) -> Result<Option<String>, ConfigError> {
    let place = printable(&path.to_string_lossy());
    let broken = |message: String| ConfigError::single(ConfigErrorKind::File, place.clone(), message);
    let wrong = |message: String| Err(broken(message));
    let mut bytes = Vec::new();
    let outcome = std::fs::File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
    match outcome {
        Err(error) if !must_exist && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return wrong(
                "there is no such config file; check the path, or leave it out to use the defaults".to_owned(),
            );
        }
        Err(error) if error.kind() == ErrorKind::IsADirectory => {
            return wrong("this is a folder; name the config file in it".to_owned());
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return Err(broken(format!("you may not read this file; run: chmod u+r {place}")).caused_by(error));
        }
        Err(error) => return Err(broken(format!("the config file cannot be read: {error}")).caused_by(error)),
        Ok(_) if bytes.len() as u64 > MAX_FILE => {
            return wrong("this is too big for a config file (1 MiB at most); name another".to_owned());
        }
        Ok(_) => {}
    }
    match String::from_utf8(to_utf8(&bytes).into_owned()) {
        Ok(text) => Ok(Some(with_newlines(text))),
        Err(error) => {
            let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            let line = good.split(|&byte| byte == b'\n').count();
            wrong(format!("line {line} is not UTF-8 text; save the file as UTF-8"))
        }
    }
}

/// Settings being put together.
#[derive(Default)]
struct DraftSettings {
    said: Table,
    file: Option<PathBuf>,
    places: BTreeMap<String, OptionPlace>,
    unknown: Vec<Problem>,
    in_file: Vec<Problem>,
    in_flags: Vec<Problem>,
}

impl DraftSettings {
    fn add_file(&mut self, path: PathBuf, text: &str) {
        let source = SettingsSource::File { path: printable(&path.to_string_lossy()), text };
        let not_toml = |error: toml::de::Error| {
            source.problem(&error.span().unwrap_or(0..0), format!("this is not TOML: {}", one_line(error.message())))
        };
        match DeTable::parse(text) {
            Err(error) => self.in_file.push(not_toml(error)),
            Ok(document) => {
                let findings = Checker::new(&source).document(document.get_ref());
                self.in_file.extend(findings.problems);
                let unheard: Vec<String> = findings.unknown.iter().map(|(path, _)| path.clone()).collect();
                self.unknown.extend(findings.unknown.into_iter().map(|(_, problem)| problem));
                let place = |at| OptionPlace::File { path: path.clone(), line: source.line(at).unwrap_or(1) };
                self.places.extend(findings.keys.into_iter().map(|(key, at)| (key, place(at))));
                match text.parse() {
                    Ok(said) => {
                        self.said = said;
                        unheard.iter().for_each(|path| forget(&mut self.said, path));
                    }
                    Err(_) if !self.in_file.is_empty() => {}
                    Err(error) => self.in_file.push(not_toml(error)),
                }
            }
        }
        self.file = Some(path);
    }

    fn add_set(&mut self, set: &str) {
        match set::parse(set) {
            Err(problems) => self.in_flags.extend(problems),
            Ok(Set { key, value, inside }) => {
                let replaced = format!("{key}.");
                self.places.retain(|place, _| value.is_table() || !place.starts_with(&replaced));
                let places = inside.into_iter().chain([key.clone()]);
                self.places.extend(places.map(|place| (place, OptionPlace::Flag(key.clone()))));
                let wrap = |value, name: &str| Value::Table(Table::from_iter([(name.to_owned(), value)]));
                if let Value::Table(table) = key.rsplit('.').fold(value, wrap) {
                    merge(&mut self.said, table);
                }
            }
        }
    }

    fn finish(mut self, sets: &[String]) -> Result<Loaded, ConfigError> {
        for set in sets {
            self.add_set(set);
        }
        let kind = if self.in_file.is_empty() { ConfigErrorKind::Flag } else { ConfigErrorKind::File };
        let problems = self.in_file.into_iter().chain(self.in_flags).collect();
        ConfigError::from_problems(kind, problems)?;
        let mut settings: Settings = self.said.try_into().map_err(|error: toml::de::Error| {
            ConfigError::single(ConfigErrorKind::File, "settings", one_line(error.message()))
        })?;
        expand_paths(&mut settings);
        let unknown_keys: Vec<String> = self.unknown.iter().map(ToString::to_string).collect();
        let warnings = unknown_keys.iter().cloned().chain(warnings(&settings)).collect();
        Ok(Loaded { warnings, unknown_keys, settings, file: self.file, places: self.places })
    }
}

/// Takes the key at a dotted path out; one that is not there is out already.
fn forget(table: &mut Table, path: &str) {
    let Some((section, key)) = path.rsplit_once('.') else {
        table.remove(path);
        return;
    };
    let mut parts = section.split('.');
    let first = parts.next().and_then(|part| table.get_mut(part));
    let section = parts.fold(first, |value, part| match value? {
        Value::Table(table) => table.get_mut(part),
        Value::Array(items) => part.parse::<usize>().ok().and_then(|at| items.get_mut(at)),
        _ => None,
    });
    if let Some(Value::Table(section)) = section {
        section.remove(key);
    }
}

/// Lays `over` on `base`: sections are merged, everything else is replaced.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn expand_paths(settings: &mut Settings) {
    let home = paths::home();
    let expand = |path: &str| paths::expand_home(path, home.as_deref()).to_string_lossy().into_owned();
    if let Some(expanded) = map_texts(settings, ValueHandling::Path, &expand) {
        *settings = expanded;
    }
}

fn warnings(settings: &Settings) -> Vec<String> {
    let lonely = settings.transports.contains(&TransportKind::Provider) && settings.providers.is_empty();
    let found = [
        (lonely, "transports has 'provider', but providers is empty: that transport is left out"),
        (
            settings.service.danger_accept_invalid_certs,
            "service.danger_accept_invalid_certs is on: anybody between here and TikTok can read and forge everything, \
             keys and cookies too",
        ),
    ];
    found.into_iter().filter(|(holds, _)| *holds).map(|(_, warning)| warning.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXAMPLE: &str = include_str!("../../config.example.toml");

    #[test]
    fn the_usual_file_may_be_missing_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        for path in [folder.path().join("none/config.toml"), file.join("config.toml")] {
            assert_eq!(read(&path, false), Ok(None));
            assert!(read(&path, true).is_err());
        }
    }

    #[test]
    fn a_file_too_big_to_be_settings_is_not_read_to_its_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(MAX_FILE * 1_000).unwrap();
        assert!(read(file.path(), false).unwrap_err().to_string().contains("too big"));
    }

    /// What the check lets pass, and the settings then cannot take, would be reported without a place.
    fn has_a_place(loaded: &Result<Loaded, ConfigError>) -> bool {
        loaded.as_ref().err().is_none_or(|error| error.problems().iter().all(|problem| problem.place != "settings"))
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_file_is_taken_or_refused_in_its_place(
            at in 0..EXAMPLE.len(),
            length in 0_usize..12,
            put in "[ -~\n\u{e9}]{0,6}|\\[\\]|\\{ *\\}|-?[0-9]{1,30}|1\\.5|true|1979-05-27|\"[a-z]*\"",
        ) {
            let end = (at + length).min(EXAMPLE.len());
            let text = format!("{}{put}{}", &EXAMPLE[..at], &EXAMPLE[end..]);
            let mut draft = DraftSettings::default();
            draft.add_file("config.toml".into(), &text);
            prop_assert!(has_a_place(&draft.finish(&[])), "{text}");
        }

        #[test]
        fn whatever_is_set_is_taken_or_refused_by_name(
            key in "(service|screen|record|session|keys|providers|rooms|transports|x)(\\.(fps|proxy|dir|hosts|quit|0|name|x)){0,2}",
            value in "\\PC{0,12}|\\[\"[a-z]*\"\\]|\\[\\{\\}\\]|\\{\\}|-?[0-9]{1,30}|true",
        ) {
            let flag = format!("{key}={value}");
            prop_assert!(has_a_place(&load_sets(std::slice::from_ref(&flag))), "{flag}");
        }
    }
}
