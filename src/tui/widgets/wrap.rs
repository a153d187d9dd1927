//! Wrapper of text into lines of so many columns: at blanks where there are any, else between characters as readers see
//! them.

use unicode_segmentation::UnicodeSegmentation;

use crate::text::width;

/// `text` in lines; the first is at most `first` columns wide and the others `rest`. At least one line, however empty.
///
/// The first line is no longer than the others, whatever was asked. A character that is wider than a line stands on a line of its own: whoever draws it clips it.
pub(in crate::tui) fn wrap(text: &str, first: usize, rest: usize) -> Vec<&str> {
    let first = first.min(rest);
    let mut lines = Vec::new();
    let mut start = 0;
    // End of the last word that fits, and where the next one begins.
    let mut blank: Option<(usize, usize)> = None;
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let wide = width(grapheme);
        if grapheme == " " && !splits_number(text, at) {
            blank = Some((at, at + 1));
        }
        // Again after a break: what is carried over may fill a line by itself.
        while at > start && used + wide > if lines.is_empty() { first } else { rest } {
            let (end, next) = blank.take().unwrap_or((at, at));
            if end > start {
                lines.push(text.get(start..end).unwrap_or_default());
            }
            start = next;
            used = text.get(start..at).map_or(0, width);
        }
        if at >= start {
            used += wide;
        }
    }
    lines.push(text.get(start..).unwrap_or_default());
    lines
}

/// Whether the blank at byte `at` stands between two groups of one number: `12 430`.
fn splits_number(text: &str, at: usize) -> bool {
    let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    before.ends_with(|c: char| c.is_ascii_digit()) && crate::text::is_group(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("hello there", 20, &["hello there"])]
    #[case("hello there friend", 11, &["hello there", "friend"])]
    #[case("hello there friend", 10, &["hello", "there", "friend"])]
    #[case("aaaaaaaaaa", 4, &["aaaa", "aaaa", "aa"])]
    #[case("ok aaaaaaaaaa", 4, &["ok", "aaaa", "aaaa", "aa"])]
    #[case("漢字漢字", 5, &["漢字", "漢字"])]
    #[case("won by 12 430 points", 10, &["won by", "12 430", "points"])]
    #[case("", 4, &[""])]
    #[case("ab", 0, &["a", "b"])]
    fn words_stay_whole_where_they_can(#[case] text: &str, #[case] columns: usize, #[case] lines: &[&str]) {
        assert_eq!(wrap(text, columns, columns), lines);
    }

    #[test]
    fn the_first_line_may_be_shorter() {
        assert_eq!(wrap("one two three four", 4, 10), ["one", "two three", "four"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_lines_fit(raw in "[a-z 漢é🎉]{0,60}", first in 2usize..12, rest in 2usize..12) {
            let lines = wrap(&raw, first, rest);
            let solid = |text: &str| text.replace(' ', "");
            prop_assert_eq!(solid(&lines.concat()), solid(&raw));
            for (at, line) in lines.iter().enumerate() {
                prop_assert!(width(line) <= if at == 0 { first } else { rest }, "{:?}", lines);
            }
        }
    }
}
