//! Painter of lines and rules into a buffer. Everything clips: a rectangle of no size, or one that hangs over the edge,
//! draws less.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::glyphs;

/// Columns a line takes.
pub(in crate::tui) fn columns(line: &Line<'_>) -> u16 {
    let wide: usize = line.spans.iter().map(|span| crate::text::width(&span.content)).sum();
    u16::try_from(wide).unwrap_or(u16::MAX)
}

/// Writes a line into a row of `area`, from the left; what does not fit is cut.
pub(in crate::tui) fn left(buf: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    let Some(area) = row_of(buf, area, row) else { return };
    let mut x = area.x;
    for span in &line.spans {
        if x >= area.right() {
            break;
        }
        let style = line.style.patch(span.style);
        (x, _) = buf.set_stringn(x, area.y, &span.content, usize::from(area.right() - x), style);
    }
}

/// Writes a line into a row of `area`, so that it ends at the right edge; cut at the left edge of the area.
pub(in crate::tui) fn right(buf: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    let wide = columns(line).min(area.width);
    left(buf, Rect { x: area.right() - wide, width: wide, ..area }, row, line);
}

/// A rule over a row of `area`: `── title ───────── note ──`. The note goes first when there is no room for both.
pub(in crate::tui) fn rule(buf: &mut Buffer, area: Rect, row: u16, title: &Line<'_>, note: &Line<'_>, style: Style) {
    let Some(area) = row_of(buf, area, row) else { return };
    for x in area.left()..area.right() {
        buf.set_stringn(x, area.y, glyphs::RULE, 1, style);
    }
    let inner = Rect { x: area.x.saturating_add(2), width: area.width.saturating_sub(4), ..area };
    let title = padded(title);
    let note = padded(note);
    // Cleared first: a cell keeps the faintness of the rule it had before.
    clear(buf, Rect { width: columns(&title).min(inner.width), ..inner });
    left(buf, inner, 0, &title);
    if columns(&title) + columns(&note) + 2 <= inner.width {
        let wide = columns(&note);
        clear(buf, Rect { x: inner.right() - wide, width: wide, ..inner });
        right(buf, inner, 0, &note);
    }
}

/// A line with a blank on either side; an empty one stays empty.
fn padded<'a>(line: &Line<'a>) -> Line<'a> {
    if columns(line) == 0 {
        return Line::default();
    }
    let mut spans = vec![Span::raw(" ")];
    spans.extend(line.spans.iter().cloned());
    spans.push(Span::raw(" "));
    Line::from(spans).style(line.style)
}

/// The row of an area, cut to the buffer; nothing when there is none.
pub(in crate::tui) fn row_of(buf: &Buffer, area: Rect, row: u16) -> Option<Rect> {
    let y = area.y.checked_add(row)?;
    let line = Rect { y, height: 1, ..area }.intersection(buf.area);
    (row < area.height && !line.is_empty()).then_some(line)
}

/// Blanks a rectangle, and a wide character that reaches into it from the left: half of one is never shown.
pub(in crate::tui) fn clear(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        if let Some(cell) = area.left().checked_sub(1).and_then(|x| buf.cell_mut((x, y)))
            && crate::text::width(cell.symbol()) > 1
        {
            cell.reset();
        }
        for x in area.left()..area.right() {
            if let Some(cell) = buf.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Modifier;

    fn text(buf: &Buffer) -> String {
        buf.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn a_rule_gives_up_its_note_before_its_title() {
        let drawn = |width| {
            let area = Rect::new(0, 0, width, 1);
            let mut buf = Buffer::empty(area);
            rule(&mut buf, area, 0, &Line::raw("Chat"), &Line::raw("38/min"), Style::new());
            text(&buf)
        };
        assert_eq!(drawn(24), "── Chat ────── 38/min ──");
        assert_eq!(drawn(14), "── Chat ──────");
    }

    #[test]
    fn a_title_is_as_bright_as_it_was_asked_to_be() {
        let area = Rect::new(0, 0, 24, 1);
        let mut buf = Buffer::empty(area);
        let dim = Style::new().add_modifier(Modifier::DIM);
        let title = Line::styled("Chat", Style::new().add_modifier(Modifier::BOLD));
        rule(&mut buf, area, 0, &title, &Line::raw("38/min"), dim);
        for (x, modifier) in [(0, Modifier::DIM), (3, Modifier::BOLD), (16, Modifier::empty())] {
            assert_eq!(buf.cell((x, 0)).unwrap().modifier, modifier, "{x}");
        }
    }

    #[test]
    fn we_count_columns_as_they_are_drawn() {
        for text in ["ana", "ｶﾞｷﾞ", "日ﾞ", "ﾊﾟﾊﾟ x", "か\u{3099}", "नमस्ते", "漢字", "👨\u{200d}👩\u{200d}👧", "ﾞ"]
        {
            let mut buf = Buffer::empty(Rect::new(0, 0, 20, 1));
            let (end, _) = buf.set_stringn(0, 0, text, 20, Style::new());
            assert_eq!(end, columns(&Line::raw(text)), "{text}");
        }
    }

    #[test]
    fn half_a_wide_character_is_never_left() {
        let area = Rect::new(0, 0, 6, 1);
        let mut buf = Buffer::empty(area);
        buf.set_string(0, 0, "a漢b", Style::new());
        clear(&mut buf, Rect::new(2, 0, 2, 1));
        assert_eq!(text(&buf), "a     ");
    }

    #[test]
    fn nothing_is_drawn_outside_the_buffer() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 3, 1));
        left(&mut buf, Rect::new(2, 0, 9, 9), 4, &Line::raw("beyond"));
        right(&mut buf, Rect::new(0, 0, 9, 1), 0, &Line::raw("long"));
        clear(&mut buf, Rect::new(0, 0, 99, 99));
        assert_eq!(text(&buf), "   ");
    }
}
