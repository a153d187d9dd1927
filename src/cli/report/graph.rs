//! Graphs of a report as SVG.

use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;

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
