//! Absence of somebody: what happened since they last looked, as it was folded here and as the history kept it.

use std::time::Duration;

use crate::clock::Moment;
use crate::history::{GiveUp, HistoryFolder, HistoryReader};
use crate::room::{AwayReport, AwayTally};

/// What the history has to answer. The rooms do not wait for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// What there is to tell to somebody who looks at `now`; nothing where that is nothing. The history knows what was watched without
/// the service too, and what came in the last seconds before a crash.
pub(super) async fn report(away: AwayTally, history: Option<HistoryFolder>, now: Moment) -> Option<AwayReport> {
    let mut report = away.report(now);
    if !report.is_long() {
        return None;
    }
    if let Some(folder) = history.filter(HistoryFolder::exists) {
        let (since, give_up) = (away.since(), GiveUp::default());
        let heeded = give_up.clone();
        let asked = tokio::task::spawn_blocking(move || HistoryReader::open_with(&folder, &heeded)?.rooms_since(since));
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(Ok(rooms))) => report.complete(rooms),
            Ok(Ok(Err(error))) => tracing::debug!("the history does not say what happened meanwhile: {error}"),
            // It panicked, and that stands in the log.
            Ok(Err(_)) => {}
            Err(_) => give_up.give_up(),
        }
    }
    Some(report).filter(AwayReport::is_worth_telling)
}
