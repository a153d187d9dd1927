//! Rows with characters whose width terminals disagree about: joined emoji, Indic conjuncts, stacked marks.
//!
//! ratatui writes only cells that changed. Where a terminal drew such a character wider than we think, what it spilled into the
//! next cells is never written over. So a row that holds one, or held one a frame ago, is written whole when it changes.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::{Buffer, CellDiffOption};

/// What the last frame had in its rows: a hash of each row that held a doubtful character.
#[derive(Debug, Default)]
pub(in crate::tui) struct Doubtful {
    rows: Vec<Option<u64>>,
}

impl Doubtful {
    /// Marks the rows of a finished frame that must be written whole.
    pub(in crate::tui) fn mark(&mut self, buf: &mut Buffer) {
        let width = usize::from(buf.area.width).max(1);
        self.rows.resize(usize::from(buf.area.height), None);
        for (row, before) in buf.content.chunks_mut(width).zip(&mut self.rows) {
            let now = row.iter().any(|cell| is_doubtful(cell.symbol())).then(|| {
                let mut hasher = DefaultHasher::new();
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
pub(in crate::tui) fn is_doubtful(symbol: &str) -> bool {
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

    fn written(doubtful: &mut Doubtful, before: &Buffer, text: &str) -> (usize, Buffer) {
        let mut after = row(text);
        doubtful.mark(&mut after);
        (before.diff(&after).len(), after)
    }

    #[test]
    fn a_row_that_held_a_doubtful_character_is_written_whole_when_it_goes() {
        let mut doubtful = Doubtful::default();
        let (_, first) = written(&mut doubtful, &row(""), "अनन्या gg");
        let (cells, _) = written(&mut doubtful, &first, "Ines");
        assert_eq!(cells, 12);
    }

    #[test]
    fn plain_rows_and_rows_that_stay_are_left_alone() {
        let mut doubtful = Doubtful::default();
        let (_, first) = written(&mut doubtful, &row(""), "plain");
        assert_eq!(written(&mut doubtful, &first, "plaid").0, 1);
        let (_, first) = written(&mut doubtful, &row(""), "👨\u{200d}👩\u{200d}👧 hi");
        let (_, second) = written(&mut doubtful, &first, "👨\u{200d}👩\u{200d}👧 hi");
        assert_eq!(written(&mut doubtful, &second, "👨\u{200d}👩\u{200d}👧 hi").0, 0);
    }
}
