//! Metrics of the rooms and of the feed, as Prometheus reads them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use strum::IntoEnumIterator;

use super::hub::{FeedHub, FeedRoom};
use crate::clock::Moment;
use crate::events::PhaseKind;
use crate::ids::RoomKey;
use crate::track::Health;

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows; begins anew with a live or with the program.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name, such as `tiktop_rooms`.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub help: &'static str,
    /// What kind of number it is.
    pub kind: MetricKind,
    /// Of what, such as `("room", "@ana.live")`.
    pub labels: Vec<(&'static str, String)>,
    /// The number.
    pub value: u64,
}

impl Metric {
    /// A number that only grows.
    pub fn counter(name: &'static str, help: &'static str, labels: Vec<(&'static str, String)>, value: u64) -> Self {
        Self { name, help, kind: MetricKind::Counter, labels, value }
    }

    /// A number that goes up and down.
    pub fn gauge(name: &'static str, help: &'static str, labels: Vec<(&'static str, String)>, value: u64) -> Self {
        Self { name, help, kind: MetricKind::Gauge, labels, value }
    }
}

/// All of it as text.
pub(super) fn exposition(hub: &FeedHub, extra: Vec<Metric>) -> String {
    let mut metrics = hub.look(of_rooms);
    let clients = u64::try_from(hub.clients()).unwrap_or(u64::MAX);
    metrics.push(Metric::gauge("tiktop_feed_clients", "Clients that listen to the feed.", Vec::new(), clients));
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    for (name, help, counter) in [
        ("tiktop_feed_frames_total", "Frames given to clients of the feed.", &hub.counters.sent),
        ("tiktop_feed_dropped_total", "Frames that a client of the feed was too slow for.", &hub.counters.dropped),
        ("tiktop_feed_let_go_total", "Clients that left everything unread for too long.", &hub.counters.let_go),
        ("tiktop_feed_refused_total", "Connections that found no place.", &hub.counters.refused),
        ("tiktop_feed_lost_total", "Events that the feed itself was too slow for.", &hub.counters.lost),
    ] {
        metrics.push(Metric::counter(name, help, Vec::new(), count(counter)));
    }
    metrics.extend(extra);
    written(&metrics)
}

fn of_rooms(rooms: &BTreeMap<RoomKey, FeedRoom>, health: &[Health], _: Moment) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for phase in PhaseKind::iter() {
        let count = rooms.values().filter(|room| room.mirror.phase.kind == phase).count() as u64;
        let labels = vec![("phase", phase.to_string())];
        metrics.push(Metric::gauge("tiktop_rooms", "Rooms that are tracked, by phase.", labels, count));
    }
    for room in rooms.values() {
        let stats = &room.mirror.stats;
        let mut add = |name, help, value: u64, gauge: bool| {
            let labels = vec![("room", room.label.as_str().to_owned())];
            let kind = if gauge { MetricKind::Gauge } else { MetricKind::Counter };
            metrics.push(Metric { name, help, kind, labels, value });
        };
        add("tiktop_messages_total", "Messages of this live.", stats.messages, false);
        add("tiktop_comments_total", "Comments of this live.", stats.comments, false);
        add("tiktop_gifts_total", "Gift units of this live, each counted once.", stats.gifts, false);
        add("tiktop_coins_total", "Coins of this live, of gifts whose price is known.", stats.coins, false);
        add("tiktop_likes_seen_total", "Likes of the messages that reached us.", stats.likes_seen, false);
        add("tiktop_gaps_total", "Gaps of this live: times in which nothing was seen.", stats.gaps, false);
        add("tiktop_gap_milliseconds_total", "Length of the gaps of this live.", stats.gap_ms, false);
        add("tiktop_duplicates_total", "Messages that came again.", stats.duplicates, false);
        add("tiktop_unknown_total", "Messages of a kind without a reading.", stats.unknown, false);
        add("tiktop_unreadable_total", "Messages that could not be read.", stats.unreadable, false);
        if let Some((watching, _)) = stats.watching {
            add("tiktop_viewers", "People watching now, as reported.", watching, true);
        }
    }
    for transport in health {
        let name = ("transport", transport.name.as_str().to_owned());
        if let Some(budget) = &transport.budget {
            let labels = vec![name.clone(), ("limit", budget.label.as_str().to_owned())];
            metrics.push(Metric::gauge(
                "tiktop_signatures_left",
                "Signatures left, where somebody counts.",
                labels,
                budget.left,
            ));
        }
        let failing = u64::from(transport.last_error.is_some());
        metrics.push(Metric::gauge(
            "tiktop_transport_failing",
            "1 where a transport failed last.",
            vec![name],
            failing,
        ));
    }
    metrics
}

/// The numbers of one name stand together, under their help.
fn written(metrics: &[Metric]) -> String {
    let mut text = String::new();
    let mut done: Vec<&str> = Vec::new();
    for metric in metrics {
        if done.contains(&metric.name) {
            continue;
        }
        done.push(metric.name);
        let kind = match metric.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
        };
        // Memory takes whatever is written.
        let _ = writeln!(text, "# HELP {0} {1}\n# TYPE {0} {kind}", metric.name, metric.help);
        for sample in metrics.iter().filter(|sample| sample.name == metric.name) {
            let labels: Vec<_> =
                sample.labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(text, "{}{labels} {}", sample.name, sample.value);
        }
    }
    text
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_name_stand_together_and_labels_are_escaped() {
        let coins =
            |room: &str, coins| Metric::counter("tiktop_coins_total", "Coins.", vec![("room", room.to_owned())], coins);
        let other = Metric::gauge("tiktop_feed_clients", "Clients.", Vec::new(), 2);
        let text = written(&[coins("@ana", 7), other, coins("@b\"\\\n", 8)]);
        assert_eq!(
            text,
            "# HELP tiktop_coins_total Coins.\n# TYPE tiktop_coins_total counter\n\
             tiktop_coins_total{room=\"@ana\"} 7\ntiktop_coins_total{room=\"@b\\\"\\\\\\n\"} 8\n\
             # HELP tiktop_feed_clients Clients.\n# TYPE tiktop_feed_clients gauge\ntiktop_feed_clients 2\n"
        );
    }
}
