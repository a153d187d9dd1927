//! Minutes of a report as CSV.

use std::fmt::Write;

use crate::clock::Timestamp;
use crate::history::LiveReport;

/// The minutes.
pub(super) fn report(report: &LiveReport) -> String {
    let mut text = String::from("minute,viewers,comments,coins,likes_seen,joins\n");
    for row in &report.minutes {
        let viewers = row.viewers.map(|viewers| viewers.to_string()).unwrap_or_default();
        let at = Timestamp(row.at).rfc3339();
        let _ = writeln!(text, "{at},{viewers},{},{},{},{}", row.chats, row.coins, row.likes, row.joins);
    }
    text
}
