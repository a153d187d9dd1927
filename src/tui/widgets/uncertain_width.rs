//! Rows with characters whose width terminals disagree about: joined emoji, Indic conjuncts, stacked marks.
//!
//! ratatui writes only cells that changed. Where a terminal drew such a character wider than we think, what it spilled into the
//! next cells is never written over. So a row that holds one, or held one a frame ago, is written whole when it changes.

use std::hash::{Hash, Hasher};

use ratatui::buffer::{Buffer, CellDiffOption};
use siphasher::sip::SipHasher13;

/// What the last frame had in its rows: a hash of each row that held a uncertain character.
#[derive(Debug, Default)]
pub(in crate::tui) struct UncertainRows {
    rows: Vec<Option<u64>>,
}

impl UncertainRows {
    /// Marks the rows of a finished frame that must be written whole.
    pub(in crate::tui) fn mark(&mut self, buf: &mut Buffer) {
        let width = usize::from(buf.area.width).max(1);
        self.rows.resize(usize::from(buf.area.height), None);
        for (row, before) in buf.content.chunks_mut(width).zip(&mut self.rows) {
            let now = row.iter().any(|cell| has_uncertain_width(cell.symbol())).then(|| {
                let mut hasher = SipHasher13::new();
                row.hash(&mut hasher);
                hasher.finish()
            });
            if now != *before {
                for cell in row {
                    cell.set_diff_option(CellDiffOption::AlwaysUpdate);
                }
            }
            *before = now;
        }
    }
}

/// More than one code point in one cell.
pub(in crate::tui) fn has_uncertain_width(symbol: &str) -> bool {
    symbol.len() > 1 && symbol.chars().nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    fn row(text: &str) -> Buffer {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        buf.set_string(0, 0, text, Style::default());
        buf
    }

    fn written(uncertain: &mut UncertainRows, before: &Buffer, text: &str) -> (usize, Buffer) {
        let mut after = row(text);
        uncertain.mark(&mut after);
        (before.diff(&after).len(), after)
    }

    #[test]
    fn a_row_that_held_a_doubtful_character_is_written_whole_when_it_goes() {
        let mut uncertain = UncertainRows::default();
        let (_, first) = written(&mut uncertain, &row(""), "अनन्या gg");
        let (cells, _) = written(&mut uncertain, &first, "Ines");
        assert_eq!(cells, 12);
    }

    #[test]
    fn plain_rows_and_rows_that_stay_are_left_alone() {
        let mut uncertain = UncertainRows::default();
        let (_, first) = written(&mut uncertain, &row(""), "plain");
        assert_eq!(written(&mut uncertain, &first, "plaid").0, 1);
        let (_, first) = written(&mut uncertain, &row(""), "👨\u{200d}👩\u{200d}👧 hi");
        let (_, second) = written(&mut uncertain, &first, "👨\u{200d}👩\u{200d}👧 hi");
        assert_eq!(written(&mut uncertain, &second, "👨\u{200d}👩\u{200d}👧 hi").0, 0);
    }
}
