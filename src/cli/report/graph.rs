//! Graphs of a report: the minutes of a live as series, and as SVG.

use std::fmt::Write;

use crate::history::{LiveReport, MinuteRow};

/// Minutes of a graph at most: two weeks, far above what a live lasts.
const MAX_MINUTES: usize = 20_160;
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;

/// The series of a report, a value a minute from the first to the last; nothing where nothing was seen.
pub(super) fn series(report: &LiveReport) -> [(&'static str, Vec<Option<u64>>); 4] {
    let of = |value: fn(&MinuteRow) -> Option<u64>| -> Vec<Option<u64>> {
        let Some((first, last)) = report.minutes.first().zip(report.minutes.last()) else { return Vec::new() };
        let count = usize::try_from((last.at - first.at) / 60_000 + 1).unwrap_or(0).min(MAX_MINUTES);
        let mut values = vec![None; count];
        for minute in &report.minutes {
            let at = usize::try_from((minute.at - first.at) / 60_000).unwrap_or(usize::MAX);
            if let Some(place) = values.get_mut(at) {
                *place = value(minute);
            }
        }
        values
    };
    [
        ("viewers", of(|minute| minute.viewers)),
        ("comments", of(|minute| Some(minute.chats))),
        ("coins", of(|minute| Some(minute.coins))),
        ("likes seen", of(|minute| Some(minute.likes))),
    ]
}

/// A series as an SVG of its own: one line, broken where nothing was seen.
pub(super) fn svg(label: &str, values: &[Option<u64>]) -> String {
    let most = values.iter().flatten().max().copied().unwrap_or(0).max(1);
    let step = WIDTH / values.len().max(2).saturating_sub(1) as f64;
    let mut path = String::new();
    let mut pen_down = false;
    for (at, value) in values.iter().enumerate() {
        let Some(value) = value else {
            pen_down = false;
            continue;
        };
        let (x, y) = (at as f64 * step, HEIGHT - *value as f64 / most as f64 * (HEIGHT - 4.0) - 2.0);
        // A minute alone is a dot: a line of no length with a round cap.
        let _ = write!(path, "{}{x:.1} {y:.1}", if pen_down { "L" } else { "M" });
        if !pen_down {
            let _ = write!(path, "l0 0");
        }
        pen_down = true;
    }
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{label}, {most} at most\"><path d=\"{path}\" fill=\"none\" \
         stroke=\"currentColor\" stroke-width=\"1.5\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/></svg>"
    )
}
