//! Bar of two numbers against each other, with a tick in its middle: solid in two colours, `████│███▌░░░░░` without.

use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use crate::tui::glyphs;
use crate::tui::theme::{ColorRole, Theme};

/// A bar of `columns` cells, shared by `ours` and `theirs`; half and half while both are zero.
pub(in crate::tui) fn bar(ours: u64, theirs: u64, columns: u16, theme: Theme) -> Line<'static> {
    let (a, b) = (theme.style(ColorRole::SideA), theme.style(ColorRole::SideB));
    let all = u128::from(ours) + u128::from(theirs);
    let eighths = u128::from(columns) * 8;
    let share = (u128::from(ours) * eighths).checked_div(all).unwrap_or(eighths / 2);
    let full = usize::try_from(share / 8).unwrap_or(0);
    let part =
        usize::try_from(share % 8).ok().and_then(|part| part.checked_sub(1)).and_then(|nth| glyphs::PARTS.get(nth));
    // The middle of a long bar: who is past it is ahead.
    let middle = if columns >= LONG { usize::from(columns / 2) } else { usize::MAX };
    // Without a colour of its own the other side is a pattern.
    let solid = |style: Style| match style.fg {
        Some(color) if !theme.is_mono() && color != Color::Reset => Some(Style::new().bg(color)),
        _ => None,
    };
    let cells = (0..usize::from(columns)).map(|at| {
        let here = if at < full { a } else { b };
        match part {
            Some(part) if at == full => Span::styled(*part, a.patch(solid(b).unwrap_or_default())),
            _ if at == middle => Span::styled(glyphs::DIVIDER, solid(here).map_or(here, |ground| ground.fg(TICK))),
            _ if at < full => Span::styled(glyphs::SIDE_A, a),
            _ => solid(b).map_or(Span::styled(glyphs::SIDE_B, b), |ground| Span::styled(" ", ground)),
        }
    });
    // Cells that look the same are one span: there are few, whatever the width.
    let mut spans: Vec<Span<'static>> = Vec::new();
    for cell in cells {
        match spans.last_mut() {
            Some(last) if last.style == cell.style => last.content.to_mut().push_str(&cell.content),
            _ => spans.push(cell),
        }
    }
    Line::from(spans)
}

/// A gauge of `columns` cells, filled as far as `part` is of `all`; full where it is more.
pub(in crate::tui) fn gauge(part: u64, all: u64, columns: u16, (full, rest): (Style, Style)) -> Vec<Span<'static>> {
    let cells = u128::from(columns) * 8;
    let filled = (u128::from(part) * cells).checked_div(u128::from(all)).unwrap_or(0).min(cells);
    let whole = usize::try_from(filled / 8).unwrap_or(0);
    let begun = usize::try_from(filled % 8).ok().and_then(|eighths| glyphs::PARTS.get(eighths.checked_sub(1)?));
    let left = usize::from(columns).saturating_sub(whole + usize::from(begun.is_some()));
    vec![
        Span::styled(format!("{}{}", glyphs::SIDE_A.repeat(whole), begun.copied().unwrap_or_default()), full),
        Span::styled(glyphs::SIDE_B.repeat(left), rest),
    ]
}

/// Columns from which on a bar has its tick.
const LONG: u16 = 20;
/// The tick on either colour.
const TICK: Color = Color::Black;

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, 0, "████░░░░")]
    #[case(1, 0, "████████")]
    #[case(0, 9, "░░░░░░░░")]
    #[case(12_430, 8_911, "████▋░░░")]
    #[case(u64::MAX, u64::MAX, "████░░░░")]
    fn sides_share_the_bar(#[case] ours: u64, #[case] theirs: u64, #[case] expected: &str) {
        assert_eq!(bar(ours, theirs, 8, Theme::new(true)).to_string(), expected);
    }

    #[rstest]
    #[case(0, 4, "░░░░░░░░")]
    #[case(1, 4, "██░░░░░░")]
    #[case(62, 100, "████▉░░░")]
    #[case(9, 4, "████████")]
    #[case(3, 0, "░░░░░░░░")]
    fn a_gauge_is_filled_as_far_as_it_is(#[case] part: u64, #[case] all: u64, #[case] expected: &str) {
        let drawn = gauge(part, all, 8, (Style::new(), Style::new()));
        assert_eq!(Line::from(drawn).to_string(), expected);
    }

    #[test]
    fn a_bar_in_colours_is_solid_and_has_a_tick_in_its_middle() {
        let bar = bar(3, 1, 20, Theme::new(false));
        assert_eq!(bar.to_string(), "██████████│████     ");
        let colours: Vec<_> = bar.spans.iter().map(|span| (span.style.fg, span.style.bg)).collect();
        let (a, b) = (Theme::new(false).style(ColorRole::SideA), Theme::new(false).style(ColorRole::SideB));
        assert_eq!(colours, [(a.fg, None), (Some(TICK), a.fg), (a.fg, None), (None, b.fg)]);
    }
}
