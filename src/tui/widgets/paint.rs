//! Painter of lines and rules into a buffer. Everything clips: a rectangle of no size, or one that hangs over the edge,
//! draws less.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::text::{clip, number_around};
use crate::tui::glyphs;

/// Columns a line takes.
pub(in crate::tui) fn columns(line: &Line<'_>) -> u16 {
    let wide: usize = line.spans.iter().map(|span| crate::text::width(&span.content)).sum();
    u16::try_from(wide).unwrap_or(u16::MAX)
}

/// Writes a line into a row of `area`, from the left. What does not fit is cut, with `…` where something is missing and never
/// through a number.
pub(in crate::tui) fn left(buf: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    let Some(area) = row_of(buf, area, row) else { return };
    match fitted(line, area.width) {
        Some(fitted) => fitting(buf, area, 0, &fitted),
        None => fitting(buf, area, 0, line),
    }
}

/// Writes a line that was made for this width.
pub(in crate::tui) fn fitting(buf: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
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

/// The line cut to so many columns; nothing where it fits as it is.
fn fitted(line: &Line<'_>, columns: u16) -> Option<Line<'static>> {
    let columns = usize::from(columns);
    let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    if crate::text::width(&text) <= columns {
        return None;
    }
    let clipped = clip(&text, columns);
    let mut end = clipped.len().saturating_sub("…".len());
    // A clip keeps the beginning of a text that is all number; here nothing of it may stay.
    if let Some(number) = number_around(&text, end) {
        end = number.start;
    }
    let mut spans = Vec::new();
    let mut from = 0;
    for span in &line.spans {
        let kept = end.saturating_sub(from).min(span.content.len());
        if kept > 0 {
            spans.push(Span::styled(span.content.get(..kept).unwrap_or_default().to_owned(), span.style));
        }
        from += span.content.len();
    }
    if columns > 0 {
        let style = spans.last().map_or(Style::new(), |span| span.style);
        spans.push(Span::styled("…", style));
    }
    Some(Line::from(spans).style(line.style))
}

/// As many of `items` as fit into so many columns, whole and in their order, with ` · ` between them; where some are missing
/// the line ends with `…`, if there is room for it.
pub(in crate::tui) fn items(items: &[Line<'static>], separator: &Span<'static>, columns: u16) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut used = 0;
    let between = u16::try_from(crate::text::width(&separator.content)).unwrap_or(u16::MAX);
    let mut shown = 0;
    for item in items {
        let wide = self::columns(item) + if used > 0 { between } else { 0 };
        if used + wide > columns {
            break;
        }
        if used > 0 {
            spans.push(separator.clone());
        }
        spans.extend(item.spans.iter().map(|span| Span::styled(span.content.clone(), item.style.patch(span.style))));
        used += wide;
        shown += 1;
    }
    if shown < items.len() && used < columns {
        spans.push(Span::styled(if used + 1 < columns && used > 0 { " …" } else { "…" }, separator.style));
    }
    Line::from(spans)
}

/// Items in rows, whole and in their order, as in [`items`]; what does not fit into so many rows is missing from the last.
pub(in crate::tui) fn flow(
    all: &[Line<'static>],
    separator: &Span<'static>,
    columns: u16,
    rows: u16,
) -> Vec<Line<'static>> {
    let between = u16::try_from(crate::text::width(&separator.content)).unwrap_or(u16::MAX);
    let mut rest = all;
    let mut lines = Vec::new();
    while !rest.is_empty() && lines.len() < usize::from(rows) {
        let mut used = 0u16;
        let fits = rest.iter().take_while(|item| {
            used = used.saturating_add(self::columns(item)).saturating_add(if used > 0 { between } else { 0 });
            used <= columns
        });
        // One that is wider than the row has it for itself, and is cut.
        let here = fits.count().max(1);
        let (row, after) = rest.split_at(here.min(rest.len()));
        let last = lines.len() + 1 == usize::from(rows);
        lines.push(match row {
            [wide] if self::columns(wide) > columns => wide.clone(),
            _ => items(if last { rest } else { row }, separator, columns),
        });
        rest = after;
    }
    lines
}

/// Writes a line into a row of `area`, so that it ends at the right edge; cut as in [`left`].
pub(in crate::tui) fn right(buf: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    let wide = columns(line).min(area.width);
    left(buf, Rect { x: area.right() - wide, width: wide, ..area }, row, line);
}

/// A rule over a row of `area`: `── title ───────── note · note ──`. Where there is no room for all, the notes go first, the
/// last one before the others.
pub(in crate::tui) fn rule(
    buf: &mut Buffer,
    area: Rect,
    row: u16,
    title: &Line<'_>,
    notes: &[Line<'static>],
    style: Style,
) {
    let Some(area) = row_of(buf, area, row) else { return };
    for x in area.left()..area.right() {
        buf.set_stringn(x, area.y, glyphs::RULE, 1, style);
    }
    let inner = Rect { x: area.x.saturating_add(2), width: area.width.saturating_sub(4), ..area };
    let title = padded(title);
    let separator = Span::styled(format!(" {} ", glyphs::DOT), style);
    let room = inner.width.saturating_sub(columns(&title) + 4);
    let kept = (0..=notes.len()).rev().filter_map(|kept| notes.get(..kept));
    let note = kept.map(|kept| items(kept, &separator, u16::MAX)).find(|note| columns(note) <= room);
    let note = padded(&note.unwrap_or_default());
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

/// Turns a row into the marked one: reversed as a whole and in no colours of its own, so that all of it can be read on any
/// ground. What is struck through stays so.
pub(in crate::tui) fn mark(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buf.cell_mut((x, y)) {
                (cell.fg, cell.bg) = (Color::Reset, Color::Reset);
                cell.modifier = (cell.modifier & Modifier::CROSSED_OUT) | Modifier::REVERSED;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(buf: &Buffer) -> String {
        buf.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn a_rule_gives_up_its_note_before_its_title() {
        let drawn = |width| {
            let area = Rect::new(0, 0, width, 1);
            let mut buf = Buffer::empty(area);
            rule(&mut buf, area, 0, &Line::raw("Chat"), &[Line::raw("1 243"), Line::raw("38/min")], Style::new());
            text(&buf)
        };
        assert_eq!(drawn(34), "── Chat ──────── 1 243 · 38/min ──");
        assert_eq!(drawn(24), "── Chat ─────── 1 243 ──");
        assert_eq!(drawn(14), "── Chat ──────");
    }

    #[test]
    fn a_line_is_never_cut_through_a_number() {
        let drawn = |width| {
            let area = Rect::new(0, 0, width, 1);
            let mut buf = Buffer::empty(area);
            left(&mut buf, area, 0, &Line::from(vec![Span::raw("won by 12 4"), Span::raw("30 in all")]));
            text(&buf).trim_end().to_owned()
        };
        assert_eq!(drawn(20), "won by 12 430 in all");
        assert_eq!(drawn(19), "won by 12 430 in a…");
        assert_eq!((drawn(12), drawn(9)), ("won by…".to_owned(), "won by…".to_owned()));
        assert_eq!(drawn(4), "won…");
        let area = Rect::new(0, 0, 3, 1);
        let mut buf = Buffer::empty(area);
        left(&mut buf, area, 0, &Line::raw("12 430"));
        assert_eq!(text(&buf), "…  ");
    }

    #[test]
    fn items_are_dropped_whole() {
        let all = ["blue 12", "red 3", "green 40"].map(Line::raw);
        let drawn = |columns| items(&all, &Span::raw(" · "), columns).to_string();
        assert_eq!(drawn(40), "blue 12 · red 3 · green 40");
        assert_eq!(drawn(25), "blue 12 · red 3 …");
        assert_eq!(drawn(16), "blue 12 · red 3…");
        assert_eq!(drawn(9), "blue 12 …");
        assert_eq!((drawn(5), drawn(0)), ("…".to_owned(), String::new()));
    }

    #[test]
    fn a_title_is_as_bright_as_it_was_asked_to_be() {
        let area = Rect::new(0, 0, 24, 1);
        let mut buf = Buffer::empty(area);
        let dim = Style::new().add_modifier(Modifier::DIM);
        let title = Line::styled("Chat", Style::new().add_modifier(Modifier::BOLD));
        rule(&mut buf, area, 0, &title, &[Line::raw("38/min")], dim);
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
