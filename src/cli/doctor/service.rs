//! Checks of the service: each look-up alone, each provider, and a socket of each transport where there is a live to try it
//! on.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::report::{Check, Report, ReportRow, Status};
use super::verdict::BlamedSide;
use crate::clock::Clock;
use crate::config::{Settings, TransportKind};
use crate::ids::{RoomId, Target, UniqueId};
use crate::webcast::{
    Budget, HostOwner, Incoming, LiveStatus, LookUpPath, RoomRef, Service, ServiceError, ServiceErrorKind, Transport,
};

/// TikTok's own account: whoever it is, it exists, and a look-up that works finds it.
const KNOWN_ACCOUNT: &str = "tiktok";
/// A transport takes several requests, and the first frame comes within a second of the last.
const OPENING: Duration = Duration::from_secs(20);

/// What the look-ups found.
#[derive(Default)]
struct FoundHost {
    room_id: Option<RoomId>,
    unique_id: Option<UniqueId>,
    live: bool,
}

/// Checks look-ups, providers and transports.
pub(super) async fn check(
    report: &mut Report,
    client: &Arc<Service>,
    settings: &Settings,
    room: Option<&Target>,
    clock: &Clock,
) {
    let found = look_ups(report, client, room, clock).await;
    if settings.transports.contains(&TransportKind::Provider) {
        providers(report, client, settings, clock).await;
    }
    let transports = match client.transports() {
        Ok(transports) => transports,
        Err(error) => {
            return report.add(ReportRow::new(Check::Config, "transports", Status::Failed, error.to_string()));
        }
    };
    for transport in &transports {
        let row = match (&found, room) {
            (_, None) => skipped(transport.as_ref(), "not tried: no room was named"),
            (FoundHost { live: false, .. }, _) => skipped(transport.as_ref(), "not tried: the room is not live"),
            (FoundHost { room_id: Some(room_id), unique_id, .. }, _) => {
                let room = RoomRef { room_id: *room_id, unique_id: unique_id.clone() };
                handshake(transport.as_ref(), &room, clock).await
            }
            _ => skipped(transport.as_ref(), "not tried: the room is not known"),
        };
        report.add(row);
    }
}

/// Asks each way on its own, so that one that fails is seen although the other one works.
async fn look_ups(report: &mut Report, client: &Arc<Service>, room: Option<&Target>, clock: &Clock) -> FoundHost {
    let mut found = FoundHost::default();
    let named = match room {
        Some(Target::Room(room_id)) => {
            found.room_id = Some(*room_id);
            None
        }
        Some(Target::Host(name)) => Some(name.clone()),
        None => KNOWN_ACCOUNT.parse().ok(),
    };
    let mut nobody = false;
    for (path, name) in [(LookUpPath::ApiLive, "api-live"), (LookUpPath::LivePage, "live page")] {
        let Some(host) = &named else {
            report.add(ReportRow::new(
                Check::LookUp,
                name,
                Status::Skipped,
                "not tried: a room id was given, not a name",
            ));
            continue;
        };
        if nobody {
            report.add(ReportRow::new(Check::LookUp, name, Status::Skipped, "not tried: no account to try it on"));
            continue;
        }
        let asked = clock.now();
        let answer = client.look_up_by(path, host).await;
        let took = clock.now().since(asked);
        let row = match answer {
            Ok(lookup) => {
                let words = format!("@{} is {}", lookup.unique_id, status_words(lookup.status));
                found.room_id = found.room_id.or(lookup.room_id);
                found.live |= lookup.status.is_on();
                found.unique_id = Some(lookup.unique_id);
                ReportRow::new(Check::LookUp, name, Status::Ok, words).took(took)
            }
            // Nobody asked for this account: that something was answered at all is what counts.
            Err(error) if room.is_none() && error.kind() == ServiceErrorKind::NotFound => {
                nobody = true;
                ReportRow::new(Check::LookUp, name, Status::Ok, "answers").took(took)
            }
            Err(error) => failed(Check::LookUp, name, &error, BlamedSide::TikTok),
        };
        report.add(row);
    }
    room_info(report, client, &mut found, clock).await;
    found
}

async fn room_info(report: &mut Report, client: &Arc<Service>, found: &mut FoundHost, clock: &Clock) {
    const NAME: &str = "room/info";
    let Some(room_id) = found.room_id else {
        return report.add(ReportRow::new(Check::LookUp, NAME, Status::Skipped, "not tried: no room id is known"));
    };
    let asked = clock.now();
    let row = match client.room_info(room_id).await {
        Ok(info) => {
            found.live |= info.status.is_on();
            found.unique_id = found.unique_id.take().or(info.unique_id);
            let words = format!("room {room_id} is {}", status_words(info.status));
            ReportRow::new(Check::LookUp, NAME, Status::Ok, words).took(clock.now().since(asked))
        }
        Err(error) => failed(Check::LookUp, NAME, &error, BlamedSide::TikTok),
    };
    report.add(row);
}

fn status_words(status: LiveStatus) -> String {
    match status {
        LiveStatus::Live => "live".to_owned(),
        LiveStatus::Paused => "live, and paused by the host".to_owned(),
        LiveStatus::Offline => "not live".to_owned(),
        LiveStatus::Unknown(number) => format!("in a state that nobody has explained ({number})"),
        LiveStatus::NotStated => "in a state that the answer leaves out".to_owned(),
    }
}

fn failed(check: Check, subject: &str, error: &ServiceError, speaker: BlamedSide) -> ReportRow {
    ReportRow::new(check, subject, Status::Failed, error.to_string()).blamed_on(BlamedSide::from_error(error, speaker))
}

/// What each provider grants.
async fn providers(report: &mut Report, client: &Arc<Service>, settings: &Settings, clock: &Clock) {
    for (at, provider) in settings.providers.iter().enumerate() {
        let name = format!("provider {}", provider.name);
        let asked = clock.now();
        let row = match client.provider_limits(at).await {
            None => {
                let advice = if provider.key_env.is_empty() { "its key_env or key_file" } else { &provider.key_env };
                let words = format!("no key: its limits for guests hold; {advice} would hold one");
                ReportRow::new(Check::Provider, &name, Status::Ok, words)
            }
            Some(Ok(limits)) => limits_row(&name, &limits).took(clock.now().since(asked)),
            Some(Err(error)) => failed(Check::Provider, &name, &error, BlamedSide::Provider(name.clone())),
        };
        report.add(row);
    }
}

fn limits_row(name: &str, limits: &[Budget]) -> ReportRow {
    let span = |limit: &Budget| {
        let of = limit.of.map(|of| format!(" of {of}")).unwrap_or_default();
        format!("{}{of} this {}", limit.left, limit.label)
    };
    let words = format!("signatures left: {}", limits.iter().map(span).collect::<Vec<_>>().join(", "));
    match limits.iter().find(|limit| limit.left == 0) {
        None => ReportRow::new(Check::Provider, name, Status::Ok, words),
        Some(spent) => {
            let until = spent.resets_at.map_or_else(|| "it has some again".to_owned(), |at| at.to_jiff().to_string());
            let words = format!("{words}; wait until {until}, or use another transport");
            ReportRow::new(Check::Provider, name, Status::Failed, words)
                .blamed_on(BlamedSide::Provider(name.to_owned()))
        }
    }
}

fn skipped(transport: &dyn Transport, why: &str) -> ReportRow {
    let words = format!("{why}; a try costs {}", transport.entry().cost);
    ReportRow::new(Check::Handshake, transport.name(), Status::Skipped, words)
}

/// Opens the room and waits for something to come.
async fn handshake(transport: &dyn Transport, room: &RoomRef, clock: &Clock) -> ReportRow {
    let name = transport.name();
    let asked = clock.now();
    let first = async {
        let mut session = transport.open(room).await?;
        while !matches!(session.next().await?, Incoming::Response(_)) {}
        Ok::<_, ServiceError>(())
    };
    let outcome = timeout(OPENING, first).await;
    let took = clock.now().since(asked);
    let speaker = match transport.entry().owner {
        HostOwner::TikTok => BlamedSide::TikTok,
        HostOwner::User => BlamedSide::You,
        HostOwner::Provider => BlamedSide::Provider(name.to_owned()),
    };
    match outcome {
        Ok(Ok(())) => {
            let words = format!("opens and brings messages; cost {}", transport.entry().cost);
            ReportRow::new(Check::Handshake, name, Status::Ok, words).took(took)
        }
        Ok(Err(error)) => failed(Check::Handshake, name, &error, speaker),
        Err(_) => {
            let words =
                format!("brought no message within {} s; try again, or use another transport", OPENING.as_secs());
            ReportRow::new(Check::Handshake, name, Status::Failed, words).blamed_on(speaker)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::text::Text;

    #[test]
    fn a_spent_budget_is_the_providers_with_the_time_it_comes_back() {
        let limit = |span: &str, left| Budget {
            left,
            of: Some(30),
            resets_at: Some(Timestamp(1_795_305_600_000)),
            label: Text::new(span),
        };
        let row = limits_row("provider euler", &[limit("day", 7), limit("minute", 0)]);
        assert_eq!((row.status, row.who), (Status::Failed, BlamedSide::Provider("provider euler".into())));
        assert!(
            row.words.contains("7 of 30 this day") && row.words.contains("wait until 2026-11-22T00:00:00Z,"),
            "{}",
            row.words
        );
        assert_eq!(limits_row("p", &[limit("day", 7)]).status, Status::Ok);
    }
}
