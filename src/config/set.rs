//! Parser of one `--set KEY=VALUE`: any option, on the command line.
//!
//! The value is TOML, or the bare text where the option is text. A list is replaced whole; secrets are refused, because
//! every user of a machine can read command lines.

use toml::Value;
use toml::de::DeValue;

use super::check::{Checker, join, shape, shape_of, unknown_key};
use super::error::{Problem, one_line};
use super::source::{SettingsSource, names_a_secret};

/// What one `--set` says.
pub(super) struct Set {
    /// The dotted path of the option.
    pub(super) key: String,
    /// Its value.
    pub(super) value: Value,
    /// The dotted paths of the options inside the value, where it is a section or a list of them.
    pub(super) inside: Vec<String>,
}

/// Reads one `KEY=VALUE`, or finds all that is wrong with it.
pub(super) fn parse(set: &str) -> Result<Set, Vec<Problem>> {
    let Some((key, text)) = set.split_once('=') else {
        let source = SettingsSource::Flag { key: set };
        return Err(vec![source.problem(&(0..0), "write KEY=VALUE, such as service.language=de".to_owned())]);
    };
    let (key, text) = (key.trim(), text.trim());
    let source = SettingsSource::Flag { key };
    let wrong = |message: String| vec![source.problem(&(0..0), message)];
    let shape = find(key).map_err(wrong)?;
    // An option that is text takes the bare word; quotes are honoured, so that a copied TOML line works too.
    let quoted = text.starts_with(['"', '\'']);
    let literal = if shape.is_str() && !quoted { Value::String(text.to_owned()).to_string() } else { text.to_owned() };
    let value = DeValue::parse(&literal).map_err(|error| wrong(not_toml(key, &shape, &error)))?;
    let mut findings = Checker::new(&source).option(key, &value, &shape);
    // What is typed for one run is meant: a slip in it is no leftover of another version.
    findings.problems.extend(findings.unknown.into_iter().map(|(_, problem)| problem));
    if !findings.problems.is_empty() {
        return Err(findings.problems);
    }
    let value = literal.parse().map_err(|error| wrong(not_toml(key, &shape, &error)))?;
    Ok(Set { key: key.to_owned(), value, inside: findings.keys.into_keys().collect() })
}

fn not_toml(key: &str, shape: &Value, error: &toml::de::Error) -> String {
    format!("the value is not TOML ({}); write it like '{key}={}'", one_line(error.message()), inline(shape))
}

/// The shape of the option at a dotted path, or why there is none.
fn find(key: &str) -> Result<Value, String> {
    let mut path = String::new();
    let mut shape = Value::Table(shape());
    for name in key.split('.') {
        if shape.is_array() {
            let last = key.rsplit('.').next().unwrap_or_default();
            let secret = names_a_secret(last).then(|| unknown_key(&path, last).0);
            return Err(
                secret.unwrap_or_else(|| format!("a list is replaced whole; write '{path}={}'", inline(&shape)))
            );
        }
        let next = shape.as_table().and_then(|table| shape_of(&path, name, table)).cloned();
        shape = next.ok_or_else(|| unknown_key(&path, name).0)?;
        path = join(&path, name);
    }
    Ok(shape)
}

/// A sample value on one line.
fn inline(value: &Value) -> String {
    value.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
