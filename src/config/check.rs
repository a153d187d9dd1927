//! Check of what somebody wrote against the shape of the settings: unknown keys, wrong types, wrong values, each in its
//! place.
//!
//! The shape is a sample of [`Settings`] turned to TOML, so that a new option is known here without a word.
//! Invariant: what passes here deserialises into [`Settings`].

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::error::Problem;
use super::options;
use super::rules::{self, RuleFault};
use super::schema::{
    DaemonSettings, FeedSettings, HistorySettings, HookSettings, LayoutSettings, MonitorConfig, ProviderSettings,
    RecordSettings, ScreenSettings, SessionSettings, Settings,
};
use super::source::{SettingsSource, names_a_secret, printable};
use super::{HistoryRule, RecordRule};

/// Names closer than this (Jaro-Winkler, 0 to 1) are worth suggesting.
const SUGGESTION_SIMILARITY: f64 = 0.8;

/// What one source holds, and what is wrong with it.
pub(super) struct Checker<'a> {
    source: &'a SettingsSource<'a>,
    problems: Vec<(usize, Problem)>,
    /// Keys that are no options, by dotted path.
    unknown: Vec<(String, Problem)>,
    /// The byte each key starts at, by dotted path.
    keys: BTreeMap<String, usize>,
}

/// What a check found.
pub(super) struct Findings {
    /// Mistakes in the order of the text.
    pub(super) problems: Vec<Problem>,
    /// Keys that are no options, by dotted path: what they say is not heard.
    pub(super) unknown: Vec<(String, Problem)>,
    /// The byte each key starts at, by dotted path.
    pub(super) keys: BTreeMap<String, usize>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(source: &'a SettingsSource<'a>) -> Self {
        Self { source, problems: Vec::new(), unknown: Vec::new(), keys: BTreeMap::new() }
    }

    /// Checks a whole document.
    pub(super) fn document(mut self, document: &DeTable<'_>) -> Findings {
        self.table("", document, &shape());
        self.finish()
    }

    /// Checks the value of the one option at `path`, whose shape is `shape`.
    pub(super) fn option(mut self, path: &str, value: &Spanned<DeValue<'_>>, shape: &Value) -> Findings {
        self.value(path, value, shape);
        self.finish()
    }

    fn finish(mut self) -> Findings {
        self.problems.sort_by_key(|(at, _)| *at);
        let problems = self.problems.into_iter().map(|(_, problem)| problem).collect();
        Findings { problems, unknown: self.unknown, keys: self.keys }
    }

    fn table(&mut self, path: &str, table: &DeTable<'_>, shape: &Table) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let here = join(path, name);
            self.keys.insert(here.clone(), key.span().start);
            match shape_of(path, name, shape) {
                Some(shape) => self.value(&here, value, shape),
                None => self.unknown(path, name, &key.span()),
            }
        }
    }

    fn unknown(&mut self, path: &str, name: &str, span: &Range<usize>) {
        let (message, secret) = unknown_key(path, name);
        // One that may hold a secret is a mistake that must be seen; any other may come from a newer version or an older one.
        if secret {
            self.problems.push((span.start, self.source.secret_problem(span, message)));
        } else if name.contains('.') {
            self.problems.push((span.start, self.source.problem(span, message)));
        } else {
            self.unknown.push((join(path, name), self.source.problem(span, message)));
        }
    }

    fn value(&mut self, path: &str, value: &Spanned<DeValue<'_>>, shape: &Value) {
        match (value.get_ref(), shape) {
            (DeValue::Table(table), Value::Table(shape)) => self.table(path, table, shape),
            (DeValue::Array(items), Value::Array(shapes)) => {
                self.check_one(path, value);
                let Some(shape) = shapes.first() else { return };
                for (index, item) in items.iter().enumerate() {
                    self.value(&join(path, &index.to_string()), item, shape);
                }
            }
            (given, shape) if same_type(given, shape) => self.check_one(path, value),
            (given, shape) => {
                let message = wrong_type(path, given, shape);
                self.problems.push((value.span().start, self.source.problem(&value.span(), message)));
            }
        }
    }

    fn check_one(&mut self, path: &str, value: &Spanned<DeValue<'_>>) {
        let span = value.span();
        let problem = match rules::check_value(path, value.get_ref()) {
            Ok(()) => return,
            Err(RuleFault::Open(message)) => self.source.problem(&span, message),
            Err(RuleFault::Secret(message)) => self.source.secret_problem(&span, message),
        };
        self.problems.push((span.start, problem));
    }
}

/// The defaults with one entry in every list, so that each list shows what it is a list of.
pub(super) fn shape() -> Table {
    let entry = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    let provider = ProviderSettings {
        params: entry("platform", "web"),
        headers_env: entry("x-jwt-key", "TIKTOP_JWT"),
        ..ProviderSettings::default()
    };
    let hook = HookSettings {
        kinds: vec!["gift".into()],
        rooms: vec!["@name".into()],
        words: vec!["giveaway".into()],
        exec: vec!["notify-send".into()],
        ..HookSettings::default()
    };
    let feed = FeedSettings {
        origins: vec!["https://example.com".into()],
        ports: [("@name".to_owned(), 21_214)].into(),
        ..FeedSettings::default()
    };
    let sample = Settings {
        feed,
        hooks: vec![hook],
        rooms: vec!["@name".into()],
        providers: vec![provider],
        session: SessionSettings { hosts: vec!["example.com".into()], ..SessionSettings::default() },
        proxies: entry("@name", "socks5h://127.0.0.1:9050"),
        record: RecordSettings {
            rooms: [("@name".to_owned(), RecordRule::Live)].into(),
            monitor: MonitorConfig { rooms: vec!["@name".into()], ..MonitorConfig::default() },
            ..RecordSettings::default()
        },
        daemon: DaemonSettings { readers: vec!["ben".into()] },
        history: HistorySettings {
            rooms: [("@name".to_owned(), HistoryRule::Off)].into(),
            ..HistorySettings::default()
        },
        screen: ScreenSettings {
            highlights: vec!["giveaway".into()],
            highlight_styles: entry("giveaway", "magenta bell"),
            people: vec!["@name".into()],
            ignore: vec!["@name".into()],
            filters: entry("mods", "badge:mod"),
            layouts: vec![LayoutSettings { name: "mine".into(), ..LayoutSettings::default() }],
            ..ScreenSettings::default()
        },
        keys: [("quit".to_owned(), vec!["q".to_owned()])].into(),
        ..Settings::default()
    };
    Table::try_from(sample).unwrap_or_default()
}

/// The shape of the option `name` under `path`; in a section whose names are the user's, any name has the same.
pub(super) fn shape_of<'s>(path: &str, name: &str, shape: &'s Table) -> Option<&'s Value> {
    if options::names_are_free(path) { shape.values().next() } else { shape.get(name) }
}

/// `a.b` of `a` and `b`.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What to say about a key that is no option, and whether its value may be a secret.
pub(super) fn unknown_key(path: &str, name: &str) -> (String, bool) {
    let section = section_of(path);
    if names_a_secret(name) || (path == "session" && name == "id") {
        return (misplaced_secret(path, name), true);
    }
    let name = printable(name);
    let all = shape();
    let siblings = siblings(path, &all);
    let near = nearest(&name, siblings.keys().map(String::as_str));
    let advice = match (near, home_of(&name, &all)) {
        (Some(near), _) => format!("did you mean '{near}'?"),
        (None, Some(home)) => format!("it belongs in [{home}]"),
        (None, None) => format!("known here: {}", siblings.keys().cloned().collect::<Vec<_>>().join(", ")),
    };
    (format!("unknown key '{name}'{section}; {advice}"), false)
}

fn misplaced_secret(path: &str, name: &str) -> String {
    let session = path == "session" || name.contains("sess") || name.contains("cookie") || name == "sid";
    let instead = if session {
        "put it in the environment variable TIKTOP_SESSION_ID, or in a file of mode 0600 that session.file names"
    } else {
        "put it in the environment variable that key_env names (TIKTOP_PROVIDER_KEY for the built-in provider), \
         or in a file of mode 0600 that key_file names"
    };
    format!("'{}' is a secret, and settings hold none; {instead}", join(path, name))
}

fn section_of(path: &str) -> String {
    match path.split('.').next() {
        None | Some("") => String::new(),
        Some(list @ ("providers" | "hooks")) => format!(" in [[{list}]]"),
        Some(_) => format!(" in [{path}]"),
    }
}

/// The keys known beside a key under `path`.
fn siblings<'s>(path: &str, shape: &'s Table) -> &'s Table {
    let mut here = shape;
    for part in path.split('.') {
        match here.get(part) {
            Some(Value::Table(table)) => here = table,
            Some(Value::Array(items)) => match items.first() {
                Some(Value::Table(table)) => here = table,
                _ => break,
            },
            _ => {}
        }
    }
    here
}

/// The section that knows `name`.
fn home_of<'s>(name: &str, shape: &'s Table) -> Option<&'s str> {
    let mut sections = shape.iter().filter(|(section, _)| *section != "keys");
    sections.find(|(_, value)| value.as_table().is_some_and(|table| table.contains_key(name))).map(|(name, _)| &**name)
}

/// The candidate most like `word`, if any is like it.
pub(super) fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase().replace('-', "_");
    candidates
        .map(|candidate| (likeness(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= SUGGESTION_SIMILARITY)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// Jaro-Winkler, which is blind to a slip in a word of three letters.
fn likeness(word: &str, candidate: &str) -> f64 {
    if strsim::osa_distance(word, candidate) == 1 { 1.0 } else { strsim::jaro_winkler(word, candidate) }
}

fn same_type(given: &DeValue<'_>, shape: &Value) -> bool {
    matches!(
        (given, shape),
        (DeValue::String(_), Value::String(_))
            | (DeValue::Integer(_), Value::Integer(_))
            | (DeValue::Float(_), Value::Float(_))
            | (DeValue::Boolean(_), Value::Boolean(_))
    )
}

fn wrong_type(path: &str, given: &DeValue<'_>, shape: &Value) -> String {
    let got = match given {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    };
    let wanted = match shape {
        Value::Table(_) => return format!("'{path}' is a section, not {got}; write [{path}] and its options below"),
        Value::Array(items) if items.first().is_some_and(Value::is_table) => {
            return format!("'{path}' is a list of sections, not {got}; write [[{path}]], with two brackets");
        }
        Value::Array(_) => "a list",
        Value::Boolean(_) => return format!("'{path}' takes true or false, not {got}"),
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        _ => "text in quotes",
    };
    format!("'{path}' takes {wanted}, such as {shape}, not {got}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "servce", "unknown key 'servce'; did you mean 'service'?")]
    #[case("service", "site-url", "unknown key 'site-url' in [service]; did you mean 'site_url'?")]
    #[case("providers.0", "key_enw", "unknown key 'key_enw' in [[providers]]; did you mean 'key_env'?")]
    #[case("screen", "fsp", "unknown key 'fsp' in [screen]; did you mean 'fps'?")]
    #[case("", "fps", "unknown key 'fps'; it belongs in [screen]")]
    #[case(
        "screen",
        "zzz",
        "unknown key 'zzz' in [screen]; known here: ascii, deleted, filters, fold_repeats, fps, graphs, handles, highlight_styles, highlights, ignore, inbox, layout, layouts, max_bytes_per_second, mouse, notify, people, remember, thank_from, theme"
    )]
    fn an_unknown_key_names_the_right_one(#[case] path: &str, #[case] name: &str, #[case] message: &str) {
        assert_eq!(unknown_key(path, name), (message.to_owned(), false));
    }

    #[rstest]
    #[case("providers.0", "key", "TIKTOP_PROVIDER_KEY")]
    #[case("providers.0", "api-key", "TIKTOP_PROVIDER_KEY")]
    #[case("session", "id", "TIKTOP_SESSION_ID")]
    #[case("session", "sessionid", "TIKTOP_SESSION_ID")]
    fn a_secret_is_sent_to_the_environment(#[case] path: &str, #[case] name: &str, #[case] variable: &str) {
        let (message, secret) = unknown_key(path, name);
        assert!(secret && message.contains(variable), "{message}");
    }

    #[test]
    fn the_shape_shows_what_every_list_holds() {
        fn empty_lists(value: &Value) -> bool {
            match value {
                Value::Array(items) => items.is_empty() || items.iter().any(empty_lists),
                Value::Table(table) => table.is_empty() || table.values().any(empty_lists),
                _ => false,
            }
        }
        assert!(!empty_lists(&Value::Table(shape())));
    }
}
