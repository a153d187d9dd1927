//! Graph of numbers over time, newest at the right: a curve of Braille dots over a faint fill, or bars of eighths. What was
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

/// Draws a curve of two values a column, the space under it filled faintly; `None` is a gap as in [`bars`].
pub(in crate::tui) fn curve(
    buf: &mut Buffer,
    area: Rect,
    values: &[Option<u64>],
    max: u64,
    (style, gap): (Style, Style),
) {
    let area = area.intersection(buf.area);
    let height = |value: &Option<u64>| value.map(|value| scaled(value, max, u64::from(area.height) * ROWS));
    let shown = values.get(values.len().saturating_sub(usize::from(area.width) * 2)..).unwrap_or_default();
    let columns = (area.left()..area.right()).zip(shown.chunks(2));
    for (x, pair) in columns.skip_while(|(_, pair)| pair.iter().all(Option::is_none)) {
        let heights = [pair.first(), pair.last()].map(|value| value.and_then(height));
        if heights == [None, None] {
            if area.height > 0 {
                buf.set_stringn(x, area.bottom() - 1, glyphs::GAP, 1, gap);
            }
            continue;
        }
        for (row, y) in (area.top()..area.bottom()).rev().enumerate() {
            let ground = row as u64 * ROWS;
            let dots = |side: usize| {
                let high = heights.get(side).copied().flatten().unwrap_or(0).saturating_sub(ground).min(ROWS);
                DOTS.get(side).map_or(0, |dots| dots.iter().take(high as usize).sum())
            };
            let Some(sign) = char::from_u32(0x2800 + dots(0) + dots(1)).filter(|&sign| sign != '\u{2800}') else {
                break;
            };
            // The curve runs through the cells that hold the top of a side.
            let beneath = heights.iter().all(|high| high.is_none_or(|high| high > ground + ROWS));
            let style = if beneath { style.add_modifier(Modifier::DIM) } else { style };
            buf.set_stringn(x, y, sign.encode_utf8(&mut [0; 4]), 1, style);
        }
    }
}

/// Draws the tops of two values a column as dots: a line that a curve may cover. What is not known is left out.
pub(in crate::tui) fn line(buf: &mut Buffer, area: Rect, values: &[Option<u64>], max: u64, style: Style) {
    let area = area.intersection(buf.area);
    for (x, pair) in (area.left()..area.right()).zip(values.chunks(2)) {
        for (row, y) in (area.top()..area.bottom()).rev().enumerate() {
            let ground = row as u64 * ROWS;
            let dot = |side: usize| -> u32 {
                let high =
                    pair.get(side).copied().flatten().map(|value| scaled(value, max, u64::from(area.height) * ROWS));
                let place = high.and_then(|high| high.checked_sub(1)).and_then(|high| high.checked_sub(ground));
                place.and_then(|place| DOTS.get(side)?.get(place as usize)).copied().unwrap_or(0)
            };
            if let Some(sign) = char::from_u32(0x2800 + dot(0) + dot(1)).filter(|&sign| sign != '\u{2800}') {
                buf.set_stringn(x, y, sign.encode_utf8(&mut [0; 4]), 1, style);
            }
        }
    }
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
    fn a_curve_fills_what_is_beneath_it_faintly() {
        let area = Rect::new(0, 0, 4, 2);
        let mut buf = Buffer::empty(area);
        let values = [Some(8), Some(8), Some(1), Some(5), None, None, None, Some(0)];
        curve(&mut buf, area, &values, 8, (Style::new(), Style::new()));
        let row = |y| (0..4).map(|x| buf.cell((x, y)).unwrap().symbol()).collect::<String>();
        assert_eq!((row(0), row(1)), ("⣿⢀  ".to_owned(), "⣿⣸┄ ".to_owned()));
        let faint = |x, y| buf.cell((x, y)).unwrap().modifier.contains(Modifier::DIM);
        assert_eq!([faint(0, 0), faint(0, 1), faint(1, 1)], [false, true, false]);
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
