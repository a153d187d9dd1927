//! Report of a diagnosis, row by row: for a person while it runs, for a bug report at the end.
//!
//! Knows nothing of how a row came about. Invariant: no secret of the user's leaves through here, in neither form.

use std::time::Duration;

use serde_json::{Value, json};

use super::verdict::{BlamedSide, Verdict};
use crate::cli::output::{self, WriteError};
use crate::config::redact_addresses;
use crate::text::{Text, width};

/// What was looked at. In order of importance: what fails first in this list is most likely the cause of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Check {
    Config,
    Proxy,
    Dns,
    Reach,
    Clock,
    LookUp,
    Handshake,
    Provider,
    Folder,
    Ffmpeg,
    Terminal,
    Service,
}

/// How it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Status {
    Ok,
    /// Works, and yet worth knowing.
    Note,
    Failed,
    /// Not tried; the words say why.
    Skipped,
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ReportRow {
    pub(super) check: Check,
    /// Of what: a host, a transport, a folder.
    pub(super) subject: String,
    pub(super) status: Status,
    pub(super) words: String,
    pub(super) took: Option<Duration>,
    /// Whose side it is on, where it failed.
    pub(super) who: BlamedSide,
}

impl ReportRow {
    pub(super) fn new(check: Check, subject: impl Into<String>, status: Status, words: impl Into<String>) -> Self {
        Self { check, subject: subject.into(), status, words: words.into(), took: None, who: BlamedSide::You }
    }

    pub(super) fn took(self, took: Duration) -> Self {
        Self { took: Some(took), ..self }
    }

    pub(super) fn blamed_on(self, who: BlamedSide) -> Self {
        Self { who, ..self }
    }
}

/// Takes rows, tells them, and keeps them.
pub(super) struct Report {
    rows: Vec<ReportRow>,
    /// One JSON object at the end instead of lines on the way.
    json: bool,
    scrub: Redactor,
    /// The first line that could not be written.
    unwritten: Option<WriteError>,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self { rows: Vec::new(), json, scrub: Redactor::default(), unwritten: None }
    }

    /// Words that must not appear anywhere.
    pub(super) fn hide(&mut self, secrets: impl IntoIterator<Item = String>) {
        self.scrub.secrets.extend(secrets.into_iter().filter(|secret| secret.len() >= 4));
    }

    pub(super) fn rows(&self) -> &[ReportRow] {
        &self.rows
    }

    /// Whether something of this kind failed.
    pub(super) fn failed(&self, check: Check, subject: &str) -> bool {
        self.rows.iter().any(|row| row.check == check && row.subject == subject && row.status == Status::Failed)
    }

    pub(super) fn add(&mut self, row: ReportRow) {
        let row = ReportRow { words: self.scrub.clean(&row.words), subject: self.scrub.clean(&row.subject), ..row };
        if !self.json {
            let written = output::print_line(&line(&row));
            self.unwritten = self.unwritten.take().or(written.err());
        }
        self.rows.push(row);
    }

    /// Says the last sentence, or the whole report.
    pub(super) fn finish(mut self, verdict: &Verdict) -> Result<(), WriteError> {
        if let Some(error) = self.unwritten.take() {
            return Err(error);
        }
        let sentence = self.scrub.clean(&verdict.sentence);
        if self.json {
            let mut report = json!({
                "v": 1,
                "tiktop": env!("CARGO_PKG_VERSION"),
                "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
                "rows": self.rows.iter().map(to_json).collect::<Vec<_>>(),
                "verdict": { "who": verdict.who.to_string(), "sentence": sentence },
            });
            hide_home(&mut report);
            output::print_raw(&format!("{report:#}"))
        } else {
            output::print_line(&format!("\n{sentence}"))
        }
    }
}

/// `ok      dns        www.tiktok.com             2 addresses, 12 ms`.
fn line(row: &ReportRow) -> String {
    let took = row.took.map(|took| format!(", {} ms", took.as_millis())).unwrap_or_default();
    let padding = " ".repeat(26_usize.saturating_sub(width(&row.subject)));
    let (status, check) = (row.status.to_string(), row.check.to_string());
    format!("{status:<8} {check:<10} {}{padding} {}{took}", row.subject, row.words)
}

fn to_json(row: &ReportRow) -> Value {
    let mut object = json!({
        "check": row.check.to_string(), "subject": row.subject, "status": row.status.to_string(), "words": row.words,
        "ms": row.took.map(|took| took.as_millis() as u64),
    });
    if row.status == Status::Failed {
        object["who"] = row.who.to_string().into();
    }
    object
}

/// A bug report goes to strangers, and the home folder is often the person's name.
fn hide_home(value: &mut Value) {
    let Some(home) = std::env::home_dir().map(|home| home.to_string_lossy().into_owned()) else { return };
    if home.len() > 1 {
        replace(value, &home);
    }
}

fn replace(value: &mut Value, home: &str) {
    match value {
        Value::String(text) => *text = text.replace(home, "~"),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, home)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, home)),
        _ => {}
    }
}

/// Takes out secrets, and what no terminal should see.
#[derive(Default)]
struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    fn clean(&self, words: &str) -> String {
        let words = self.secrets.iter().fold(words.to_owned(), |words, secret| words.replace(secret, "***"));
        Text::new(&redact_addresses(&words)).as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_and_no_control_gets_out() {
        let mut report = Report::new(true);
        report.hide(["s3cret-key".to_owned(), "abc".to_owned()]);
        report.add(ReportRow::new(Check::Proxy, "http://me:pass@proxy:1", Status::Failed, "abc s3cret-key \u{1b}[31m"));
        let row = &report.rows()[0];
        assert_eq!((row.subject.as_str(), row.words.as_str()), ("http://***@proxy:1", "abc *** [31m"));
        assert!(report.failed(Check::Proxy, "http://***@proxy:1"));
    }

    #[test]
    fn the_home_folder_is_a_tilde_everywhere() {
        let mut report = json!({ "rows": [{ "words": "no /home/ana/x, but /home/ana" }] });
        replace(&mut report, "/home/ana");
        assert_eq!(report["rows"][0]["words"], "no ~/x, but ~");
    }

    #[test]
    fn lines_stand_in_columns() {
        let row =
            ReportRow::new(Check::Dns, "www.tiktok.com", Status::Ok, "2 addresses").took(Duration::from_millis(12));
        let at = |row: &ReportRow, word: &str| line(row).find(word);
        assert_eq!(at(&row, "2 addresses"), at(&ReportRow::new(Check::LookUp, "x", Status::Skipped, "word"), "word"));
        assert!(line(&row).ends_with("2 addresses, 12 ms"));
    }
}
