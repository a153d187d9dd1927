//! Number in large digits of three rows, for the one figure of a screen that is looked for from across the room.

use ratatui::style::Style;
use ratatui::text::Line;

/// Rows of the digits.
pub(in crate::tui) const ROWS: u16 = 3;

/// What can be drawn: the sign, and its five rows of dots from the top, three dots each, the left one highest.
const SIGNS: [(char, [u8; 5]); 12] = [
    ('0', [7, 5, 5, 5, 7]),
    ('1', [2, 6, 2, 2, 7]),
    ('2', [7, 1, 7, 4, 7]),
    ('3', [7, 1, 7, 1, 7]),
    ('4', [5, 5, 7, 1, 1]),
    ('5', [7, 4, 7, 1, 7]),
    ('6', [7, 4, 7, 5, 7]),
    ('7', [7, 1, 1, 1, 1]),
    ('8', [7, 5, 7, 5, 7]),
    ('9', [7, 5, 7, 1, 7]),
    ('+', [0, 2, 7, 2, 0]),
    ('\u{2212}', [0, 0, 7, 0, 0]),
];
/// Columns of a sign, with the blank after it.
const SIGN: u16 = 4;

/// Columns that a number takes.
pub(in crate::tui) fn columns(number: &str) -> u16 {
    let wide = number.chars().map(|sign| if sign == ' ' { 1 } else { SIGN }).sum::<u16>();
    wide.saturating_sub(1)
}

/// The rows of a number such as `+3 519`. A row of cells has two of dots; what is no sign is a narrow blank.
pub(in crate::tui) fn lines(number: &str, style: Style) -> [Line<'static>; ROWS as usize] {
    let dots = |sign: char, row: usize| {
        let rows = SIGNS.iter().find(|(known, _)| *known == sign).map(|(_, rows)| rows)?;
        // Six rows of dots: the uppermost is empty, so that the digits stand on the ground of their last row.
        row.checked_sub(1).and_then(|row| rows.get(row)).copied().or(Some(0))
    };
    std::array::from_fn(|row| {
        let mut text = String::new();
        for sign in number.chars() {
            let (Some(upper), Some(lower)) = (dots(sign, 2 * row), dots(sign, 2 * row + 1)) else {
                text.push(' ');
                continue;
            };
            text.extend([4, 2, 1].map(|bit| match (upper & bit > 0, lower & bit > 0) {
                (true, true) => '\u{2588}',
                (true, false) => '\u{2580}',
                (false, true) => '\u{2584}',
                (false, false) => ' ',
            }));
            text.push(' ');
        }
        Line::styled(text, style)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_beside_each_other() {
        let drawn = lines("+3 519", Style::new()).map(|line| line.to_string());
        assert_eq!(
            drawn,
            [
                "    \u{2584}\u{2584}\u{2584}  \u{2584}\u{2584}\u{2584}  \u{2584}  \u{2584}\u{2584}\u{2584} ",
                "\u{2584}\u{2588}\u{2584} \u{2584}\u{2584}\u{2588}  \u{2588}\u{2584}\u{2584} \u{2580}\u{2588}  \u{2588}\u{2584}\u{2588} ",
                " \u{2580}  \u{2584}\u{2584}\u{2588}  \u{2584}\u{2584}\u{2588} \u{2584}\u{2588}\u{2584} \u{2584}\u{2584}\u{2588} "
            ]
        );
        assert_eq!(columns("+3 519"), 20);
        assert!(drawn.iter().all(|line| crate::text::width(line) == 21));
    }
}
