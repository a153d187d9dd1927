//! Graph of numbers over time, newest at the right: a line of Braille dots over a faint fill, or bars of eighths. What was
//! not watched is drawn as a gap, never as zero.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::tui::glyphs;

/// Draws one bar a column; `None` is a gap, unless nothing stands before it: that is time before we came. `max` is the top
/// of the area.
pub(in crate::tui) fn bars(
    buf: &mut Buffer,
    area: Rect,
    values: &[Option<u64>],
    max: u64,
    (style, gap): (Style, Style),
) {
    let area = area.intersection(buf.area);
    let shown = values.iter().skip(values.len().saturating_sub(area.width.into()));
    for (x, value) in (area.left()..area.right()).zip(shown).skip_while(|(_, value)| value.is_none()) {
        match value {
            Some(value) => bar(buf, area, x, scaled(*value, max, u64::from(area.height) * 8), style),
            None if area.height > 0 => {
                buf.set_stringn(x, area.bottom() - 1, glyphs::GAP, 1, gap);
            }
            None => {}
        }
    }
}

/// How high a value stands where `max` would stand at `full`; anything above zero is seen.
fn scaled(value: u64, max: u64, full: u64) -> u64 {
    let high = u128::from(value.min(max)) * u128::from(full) / u128::from(max.max(1));
    u64::try_from(high).unwrap_or(full).max(u64::from(value > 0))
}

fn bar(buf: &mut Buffer, area: Rect, x: u16, high: u64, style: Style) {
    let mut left = high;
    for y in (area.top()..area.bottom()).rev() {
        let part = left.min(8);
        let Some(glyph) = part.checked_sub(1).and_then(|nth| glyphs::BARS.get(nth as usize)) else { return };
        buf.set_stringn(x, y, glyph, 1, style);
        left -= part;
    }
}

/// Dots of a Braille cell from the bottom up, left and right.
const DOTS: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];
const ROWS: u64 = 4;

/// What stands under a curve: two dots of eight, so that the line is what is seen.
pub(in crate::tui) const FILL: &str = "\u{2850}";

/// Draws a line through two values a column over a faint fill, with a tick over the first of the highest; `None` is a gap as in
/// [`bars`].
pub(in crate::tui) fn curve(
    buf: &mut Buffer,
    area: Rect,
    values: &[Option<u64>],
    max: u64,
    (style, faint): (Style, Style),
) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    // At zero the line runs along the ground: it is seen that nothing happened.
    let height = |value: u64| scaled(value, max, u64::from(area.height) * ROWS).max(1);
    let shown = values.get(values.len().saturating_sub(usize::from(area.width) * 2)..).unwrap_or_default();
    let heights: Vec<Option<u64>> = shown.iter().map(|value| value.map(height)).collect();
    let first = heights.iter().position(Option::is_some).unwrap_or(heights.len()) / 2;
    for (column, x) in (area.left()..area.right()).enumerate().skip(first).take(heights.len().div_ceil(2) - first) {
        let at = |place: usize| heights.get(place).copied().flatten();
        let sides = [at(2 * column), at(2 * column + 1)];
        if sides == [None, None] {
            buf.set_stringn(x, area.bottom() - 1, glyphs::GAP, 1, faint);
            continue;
        }
        let before = (2 * column).checked_sub(1).and_then(at);
        // Each side is joined to the one before it.
        let spans = [joined(before, sides[0]), joined(sides[0], sides[1])];
        for (row, y) in (area.top()..area.bottom()).rev().enumerate() {
            let ground = row as u64 * ROWS;
            let dots: u32 = spans.iter().zip(DOTS).map(|(span, dots)| dots_in(*span, ground, dots)).sum();
            let line = char::from_u32(0x2800 + dots).filter(|_| dots > 0);
            if let Some(sign) = line {
                buf.set_stringn(x, y, sign.encode_utf8(&mut [0; 4]), 1, style);
            } else if sides.iter().flatten().all(|&high| high > ground) {
                buf.set_stringn(x, y, FILL, 1, style.add_modifier(Modifier::DIM));
            }
        }
    }
    let highest = shown.iter().flatten().copied().max().filter(|&value| value > 0);
    if let Some(peak) = highest.and_then(|highest| shown.iter().position(|value| *value == Some(highest)))
        && let Some(high) = heights.get(peak).copied().flatten()
    {
        let row = u16::try_from((high - 1) / ROWS + 1).unwrap_or(u16::MAX);
        if let Some(y) = area.bottom().checked_sub(row + 1).filter(|y| *y >= area.y) {
            let x = area.x + u16::try_from(peak / 2).unwrap_or(0);
            buf.set_stringn(x, y, glyphs::PEAK, 1, style.add_modifier(Modifier::BOLD));
        }
    }
}

/// Draws values as dots, one a column, where nothing else stands: what is held against a curve and must not be taken for it.
pub(in crate::tui) fn trace(buf: &mut Buffer, area: Rect, values: &[Option<u64>], max: u64, style: Style) {
    let area = area.intersection(buf.area);
    for (x, value) in (area.left()..area.right()).zip(values) {
        let Some(value) = value else { continue };
        let high = scaled(*value, max, u64::from(area.height) * ROWS).max(1);
        let Ok(row) = u16::try_from((high - 1) / ROWS) else { continue };
        let Some(cell) = area.bottom().checked_sub(row + 1).and_then(|y| buf.cell_mut((x, y))) else { continue };
        if cell.symbol() == " " || cell.symbol() == FILL {
            cell.set_symbol(glyphs::DOT).set_style(style);
        }
    }
}

/// The dots of a side, from and to, counted from 1 at the ground: from next to the height before it to its own.
fn joined(before: Option<u64>, own: Option<u64>) -> Option<(u64, u64)> {
    let own = own?;
    Some(match before {
        Some(before) if before < own => (before + 1, own),
        Some(before) if before > own => (own, before - 1),
        _ => (own, own),
    })
}

/// The dots of one side of a cell that belong to the line.
fn dots_in(span: Option<(u64, u64)>, ground: u64, dots: [u32; 4]) -> u32 {
    let Some((low, high)) = span else { return 0 };
    (1..=ROWS).zip(dots).filter(|(row, _)| (low..=high).contains(&(ground + row))).map(|(_, dot)| dot).sum()
}

/// As many values as there are places. Fewer are joined by straight lines, more are drawn by their highest, and a gap stays a
/// gap.
pub(in crate::tui) fn resample(values: &[Option<u64>], places: usize) -> Vec<Option<u64>> {
    let count = values.len();
    let at = |nth: usize| values.get(nth).copied().flatten();
    (0..places)
        .map(|place| {
            if count >= places {
                let (from, to) = (place * count / places, (place + 1) * count / places);
                return values.get(from..to).unwrap_or_default().iter().flatten().copied().max();
            }
            // In halves of a bucket and a place: a value stands in the middle of its bucket.
            let position = ((2 * place + 1) * count).saturating_sub(places);
            let (before, part) = (position / (2 * places), position % (2 * places));
            let nearest = at(((2 * place + 1) * count / (2 * places)).min(count.saturating_sub(1)));
            match (at(before), at(before + 1), nearest) {
                (Some(from), Some(to), Some(_)) => Some(between(from, to, part as u64, 2 * places as u64)),
                (_, _, nearest) => nearest,
            }
        })
        .collect()
}

fn between(from: u64, to: u64, part: u64, whole: u64) -> u64 {
    let way = u128::from(from.abs_diff(to)) * u128::from(part) / u128::from(whole.max(1));
    let way = u64::try_from(way).unwrap_or(u64::MAX);
    if to >= from { from.saturating_add(way) } else { from.saturating_sub(way) }
}

/// The next round number at or above: the scale of a graph should not move with every viewer.
pub(in crate::tui) fn nice_max(value: u64) -> u64 {
    let value = value.max(4);
    let part = 10_u64.pow(value.ilog10()) / 4;
    if part == 0 { value } else { value.div_ceil(part).saturating_mul(part) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn drawn(values: &[Option<u64>], max: u64, width: u16, height: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        bars(&mut buf, area, values, max, (Style::new(), Style::new()));
        let row = |y| (0..width).map(|x| buf.cell((x, y)).unwrap().symbol()).collect();
        (0..height).map(row).collect()
    }

    #[test]
    fn bars_stand_on_the_ground_and_gaps_are_gaps() {
        assert_eq!(drawn(&[Some(0), Some(1), None, Some(50), Some(100)], 100, 5, 2), ["    █", " ▁┄██"]);
    }

    #[test]
    fn the_time_before_we_came_is_no_gap() {
        assert_eq!(drawn(&[None, None, Some(8), None], 8, 4, 1), ["  █┄"]);
    }

    #[test]
    fn the_newest_values_are_the_ones_that_fit() {
        assert_eq!(drawn(&[Some(8), Some(1), Some(4)], 8, 2, 1), ["▁▄"]);
    }

    #[test]
    fn a_curve_is_a_line_over_a_faint_fill_and_its_peak_has_a_tick() {
        let area = Rect::new(0, 0, 5, 3);
        let mut buf = Buffer::empty(area);
        let values = [Some(6), Some(6), Some(8), Some(1), Some(0), Some(5), None, None, None, Some(4)];
        curve(&mut buf, area, &values, 12, (Style::new(), Style::new()));
        let row = |y| (0..5).map(|x| buf.cell((x, y)).unwrap().symbol()).collect::<String>();
        assert_eq!([row(0), row(1), row(2)], [" ▾   ", "⠤⢳⢀  ", "\u{2850}⢸⡸┄⠈"].map(str::to_owned));
        let faint = |x, y| buf.cell((x, y)).unwrap().modifier.contains(Modifier::DIM);
        assert_eq!([faint(0, 1), faint(0, 2), faint(1, 2)], [false, true, false]);
    }

    #[rstest]
    #[case(&[Some(4)], 3, &[Some(4), Some(4), Some(4)])]
    #[case(&[Some(0), Some(8)], 4, &[Some(0), Some(2), Some(6), Some(8)])]
    #[case(&[Some(8), None, Some(0)], 6, &[Some(8), Some(8), None, None, Some(0), Some(0)])]
    #[case(&[Some(1), Some(9), None, Some(3), None, None], 3, &[Some(9), Some(3), None])]
    #[case(&[], 2, &[None, None])]
    #[case(&[Some(u64::MAX), Some(0)], 2, &[Some(u64::MAX), Some(0)])]
    #[case(&[Some(1)], 0, &[])]
    fn values_fill_the_places_there_are(
        #[case] values: &[Option<u64>],
        #[case] places: usize,
        #[case] expected: &[Option<u64>],
    ) {
        assert_eq!(resample(values, places), expected);
    }

    #[rstest]
    #[case(0, 4)]
    #[case(9, 9)]
    #[case(1_243, 1_250)]
    #[case(1_501, 1_750)]
    #[case(83_000, 85_000)]
    fn scales_are_round(#[case] value: u64, #[case] max: u64) {
        assert_eq!(nice_max(value), max);
    }

    #[test]
    fn the_largest_numbers_do_no_harm() {
        assert!(nice_max(u64::MAX) > 0);
        assert_eq!(drawn(&[Some(u64::MAX)], u64::MAX, 1, 1), ["█"]);
    }
}
