//! Numbers over time as bars of eighths, newest at the right. What was not watched is drawn as a gap, never as zero.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

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
            Some(value) => bar(buf, area, x, eighths(*value, max, area.height), style),
            None if area.height > 0 => {
                buf.set_stringn(x, area.bottom() - 1, glyphs::GAP, 1, gap);
            }
            None => {}
        }
    }
}

/// How high a value stands in a column of `rows` cells; anything above zero is seen.
fn eighths(value: u64, max: u64, rows: u16) -> u64 {
    let full = u64::from(rows) * 8;
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
