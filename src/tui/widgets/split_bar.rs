//! Bar of two numbers against each other: `████████▌░░░░░`.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::glyphs;

/// A bar of `columns` cells, shared by `ours` and `theirs`; half and half while both are zero.
pub(in crate::tui) fn bar(ours: u64, theirs: u64, columns: u16, (a, b): (Style, Style)) -> Line<'static> {
    let all = u128::from(ours) + u128::from(theirs);
    let eighths = u128::from(columns) * 8;
    let share = (u128::from(ours) * eighths).checked_div(all).unwrap_or(eighths / 2);
    let full = usize::try_from(share / 8).unwrap_or(0);
    let part =
        usize::try_from(share % 8).ok().and_then(|part| part.checked_sub(1)).and_then(|nth| glyphs::PARTS.get(nth));
    let rest = usize::from(columns).saturating_sub(full + usize::from(part.is_some()));
    Line::from(vec![
        Span::styled(glyphs::SIDE_A.repeat(full), a),
        Span::styled(part.copied().unwrap_or_default(), a),
        Span::styled(glyphs::SIDE_B.repeat(rest), b),
    ])
}

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
        assert_eq!(bar(ours, theirs, 8, (Style::new(), Style::new())).to_string(), expected);
    }
}
