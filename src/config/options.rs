//! Table of the options: what each may hold beside its type, and what is done with it when it is read and printed.
//!
//! Checking, reading, printing and clamping ask this table. A new option is a field in `schema.rs` and a row here; a test
//! compares the two.

use std::ops::RangeInclusive;

use toml::{Table, Value};

use super::rules::{self, ListRule, TextRule};
use super::schema::Settings;

/// One option.
pub(super) struct OptionRow {
    /// Its dotted path. A `*` is the place in a list or a name that the user gives.
    pub(super) path: &'static str,
    /// What its value may be.
    pub(super) rule: ValueRule,
    /// What is done with its value.
    pub(super) handling: ValueHandling,
}

/// What a value may be beside its type.
#[derive(Clone)]
pub(super) enum ValueRule {
    /// Anything of its type.
    Any,
    /// A whole number from a range, of a unit.
    Number(RangeInclusive<i64>, &'static str),
    /// The same in a section whose names are rooms.
    NumberOfRoom(RangeInclusive<i64>, &'static str, &'static str),
    /// A text that a function passes.
    Text(TextRule),
    /// A list that a function passes; its entries have rows of their own.
    List(ListRule),
}

/// What is done with a value when it is read or printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueHandling {
    /// It stays as it is.
    Plain,
    /// A path: `~/` in front of it is the user's home.
    Path,
    /// An address: a password in it is printed as `***`.
    Address,
}

use ValueHandling::{Address, Path, Plain};
use ValueRule::{Any, List, Number, NumberOfRoom, Text};

const fn row(path: &'static str, rule: ValueRule, handling: ValueHandling) -> OptionRow {
    OptionRow { path, rule, handling }
}

/// The table, in the order of the schema.
pub(super) const OPTIONS: &[OptionRow] = &[
    row("rooms.*", Text(rules::target), Plain),
    row("transports", List(rules::transports), Plain),
    row("transports.*", Text(rules::transport), Plain),
    row("service.site_url", Text(rules::page_address), Address),
    row("service.webcast_url", Text(rules::page_address), Address),
    row("service.socket_url", Text(rules::socket_address), Address),
    row("service.ca_file", Any, Path),
    row("service.proxy", Text(rules::optional_proxy), Address),
    row("service.language", Text(rules::language), Plain),
    row("service.timeout_seconds", Number(1..=300, "seconds"), Plain),
    row("service.silence_seconds", Number(1..=600, "seconds"), Plain),
    row("service.danger_accept_invalid_certs", Any, Plain),
    row("providers", List(rules::providers), Plain),
    row("providers.*.name", Text(rules::not_empty), Plain),
    row("providers.*.url", Text(rules::page_address), Address),
    row("providers.*.key_env", Text(rules::variable), Plain),
    row("providers.*.key_file", Text(rules::secret_file), Path),
    row("providers.*.client", Text(rules::plain_word), Plain),
    row("providers.*.flow", Text(rules::flow), Plain),
    row("providers.*.path", Text(rules::provider_path), Plain),
    row("providers.*.unique_id", Any, Plain),
    row("providers.*.country", Text(rules::country), Plain),
    row("providers.*.params.*", Text(rules::parameter), Plain),
    row("providers.*.headers_env.*", Text(rules::header_variable), Plain),
    row("cloud.url", Text(rules::socket_address), Address),
    row("cloud.key_env", Text(rules::variable), Plain),
    row("cloud.key_file", Text(rules::secret_file), Path),
    row("poll.interval_ms", Number(500..=60_000, "milliseconds"), Plain),
    row("session.file", Text(rules::secret_file), Path),
    row("session.target_idc", Text(rules::data_centre), Plain),
    row("session.hosts.*", Text(rules::host), Plain),
    row("browser.endpoint", Text(rules::browser_endpoint), Plain),
    row("proxies.*", Text(rules::room_proxy), Address),
    row("record.dir", Any, Path),
    row("record.ffmpeg", Text(rules::not_empty), Path),
    row("record.quality", Text(rules::recording_quality), Plain),
    row("record.name", Text(rules::recording_name), Plain),
    row("record.max_minutes", Number(0..=100_000, "minutes"), Plain),
    row("record.max_mb", Number(0..=1_000_000, "megabytes"), Plain),
    row("record.min_free_mb", Number(0..=1_000_000, "megabytes"), Plain),
    row("record.chat", Any, Plain),
    row("record.mux_subtitles", Any, Plain),
    row("record.info", Any, Plain),
    row("record.when", Text(rules::record_rule), Plain),
    row("record.rooms.*", Text(rules::record_rule_of_room), Plain),
    row("record.monitor.rooms.*", Text(rules::target), Plain),
    row("record.monitor.stream", Text(rules::recording_quality), Plain),
    row("record.monitor.seconds", Number(2..=600, "seconds"), Plain),
    row("record.monitor.min_percent", Number(0..=100, "percent"), Plain),
    row("capture.max_mb", Number(16..=1_000_000, "megabytes"), Plain),
    row("capture.max_days", Number(1..=3_650, "days"), Plain),
    row("daemon.readers.*", Text(rules::not_empty), Plain),
    row("history.keep", Text(rules::history_rule), Plain),
    row("history.dir", Any, Path),
    row("history.max_days", Number(1..=36_500, "days"), Plain),
    row("history.max_mb", Number(16..=1_000_000, "megabytes"), Plain),
    row("history.kinds.*", Text(rules::history_kind), Plain),
    row("history.rooms.*", Text(rules::history_rule_of_room), Plain),
    row("feed.on", Any, Plain),
    row("feed.port", Number(1..=65_535, "(a port)"), Plain),
    row("feed.address", Text(rules::feed_address), Plain),
    row("feed.origins.*", Text(rules::origin), Plain),
    row("feed.metrics", Any, Plain),
    row("feed.ports.*", NumberOfRoom(1..=65_535, "(a port)", "feed.ports"), Plain),
    row("hooks", List(rules::hooks), Plain),
    row("hooks.*.name", Any, Plain),
    row("hooks.*.kinds.*", Text(rules::event_kind), Plain),
    row("hooks.*.rooms.*", Text(rules::target), Plain),
    row("hooks.*.min_coins", Number(0..=1_000_000_000, "coins"), Plain),
    row("hooks.*.words.*", Text(rules::not_empty), Plain),
    row("hooks.*.first_time", Any, Plain),
    row("hooks.*.once_a_streak", Any, Plain),
    row("hooks.*.exec.*", Any, Plain),
    row("hooks.*.url", Text(rules::hook_address), Address),
    row("hooks.*.url_env", Text(rules::variable), Plain),
    row("hooks.*.body", Text(rules::hook_body), Plain),
    row("hooks.*.notify", Any, Plain),
    row("hooks.*.per_minute", Number(1..=6_000, "calls a minute"), Plain),
    row("hooks.*.cool_down_seconds", Number(0..=86_400, "seconds"), Plain),
    row("hooks.*.timeout_seconds", Number(1..=300, "seconds"), Plain),
    row("log.max_mb", Number(1..=10_000, "megabytes"), Plain),
    row("log.files", Number(1..=100, "files"), Plain),
    row("screen.fps", Number(0..=60, "frames a second"), Plain),
    row("screen.max_bytes_per_second", Number(0..=100_000_000, "bytes a second"), Plain),
    row("screen.ascii", Any, Plain),
    row("screen.mouse", Any, Plain),
    row("screen.theme", Text(rules::not_empty), Path),
    row("screen.graphs", Text(rules::graph_style), Plain),
    row("screen.layout", Text(rules::not_empty), Plain),
    row("screen.layouts.*.name", Text(rules::not_empty), Plain),
    row("screen.layouts.*.panes.*", Text(rules::side_pane), Plain),
    row("screen.layouts.*.side", Number(20..=80, "percent of the width"), Plain),
    row("screen.layouts.*.strips", Any, Plain),
    row("screen.layouts.*.opens", Text(rules::opening), Plain),
    row("screen.handles", Any, Plain),
    row("screen.thank_from", Number(1..=10_000_000, "coins"), Plain),
    row("screen.inbox.*", Text(rules::inbox_kind), Plain),
    row("screen.highlights.*", Text(rules::not_empty), Plain),
    row("screen.highlight_styles.*", Text(rules::highlight_style), Plain),
    row("screen.people.*", Text(rules::not_empty), Plain),
    row("screen.ignore.*", Text(rules::not_empty), Plain),
    row("screen.filters.*", Text(rules::not_empty), Plain),
    row("screen.deleted", Text(rules::deleted_rows), Plain),
    row("screen.fold_repeats", Any, Plain),
    row("screen.notify", Text(rules::notify_way), Plain),
    row("screen.remember", Any, Plain),
    // The screen knows the keys and judges them.
    row("keys.*", Any, Plain),
];

/// Sections whose names are the user's own.
const FREE_NAMES: [&str; 9] = [
    "keys",
    "proxies",
    "record.rooms",
    "history.rooms",
    "screen.filters",
    "screen.highlight_styles",
    "feed.ports",
    "providers.*.params",
    "providers.*.headers_env",
];

impl OptionRow {
    /// The row of the option at `path`, where there is such an option.
    pub(super) fn of(path: &str) -> Option<&'static Self> {
        let option = option_name(path);
        OPTIONS.iter().find(|row| row.path == option)
    }
}

/// Whether the names in the section at `path` are the user's own.
pub(super) fn names_are_free(path: &str) -> bool {
    FREE_NAMES.contains(&option_name(path).as_str())
}

/// `providers.*.url` of `providers.0.url`; what the user named becomes a `*` too.
fn option_name(path: &str) -> String {
    let section_of = |depth: usize| positions(&path.split('.').take(depth).collect::<Vec<_>>().join("."));
    let deeper = |free: &&str| path.split('.').count() > free.split('.').count();
    let free = FREE_NAMES.iter().filter(|free| deeper(free)).find(|free| section_of(free.split('.').count()) == **free);
    free.map_or_else(|| positions(path), |free| format!("{free}.*"))
}

fn positions(path: &str) -> String {
    let position = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    path.split('.').map(|part| if position(part) { "*" } else { part }).collect::<Vec<_>>().join(".")
}

/// The nearest number that the option at `path` may be, for settings that were made without a file.
pub(crate) fn in_range(path: &str, number: u64) -> u64 {
    match OptionRow::of(path).map(|row| &row.rule) {
        Some(Number(range, _) | NumberOfRoom(range, ..)) => {
            number.clamp(range.start().unsigned_abs(), range.end().unsigned_abs())
        }
        Some(Any | Text(_) | List(_)) | None => number,
    }
}

/// The settings with every text of one handling changed.
pub(super) fn map_texts(
    settings: &Settings,
    handling: ValueHandling,
    change: &impl Fn(&str) -> String,
) -> Option<Settings> {
    let mut table = Table::try_from(settings).ok()?;
    map_table(&mut table, "", handling, change);
    table.try_into().ok()
}

fn map_table(table: &mut Table, path: &str, handling: ValueHandling, change: &impl Fn(&str) -> String) {
    for (name, value) in table.iter_mut() {
        map_value(value, &super::check::join(path, name), handling, change);
    }
}

fn map_value(value: &mut Value, path: &str, handling: ValueHandling, change: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) if OptionRow::of(path).is_some_and(|row| row.handling == handling) => *text = change(text),
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                map_value(item, &super::check::join(path, &at.to_string()), handling, change);
            }
        }
        Value::Table(table) => map_table(table, path, handling, change),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::check::shape;
    use std::collections::BTreeSet;

    /// The paths of all values that are no tables, as the table of options writes them.
    fn leaves(path: &str, value: &Value, found: &mut BTreeSet<String>) {
        let inside = |name: &str| crate::config::check::join(path, name);
        match value {
            Value::Table(table) => table.iter().for_each(|(name, value)| leaves(&inside(name), value, found)),
            Value::Array(items) => items.iter().for_each(|item| leaves(&inside("0"), item, found)),
            _ => _ = found.insert(option_name(path)),
        }
    }

    #[test]
    fn every_field_of_the_schema_has_its_row() {
        let mut fields = BTreeSet::new();
        leaves("", &Value::Table(shape()), &mut fields);
        let rows: BTreeSet<String> =
            OPTIONS.iter().filter(|row| !matches!(row.rule, List(_))).map(|row| row.path.to_owned()).collect();
        assert_eq!(fields, rows, "a field and its row in config/options.rs");
    }

    #[test]
    fn every_number_has_a_range() {
        for (section, value) in shape() {
            for (name, value) in value.as_table().into_iter().flatten() {
                let option = format!("{section}.{name}");
                let ranged = OptionRow::of(&option).is_some_and(|row| matches!(row.rule, Number(..)));
                assert_eq!(value.is_integer(), ranged, "{option}");
            }
        }
    }

    #[test]
    fn a_number_from_a_program_is_put_into_its_range() {
        assert_eq!([0, 5, 9_999].map(|seconds| in_range("service.timeout_seconds", seconds)), [1, 5, 300]);
    }

    #[test]
    fn only_texts_of_the_handling_change() {
        let settings =
            map_texts(&Settings::default(), ValueHandling::Path, &|text| format!("/home/ana/{text}")).unwrap();
        assert!(settings.record.dir.starts_with("/home/ana"));
        assert!(settings.record.ffmpeg.starts_with("/home/ana") && settings.providers[0].key_file.starts_with("/home"));
        assert_eq!(settings.service.site_url, Settings::default().service.site_url);
    }
}
