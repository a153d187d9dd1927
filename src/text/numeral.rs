//! Numbers inside a text: so many of something in words, and cuts that never go through one, as half a number is another number.

use std::ops::Range;

/// Units that stand behind a number and a blank.
const UNITS: [&str; 9] = ["◆", "MB", "kB", "GB", "B", "Mb/s", "kb/s", "msg/min", "s"];

/// So many of something: `1 gift`, `2 gifts`.
#[cfg(feature = "cli")]
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The number that a cut at byte `at` would go through: `12 430`, `37.6k`, `142 MB`, `5:00`, with its sign and unit.
pub(crate) fn number_around(text: &str, at: usize) -> Option<Range<usize>> {
    let mut from = 0;
    loop {
        let digit = from + text.get(from..)?.find(|c: char| c.is_ascii_digit())?;
        let (start, end) = (sign_start(text, digit), number_end(text, digit));
        if start >= at {
            return None;
        }
        // A digit inside a word, as in a name, is no number.
        let in_word = text.get(..digit).is_some_and(|before| before.ends_with(char::is_alphanumeric));
        if !in_word && at < end {
            return Some(start..end);
        }
        from = end;
    }
}

/// Where the sign of a number begins; where the number does when it has none.
fn sign_start(text: &str, digit: usize) -> usize {
    let before = text.get(..digit).unwrap_or_default();
    let sign = before.chars().next_back().filter(|sign| matches!(sign, '~' | '+' | '-' | '−' | '×' | '•' | '›'));
    digit - sign.map_or(0, char::len_utf8)
}

/// Where a number ends that begins with the digit at `start`: its groups, its fraction and its unit belong to it.
fn number_end(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let mut end = 0;
    for (at, c) in rest.char_indices() {
        let next = rest.get(at + c.len_utf8()..).unwrap_or_default();
        let inside = match c {
            '0'..='9' | 'a'..='z' | 'A'..='Z' | '%' => true,
            '.' | ',' | ':' => next.starts_with(|c: char| c.is_ascii_digit()),
            '/' => next.starts_with(|c: char| c.is_ascii_alphanumeric()),
            ' ' if rest.get(..at).is_some_and(|before| before.ends_with(|c: char| c.is_ascii_alphanumeric())) => {
                if let Some(unit) = UNITS.iter().find(|unit| is_word(next, unit)) {
                    return start + at + 1 + unit.len();
                }
                is_group(next)
                    && rest.get(..at).is_some_and(|before| before.chars().all(|c| c.is_ascii_digit() || c == ' '))
            }
            _ => false,
        };
        if !inside {
            break;
        }
        end = at + c.len_utf8();
    }
    start + end
}

/// Whether `text` begins with three digits and no more: a group of a long number.
pub(crate) fn is_group(text: &str) -> bool {
    text.bytes().take_while(u8::is_ascii_digit).count() == 3
}

fn is_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|after| !after.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a 12 430 b", "12 430")]
    #[case("likes 37.6k · ~18/min", "37.6k")]
    #[case("x ~18/min y", "~18/min")]
    #[case("⏺ 0:12:31 142 MB", "0:12:31")]
    #[case("ab 142 MB", "142 MB")]
    #[case("won by −1 204 in all", "−1 204")]
    #[case("goal 62/100", "62/100")]
    #[case("12 430 ◆ in all", "12 430 ◆")]
    fn a_number_has_its_sign_groups_and_unit(#[case] text: &str, #[case] number: &str) {
        let start = text.find(number).unwrap();
        let whole = Some(start..start + number.len());
        for at in (start + 1..start + number.len()).filter(|&at| text.is_char_boundary(at)) {
            assert_eq!(number_around(text, at), whole, "{at}");
        }
        assert_eq!(number_around(text, start), None);
        assert_eq!(number_around(text, start + number.len()), None);
    }

    #[test]
    fn digits_inside_a_name_are_no_number() {
        assert_eq!(number_around("user12345 hi", 6), None);
        assert_eq!(number_around("no digits", 4), None);
    }
}
