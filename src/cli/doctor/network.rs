//! Checks of the network: proxy, names, connections with their certificates, and our clock.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::Url;

use super::report::{Check, Report, ReportRow, Status};
use super::verdict::BlamedSide;
use crate::clock::{Clock, Timestamp};
use crate::config::Settings;
use crate::webcast::{ContactedHost, ReachedHost, Service, ServiceErrorKind};

/// A resolver tries for 5 s, mostly.
const DNS: Duration = Duration::from_secs(6);
const CONNECT: Duration = Duration::from_secs(5);
/// A clock that is off by more shows wrong ages; by much more, certificates seem to be expired.
const CLOCK_OFF: Duration = Duration::from_secs(60);
const CLOCK_WRONG: Duration = Duration::from_secs(24 * 3_600);

/// Checks the way to all places.
pub(super) async fn check(
    report: &mut Report,
    client: &Arc<Service>,
    settings: &Settings,
    places: &[ContactedHost],
    clock: &Clock,
) {
    let proxied = proxy(report, settings, places, clock).await;
    names(report, places, proxied, clock).await;
    let mut dates = Vec::new();
    for place in places {
        if report.failed(Check::Dns, &place.host) {
            continue;
        }
        let asked = clock.now();
        let answer = client.reach(place).await;
        let now = clock.now();
        let row = match answer {
            Ok(reached) => {
                dates.extend(reached.date.map(|date| (date, now.wall)));
                ReportRow::new(Check::Reach, &place.host, Status::Ok, words(place, &reached)).took(now.since(asked))
            }
            Err(error) => {
                // Where TikTok can be reached, the network is not to blame for a provider that cannot.
                let others = report.rows().iter().any(|row| row.check == Check::Reach && row.status == Status::Ok);
                let network = matches!(error.kind(), ServiceErrorKind::Network | ServiceErrorKind::Timeout);
                let who = if network && place.of_provider && others {
                    BlamedSide::Provider(place.purpose.clone())
                } else {
                    BlamedSide::You
                };
                ReportRow::new(Check::Reach, &place.host, Status::Failed, error.to_string()).blamed_on(who)
            }
        };
        report.add(row);
    }
    report.add(our_clock(&dates));
}

fn words(place: &ContactedHost, reached: &ReachedHost) -> String {
    let how = if reached.tls { "certificate trusted" } else { "not encrypted, as it is this machine" };
    format!("answers (HTTP {}) for {}, {how}", reached.status, place.purpose)
}

/// The proxy that holds for the world; whether there is one.
async fn proxy(report: &mut Report, settings: &Settings, places: &[ContactedHost], clock: &Clock) -> bool {
    let far = places.iter().any(|place| !place.near);
    let Some((source, address)) = configured(&settings.service.proxy, |name| std::env::var(name).ok()) else {
        report.add(ReportRow::new(Check::Proxy, "proxy", Status::Ok, "none"));
        return false;
    };
    let subject = format!("proxy of {source}");
    let place = Url::parse(&address).ok().and_then(|url| {
        let port = url.port_or_known_default().unwrap_or(if url.scheme().starts_with("socks") { 1_080 } else { 80 });
        Some((url.host_str()?.trim_matches(['[', ']']).to_owned(), port))
    });
    let Some((host, port)) = place else {
        let words = format!("{address} is no address of a proxy; write http://HOST:PORT or socks5://HOST:PORT");
        report.add(ReportRow::new(Check::Proxy, subject, Status::Failed, words));
        return true;
    };
    if !far {
        report.add(ReportRow::new(Check::Proxy, subject, Status::Skipped, "not used: everything is on this machine"));
        return false;
    }
    let asked = clock.now();
    let outcome = timeout(CONNECT, TcpStream::connect((host.as_str(), port))).await;
    let took = clock.now().since(asked);
    let failed = |why: String| {
        let words = format!("{address} takes no connection ({why}); start it, or change {source}");
        ReportRow::new(Check::Proxy, &subject, Status::Failed, words)
    };
    report.add(match outcome {
        Ok(Ok(_)) => {
            ReportRow::new(Check::Proxy, &subject, Status::Ok, format!("{address} takes connections")).took(took)
        }
        Ok(Err(error)) => failed(plain(&error)),
        Err(_) => failed(format!("no answer within {} s", CONNECT.as_secs())),
    });
    true
}

/// Which proxy holds, and who says so.
fn configured(setting: &str, env: impl Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    if !setting.trim().is_empty() {
        return Some(("service.proxy", setting.trim().to_owned()));
    }
    let variables = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let said = variables.into_iter().filter_map(|name| Some((name, env(name)?.trim().to_owned())));
    let (name, value) = { said }.find(|(_, value)| !value.is_empty())?;
    // Everybody takes a bare HOST:PORT as HTTP.
    Some((name, if value.contains("://") { value } else { format!("http://{value}") }))
}

/// Finds each host's name once.
async fn names(report: &mut Report, places: &[ContactedHost], proxied: bool, clock: &Clock) {
    let mut seen = BTreeSet::new();
    for place in places {
        if place.host.parse::<IpAddr>().is_ok() || place.host.starts_with('[') || !seen.insert(&place.host) {
            continue;
        }
        if proxied && !place.near {
            report.add(ReportRow::new(Check::Dns, &place.host, Status::Skipped, "the proxy finds names"));
            continue;
        }
        let asked = clock.now();
        let found = timeout(DNS, lookup_host((place.host.as_str(), place.port))).await;
        let took = clock.now().since(asked);
        let row = match found {
            Ok(Ok(addresses)) => {
                address_row(place, &addresses.map(|address| address.ip()).collect::<Vec<_>>()).took(took)
            }
            Ok(Err(error)) => unknown(place, &plain(&error)),
            Err(_) => unknown(place, &format!("no answer within {} s", DNS.as_secs())),
        };
        report.add(row);
    }
}

fn unknown(place: &ContactedHost, why: &str) -> ReportRow {
    let words = format!("its name cannot be found ({why}); check the network, the DNS server and the spelling");
    ReportRow::new(Check::Dns, &place.host, Status::Failed, words)
}

/// Filters answer with an address that leads nowhere.
fn address_row(place: &ContactedHost, found: &[IpAddr]) -> ReportRow {
    let nowhere = |ip: &IpAddr| ip.is_unspecified() || ip.is_loopback();
    match found {
        [] => unknown(place, "no address"),
        all if !place.near && all.iter().all(nowhere) => {
            let words = "a filter in this network (Pi-hole, router, hosts file) blocks this name; allow it there";
            ReportRow::new(Check::Dns, &place.host, Status::Failed, words)
        }
        [one] => ReportRow::new(Check::Dns, &place.host, Status::Ok, one.to_string()),
        [first, rest @ ..] => {
            ReportRow::new(Check::Dns, &place.host, Status::Ok, format!("{first} and {} more", rest.len()))
        }
    }
}

/// Compares our clock with those of the places that told theirs: the nearest one counts, as others may be cached.
fn our_clock(dates: &[(Timestamp, Timestamp)]) -> ReportRow {
    let offs = dates.iter().map(|(theirs, ours)| theirs.0.saturating_sub(ours.0));
    let Some(off) = offs.min_by_key(|off| off.unsigned_abs()) else {
        return ReportRow::new(Check::Clock, "clock", Status::Skipped, "nobody told the time");
    };
    let by = Duration::from_millis(off.unsigned_abs());
    // An answer names whole seconds and has travelled.
    if by < CLOCK_OFF {
        return ReportRow::new(Check::Clock, "clock", Status::Ok, "right to the minute");
    }
    let side = if off > 0 { "slow" } else { "fast" };
    let words = format!("{} min {side}; switch on network time (timedatectl set-ntp true)", by.as_secs().div_ceil(60));
    let status = if by < CLOCK_WRONG { Status::Note } else { Status::Failed };
    ReportRow::new(Check::Clock, "clock", status, words)
}

fn plain(error: &std::io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", &[], None)]
    #[case("socks5://127.0.0.1:9050", &[("HTTPS_PROXY", "http://x")], Some(("service.proxy", "socks5://127.0.0.1:9050")))]
    #[case("", &[("HTTPS_PROXY", ""), ("ALL_PROXY", "proxy:3128")], Some(("ALL_PROXY", "http://proxy:3128")))]
    fn the_setting_wins_over_the_environment(
        #[case] setting: &str,
        #[case] set: &[(&str, &str)],
        #[case] expected: Option<(&'static str, &str)>,
    ) {
        let env = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(configured(setting, env), expected.map(|(source, address)| (source, address.to_owned())));
    }

    #[rstest]
    #[case(0, Status::Ok)]
    #[case(-1_500, Status::Ok)]
    #[case(600_000, Status::Note)]
    #[case(-100_000_000, Status::Failed)]
    fn a_clock_that_is_off_is_told(#[case] off: i64, #[case] status: Status) {
        let ours = Timestamp(1_795_000_000_000);
        let row = our_clock(&[(Timestamp(ours.0 + off), ours)]);
        assert_eq!(row.status, status, "{row:?}");
        assert_eq!(our_clock(&[]).status, Status::Skipped);
    }

    #[test]
    fn a_blocked_name_is_told_from_one_that_is_found() {
        let client = Service::isolated(&Settings::default()).unwrap();
        let place = &client.places().unwrap()[0];
        let judged =
            |found: &[&str]| address_row(place, &found.iter().map(|ip| ip.parse().unwrap()).collect::<Vec<_>>());
        assert!(judged(&["0.0.0.0", "::"]).words.contains("a filter"));
        assert_eq!(judged(&["23.1.2.3", "23.1.2.4"]).words, "23.1.2.3 and 1 more");
        assert_eq!(judged(&[]).status, Status::Failed);
    }
}
