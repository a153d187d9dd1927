//! Verdict of a diagnosis, one sentence: whose side the trouble is on, and what to do. Pure.

use std::fmt;

use super::report::{Check, ReportRow, Status};
use crate::webcast::{ServiceError, ServiceErrorKind};

/// Whose side something is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BlamedSide {
    /// The person, the machine or its network.
    You,
    /// A signing provider, by its name on screen: `provider euler`.
    Provider(String),
    TikTok,
    /// Nothing is wrong.
    Nobody,
}

impl fmt::Display for BlamedSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::You => f.write_str("you"),
            Self::Provider(name) => f.write_str(name),
            Self::TikTok => f.write_str("tiktok"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

impl BlamedSide {
    /// Whom an error of the service points to. `speaker` is who answered where an answer came: TikTok or a provider.
    pub(super) fn from_error(error: &ServiceError, speaker: Self) -> Self {
        match error.kind() {
            ServiceErrorKind::NotFound
            | ServiceErrorKind::WrongAccount
            | ServiceErrorKind::AgeRestricted
            | ServiceErrorKind::NeedsSession
            | ServiceErrorKind::Network
            | ServiceErrorKind::Timeout
            | ServiceErrorKind::Refused
            | ServiceErrorKind::Setup => Self::You,
            ServiceErrorKind::Captcha | ServiceErrorKind::Blocked | ServiceErrorKind::DeviceBlocked => Self::TikTok,
            _ => speaker,
        }
    }
}

/// How it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) who: BlamedSide,
    pub(super) sentence: String,
}

/// Judges all rows.
pub(super) fn verdict(rows: &[ReportRow]) -> Verdict {
    let of = |check: Check, status: Status| rows.iter().filter(move |row| row.check == check && row.status == status);
    let working: Vec<_> = of(Check::Handshake, Status::Ok).map(|row| row.subject.as_str()).collect();
    let mut failed: Vec<_> = rows.iter().filter(|row| row.status == Status::Failed).collect();
    // The order of the checks is that of cause and effect.
    failed.sort_by_key(|row| row.check);
    let Some(first) = failed.first() else {
        return Verdict { who: BlamedSide::Nobody, sentence: all_is_well(rows, &working) };
    };
    let cause = match &first.who {
        BlamedSide::You | BlamedSide::Nobody => "on your side".to_owned(),
        BlamedSide::Provider(name) => format!("with {name}"),
        BlamedSide::TikTok => "with TikTok".to_owned(),
    };
    let consolation =
        if working.is_empty() { String::new() } else { format!("Lives can be watched by {}, but ", list(&working)) };
    let more = match failed.len() - 1 {
        0 => String::new(),
        more => format!(" ({more} more above, maybe for the same reason)"),
    };
    let begin = if consolation.is_empty() { "The" } else { "the" };
    let words = first.words.trim_end_matches('.');
    let subject = if words.contains(&first.subject) { String::new() } else { format!("{}: ", first.subject) };
    let sentence = format!("{consolation}{begin} trouble is {cause}: {subject}{words}{more}.");
    Verdict { who: first.who.clone(), sentence }
}

fn all_is_well(rows: &[ReportRow], working: &[&str]) -> String {
    if !working.is_empty() {
        return format!("All is well: lives can be watched by {}.", list(working));
    }
    let asked = rows.iter().any(|row| row.check == Check::Handshake && row.words.contains("not live"));
    let next = if asked { "try again with a room that is live" } else { "add a live room, `tiktop doctor @name`," };
    format!("All is well as far as it was tried; {next} to see whether the sockets open too.")
}

fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn row(check: Check, subject: &str, status: Status, who: BlamedSide) -> ReportRow {
        ReportRow::new(check, subject, status, "it does not work; do this").blamed_on(who)
    }

    #[test]
    fn the_earliest_cause_is_named_with_what_works_all_the_same() {
        let euler = BlamedSide::Provider("provider euler".into());
        let rows = [
            row(Check::Ffmpeg, "ffmpeg", Status::Failed, BlamedSide::You),
            row(Check::Handshake, "direct", Status::Ok, BlamedSide::You),
            row(Check::Handshake, "provider euler", Status::Failed, euler.clone()),
        ];
        let verdict = verdict(&rows);
        assert_eq!(verdict.who, euler);
        assert_eq!(
            verdict.sentence,
            "Lives can be watched by direct, but the trouble is with provider euler: provider euler: it does not work; do \
             this (1 more above, maybe for the same reason)."
        );
    }

    #[test]
    fn a_name_that_is_not_found_explains_a_look_up_that_fails() {
        let rows = [
            row(Check::LookUp, "api-live", Status::Failed, BlamedSide::TikTok),
            row(Check::Dns, "www.tiktok.com", Status::Failed, BlamedSide::You),
        ];
        assert!(verdict(&rows).sentence.starts_with("The trouble is on your side: www.tiktok.com: "));
    }

    #[test]
    fn without_trouble_it_says_what_works_or_what_to_try_next() {
        let well = verdict(&[
            row(Check::Handshake, "direct", Status::Ok, BlamedSide::You),
            row(Check::Handshake, "provider a", Status::Ok, BlamedSide::You),
        ]);
        assert_eq!(well.sentence, "All is well: lives can be watched by direct and provider a.");
        assert_eq!(well.who, BlamedSide::Nobody);
        assert!(verdict(&[]).sentence.contains("tiktop doctor @name"));
    }

    #[rstest]
    #[case(ServiceErrorKind::Network, BlamedSide::You)]
    #[case(ServiceErrorKind::Captcha, BlamedSide::TikTok)]
    #[case(ServiceErrorKind::Handshake, BlamedSide::Provider("p".into()))]
    #[case(ServiceErrorKind::RateLimited { retry_after: None }, BlamedSide::Provider("p".into()))]
    fn an_error_points_to_somebody(#[case] kind: ServiceErrorKind, #[case] who: BlamedSide) {
        assert_eq!(BlamedSide::from_error(&ServiceError::new(kind, "no"), BlamedSide::Provider("p".into())), who);
    }
}
